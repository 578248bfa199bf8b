"""Measuring side by side: everything takes turns within one run.

A machine that is shared or warm runs faster at one moment than at the next; what runs in
turns meets the same moments. The fastest turn of each is compared, because disturbances
only ever add time; the median stands beside it.
"""

import functools
import statistics
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

FIRST_GUESS_SECONDS = 0.02
MOST_TRIALS = 1 << 28


@dataclass(frozen=True)
class Contender:
    """One way to compute a workload.

    Attributes
    ----------
    name : str
        What it is called in the table.
    work : str
        Which workload.
    precision : str
        ``float64`` or ``float32``.
    run : callable
        From a number of trials to the mean that it found.
    multiple : int
        It computes whole multiples of so many trials.
    """

    name: str
    work: str
    precision: str
    run: Callable[[int], float]
    multiple: int = 1_024


@dataclass(frozen=True)
class Timing:
    """What a contender needed.

    Attributes
    ----------
    contender : Contender
        Who.
    n_trials : int
        Trials in each turn.
    seconds : tuple of float
        Of each turn.
    """

    contender: Contender
    n_trials: int
    seconds: tuple[float, ...]

    @property
    def best(self) -> float:
        """Trials per second in the fastest turn."""
        return self.n_trials / min(self.seconds)

    @property
    def median(self) -> float:
        """Trials per second in the median turn."""
        return self.n_trials / statistics.median(self.seconds)


def seconds_of(work: Callable[[], object]) -> float:
    """Return how long a call takes."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def take_turns(
    contenders: Sequence[Contender], *, n_turns: int, seconds: float
) -> list[Timing]:
    """Time contenders in turns.

    Parameters
    ----------
    contenders : sequence of Contender
        Who runs, in this order within each round.
    n_turns : int
        Rounds.
    seconds : float
        About how long one turn takes; the numbers of trials are chosen for it.
    """
    wanted = [_enough(each, seconds) for each in contenders]
    taken: list[list[float]] = [[] for _ in contenders]
    for _ in range(n_turns):
        for each, n_trials, so_far in zip(contenders, wanted, taken, strict=True):
            so_far.append(seconds_of(functools.partial(each.run, n_trials)))
    return [
        Timing(each, n_trials, tuple(so_far))
        for each, n_trials, so_far in zip(contenders, wanted, taken, strict=True)
    ]


def in_turns(works: Iterable[Callable[[], object]], *, n_turns: int) -> list[float]:
    """Return the best time of each of some calls that take turns."""
    calls = list(works)
    best = [float("inf")] * len(calls)
    for _ in range(n_turns):
        best = [
            min(so_far, seconds_of(call)) for so_far, call in zip(best, calls, strict=True)
        ]
    return best


def _enough(contender: Contender, seconds: float) -> int:
    """Find how many trials take about so long; what compiles on first use does so here."""
    n_trials = contender.multiple
    contender.run(n_trials)
    while True:
        taken = seconds_of(functools.partial(contender.run, n_trials))
        if taken >= FIRST_GUESS_SECONDS or n_trials >= MOST_TRIALS:
            break
        n_trials *= 4
    wanted = int(n_trials * seconds / taken)
    multiples = max(1, round(min(wanted, MOST_TRIALS) / contender.multiple))
    return multiples * contender.multiple
