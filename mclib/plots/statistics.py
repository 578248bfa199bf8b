"""The table of statistics beside a chart, in the digits that errors support."""

from mclib.results.estimate import Estimate
from mclib.results.formatting import plain
from mclib.results.output import Output

SHOWN = (0.05, 0.25, 0.5, 0.75, 0.95)
"""Orders of the quantiles beside a chart."""


def statistics_table(output: Output, unit: str = "") -> list[tuple[str, str]]:
    """Return what is written beside a chart of one output.

    Parameters
    ----------
    output : Output
        Which.
    unit : str
        ``"%"`` writes shares in percent; any other stands on the chart's axis.
    """
    scale = 100.0 if unit == "%" else 1.0
    mean, spread = output.mean, output.standard_deviation
    quantiles = output.quantiles(*SHOWN)
    return [
        ("mean", rounded(mean, scale)),
        ("± s.e.", plain(scale * mean.standard_error, 2)),
        ("st. deviation", rounded(spread, scale)),
        *((name, rounded(each, scale)) for name, each in quantiles.items()),
        ("trials", f"{output.n_trials:,}"),
    ]


def rounded(estimate: Estimate, scale: float) -> str:
    """Write an estimate alone, to the digits that its error supports, or 100 times it."""
    if scale == 1.0:
        return estimate.rounded()
    return f"{estimate:%}".partition(" ±")[0].partition(",")[0]
