"""What samplers take beside independent trials, in time of the processor."""

import math
import time
from collections.abc import Callable

import mclib as mc
from tests.benchmarks.ours import SEED
from tests.benchmarks.workloads import sheet

N_TRIALS = 1 << 20
N_TURNS = 5
SAMPLERS = ("antithetic", "latin hypercube", "sobol")


def sampler_ratios() -> dict[str, float]:
    """Return how much longer than independent trials a run of the sheet takes."""

    def run(sampler: str) -> Callable[[], object]:
        return lambda: mc.simulate(
            sheet, N_TRIALS, seed=SEED, engine="llvm", sampler=sampler, progress=False
        )

    runs = {name: run(name) for name in ("independent", *SAMPLERS)}
    best = dict.fromkeys(runs, math.inf)
    for each in runs.values():
        each()
    for _ in range(N_TURNS):
        for name, each in runs.items():
            began = time.process_time()
            each()
            best[name] = min(best[name], time.process_time() - began)
    return {name: best[name] / best["independent"] for name in SAMPLERS}
