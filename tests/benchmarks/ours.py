"""mclib itself: whole calls of `simulate`, and the bare fused program inside them."""

from collections.abc import Callable, Iterator

import numpy as np

import mclib as mc
from mclib.engines.llvm.engine import LlvmEngine
from mclib.evaluators import Settled, TracedEvaluator
from mclib.expressions.dtypes import Type
from mclib.statistics.blocks import BLOCK
from mclib.statistics.moments import FIELDS
from tests.benchmarks.contenders import Contender
from tests.benchmarks.workloads import MODELS

SEED = 7
ALL_CORES, ONE_CORE, PROGRAM = "mclib", "mclib, 1 core", "mclib, program alone, 1 core"

_MEAN = FIELDS.index("mean")


def contenders(work: str, precision: str) -> Iterator[Contender]:
    """Three ways in which mclib computes a workload."""
    for name, engine in ((ALL_CORES, LlvmEngine()), (ONE_CORE, LlvmEngine(n_workers=1))):
        yield Contender(name, work, precision, _simulate(work, precision, engine))
    yield Contender(PROGRAM, work, precision, _program(work, precision))


def _simulate(work: str, precision: str, engine: LlvmEngine) -> Callable[[int], float]:
    def run(n_trials: int) -> float:
        result = mc.simulate(
            MODELS[work],
            n_trials,
            seed=SEED,
            engine=engine,
            precision=precision,
            progress=False,
        )
        return result["value"].mean.value

    return run


def _program(work: str, precision: str) -> Callable[[int], float]:
    model = MODELS[work]
    numbers = model.checked(None)
    settled = Settled(LlvmEngine(n_workers=1), Type(precision), numbers, SEED)
    evaluator = TracedEvaluator(model.graph(numbers), settled)

    def run(n_trials: int) -> float:
        records = evaluator.records(0, n_trials // BLOCK)
        return float(np.mean(records[:, 0, _MEAN]))

    return run
