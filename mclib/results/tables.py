"""What tables of outputs say, as rows of estimates; how they are shown isn't known here."""

from dataclasses import dataclass

from mclib.results.answers import Answers
from mclib.results.estimate import Estimate
from mclib.results.histograms import QUARTILES, draw_histogram
from mclib.results.quantiles import quantile_estimate
from mclib.results.spreads import mean_of, standard_deviation_of
from mclib.statistics.histogram import WINDOW, Histogram

TABLE_QUANTILES = (0.05, 0.50, 0.95)
"""Orders of the quantiles that every table shows: P5, P50 and P95."""

DISPLAYED_QUANTILES = (*TABLE_QUANTILES, *WINDOW, *QUARTILES)
"""All that a table with histograms rests on."""


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


def row_of(answers: Answers, output: int, name: str) -> Row:
    """Return the line of one output."""
    known = answers.known[output]
    n_finite, non_finite = known.n_finite, known.non_finite
    warning = None
    if non_finite.total:
        others = "Statistics are over the others." if n_finite else "None is finite."
        warning = (
            f"{name}: {non_finite.sentence(n_finite + non_finite.total)} "
            f"(replay it: result.trial({non_finite.first_trial})). {others}"
        )
    return Row(
        name,
        mean_of(known),
        standard_deviation_of(known),
        tuple(quantile_estimate(answers, output, q) for q in TABLE_QUANTILES),
        draw_histogram(answers, output, name) if n_finite else None,
        warning,
    )
