"""Sobol' indices as people see them: estimates by output and driver, and tables."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, final

from mclib.results.estimate import Estimate
from mclib.sensitivity.tables import Bars, EstimateTable, Measures, columns_of

if TYPE_CHECKING:
    import pandas as pd


@final
@dataclass(frozen=True, repr=False, kw_only=True)
class SobolIndices(EstimateTable):
    """Which part of each output's variance each driver makes.

    Attributes
    ----------
    first_order, total : mapping of str to mapping of str to Estimate
        By output and driver: what it makes alone, and what it makes in all.
    second_order : mapping of str to mapping of (str, str) to Estimate
        By output and two drivers: what they make together and neither alone; empty if it
        wasn't asked for.

    Examples
    --------
    >>> import mclib as mc
    >>> @mc.model
    ... def total(a=mc.Normal(0, 1), b=mc.Normal(0, 1)):
    ...     return {"total": a + a * b}
    >>> indices = mc.sobol_indices(total, seed=7)
    >>> first, whole = indices.first_order["total"], indices.total["total"]
    >>> f"{first['b'].value:.2f} alone, {whole['b'].value:.2f} with a"
    '0.00 alone, 0.50 with a'
    """

    first_order: Mapping[str, Mapping[str, Estimate]]
    total: Mapping[str, Mapping[str, Estimate]]
    second_order: Mapping[str, Mapping[tuple[str, str], Estimate]]

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

    def plot(self, output: str, *, n_drivers: int = 10) -> Any:
        """Bars of an output's indices; see `mclib.plots.share_bars`."""
        from mclib.plots.effects import share_bars

        title = "Sobol' indices of"
        return share_bars(self.measures, output, title=title, n_drivers=n_drivers)

    @property
    def measures(self) -> Measures:
        """The indices of single drivers, as ``"first_order"`` and ``"total"``."""
        return {"first_order": self.first_order, "total": self.total}

    @property
    def _bars(self) -> Bars:
        return Bars("total", "first_order")
