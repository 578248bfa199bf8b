"""Decision trees: decisions, chances and ends, and the strategy that is worth the most."""

from collections.abc import Mapping
from functools import cached_property
from itertools import pairwise
from typing import Any, final

import numpy as np

from mclib.decisions.branches import Floats, Fork, chances, checked_name, choices
from mclib.decisions.rolling import (
    Attitude,
    Place,
    Roll,
    Rolled,
    attitude_of,
    error_of,
    n_trials_of,
    reached,
    strategy_of,
)
from mclib.decisions.solutions import Solution, Threshold
from mclib.errors import law
from mclib.results.estimate import Estimate

_CLOSE = 1e-12


class Tree(Fork):
    """What a decision and a chance have in common: each is the root of a tree."""

    def solve(self, *, risk_tolerance: float | None = None) -> Solution:
        """Roll the tree back to its best strategy.

        Parameters
        ----------
        risk_tolerance : float, optional
            R of the utility ``-exp(-x / R)``, in the unit of the ends, above 0: about the
            sum for which one would just take an even chance of winning it or losing half of
            it. By default the expected value decides.

        Returns
        -------
        Solution

        Raises
        ------
        ArgumentError
            If the tolerance isn't above 0, or too small to tell the ends apart.

        Notes
        -----
        Of choices that are equally good the first is taken. With simulated ends the choice
        is made by their means, and what it is worth comes from the same trials: where two
        choices are closer than the error of their difference (`Solution.to_frame`), the
        better one looks better than it is, by about that error.
        """
        return Solution(self, risk_tolerance)

    def perfect_information(
        self, chance: str, *, risk_tolerance: float | None = None
    ) -> Estimate:
        """What it is worth to know how a chance falls before anything is decided (EVPI).

        Parameters
        ----------
        chance : str
            Its name. Where it stands in several places, it is one event.
        risk_tolerance : float, optional
            As for `solve`: the certainty equivalent decides, and the answer is the most
            that one would pay.

        Raises
        ------
        ArgumentError
            If there is no chance of this name, or its probabilities are not the same
            wherever it stands.

        Notes
        -----
        The event is taken to be independent of the tree's others, which it is if its
        probabilities are the same wherever it stands. Exact, if all ends are numbers.
        """
        event = self._event(chance)
        attitude = attitude_of(self, risk_tolerance)
        _, without = Roll(attitude, {}).back(self)
        total: Any = 0.0
        for at, share in enumerate(event.probabilities):
            known = tuple(float(k == at) for k in range(len(event.probabilities)))
            total = total + share * Roll(attitude, {chance: known}).back(self)[1]
        return attitude.difference(total, without)

    def thresholds(
        self, chance: str, outcome: str, *, risk_tolerance: float | None = None
    ) -> tuple[Threshold, ...]:
        """Where another strategy becomes the best, as one probability goes from 0 to 1.

        Parameters
        ----------
        chance : str
            Name of a chance.
        outcome : str
            Its branch whose probability changes; the others share the rest as they do now.
        risk_tolerance : float, optional
            As for `solve`.

        Returns
        -------
        tuple of Threshold
            From the lowest to the highest; empty if one strategy is the best throughout.

        Raises
        ------
        ArgumentError
            If there is no such chance or branch, its probabilities are not the same
            wherever it stands, or the branch has all the probability there is.

        Notes
        -----
        What a strategy is worth is linear in the probability, so that two strategies are
        equal at one point: it is found by their lines, and not by a search.
        """
        event = self._event(chance)
        names = [each.name for each in event.branches]
        if outcome not in names:
            raise law("outcome", f"be one of {', '.join(names)}", outcome)
        at = names.index(outcome)
        if event.probabilities[at] == 1.0:
            hint = "give the other branches some probability, by which they share the rest."
            raise law("outcome", "have a probability below 1", 1.0, hint)
        lines = _Lines(self, attitude_of(self, risk_tolerance), chance, at)
        return tuple(lines.thresholds())

    def _event(self, chance: Any) -> Fork:
        if chance not in self.chance_names:
            hint = 'name a chance when it is made: `mc.Chance({...}, name="oil")`.'
            names = ", ".join(sorted(self.chance_names)) or "no chance here has a name"
            raise law("chance", f"be the name of a chance ({names})", chance, hint)
        first, *others = self.chances(chance)
        for other in others:
            if _odds(other) != _odds(first):
                raise law(
                    "chance",
                    "have the same branches and probabilities wherever it stands",
                    f"{chance}: {_odds(first)} and {_odds(other)}",
                    "what a test has changed is another event: name it otherwise.",
                )
        return first

    def __repr__(self) -> str:
        names = ", ".join(each.name for each in self.branches)
        about = f"{self.name}: " if self.name else ""
        return f"{type(self).__name__}({about}{names})"

    def __str__(self) -> str:
        return str(self.solve())

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        # What a notebook shows below a cell is read by people.
        printer.text(repr(self) if cycle else str(self))

    def _repr_html_(self) -> str:
        return self.solve()._repr_html_()


