"""What the parameters of a distribution must keep to.

Every law here speaks of plain numbers. A traced parameter has no number yet: it passes, and
is checked when its number is known (`Distribution.check`).
"""

import math
import numbers
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from mclib.errors import ArgumentError, TraceError, law
from mclib.expressions.expression import Expression

Parameter = Any
"""A float, or a traced value: a parameter of the model, or another input of it."""

Floats = npt.NDArray[np.float64]

_KNOWN_QUANTITY = (
    "for a quantity that is known, write the number instead of a distribution."
)


def number(name: str, value: object) -> Parameter:
    """Return a finite number as a float, a traced value as it is."""
    if isinstance(value, Expression):
        if not value.node.is_constant:
            return value
        value = value.node.payload
    if not isinstance(value, (numbers.Real, np.bool_)):
        raise law(name, "be a number or a traced value", value)
    plain = float(value)
    if not math.isfinite(plain):
        raise law(name, "be finite", plain)
    return plain


def positive(name: str, value: object, hint: str | None = None) -> Parameter:
    """Return a number above 0."""
    plain = number(name, value)
    if is_plain(plain) and plain <= 0.0:
        raise law(name, "be above 0", plain, hint)
    return plain


def spread(name: str, value: object) -> Parameter:
    """Return a measure of spread: a number above 0."""
    return positive(name, value, _KNOWN_QUANTITY if _is_zero(value) else None)


def not_negative(name: str, value: object) -> Parameter:
    """Return a number that is 0 or more."""
    plain = number(name, value)
    if is_plain(plain) and plain < 0.0:
        raise law(name, "be 0 or more", plain)
    return plain


def probability(name: str, value: object) -> Parameter:
    """Return a number from 0 to 1."""
    plain = number(name, value)
    if is_plain(plain) and not 0.0 <= plain <= 1.0:
        hint = (
            f"for {plain:g} % write `{name}={plain / 100:g}`."
            if 1.0 < plain <= 100.0
            else None
        )
        raise law(name, "lie between 0 and 1", plain, hint)
    return plain


def chance(name: str, value: object) -> Parameter:
    """Return a probability strictly between 0 and 1."""
    plain = probability(name, value)
    if is_plain(plain) and not 0.0 < plain < 1.0:
        hint = "what is sure needs no distribution; for one event take `Bernoulli`."
        raise law(name, "lie strictly between 0 and 1", plain, hint)
    return plain


def whole(name: str, value: object) -> Parameter:
    """Return a whole number that a float64 can hold exactly, as an int."""
    plain = number(name, value)
    if not is_plain(plain):
        return plain
    if not plain.is_integer() or abs(plain) > 2.0**53:
        raise law(name, "be a whole number of at most 2**53 in size", plain)
    return int(plain)


def count(name: str, value: object) -> Parameter:
    """Return a whole number of at least 1, as an int."""
    plain = whole(name, value)
    if is_plain(plain) and plain < 1:
        raise law(name, "be a whole number of at least 1", plain)
    return plain


def interval(low: Parameter, high: Parameter) -> None:
    """Check that `low` lies below `high` and the width between them is finite."""
    if not (is_plain(low) and is_plain(high)):
        return
    if not low < high:
        message = f"`low` must be below `high`; got low={low!r}, high={high!r}."
        hint = _KNOWN_QUANTITY if low == high else "exchange the two."
        raise ArgumentError(f"{message}\nhint: {hint}")
    if not math.isfinite(float(high) - float(low)):
        raise law("high - low", "be finite", float(high) - float(low))


def between(low: Parameter, mode: Parameter, high: Parameter) -> None:
    """Check that the three stand in order, `low` below `high`."""
    interval(low, high)
    is_low = is_plain(low) and is_plain(mode) and mode < low
    is_high = is_plain(mode) and is_plain(high) and mode > high
    if is_low or is_high:
        known = {"low": low, "mode": mode, "high": high}
        got = ", ".join(f"{key}={each!r}" for key, each in known.items() if is_plain(each))
        message = f"`mode` must lie between `low` and `high`; got {got}."
        raise ArgumentError(message)


def settle(distribution: object, **checks: Callable[[str, object], Parameter]) -> None:
    """Hold the fields of a frozen distribution to their laws, in order."""
    for name, check in checks.items():
        settled = check(name, getattr(distribution, name))
        object.__setattr__(distribution, name, settled)


def is_plain(value: Parameter) -> bool:
    """Whether a parameter is a number that is known now."""
    return not isinstance(value, Expression)


def is_fixed(value: Parameter) -> bool:
    """Whether a parameter is the same in every trial."""
    return is_plain(value) or value.node.is_uniform


def fixed(family: str, name: str, value: Parameter) -> float:
    """Return the number of a parameter that must be the same in every trial.

    Raises
    ------
    TraceError
        If `value` differs from trial to trial.
    """
    if not is_fixed(value):
        message = (
            f"`{name}` of `{family}` must be the same in every trial, since draws come "
            "from a table; got a traced value that differs by trial.\n"
            f"hint: mix a few of them, as in `mc.Mixture([mc.{family}(...), ...])`."
        )
        raise TraceError(message)
    return float(value)


def probabilities(name: str, values: npt.ArrayLike) -> Floats:
    """Return numbers from 0 to 1 as an array."""
    array = reals(name, values)
    outside = ~((array >= 0.0) & (array <= 1.0))
    if outside.any():
        raise law(name, "lie between 0 and 1", float(array[outside].flat[0]))
    return array


def reals(name: str, values: npt.ArrayLike) -> Floats:
    """Return numbers as an array of float64."""
    if isinstance(values, Expression):
        message = (
            f"`{name}` must be a number or an array of numbers; got a traced value.\n"
            "hint: inside a model compute with the input itself."
        )
        raise TraceError(message)
    array = np.asarray(values)
    if array.dtype.kind not in "fiub":
        raise law(name, "be a number or an array of numbers", values)
    return array.astype(np.float64)


def _is_zero(value: object) -> bool:
    return isinstance(value, (numbers.Real, np.bool_)) and float(value) == 0.0
