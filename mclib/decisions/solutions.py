"""What a decision tree says: the best strategy, what it is worth, what it may bring."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, final

from mclib.decisions.branches import Fork
from mclib.decisions.drawings import drawing_html, drawing_text
from mclib.decisions.profiles import RiskProfile
from mclib.decisions.rolling import (
    Attitude,
    Place,
    Roll,
    Rolled,
    attitude_of,
    paths_of,
    reached,
    strategy_of,
)
from mclib.results.estimate import Estimate

if TYPE_CHECKING:
    import pandas as pd


@final
class Solution:
    """The best strategy of a decision tree.

    Made by ``tree.solve()``.

    Attributes
    ----------
    risk_tolerance : float or None
        That of the utility which decided; none if the expected value did.
    strategy : mapping of tuple of str to str
        What to choose, at each decision that may be reached: by the names of the branches
        that lead there, ``()`` for the root.
    certainty_equivalent : Estimate
        The sure sum that is as good as the tree; the expected value without a tolerance.
    """

    def __init__(self, tree: Fork, risk_tolerance: float | None) -> None:
        self._attitude = attitude_of(tree, risk_tolerance)
        self._tree = tree
        self._rolled, _ = Roll(self._attitude, {}).back(tree)
        self.risk_tolerance = self._attitude.risk_tolerance
        self.strategy: Mapping[Place, str] = reached(self._rolled)
        self.certainty_equivalent = self._rolled.worth

    @cached_property
    def value(self) -> Estimate:
        """Expected value of the strategy, less what it costs."""
        plain = Roll(Attitude(None, 0.0), {}, strategy_of(self._rolled))
        rolled, _ = plain.back(self._tree)
        return rolled.worth

    @cached_property
    def risk_profile(self) -> RiskProfile:
        """The outcomes of the strategy, with their probabilities."""
        return RiskProfile(paths_of(self._rolled))

    def to_frame(self) -> "pd.DataFrame":
        """Table of the choices at each decision, reached by the strategy or not.

        Returns
        -------
        pandas.DataFrame
            By decision (the branches that lead there) and choice: its `worth` (expected
            value, or certainty equivalent) with its `standard_error`, how much `less` that
            is than the best choice's, with the `less_error` of the difference by trial, and
            whether it `is_chosen`. Empty where nothing is to be decided.
        """
        import pandas as pd

        lines = {}
        for part in _choices(self._rolled):
            assert part.less is not None
            where = " / ".join(part.place[:-1])
            lines[where, part.branch.name] = {
                "worth": part.worth.value,
                "standard_error": part.worth.standard_error,
                "less": part.less.value,
                "less_error": part.less.standard_error,
                "is_chosen": part.is_chosen,
            }
        names = ["decision", "choice"]
        if not lines:
            return pd.DataFrame(index=pd.MultiIndex.from_tuples([], names=names))
        table = pd.DataFrame.from_dict(lines, orient="index")
        table.index = pd.MultiIndex.from_tuples(lines, names=names)
        return table

    def __repr__(self) -> str:
        return f"Solution({in_words(self.strategy)}: {self.certainty_equivalent})"

    def __str__(self) -> str:
        return drawing_text(self._rolled, self.risk_tolerance)

    def _repr_pretty_(self, printer: object, cycle: bool) -> None:
        # What a notebook shows below a cell is read by people.
        printer.text(repr(self) if cycle else str(self))  # type: ignore[attr-defined]

    def _repr_html_(self) -> str:
        return drawing_html(self._rolled, self.risk_tolerance)


@final
@dataclass(frozen=True)
class Threshold:
    """A probability at which another strategy becomes the best.

    Attributes
    ----------
    probability : Estimate
        Where both are worth the same.
    below, above : mapping of tuple of str to str
        The best strategy for a lower and for a higher probability, as in
        `Solution.strategy`.
    """

    probability: Estimate
    below: Mapping[Place, str]
    above: Mapping[Place, str]

    def __str__(self) -> str:
        below, above = in_words(self.below), in_words(self.above)
        return f"{below}, from {self.probability.rounded()} on {above}"


def in_words(strategy: Mapping[Place, str]) -> str:
    """Write a strategy on one line."""
    if not strategy:
        return "nothing to decide"
    return "; ".join(
        f"{' / '.join(place)}: {choice}" if place else choice
        for place, choice in strategy.items()
    )


def _choices(rolled: Rolled) -> list[Rolled]:
    found = [part for part in rolled.parts if part.less is not None]
    for part in rolled.parts:
        found += _choices(part)
    return found
