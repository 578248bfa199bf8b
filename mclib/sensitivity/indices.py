"""Sobol' indices as people see them: estimates by output and driver, and tables."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mclib.results.estimate import Estimate
from mclib.results.provenance import Provenance
from mclib.sensitivity.tables import (
    Bars,
    Measures,
    columns_of,
    frame_of,
    html_of,
    text_of,
)

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, repr=False)
class SobolIndices:
    """Which part of each output's variance each driver makes.

    Attributes
    ----------
    first_order, total : mapping of str to mapping of str to Estimate
        By output and driver: what it makes alone, and what it makes in all.
    second_order : mapping of str to mapping of (str, str) to Estimate
        By output and two drivers: what they make together and neither alone; empty if it
        wasn't asked for.
    n_evaluations : int
        How often the model was evaluated.
    provenance : Provenance
        What is needed to get the same numbers again.
    """

    first_order: Mapping[str, Mapping[str, Estimate]]
    total: Mapping[str, Mapping[str, Estimate]]
    second_order: Mapping[str, Mapping[tuple[str, str], Estimate]]
    n_evaluations: int
    provenance: Provenance

    def to_frame(self, level: float = 0.95) -> "pd.DataFrame":
        """Table of all indices of single drivers.

        Parameters
        ----------
        level : float, default 0.95
            Of the intervals.

        Returns
        -------
        pandas.DataFrame
            By output and driver: first order and total, each with its standard error and
            both ends of its interval.
        """
        return frame_of(self._measures, level)

    def to_pair_frame(self, level: float = 0.95) -> "pd.DataFrame":
        """Table of second-order indices, by output and two drivers.

        Parameters
        ----------
        level : float, default 0.95
            Of the intervals.

        Returns
        -------
        pandas.DataFrame
            Empty if they weren't asked for.
        """
        import pandas as pd

        lines = {
            (output, *pair): columns_of("second_order", estimate, level)
            for output, pairs in self.second_order.items()
            for pair, estimate in pairs.items()
        }
        names = ["output", "driver", "other"]
        table = pd.DataFrame(list(lines.values()))
        table.index = pd.MultiIndex.from_tuples(lines, names=names)
        return table

    def __repr__(self) -> str:
        names = ", ".join(self.first_order)
        return f"<SobolIndices of {names}: {self.n_evaluations:,} evaluations>"

    def __str__(self) -> str:
        return text_of(self._measures, self.provenance)

    def _repr_html_(self) -> str:
        return html_of(self._measures, self.provenance, Bars("total", "first_order"))

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        return {"text/plain": str(self), "text/html": self._repr_html_()}

    @property
    def _measures(self) -> Measures:
        return {"first_order": self.first_order, "total": self.total}
