"""From a level to the interval of that level: rules that need no run.

Rules of quantiles go back to the trials for each level. Such a rule can't leave its
process; what can is the interval that it gave before.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

from mclib.errors import law
from mclib.statistics.intervals import Interval, check_level, probability_interval

IntervalRule = Callable[[float], Interval]
"""From a level to the interval of that level."""

KEPT_LEVEL = 0.95
"""The level of which the interval is kept where a rule can't be."""


@dataclass(frozen=True)
class ShareRule:
    """Wilson's interval of a share: so many hits in so many trials."""

    hits: int
    n_trials: int

    def __call__(self, level: float) -> Interval:
        """Return the interval of a level."""
        return probability_interval(self.hits, self.n_trials, level=level)


@dataclass(frozen=True)
class WithinRule:
    """Another rule, cut off at 0 and 1."""

    rule: IntervalRule

    def __call__(self, level: float) -> Interval:
        """Return the interval of a level."""
        interval = self.rule(level)
        return Interval(max(interval.low, 0.0), min(interval.high, 1.0), interval.level)


@dataclass(frozen=True)
class EndRule:
    """Robson and Whitlock's interval of an end: ``level / (1 - level)`` gaps beyond it."""

    value: float
    gap: float
    is_upper: bool

    def __call__(self, level: float) -> Interval:
        """Return the interval of a level."""
        reach = check_level(level) / (1.0 - level) * self.gap
        if self.is_upper:
            return Interval(self.value, self.value + reach, level)
        return Interval(self.value - reach, self.value, level)


@dataclass(frozen=True)
class KeptRule:
    """The one interval that was kept of a rule."""

    interval: Interval

    def __call__(self, level: float) -> Interval:
        """Return the interval, or raise `ArgumentError` if it is of another level."""
        if not math.isclose(check_level(level), self.interval.level, rel_tol=1e-12):
            must = f"be {self.interval.level:g} of an estimate that was pickled"
            hint = f"ask for `interval({level:g})` where its run is, and pickle that."
            raise law("level", must, level, hint)
        return self.interval


def portable(rule: IntervalRule | None) -> IntervalRule | None:
    """Return a rule that can be pickled: itself, or what it says of the kept level."""
    if rule is None or _is_portable(rule):
        return rule
    return KeptRule(rule(KEPT_LEVEL))


def _is_portable(rule: IntervalRule) -> bool:
    from mclib.statistics.replications import StudentRule

    if isinstance(rule, WithinRule):
        return _is_portable(rule.rule)
    return isinstance(rule, (ShareRule, EndRule, KeptRule, StudentRule))
