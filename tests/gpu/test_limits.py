"""On a device: launches stay short, and memory that is limited is enough or is named."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest

from mclib.engines.cuda.engine import CudaEngine
from mclib.engines.cuda.launching import LaunchSize
from mclib.engines.llvm.engine import LlvmEngine
from mclib.errors import InsufficientMemory
from mclib.expressions.dtypes import Type
from tests.tools.golden_programs import GOLDEN_PROGRAMS

pytestmark = pytest.mark.gpu

N_BLOCKS = 2000
SHORT = 0.05


@pytest.fixture
def pool() -> Iterator[Any]:
    import cupy

    pool = cupy.get_default_memory_pool()
    pool.free_all_blocks()
    yield pool
    pool.set_limit(size=0)


def test_a_small_share_of_memory_gives_the_same_values(pool: Any) -> None:
    golden = GOLDEN_PROGRAMS["european"]
    plan = golden.plan("values", Type.FLOAT64)
    arguments = golden.arguments(plan)
    program = CudaEngine().compile(plan)

    pool.set_limit(size=4 << 20)
    values = program.run(0, N_BLOCKS, arguments)

    expected = LlvmEngine().compile(plan).run(0, N_BLOCKS, arguments)
    assert np.array_equal(expected, values)


def test_no_memory_at_all_is_named(pool: Any) -> None:
    golden = GOLDEN_PROGRAMS["european"]
    plan = golden.plan("values", Type.FLOAT64)
    program = CudaEngine().compile(plan)

    pool.set_limit(size=1)
    with pytest.raises(InsufficientMemory, match="needs 8,192 bytes on the device"):
        program.run(0, N_BLOCKS, golden.arguments(plan))


def test_launches_stay_short(monkeypatch: pytest.MonkeyPatch) -> None:
    seconds: list[float] = []
    learn = LaunchSize.took

    def took(self: LaunchSize, n_blocks: int, duration: float) -> None:
        seconds.append(duration)
        learn(self, n_blocks, duration)

    monkeypatch.setattr(LaunchSize, "took", took)
    golden = GOLDEN_PROGRAMS["asian"]
    plan = golden.plan("moments", Type.FLOAT64)

    CudaEngine().compile(plan).run(0, 400_000, golden.arguments(plan))

    assert len(seconds) > 3
    assert max(seconds) < SHORT


def test_threads_share_a_program() -> None:
    golden = GOLDEN_PROGRAMS["sheet"]
    plan = golden.plan("moments", Type.FLOAT64)
    arguments = golden.arguments(plan)
    program = CudaEngine().compile(plan)

    with ThreadPoolExecutor(4) as threads:
        parts = threads.map(lambda k: program.run(500 * k, 500, arguments), range(8))
        together = np.concatenate(list(parts))

    assert np.array_equal(program.run(0, 4000, arguments), together)
