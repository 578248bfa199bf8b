"""A number, and how sure it is."""

import math
from dataclasses import dataclass, field
from typing import Any

from mclib.results.formatting import plain, with_error, without_error
from mclib.results.rules import IntervalRule, portable
from mclib.statistics.intervals import Interval, two_sided
from mclib.statistics.moments import Record
from mclib.statistics.summary import mean, mean_standard_error


@dataclass(frozen=True)
class Estimate:
    """A number estimated from trials, with its standard error.

    Attributes
    ----------
    value : float
        The estimate, in the output's unit.
    standard_error : float
        Standard deviation that the estimate would have if the run were repeated with other
        seeds; NaN where the trials can't tell.
    n_trials : int
        Trials that the estimate rests on.
    rule : callable, optional
        From a level to an `Interval`, for estimates whose interval isn't
        ``value ± z standard_error``: quantiles and probabilities.

    Notes
    -----
    An estimate can be pickled. A quantile's, whose intervals come from the trials, then has
    that of 95 %; asked for another level it raises `ArgumentError`.

    Examples
    --------
    >>> estimate = Estimate(26_151.33, 4.7, n_trials=1_000_000)
    >>> print(estimate)
    26,151 ± 9 (95 %)
    >>> print(f"{estimate:.2f}")
    26151.33 ± 9.21 (95 %)
    >>> print(f"{Estimate(0.0312, 0.0002, 1_000_000):%}")
    3.12 % ± 0.04 % (95 %)
    >>> float(estimate)
    26151.33
    """

    value: float
    standard_error: float
    n_trials: int
    rule: IntervalRule | None = field(default=None, repr=False, compare=False)

    def interval(self, level: float = 0.95) -> Interval:
        """Confidence interval of this estimate.

        Parameters
        ----------
        level : float, default 0.95
            Coverage aimed at, strictly between 0 and 1.

        Returns
        -------
        Interval
            ``(low, high, level)``: by the central limit theorem, ``value ± z
            standard_error``; of a quantile by order statistics; of a probability by
            Wilson's score.

        Raises
        ------
        ArgumentError
            If `level` is not strictly between 0 and 1.
        """
        if self.rule is not None:
            return self.rule(level)
        reach = two_sided(level) * self.standard_error
        return Interval(self.value - reach, self.value + reach, level)

    @property
    def half_width(self) -> float:
        """Half the width of the 95 % interval; NaN where the trials can't tell."""
        if math.isnan(self.standard_error):
            return math.nan
        return self.interval().half_width

    def rounded(self) -> str:
        """Write the value alone, to the digits that its error supports."""
        return without_error(self.value, self.half_width)

    def __reduce__(self) -> tuple[Any, ...]:
        kept = (self.value, self.standard_error, self.n_trials, portable(self.rule))
        return type(self), kept

    def __copy__(self) -> "Estimate":
        return self

    def __deepcopy__(self, _: Any) -> "Estimate":
        # It never changes; a copy by way of a pickle would lose intervals.
        return self

    def __float__(self) -> float:
        return self.value

    def __str__(self) -> str:
        return format(self)

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        # What a notebook shows below a cell is read by people.
        printer.text(repr(self) if cycle else str(self))

    def __format__(self, spec: str) -> str:
        scale, unit, digits = 1.0, "", spec
        if spec.endswith("%"):
            scale, unit, digits = 100.0, " %", spec[:-1] + "f" if spec != "%" else ""
        low, high, level = self.interval()
        value, half_width = self.value * scale, self.half_width * scale
        if digits:
            text = f"{value:{digits}}{unit} ± {half_width:{digits}}{unit}"
        elif low == self.value or high == self.value:
            text = _one_sided(value, low * scale, high * scale, unit)
        else:
            text = with_error(value, half_width, unit)
        return f"{text} ({level * 100:g} %)"


def mean_estimate(record: Record) -> Estimate:
    """Mean of the trials of a record, ``± s / sqrt(n)``."""
    return Estimate(mean(record), mean_standard_error(record), int(record.count))


def _one_sided(value: float, low: float, high: float, unit: str) -> str:
    if low == high:
        return f"{plain(value)}{unit} ± 0{unit}"
    return f"{plain(value)}{unit}, within {plain(low, 2)} to {plain(high, 2)}{unit}"
