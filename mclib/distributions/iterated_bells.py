"""Quantile functions of skew-normal and von Mises for shapes that differ by trial.

The density of a skew-normal is log-concave: `mclib.distributions.iterated` meets it. That
of a von Mises is not, on the far half of the circle; it is symmetric, and each half is
searched between its ends.
"""

import math
from collections.abc import Callable
from typing import Any

from mclib.distributions.iterated import FALL, View, integral_of_fall, solved
from mclib.expressions.expression import Expression
from mclib.expressions.functions import (
    arctan,
    cos,
    erfc,
    exp,
    log,
    log1p,
    maximum,
    minimum,
    sin,
    sqrt,
    where,
)
from mclib.expressions.loops import scan
from mclib.expressions.probability import Probability

_HALF_LOG_2_PI = 0.5 * math.log(2.0 * math.pi)
_LOG_2 = math.log(2.0)
_FAR = 12.0
_BEND = 2.0 / math.pi
"""The least that the logarithm of the normal's cdf bends below 0."""

_N_STEPS = 12


def skew_normal_quantile(shape: Any, p: Probability) -> Expression:
    """Return the quantile of a standard skew-normal.

    Parameters
    ----------
    shape : traced value
        From -50 to 50.
    p : Probability
        Where.
    """
    is_left = shape < 0.0
    size = abs(shape)
    seen = Probability(p.tail, p.side ^ is_left)
    z = solved(skew_normal_view(size), _skew_normal_start(size, seen), seen)
    return where(is_left, -z, z)  # type: ignore[no-any-return]


def skew_normal_view(shape: Any) -> Callable[[Expression], View]:
    """Return how a standard skew-normal of a shape of 0 or more is seen from y.

    Beyond `middle` the density is a half-normal's, but for some 1e-9 of it where it bends.
    """
    middle = 6.0 / maximum(shape, 2.0)
    curvature = 1.0 + _BEND * shape * shape

    def view(y: Expression) -> View:
        is_low = y < middle
        away = where(is_low, -1.0, 1.0)
        x = shape * y
        log_of_share = log_normal_cdf(x)
        ratio = exp(-0.5 * x * x - _HALF_LOG_2_PI - log_of_share)
        slope = shape * ratio - y
        tilt = -away * slope
        flat = sqrt(tilt * tilt + 2.0 * FALL) - tilt
        steep = sqrt(tilt * tilt + (2.0 * FALL) * curvature) - tilt
        left = minimum(
            flat,
            where(
                x > 0.0,
                maximum(y, 0.0) + sqrt(2.0 * FALL / curvature),
                steep / curvature,
            ),
        )

        def h(s: Expression) -> Expression:
            change = log_normal_cdf(x + (away * shape) * s) - log_of_share
            return s * (away * y + 0.5 * s) - change  # type: ignore[no-any-return]

        return View(
            log_density=_LOG_2 - _HALF_LOG_2_PI - 0.5 * y * y + log_of_share,
            slope=slope,
            integral=integral_of_fall(h, where(is_low, left, flat), False),
            is_low=is_low,
        )

    return view


def log_normal_cdf(x: Any) -> Expression:
    """Return the logarithm of the standard normal cdf, to all digits in the lower tail."""
    is_far = x < -_FAR
    held = where(is_far, -_FAR, x)
    far = where(is_far, x, -_FAR)
    square = 1.0 / (far * far)
    series = 1.0
    for k in (15.0, 13.0, 11.0, 9.0, 7.0, 5.0, 3.0, 1.0):
        series = 1.0 - k * square * series
    beyond = -0.5 * far * far - log(-far) - _HALF_LOG_2_PI + log(series)
    near = where(
        held < 0.0,
        log(0.5 * erfc(-math.sqrt(0.5) * held)),
        log1p(-0.5 * erfc(math.sqrt(0.5) * held)),
    )
    return where(is_far, beyond, near)  # type: ignore[no-any-return]


def _skew_normal_start(shape: Any, p: Probability) -> Expression:
    """Return a first guess: a half-normal above 0, a steeper normal below."""
    share_below = 0.5 - arctan(shape) / math.pi
    root = sqrt(1.0 + shape * shape)
    scaled = minimum(0.5 * p.lower / share_below, 0.5)
    below = Probability(maximum(scaled, 1e-30), p.side & ~p.side).standard_normal() / root
    above = Probability(minimum(p.upper, 0.5), p.side | ~p.side).standard_normal()
    for _ in range(3):
        share = exp(log_normal_cdf(shape * above))
        tail = p.upper / (2.0 * share)
        is_upper = tail < 0.5
        seen = where(is_upper, tail, maximum(1.0 - tail, 1e-3))
        above = maximum(Probability(seen, is_upper).standard_normal(), 0.0)
    return where(p.lower < share_below, below, above)  # type: ignore[no-any-return]


def von_mises_quantile(concentration: Any, p: Probability) -> Expression:
    """Return the quantile of a von Mises about 0, in radians.

    Parameters
    ----------
    concentration : traced value
        From 0.001 to 1e4.
    p : Probability
        Where.

    Notes
    -----
    Newton's method with Halley's correction for the logarithm of what lies beyond y, from a
    normal's or a uniform's quantile; a step out of the interval that is left narrows it.
    """
    half = _beyond(concentration, 0.0 * p.tail)
    wanted = log(2.0 * p.tail) + log(half)
    z = abs(p.standard_normal()) / (2.0 * sqrt(concentration))
    by_normal = 2.0 * arctan(z / sqrt(maximum(1.0 - z * z, 1e-6)))
    by_uniform = math.pi * (1.0 - 2.0 * p.tail)
    start = minimum(where(concentration < 0.7, by_uniform, by_normal), by_uniform)

    def closer(state: tuple[Expression, ...]) -> tuple[Expression, ...]:
        y, low, high = state
        integral = _beyond(concentration, y)
        gap = log(integral) - 2.0 * concentration * sin(0.5 * y) ** 2 - wanted
        low, high = where(gap > 0.0, y, low), where(gap > 0.0, high, y)
        newton = gap * integral
        bend = 1.0 - 0.5 * newton * (concentration * sin(y) - 1.0 / integral)
        further = y + newton / maximum(0.5, minimum(2.0, bend))
        is_inside = (further >= low) & (further <= high)
        # The density falls, so that this place lies at the root or beyond, within pi.
        shrunk = math.pi - (math.pi - y) * exp(-maximum(gap, 0.0))
        other = where((gap > 0.0) & (shrunk <= high), shrunk, 0.5 * (low + high))
        return where(is_inside, further, other), low, high

    y, _, _ = scan(closer, (start, 0.0, math.pi), _N_STEPS)
    return where(p.side, y, -y)  # type: ignore[no-any-return]


def _beyond(concentration: Any, y: Any) -> Expression:
    """Return the integral from y to pi of the density over that at y."""
    room = maximum(math.pi - y, 1e-30)
    # Where the density has fallen by so much: the cosine of that place.
    lowest = cos(y) - FALL / concentration
    place = 0.5 * math.pi - _arcsine(maximum(lowest, -1.0))
    reach = where(lowest <= -1.0, room, minimum(maximum(place - y, 0.0), room))

    def h(s: Expression) -> Expression:
        return 2.0 * concentration * sin(y + 0.5 * s) * sin(0.5 * s)  # type: ignore[no-any-return]

    return integral_of_fall(h, maximum(reach, 1e-30), False)


def _arcsine(x: Any) -> Expression:
    return 2.0 * arctan(x / (1.0 + sqrt(maximum(1.0 - x * x, 0.0))))  # type: ignore[no-any-return]
