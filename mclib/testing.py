"""Assertions about estimates, for tests of models: in standard errors, not bare digits.

An estimate lies more than 5 standard errors from the truth once in 1.7 million times, so a
test that fails is wrong or has found something.
"""

import math
from typing import Protocol

from mclib.errors import law


class HasStandardError(Protocol):
    """A number with its standard error, such as `mclib.results.estimate.Estimate`."""

    @property
    def value(self) -> float:
        """The estimate."""

    @property
    def standard_error(self) -> float:
        """Its standard error."""


def standard_errors_from(estimate: HasStandardError, exact: float) -> float:
    """How many standard errors an estimate lies above an exact value, below if negative.

    An estimate without error is 0 from its own value and infinitely far from any other; one
    whose error isn't known is NaN from everything.
    """
    difference = estimate.value - exact
    if estimate.standard_error == 0.0:
        return 0.0 if difference == 0.0 else math.copysign(math.inf, difference)
    return difference / estimate.standard_error


def within_standard_errors(
    estimate: HasStandardError, exact: float, k: float = 5.0
) -> bool:
    """Whether an estimate lies within `k` standard errors of an exact value.

    Parameters
    ----------
    estimate : Estimate
        Anything with ``value`` and ``standard_error``.
    exact : float
        What it should be.
    k : float, default 5
        How far it may lie away; above 0.

    Returns
    -------
    bool
        False also where value or standard error isn't known.

    Examples
    --------
    >>> from mclib.results.estimate import Estimate
    >>> within_standard_errors(Estimate(10.02, 0.01, n_trials=10_000), 10.0)
    True
    """
    if not k > 0.0:
        raise law("k", "be above 0", k)
    return abs(standard_errors_from(estimate, exact)) <= k


def assert_within_standard_errors(
    estimate: HasStandardError, exact: float, k: float = 5.0
) -> None:
    """Fail, saying how far off it is, unless an estimate is near an exact value.

    Raises
    ------
    AssertionError
        With the distance in standard errors, such as ``z = +6.2``.

    See Also
    --------
    within_standard_errors : The same as a question.
    """
    if not within_standard_errors(estimate, exact, k):
        z = standard_errors_from(estimate, exact)
        message = (
            f"z = {z:+.1f}: {estimate.value!r} ± {estimate.standard_error!r} s.e. lies "
            f"further than {k:g} standard errors from {exact!r}"
        )
        raise AssertionError(message)
