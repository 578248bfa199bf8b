"""What a chart says of an output in numbers: found in one pass, told to honest digits."""

from collections.abc import Sequence

import numpy as np

from mclib.errors import ArgumentError
from mclib.plots.bars import n_not_finite
from mclib.results.estimate import Estimate
from mclib.results.formatting import plain, without_error
from mclib.results.output import Output
from mclib.results.quantiles import rank_of, targets_for
from mclib.statistics.histogram import WINDOW

SHOWN = (0.05, 0.25, 0.5, 0.75, 0.95)
"""Orders of the quantiles beside a chart."""


CHARTED = tuple(sorted({*SHOWN, *WINDOW}))
"""Orders of the quantiles that a histogram and its table rest on."""


def said_of(output: Output) -> str:
    """Say where an output lies: ``profit: median 20.1, 90 % between 10.4 and 38.7``."""
    low, middle, high = (each.rounded() for each in output.quantile([0.05, 0.5, 0.95]))
    n_odd = n_not_finite(output)
    odd = f"; {n_odd:,} of {output.n_trials:,} trials not finite" if n_odd else ""
    return f"{output.name}: median {middle}, 90 % between {low} and {high}{odd}"


def sure(estimate: Estimate, unit: str = "") -> str:
    """Write an estimate for who points at it: ``219,990 ± 165 EUR (s.e.)``."""
    scale = 100.0 if unit == "%" else 1.0
    behind = f" {unit}" if unit else ""
    error = plain(scale * estimate.standard_error, 2)
    return f"{rounded(estimate, scale).removesuffix(' %')} ± {error}{behind} (s.e.)"


def find_all(
    output: Output, orders: Sequence[float] = (), *, with_bins: bool = True
) -> None:
    """Find quantiles, what lies beside those of `orders`, and bars, in one pass.

    Parameters
    ----------
    output : Output
        Which.
    orders : sequence of float
        Of the quantiles whose neighbours are wanted too, for `shares_beside`.
    with_bins : bool, default True
        Whether bars of the usual number will be drawn.
    """
    if not isinstance(output, Output):
        # What trials with weights say is there already.
        return
    answers, place = output._answers, output._place
    n_finite = answers.known[place].n_finite
    if not np.isfinite(output.mean.value):
        return
    ranks = {rank_of(q, n_finite) + step for q in orders for step in (-1, 0, 1)}
    beside = [(place, rank) for rank in sorted(ranks) if 1 <= rank <= n_finite]
    wanted = targets_for(answers, place, sorted({*orders, *CHARTED}))
    try:
        answers.find_order_statistics([*wanted, *beside], with_bins=with_bins)
    except ArgumentError:
        # A result from a file has no trials to look for neighbours among.
        output.quantile(sorted({*orders, *CHARTED}))


def shares_beside(output: Output, low: float, high: float) -> tuple[float, float] | None:
    """Return the shares below one quantile and above another, where ranks tell them.

    Parameters
    ----------
    output : Output
        One that `find_all` knows.
    low, high : float
        Orders of the two quantiles.

    Returns
    -------
    (float, float) or None
        None where an outcome has equals: how many, only a pass over the trials can say.
    """
    if not isinstance(output, Output):
        return None
    known = output._answers.known[output._place]
    n_finite = known.n_finite
    below, above = (rank_of(q, n_finite) for q in (low, high))
    for rank in (below, above):
        before, at, after = (known.order.get(rank + step, np.nan) for step in (-1, 0, 1))
        if not before < at < after:
            return None
    return (below - 1) / n_finite, (n_finite - above) / n_finite


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
    n_odd = n_not_finite(output)
    odd = [("not finite", f"{n_odd:,}")] if n_odd else []
    return [
        ("mean", rounded(mean, scale)),
        ("± s.e.", plain(scale * mean.standard_error, 2)),
        ("st. deviation", rounded(spread, scale)),
        *((name, rounded(each, scale)) for name, each in quantiles.items()),
        ("trials", f"{output.n_trials:,}"),
        *odd,
    ]


def rounded(estimate: Estimate, scale: float) -> str:
    """Write an estimate alone, to the digits that its error supports, or 100 times it."""
    if scale == 1.0:
        return estimate.rounded()
    return f"{without_error(scale * estimate.value, scale * estimate.half_width)} %"
