"""Reverse stress: what the trials have in common in which something goes wrong."""

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, final

from mclib.decisions.measures import finite
from mclib.errors import law
from mclib.results.estimate import Estimate
from mclib.results.result import Result

if TYPE_CHECKING:
    import pandas as pd

_ORDERS = {"P5": 0.05, "P50": 0.5, "P95": 0.95}


@final
@dataclass(frozen=True)
class Stress:
    """What the stressed trials of a run have in common.

    Attributes
    ----------
    share : Estimate
        How many of all trials they are.
    table : pandas.DataFrame
        For each input, those that shift most first: mean in all trials and in the stressed
        ones, the shift in standard deviations of all trials and its standard error, and
        P5, P50 and P95 in the stressed trials.
    result : Result
        Of the stressed trials: every input and output.
    """

    share: Estimate
    table: "pd.DataFrame"
    result: Result = field(repr=False)


def reverse_stress(
    result: Result, output: str, *, above: float | None = None, below: float | None = None
) -> Stress:
    """Find which inputs are how when an output is beyond a threshold.

    Parameters
    ----------
    result : Result or Weighted
        Of a run, by `mc.simulate` or `mc.importance`.
    output : str
        Which output.
    above, below : float, optional
        One of the two, in the output's unit: trials with more, or with less, are stressed.

    Returns
    -------
    Stress

    Raises
    ------
    ArgumentError
        If no output is called so, both or none of the thresholds are given, or no trial is
        beyond it.

    Notes
    -----
    The run's trials are computed twice more; none is stored.

    Examples
    --------
    >>> import mclib as mc
    >>> @mc.model
    ... def loss(wind=mc.Exponential(10), flood=mc.Exponential(40)):
    ...     return {"loss": wind + flood}
    >>> result = mc.simulate(loss, 100_000, seed=7)
    >>> stress = mc.reverse_stress(result, "loss", above=200)
    >>> stress.table.index[0], bool(stress.table.loc["flood", "shift"] > 3)
    ('flood', True)
    """
    import pandas as pd

    if not hasattr(result, "where") or not hasattr(result, "provenance"):
        raise law("result", "be the result of a run", result)
    own = result[output]
    if (above is None) == (below is None):
        raise law("above, below", "be one of the two", (above, below))
    if above is not None:
        threshold = finite("above", above)
        stressed = result.where(lambda trial: trial[output] > threshold)
    else:
        threshold = finite("below", below)
        stressed = result.where(lambda trial: trial[output] < threshold)
    if not stressed.share.value:
        must = "leave some trials beyond it"
        # Of trials with weights, the extremes say nothing.
        if hasattr(own, "minimum"):
            seen = (own.minimum.value, own.maximum.value)
            must += f"; `{output}` goes from {seen[0]:g} to {seen[1]:g}"
        raise law("above" if below is None else "below", must, threshold)
    everything = result.where(lambda trial: trial[output] == trial[output])
    lines: dict[str, dict[str, Any]] = {}
    for name in (name for name in stressed if name not in result):
        whole, part = everything[name], stressed[name]
        deviation = whole.standard_deviation.value
        apart = part.mean.value - whole.mean.value
        quantiles = part.quantile(list(_ORDERS.values()))
        lines[name] = {
            "mean": whole.mean.value,
            "stressed_mean": part.mean.value,
            "shift": apart / deviation if deviation else math.nan,
            "shift_error": part.mean.standard_error / deviation if deviation else math.nan,
            **{label: each.value for label, each in zip(_ORDERS, quantiles, strict=True)},
        }
    table = pd.DataFrame.from_dict(lines, orient="index").rename_axis("input")
    table = table.sort_values("shift", key=abs, ascending=False)
    return Stress(stressed.share, table, stressed)
