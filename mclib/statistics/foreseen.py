"""What is asked of a run before it begins, and answered as it goes through its trials."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mclib.statistics.keys import HIGHEST, LOWEST, value_of
from mclib.statistics.moments import EMPTY
from mclib.statistics.order_statistics import MOST_KEYS, Target
from mclib.statistics.requests import Request
from mclib.statistics.selection import sieves_for
from mclib.statistics.sieves import Counts, Sieve, Sifted


class Foreseen:
    """Answers to sieves, gathered chunk by chunk.

    Parameters
    ----------
    sieves : sequence of Sieve
        What is asked.

    Attributes
    ----------
    sieves : list of Sieve
        What is still asked: nothing more, once more keys came than a pass may fetch.
    """

    def __init__(self, sieves: Sequence[Sieve] = ()) -> None:
        self.sieves = list(sieves)
        self._given: list[Sequence[Sifted]] = []
        self._n_keys = 0

    def add(self, answers: Sequence[Sifted]) -> None:
        """Add the answers for one more chunk of the trials."""
        if not self.sieves:
            return
        self._given.append(answers)
        self._n_keys += sum(len(each.keys) for each in answers)
        if self._n_keys > MOST_KEYS:
            self.sieves, self._given = [], []

    def answers(self) -> list[tuple[Sieve, NDArray[Any]]]:
        """Each sieve with its answer for all trials so far."""
        if not self._given:
            return []
        if len(self._given) > 1:
            # Once together they stay so: a run is asked more than once.
            parts = zip(*self._given, strict=True)
            self._given = [[_together(each) for each in parts]]
        pairs = zip(self.sieves, self._given[0], strict=True)
        return [(sieve, sieve.in_a_row(answer)) for sieve, answer in pairs]

    def copy(self) -> "Foreseen":
        """Return these answers as they are now."""
        other = Foreseen(self.sieves)
        other._given, other._n_keys = list(self._given), self._n_keys
        return other


def foresee(
    sweep: Callable[..., list[NDArray[Any]]], n_trials: int, targets: Sequence[Target]
) -> Foreseen:
    """Ask for order statistics of a run that is about to begin.

    Parameters
    ----------
    sweep : callable
        ``sweep(requests, n_trials)`` answers requests about the first trials.
    n_trials : int
        How many trials the run will have.
    targets : sequence of (output, rank)
        What will be wanted.
    """
    # Nothing is known of the outcomes yet: they may be any number.
    ends = {"minimum": value_of(LOWEST), "maximum": value_of(HIGHEST)}
    record = EMPTY._replace(count=float(n_trials), **ends)
    records = dict.fromkeys((output for output, _ in targets), record)
    return Foreseen(sieves_for(_Beginning(n_trials, sweep), targets, records))


@dataclass(frozen=True)
class _Beginning:
    n_trials: int
    answers: Callable[..., list[NDArray[Any]]]

    def sweep(
        self, requests: Sequence[Request], n_trials: int | None = None
    ) -> list[NDArray[Any]]:
        return self.answers(requests, n_trials)


def _together(parts: Sequence[Sifted]) -> Sifted:
    counts: Counts = np.add.reduce([each.counts for each in parts])
    return Sifted(counts, np.concatenate([each.keys for each in parts]))
