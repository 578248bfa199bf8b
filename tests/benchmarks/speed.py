"""How fast is it? Every contender on every workload, in turns, each checked by its mean."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import mclib as mc
from tests.benchmarks import c_reference, ours, plain_numpy, rivals
from tests.benchmarks.contenders import Contender, Timing, take_turns
from tests.benchmarks.workloads import MODELS, UNITS

PRECISIONS = ("float64", "float32")

N_TURNS = 15
SECONDS_PER_TURN = 0.1

_CHECK_TRIALS = {"sheet": 1 << 18, "european": 1 << 18, "asian": 1 << 15}
_MOST_STANDARD_ERRORS = 5.0
# monaco takes a minute for what the others do at once.
_FEW_TRIALS = {"monaco": 1 << 11}


@dataclass(frozen=True)
class Speed:
    """One workload in one precision, measured.

    Attributes
    ----------
    work, precision : str
        Which.
    timings : tuple of Timing
        Of each contender.
    """

    work: str
    precision: str
    timings: tuple[Timing, ...]

    def rate(self, name: str) -> float:
        """Units per second of a contender in its fastest turn."""
        return self._of(name).best * UNITS[self.work]

    def median(self, name: str) -> float:
        """Units per second of a contender in its median turn."""
        return self._of(name).median * UNITS[self.work]

    def ratio(self, name: str, to: str) -> float:
        """How many times as fast as another contender is."""
        return self.rate(name) / self.rate(to)

    @property
    def names(self) -> list[str]:
        """Contenders, in the order in which they ran."""
        return [timing.contender.name for timing in self.timings]

    @property
    def best_numpy(self) -> str:
        """The faster of NumPy on one thread and on two."""
        return max((plain_numpy.ONE_THREAD, plain_numpy.TWO_THREADS), key=self.rate)

    @property
    def best_c(self) -> str | None:
        """The fastest C reference, if there is a compiler."""
        found = [name for name in self.names if name.startswith("C, ")]
        return max(found, key=self.rate) if found else None

    def _of(self, name: str) -> Timing:
        return next(each for each in self.timings if each.contender.name == name)


def contenders(work: str, precision: str) -> Iterator[Contender]:
    """Everyone who computes a workload."""
    for each in (ours, plain_numpy, rivals, c_reference):
        yield from each.contenders(work, precision)


def check(some: Sequence[Contender]) -> None:
    """Refuse a contender whose mean is not the model's: it would not do the same work."""
    estimates = {work: _expected(work) for work in {each.work for each in some}}
    for each in some:
        expected, deviation = estimates[each.work]
        n_trials = _FEW_TRIALS.get(each.name, _CHECK_TRIALS[each.work])
        n_trials = math.ceil(n_trials / each.multiple) * each.multiple
        error = deviation * math.sqrt(1.0 / n_trials + 1.0 / expected.n_trials)
        z = (each.run(n_trials) - expected.value) / error
        if not abs(z) < _MOST_STANDARD_ERRORS:
            where = f"{each.work} ({each.precision})"
            message = f"{each.name} misses the mean of {where}: z = {z:+.1f}"
            raise AssertionError(message)


def measure(*, n_turns: int = N_TURNS, seconds: float = SECONDS_PER_TURN) -> list[Speed]:
    """Measure all contenders, all workloads and precisions in turns, in this process."""
    everyone = [
        each
        for work in MODELS
        for precision in PRECISIONS
        for each in contenders(work, precision)
    ]
    check(everyone)
    timings = take_turns(everyone, n_turns=n_turns, seconds=seconds)
    return [
        Speed(work, precision, tuple(_among(timings, work, precision)))
        for work in MODELS
        for precision in PRECISIONS
    ]


def _among(timings: Sequence[Timing], work: str, precision: str) -> Iterator[Timing]:
    for timing in timings:
        if (timing.contender.work, timing.contender.precision) == (work, precision):
            yield timing


def _expected(work: str) -> tuple[mc.Estimate, float]:
    # Another seed than the contenders': their draws may be the library's own.
    result = mc.simulate(
        MODELS[work],
        64 * _CHECK_TRIALS[work],
        seed=ours.SEED + 1,
        engine="llvm",
        progress=False,
    )
    return result["value"].mean, result["value"].standard_deviation.value
