"""A decision tree rolled back: from its ends to the best choice at every decision.

Money becomes scores at the ends, net of what was paid on the way. A chance averages scores,
trial by trial; a decision takes the branch whose mean score is the highest. Every value is
linear in the scores of the ends, so that its error is that of one mean.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from mclib.decisions.branches import Branch, End, Floats, Fork
from mclib.decisions.measures import finite
from mclib.errors import law
from mclib.results.estimate import Estimate

Place = tuple[str, ...]
"""The names of the branches that lead to a fork from the root."""

_MOST_TOLERANCES = 700.0


@dataclass(frozen=True)
class Attitude:
    """From money to scores, whose mean decides, and back.

    Parameters
    ----------
    risk_tolerance : float, optional
        R of the utility ``-exp(-x / R)``; none if the mean of money decides.
    origin : float
        The lowest outcome, from which money is counted.
    """

    risk_tolerance: float | None
    origin: float

    def scores(self, money: Floats) -> Floats:
        """Return what decides."""
        if self.risk_tolerance is None:
            return money
        return -np.exp((self.origin - money) / self.risk_tolerance)

    def worth(self, score: float) -> float:
        """Return the sure money that has this score: the certainty equivalent."""
        if self.risk_tolerance is None:
            return score
        return self.origin - self.risk_tolerance * math.log(-score)

    def slope(self, score: float) -> float:
        """Return the derivative of `worth`."""
        return 1.0 if self.risk_tolerance is None else -self.risk_tolerance / score

    def estimate(self, scores: Floats) -> Estimate:
        """Return what scores of trials are worth, with its standard error."""
        mean = float(scores.mean())
        return Estimate(
            self.worth(mean), self.slope(mean) * error_of(scores), n_trials_of(scores)
        )

    def difference(self, more: Floats, less: Floats) -> Estimate:
        """Return how much more one is worth than the other, by the same trials."""
        high, low = float(more.mean()), float(less.mean())
        apart = np.asarray(self.slope(high) * more - self.slope(low) * less)
        value = self.worth(high) - self.worth(low)
        return Estimate(value, error_of(apart), n_trials_of(apart))


@dataclass(frozen=True)
class Rolled:
    """A place in the tree, and what it is worth.

    Attributes
    ----------
    place : tuple of str
        The branches that lead there.
    branch : Branch
        The last of them.
    probability : float or None
        That of the branch, if chance takes it.
    worth : Estimate
        Net of all that was paid before.
    less : Estimate or None
        How much less than the best choice it is, if it is a choice.
    is_chosen : bool
        Whether it is the best choice.
    parts : tuple of Rolled
        What follows.
    """

    place: Place
    branch: Branch
    probability: float | None
    worth: Estimate
    less: Estimate | None
    is_chosen: bool
    parts: tuple["Rolled", ...]


@dataclass(frozen=True)
class Roll:
    """How a tree is rolled back.

    Parameters
    ----------
    attitude : Attitude
        What decides.
    odds : mapping of str to tuple of float
        Other probabilities, by the name of the chance.
    fixed : mapping, optional
        By place, which branch is taken at each decision; by default the best one.
    """

    attitude: Attitude
    odds: Mapping[str, tuple[float, ...]]
    fixed: Mapping[Place, int] | None = None

    def back(self, tree: Fork) -> tuple[Rolled, Floats]:
        """Return the whole tree with its values, and the scores at its root."""
        whole = Branch("", 0.0, tree)
        return self._back((), whole, 0.0, None)

    def _back(
        self, place: Place, branch: Branch, paid: float, probability: float | None
    ) -> tuple[Rolled, Floats]:
        paid += branch.cost
        fork = branch.then
        if isinstance(fork, End):
            scores = self.attitude.scores(fork.outcomes - paid)
            return self._rolled(place, branch, probability, scores, ()), scores
        odds = self.odds.get(fork.name, fork.probabilities) if fork.probabilities else ()
        shown = odds or (None,) * len(fork.branches)
        found = [
            self._back((*place, each.name), each, paid, share)
            for each, share in zip(fork.branches, shown, strict=True)
        ]
        parts = [part for part, _ in found]
        if fork.is_decision:
            best = self._choice(place, found)
            scores = found[best][1]
            parts = [
                replace(
                    part,
                    is_chosen=k == best,
                    less=self.attitude.difference(scores, found[k][1]),
                )
                for k, part in enumerate(parts)
            ]
        else:
            scores = _mixed(odds, [each for _, each in found])
        return self._rolled(place, branch, probability, scores, tuple(parts)), scores

    def _choice(self, place: Place, found: list[tuple[Rolled, Floats]]) -> int:
        if self.fixed is not None:
            return self.fixed[place]
        means = [float(scores.mean()) for _, scores in found]
        return means.index(max(means))

    def _rolled(
        self,
        place: Place,
        branch: Branch,
        probability: float | None,
        scores: Floats,
        parts: tuple[Rolled, ...],
    ) -> Rolled:
        worth = self.attitude.estimate(scores)
        return Rolled(place, branch, probability, worth, None, False, parts)


@dataclass(frozen=True, eq=False)
class Path:
    """A way from the root to an end that may happen.

    Attributes
    ----------
    place : tuple of str
        The branches on it.
    probability : float
        That it happens.
    outcomes : array of shape () or (n_trials,), float64
        What is had at its end, less what was paid.
    """

    place: Place
    probability: float
    outcomes: Floats


def attitude_of(tree: Fork, risk_tolerance: Any) -> Attitude:
    """Return the attitude that a risk tolerance stands for.

    Raises
    ------
    ArgumentError
        If it isn't above 0, or so small that the utilities of the ends can't be told.
    """
    if risk_tolerance is None:
        return Attitude(None, 0.0)
    chosen = finite("risk_tolerance", risk_tolerance)
    if chosen <= 0.0:
        hint = "leave it out to decide by the expected value."
        raise law("risk_tolerance", "be above 0, in the unit of the ends", chosen, hint)
    low, high = _range(tree, 0.0)
    least = (high - low) / _MOST_TOLERANCES
    if least > chosen:
        must = f"be at least {least:.4g}, a 700th of what is at stake"
        raise law("risk_tolerance", must, chosen)
    return Attitude(chosen, low)


def strategy_of(rolled: Rolled) -> dict[Place, int]:
    """Return which branch is taken at every decision, by its place."""
    found: dict[Place, int] = {}
    for at, part in enumerate(rolled.parts):
        if part.is_chosen:
            found[rolled.place] = at
        found |= strategy_of(part)
    return found


def reached(rolled: Rolled) -> dict[Place, str]:
    """Return what is chosen at the decisions that may be reached, by their places."""
    found: dict[Place, str] = {}
    for part in rolled.parts:
        if part.is_chosen:
            found[rolled.place] = part.branch.name
        if part.is_chosen or part.probability:
            found |= reached(part)
    return found


def paths_of(rolled: Rolled, probability: float = 1.0, paid: float = 0.0) -> list[Path]:
    """Return the ways to the ends that may happen under the strategy."""
    paid += rolled.branch.cost
    end = rolled.branch.then
    if isinstance(end, End):
        return [Path(rolled.place, probability, end.outcomes - paid)]
    found = []
    for part in rolled.parts:
        share = float(part.is_chosen) if part.probability is None else part.probability
        if share > 0.0:
            found += paths_of(part, probability * share, paid)
    return found


def n_trials_of(values: Floats) -> int:
    """Return how many trials stand behind values; 0 behind a number."""
    return values.size if values.ndim else 0


def error_of(values: Floats) -> float:
    """Return the standard error of a mean over trials; 0 of a number."""
    if not values.ndim:
        return 0.0
    if values.size < 2:
        return math.nan
    return float(values.std(ddof=1)) / math.sqrt(values.size)


def _mixed(odds: tuple[float, ...], scores: list[Floats]) -> Floats:
    if not any(each.ndim for each in scores):
        pairs = zip(odds, scores, strict=True)
        return np.array(math.fsum(share * float(each) for share, each in pairs))
    parts = [share * each for share, each in zip(odds, scores, strict=True)]
    return np.asarray(sum(parts[1:], start=parts[0]))


def _range(then: Fork | End, paid: float) -> tuple[float, float]:
    """Return the lowest and the highest outcome of all paths."""
    if isinstance(then, End):
        return float(then.outcomes.min()) - paid, float(then.outcomes.max()) - paid
    ends = [_range(each.then, paid + each.cost) for each in then.branches]
    return min(low for low, _ in ends), max(high for _, high in ends)
