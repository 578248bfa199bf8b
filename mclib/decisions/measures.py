"""Statistics that decisions look at: one number of one output of a run."""

import math
from dataclasses import dataclass
from typing import Any

from mclib.errors import law
from mclib.results.estimate import Estimate
from mclib.results.result import Result
from mclib.results.tables import label
from mclib.statistics.intervals import check_order

_WITH_ORDER = ("quantile", "tail_mean", "lower_tail_mean")
_WITH_THRESHOLD = ("probability_above", "probability_below")
STATISTICS = ("mean", "standard_deviation", *_WITH_ORDER, *_WITH_THRESHOLD)


@dataclass(frozen=True)
class Measure:
    """A statistic of an output.

    Parameters
    ----------
    output : str
        Name of the output.
    statistic : str, default "mean"
        ``"mean"``, ``"standard_deviation"``, ``"quantile"``, ``"tail_mean"`` (of the
        highest outcomes, beyond the quantile of `order`), ``"lower_tail_mean"`` (of the
        lowest, below it), ``"probability_above"`` or ``"probability_below"``.
    order : float, optional
        Of the quantile, or where the tail starts.
    threshold : float, optional
        Of the probability, in the output's unit.

    Raises
    ------
    ArgumentError
        If there is no such statistic, or it needs what is not given.
    """

    output: str
    statistic: str = "mean"
    order: float | None = None
    threshold: float | None = None

    def __post_init__(self) -> None:
        if self.statistic not in STATISTICS:
            raise law("statistic", f"be one of {', '.join(STATISTICS)}", self.statistic)
        if (self.order is not None) != (self.statistic in _WITH_ORDER):
            must = "be given for a quantile or a tail mean, and for nothing else"
            raise law("order", must, self.order)
        if self.order is not None:
            check_order(self.order, "order")
        if (self.threshold is not None) != (self.statistic in _WITH_THRESHOLD):
            must = "be given for a probability, and for nothing else"
            raise law("threshold", must, self.threshold)

    def of(self, result: Result) -> Estimate:
        """Return the statistic, estimated from a run."""
        output = result[self.output]
        match self.statistic:
            case "mean" | "standard_deviation":
                found: Estimate = getattr(output, self.statistic)
                return found
            case "lower_tail_mean":
                assert self.order is not None
                return output.tail_mean(self.order, tail="lower")
            case "quantile" | "tail_mean":
                tail: Estimate = getattr(output, self.statistic)(self.order)
                return tail
            case _:
                share: Estimate = getattr(output, self.statistic)(self.threshold)
                return share

    def __str__(self) -> str:
        name = self.statistic.replace("_", " ")
        if self.order is not None:
            point = label(self.order)
            name = point if self.statistic == "quantile" else f"{name} beyond {point}"
        if self.threshold is not None:
            name = f"{name} {self.threshold:g}"
        return f"{name} of {self.output}"


def is_maximized(goal: Any) -> bool:
    """Whether the most is wanted.

    Raises
    ------
    ArgumentError
        If `goal` is neither ``"maximize"`` nor ``"minimize"``.
    """
    if goal not in ("maximize", "minimize"):
        raise law("goal", 'be "maximize" or "minimize"', goal)
    return bool(goal == "maximize")


def finite(name: str, value: Any) -> float:
    """Return a finite number.

    Raises
    ------
    ArgumentError
        If it is none.
    """
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if not is_number or not math.isfinite(value):
        raise law(name, "be a finite number", value)
    return float(value)
