"""On a device: every trial and every record has the bits of the CPU."""

import numpy as np
import pytest

import mclib
from mclib.engines.base import Array
from mclib.engines.cuda.engine import CudaEngine
from mclib.engines.llvm.engine import LlvmEngine
from mclib.engines.plans import Plan, argument_values, build_moments, build_values
from mclib.expressions.dtypes import Type
from tests.tools.golden_programs import GOLDEN_PROGRAMS, PRECISIONS, SEED_WORDS
from tests.tools.random_models import random_model

pytestmark = [
    pytest.mark.gpu,
    # The specials of a float64 table overflow, as they should, in one of float32.
    pytest.mark.filterwarnings("ignore:overflow encountered in cast:RuntimeWarning"),
]

FIRST_BLOCK = (1 << 22) - 3
"""The trials' numbers pass 2**32, where they begin to need a second word."""

RUNS = [
    (name, kind, precision)
    for name, program in GOLDEN_PROGRAMS.items()
    for kind in program.kinds
    for precision in PRECISIONS
]


@pytest.fixture(scope="module")
def engine() -> CudaEngine:
    return CudaEngine()


def _on_both(
    engine: CudaEngine, plan: Plan, arguments: list[object], n_blocks: int
) -> tuple[Array, Array]:
    engines = (LlvmEngine(), engine)
    on_cpu, on_gpu = (
        each.compile(plan).run(FIRST_BLOCK, n_blocks, arguments) for each in engines
    )
    return on_cpu, on_gpu


@pytest.mark.parametrize(("name", "kind", "precision"), RUNS)
def test_golden_programs_give_the_same_bits(
    engine: CudaEngine, name: str, kind: str, precision: Type
) -> None:
    golden = GOLDEN_PROGRAMS[name]
    plan = golden.plan(kind, precision)

    on_cpu, on_gpu = _on_both(engine, plan, golden.arguments(plan), n_blocks=50)

    assert np.array_equal(on_cpu, on_gpu, equal_nan=True)


@pytest.mark.parametrize("precision", PRECISIONS, ids=repr)
@pytest.mark.parametrize("number", range(60))
def test_random_models_give_the_same_bits(
    engine: CudaEngine, number: int, precision: Type, seed: int
) -> None:
    outputs = [each.node for each in random_model(seed)]
    plan = build_values(outputs, precision)
    arguments = argument_values(plan, SEED_WORDS)

    on_cpu, on_gpu = _on_both(engine, plan, arguments, n_blocks=20)

    assert np.array_equal(on_cpu, on_gpu, equal_nan=True)


@pytest.mark.parametrize("precision", PRECISIONS, ids=repr)
def test_many_launches_give_the_same_records(engine: CudaEngine, precision: Type) -> None:
    golden = GOLDEN_PROGRAMS["european"]
    outputs = [each.node for each in golden.build().values()]
    plan = build_moments(outputs, precision)

    on_cpu, on_gpu = _on_both(engine, plan, golden.arguments(plan), n_blocks=30_000)

    assert np.array_equal(on_cpu, on_gpu)


def test_a_run_has_the_same_results_on_both() -> None:
    @mclib.model
    def launch(
        units: mclib.Triangular = mclib.Triangular(low=8e3, mode=1e4, high=15e3),
        price: mclib.Normal = mclib.Normal(20.0, 2.0),
        cost: float = 11.0,
    ) -> dict[str, object]:
        return {"profit": units * (price - cost)}

    on_cpu, on_gpu = (
        mclib.simulate(launch, n_trials=3_000_000, seed=7, engine=name)
        for name in ("llvm", "cuda")
    )

    mean, same_mean = (each["profit"].mean for each in (on_cpu, on_gpu))
    assert (mean.value, mean.standard_error) == (same_mean.value, same_mean.standard_error)
    low, same_low = (each["profit"].quantile(0.05).value for each in (on_cpu, on_gpu))
    assert low == same_low
