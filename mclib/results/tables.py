"""What tables of outputs say, as rows of estimates; how they are shown isn't known here."""

from dataclasses import dataclass

from mclib.results.estimate import Estimate
from mclib.statistics.histogram import Histogram

TABLE_QUANTILES = (0.05, 0.50, 0.95)
"""Orders of the quantiles that every table shows: P5, P50 and P95."""


@dataclass(frozen=True)
class Row:
    """One output's line in a table.

    Attributes
    ----------
    name : str
        Name of the output.
    mean, standard_deviation : Estimate
        Where the output lies and how it spreads.
    quantiles : tuple of Estimate
        P5, P50 and P95.
    histogram : Histogram or None
        None where no outcome is a finite number.
    warning : str or None
        What there is to say about trials that gave no finite number.
    """

    name: str
    mean: Estimate
    standard_deviation: Estimate
    quantiles: tuple[Estimate, ...]
    histogram: Histogram | None
    warning: str | None


def label(q: float) -> str:
    """Name a quantile for people: ``P5``, ``P99.9``."""
    return f"P{q * 100.0:.10g}"
