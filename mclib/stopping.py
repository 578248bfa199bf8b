"""Running until an estimate is known well enough: valid however often one looks."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from mclib.errors import law
from mclib.results.ending import Stopping
from mclib.results.estimate import Estimate
from mclib.statistics.blocks import BLOCK
from mclib.statistics.intervals import check_level, check_order

FIRST_LOOK = 64 * BLOCK
"""Trials before the first look; whole rounds of 32 replications."""

_ROUND = 32 * BLOCK
_MARGIN = 1.05
_WITH_ORDER = ("quantile", "tail_mean")
_WITH_THRESHOLD = ("probability_above", "probability_below")
_STATISTICS = ("mean", "standard_deviation", *_WITH_ORDER, *_WITH_THRESHOLD)


class Outcomes(Protocol):
    """What a tolerance looks at: outputs by name, of so many trials."""

    @property
    def n_trials(self) -> int:
        """Trials done."""
        ...

    def __getitem__(self, name: str, /) -> Any:
        """Return what is known of an output."""
        ...


@dataclass(frozen=True)
class Tolerance:
    """How well a statistic of an output shall be known before a run ends.

    Parameters
    ----------
    output : str
        Name of the output.
    absolute : float, optional
        Half-width to be reached, in the output's unit.
    relative : float, optional
        Half-width to be reached, as a share of the estimate: 0.01 for 1 %.
    statistic : str, default "mean"
        Of what: ``"mean"``, ``"standard_deviation"``, ``"quantile"``, ``"tail_mean"``,
        ``"probability_above"`` or ``"probability_below"``.
    order : float, optional
        Of the quantile, or where the upper tail starts: 0.95.
    threshold : float, optional
        Of the probability, in the output's unit.
    level : float, default 0.95
        How surely the truth shall lie within the half-width.

    Raises
    ------
    ArgumentError
        If both or none of `absolute` and `relative` are given, or an argument breaks its
        law.

    Notes
    -----
    The run is looked at several times. So that looking often doesn't make a lucky moment
    count, look k (from 1) has the level ``1 - (1 - level) / (k (k + 1))``: all looks
    together miss the truth with at most ``1 - level``. Each look says how many trials the
    next one needs, so that there are few of them.

    Examples
    --------
    >>> import mclib as mc
    >>> @mc.model
    ... def sales(units=mc.Triangular(80, 100, 150), price=mc.Normal(20, 2)):
    ...     return {"revenue": units * price}
    >>> result = mc.simulate(sales, seed=7, until=mc.Tolerance("revenue", relative=0.001))
    >>> result.stopping.converged, result.n_trials < 1_000_000
    (True, True)
    """

    output: str
    absolute: float | None = None
    relative: float | None = None
    statistic: str = "mean"
    order: float | None = None
    level: float = 0.95
    threshold: float | None = None

    def __post_init__(self) -> None:
        if (self.absolute is None) == (self.relative is None):
            hint = 'write `mc.Tolerance("profit", relative=0.01)`.'
            given = (self.absolute, self.relative)
            raise law("absolute, relative", "be one of the two", given, hint)
        width = self.absolute if self.relative is None else self.relative
        if not _is_finite(width) or not float(width or 0.0) > 0.0:
            raise law("absolute, relative", "be a finite number above 0", width)
        if self.statistic not in _STATISTICS:
            raise law("statistic", f"be one of {', '.join(_STATISTICS)}", self.statistic)
        if (self.statistic in _WITH_ORDER) != (self.order is not None):
            must = "be given for a quantile or a tail mean, and for nothing else"
            raise law("order", must, self.order)
        if self.order is not None:
            check_order(self.order, "order")
        if (self.statistic in _WITH_THRESHOLD) != (self.threshold is not None):
            must = "be given for a probability, and for nothing else"
            raise law("threshold", must, self.threshold)
        if self.threshold is not None and not _is_finite(self.threshold):
            raise law("threshold", "be a finite number", self.threshold)
        check_level(self.level)

    def estimate(self, result: Outcomes) -> Estimate:
        """Return the estimate that the tolerance is about."""
        output = result[self.output]
        asked_at = self.threshold if self.order is None else self.order
        if asked_at is not None:
            found: Estimate = getattr(output, self.statistic)(asked_at)
            return found
        made: Estimate = getattr(output, self.statistic)
        return made

    def wanted(self, estimate: Estimate) -> float:
        """Return the half-width to be reached, in the output's unit."""
        if self.absolute is not None:
            return self.absolute
        assert self.relative is not None
        return self.relative * abs(estimate.value)


def _is_finite(value: Any) -> bool:
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return is_number and math.isfinite(value)


def check_tolerances(until: Any, names: Sequence[str]) -> tuple[Tolerance, ...]:
    """Return tolerances as a tuple.

    Raises
    ------
    ArgumentError
        If one isn't a `Tolerance`, or is about no output of the model.
    """
    given = (until,) if isinstance(until, Tolerance) else until
    if not isinstance(given, (tuple, list)) or not given:
        raise law("until", "be a tolerance, or a list of them", until)
    for each in given:
        if not isinstance(each, Tolerance):
            hint = 'write `until=mc.Tolerance("profit", relative=0.01)`.'
            raise law("until", "be a tolerance, or a list of them", each, hint)
        if each.output not in names:
            raise law("until", f"be about outputs ({', '.join(names)})", each.output)
    return tuple(given)


def look(
    result: Outcomes, tolerances: Sequence[Tolerance], n_looks: int
) -> tuple[Stopping, int]:
    """Look at a run for the k-th time; say how it stands and where to look next.

    Returns
    -------
    stopping : Stopping
        As of now.
    following : int
        Trials to be done before the next look.
    """
    n_trials = result.n_trials
    widths, needed = [], [float(n_trials)]
    converged = True
    for each in tolerances:
        estimate = each.estimate(result)
        spent, following = (
            1.0 - (1.0 - each.level) / (k * (k + 1.0)) for k in (n_looks, n_looks + 1)
        )
        wanted = each.wanted(estimate)
        width = estimate.interval(spent).half_width
        widths.append(width)
        if not width <= wanted:
            converged = False
            reach = estimate.interval(following).half_width
            ratio = reach / wanted if wanted > 0.0 and math.isfinite(reach) else 4.0
            # An error falls as one over the root of the trials, or faster.
            needed.append(n_trials * max(ratio * ratio, 1.0) * _MARGIN)
    most = math.ceil(min(max(needed), 2.0**50))
    following = max(n_trials + _ROUND, -(-most // _ROUND) * _ROUND)
    stopping = Stopping(converged, n_looks, tuple(widths), n_trials if converged else most)
    # A first guess from few trials may be far off: no step is above a factor of 32.
    return stopping, min(following, 32 * n_trials)
