"""The engine around its launches, on a device made of the processor."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from mclib.engines.cuda.devices import open_device
from mclib.engines.cuda.engine import CudaEngine, CudaProgram
from mclib.engines.cuda.launching import MOST_BYTES, SECONDS_WANTED
from mclib.engines.cuda.rendering import render
from mclib.engines.llvm.engine import LlvmEngine
from mclib.engines.plans import BLOCK, Plan
from mclib.errors import EngineUnavailable, InsufficientMemory
from mclib.expressions.dtypes import Type
from tests.tools.golden_programs import GOLDEN_PROGRAMS
from tests.tools.host_cupy import HostDevice, installed

pytestmark = pytest.mark.compiler

FIRST_BLOCK = 7


def _program(plan: Plan) -> CudaProgram:
    source = render(plan)
    # The machine code of the host device is the source itself.
    return CudaProgram(plan, source, source.text.encode(), open_device())


@pytest.mark.parametrize("kind", ["values", "moments"])
@pytest.mark.parametrize("name", ["table", "uneven_scan", "many_arguments"])
def test_many_launches_give_what_one_gives(name: str, kind: str) -> None:
    golden = GOLDEN_PROGRAMS[name]
    plan = golden.plan(kind, Type.FLOAT64)
    arguments = golden.arguments(plan)

    with installed(HostDevice()) as device:
        result = _program(plan).run(FIRST_BLOCK, 30, arguments)

    assert len(device.launches) > 2
    assert sum(device.launches) == 30
    expected = LlvmEngine(1).compile(plan).run(FIRST_BLOCK, 30, arguments)
    assert np.array_equal(expected, result)


def test_launches_stay_short_on_a_slow_device() -> None:
    golden = GOLDEN_PROGRAMS["table"]
    plan = golden.plan("moments", Type.FLOAT32)

    with installed(HostDevice(seconds_per_block=SECONDS_WANTED / 6)) as device:
        _program(plan).run(0, 60, golden.arguments(plan))

    assert max(device.launches) == 6


def test_no_blocks_are_no_launch() -> None:
    golden = GOLDEN_PROGRAMS["table"]
    plan = golden.plan("values", Type.FLOAT32)

    with installed(HostDevice()) as device:
        result = _program(plan).run(0, 0, golden.arguments(plan))

    assert device.launches == []
    assert result.shape == (2, 0, 8, 4, 32)


def test_want_of_memory_makes_launches_smaller_and_changes_nothing() -> None:
    golden = GOLDEN_PROGRAMS["table"]
    plan = golden.plan("values", Type.FLOAT64)
    arguments = golden.arguments(plan)
    block_bytes = 2 * 8 * BLOCK

    with installed(HostDevice(memory_bytes=3 * block_bytes)) as device:
        result = _program(plan).run(FIRST_BLOCK, 9, arguments)

    assert max(device.launches) == 2
    expected = LlvmEngine(1).compile(plan).run(FIRST_BLOCK, 9, arguments)
    assert np.array_equal(expected, result)


def test_a_device_without_room_for_one_block_says_how_much_it_needs() -> None:
    golden = GOLDEN_PROGRAMS["table"]
    plan = golden.plan("values", Type.FLOAT64)

    with (
        installed(HostDevice(memory_bytes=1000)),
        pytest.raises(InsufficientMemory, match=r"needs 16,384 bytes .* 1,000 are free"),
    ):
        _program(plan).run(0, 9, golden.arguments(plan))


def test_results_of_a_launch_never_outgrow_their_share_of_memory() -> None:
    golden = GOLDEN_PROGRAMS["many_arguments"]
    plan = golden.plan("values", Type.FLOAT64)
    n_blocks = 2 * MOST_BYTES // (8 * BLOCK)

    with installed(HostDevice(seconds_per_block=1e-9)) as device:
        program = _program(plan)
        program._size.took(n_blocks, 1e-6)

    assert program._size.blocks == MOST_BYTES // (8 * BLOCK)
    assert device.launches == []


def test_a_device_that_stops_in_the_middle_is_named() -> None:
    golden = GOLDEN_PROGRAMS["table"]
    plan = golden.plan("moments", Type.FLOAT64)

    with (
        installed(HostDevice(fails_at=1)),
        pytest.raises(EngineUnavailable, match=r"stopped in the middle .*LaunchFailure"),
    ):
        _program(plan).run(0, 30, golden.arguments(plan))


def test_threads_may_share_a_program() -> None:
    golden = GOLDEN_PROGRAMS["table"]
    plan = golden.plan("moments", Type.FLOAT32)
    arguments = golden.arguments(plan)

    with installed(HostDevice()), ThreadPoolExecutor(3) as threads:
        program = _program(plan)
        parts = list(threads.map(lambda k: program.run(10 * k, 10, arguments), range(6)))

    expected = LlvmEngine(1).compile(plan).run(0, 60, arguments)
    assert np.array_equal(expected, np.concatenate(parts))


def test_the_engine_names_its_device() -> None:
    with installed(HostDevice()):
        engine = CudaEngine()

    assert engine.name == "cuda"
    assert engine.device == "host device, 1 multiprocessors, sm_90"
