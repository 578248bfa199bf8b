"""Shapley effects as people see them: estimates by output and driver, and a table."""

from collections.abc import ItemsView, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mclib.results.estimate import Estimate
from mclib.results.provenance import Provenance
from mclib.sensitivity.tables import Bars, frame_of, html_of, text_of

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, repr=False)
class ShapleyEffects:
    """Which part of each output's variance is owed to each driver; they add up to 1.

    Attributes
    ----------
    effects : mapping of str to mapping of str to Estimate
        By output and driver; so is the object itself.
    n_evaluations : int
        How often the model was evaluated.
    provenance : Provenance
        What is needed to get the same numbers again.
    """

    effects: Mapping[str, Mapping[str, Estimate]]
    n_evaluations: int
    provenance: Provenance

    def __getitem__(self, output: str) -> Mapping[str, Estimate]:
        return self.effects[output]

    def __iter__(self) -> Iterator[str]:
        return iter(self.effects)

    def items(self) -> ItemsView[str, Mapping[str, Estimate]]:
        """Outputs, and their drivers' effects."""
        return self.effects.items()

    def to_frame(self, level: float = 0.95) -> "pd.DataFrame":
        """Table of all effects, by output and driver, with the ends of their intervals.

        Parameters
        ----------
        level : float, default 0.95
            Of the intervals.
        """
        return frame_of({"effect": self.effects}, level)

    def __repr__(self) -> str:
        names = ", ".join(self.effects)
        return f"<ShapleyEffects of {names}: {self.n_evaluations:,} evaluations>"

    def __str__(self) -> str:
        return text_of({"effect": self.effects}, self.provenance)

    def _repr_html_(self) -> str:
        bars = Bars("effect", "effect")
        return html_of({"effect": self.effects}, self.provenance, bars)

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        return {"text/plain": str(self), "text/html": self._repr_html_()}