@final
class Decision(Tree):
    """A place in a tree where we choose.

    Parameters
    ----------
    branches : mapping of str to Decision, Chance, number, Output or tuple
        By the name of each choice: what follows, or ``(cost, what follows)``. An end is
        what is had, a number or an output of a run; what was paid on the way there is
        taken off.
    name : str, optional
        What is decided.

    Raises
    ------
    ArgumentError
        If there are no branches, an end is not finite, or outputs differ in their number
        of trials.

    Notes
    -----
    Ends that are outputs are compared trial by trial: run with the same seed and number of
    trials, inputs of the same name draw the same. The first million trials count.

    References
    ----------
    .. [1] H. Raiffa, "Decision Analysis", Addison-Wesley, 1968.

    Examples
    --------
    >>> import mclib as mc
    >>> oil = mc.Chance(
    ...     {"dry": (0.5, 0), "wet": (0.3, 120), "soaking": (0.2, 270)}, name="oil"
    ... )
    >>> tree = mc.Decision({"drill": (70, oil), "leave": 0})
    >>> print(tree)
    Expected values, net of what was paid on the way
      decision, worth 20
      * drill (pays 70): chance oil, worth 20 (best)
          0.5 dry: -70
          0.3 wet: 50
          0.2 soaking: 200
        leave: 0
    >>> tree.perfect_information("oil").value
    35.0
    >>> [str(each) for each in tree.thresholds("oil", "dry")]
    ['drill, from 0.611111 on leave']
    """

    def __init__(self, branches: Mapping[str, Any], name: str = "") -> None:
        super().__init__(choices(branches), (), checked_name(name))


@final
class Chance(Tree):
    """A place in a tree where luck chooses.

    Parameters
    ----------
    branches : mapping of str to tuple
        By what may happen: ``(probability, what follows)`` or ``(probability, cost, what
        follows)``; see `Decision` for what may follow. Probabilities add to 1.
    name : str, optional
        What is uncertain. By it `Decision.perfect_information` and `Decision.thresholds`
        find the chance; the same name in several places is the same event.

    Raises
    ------
    ArgumentError
        If there are no branches, probabilities don't add to 1, an end is not finite, or the
        same event stands further on again.

    Examples
    --------
    >>> import mclib as mc
    >>> coin = mc.Chance({"heads": (0.5, 100), "tails": (0.5, -50)})
    >>> print(f"{coin.solve(risk_tolerance=100).certainty_equivalent.value:.3f}")
    -0.827
    """

    def __init__(self, branches: Mapping[str, Any], name: str = "") -> None:
        super().__init__(*chances(branches), checked_name(name))


class _Lines:
    """What strategies are worth, as lines in one probability."""

    def __init__(self, tree: Fork, attitude: Attitude, chance: str, at: int) -> None:
        self._tree, self._attitude, self._chance, self._at = tree, attitude, chance, at
        self._odds = next(tree.chances(chance)).probabilities

    def thresholds(self) -> list[Threshold]:
        """Return where the best strategy changes between 0 and 1."""
        ends = [0.0, *sorted(self._cuts(0.0, 1.0)), 1.0]
        middles = [
            (low + high) / 2.0 for low, high in pairwise(ends) if high - low > _CLOSE
        ]
        found = []
        for left, right in pairwise(middles):
            below, above = self._rolled(left)[0], self._rolled(right)[0]
            start, end = (
                np.asarray(more - less)
                for less, more in zip(self._line(below), self._line(above), strict=True)
            )
            rise = float(end.mean()) - float(start.mean())
            if rise > self._close:
                meet = -float(start.mean()) / rise
                error = error_of(start + (end - start) * meet) / rise
                where = Estimate(meet, error, n_trials_of(start))
                found.append(Threshold(where, reached(below), reached(above)))
        return found

    def _cuts(self, low: float, high: float) -> set[float]:
        """Return points between which the best strategies' line has no kink."""
        (b0, b1), (a0, a1) = (self._means(self._rolled(at)[0]) for at in (low, high))
        at_low, at_high = (
            [_between(line, at) for line in ((b0, b1), (a0, a1))] for at in (low, high)
        )
        # Convex from end to end: a line that is the best at both is the best between.
        if at_low[0] - at_low[1] <= self._close or at_high[1] - at_high[0] <= self._close:
            return set()
        meet = (b0 - a0) / ((b0 - a0) + (a1 - b1))
        if not low < meet < high:
            return set()
        best = float(self._rolled(meet)[1].mean())
        if best - _between((b0, b1), meet) <= self._close:
            return {meet}
        return {meet} | self._cuts(low, meet) | self._cuts(meet, high)

    @cached_property
    def _close(self) -> float:
        """How near two scores are the same."""
        ends = [abs(float(self._rolled(at)[1].mean())) for at in (0.0, 1.0)]
        return _CLOSE * (max(ends) or 1.0)

    def _line(self, best: Rolled) -> tuple[Floats, Floats]:
        """Return the scores of a strategy where the probability is 0, and where it is 1."""
        fixed = strategy_of(best)
        start, end = (self._rolled(at, fixed)[1] for at in (0.0, 1.0))
        return start, end

    def _means(self, best: Rolled) -> tuple[float, float]:
        start, end = self._line(best)
        return float(start.mean()), float(end.mean())

    def _rolled(
        self, probability: float, fixed: Mapping[Place, int] | None = None
    ) -> tuple[Rolled, Floats]:
        odds = {self._chance: self._at_odds(probability)}
        return Roll(self._attitude, odds, fixed).back(self._tree)

    def _at_odds(self, probability: float) -> tuple[float, ...]:
        rest = (1.0 - probability) / (1.0 - self._odds[self._at])
        return tuple(
            probability if k == self._at else share * rest
            for k, share in enumerate(self._odds)
        )


def _between(line: tuple[float, float], at: float) -> float:
    return line[0] * (1.0 - at) + line[1] * at


def _odds(event: Fork) -> dict[str, float]:
    names = [each.name for each in event.branches]
    return dict(zip(names, event.probabilities, strict=True))
