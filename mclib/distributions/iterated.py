"""Quantile functions of gamma and beta for shapes that differ from trial to trial.

A table has one shape; here each trial has its own. With y the logarithm of a gamma, or the
log-odds of a beta, the density of y is log-concave, so that

- a tail is its density times an integral of ``exp(-h(s))``, h convex from h(0) = 0: 32
  Gauss-Legendre points on the length within which h reaches 40 give it to all digits;
- the logarithm of a tail is concave, so that Newton's method for it can't run away; with
  Halley's correction, and a start that is right to a digit, six steps are enough.

Nothing branches, and the number of steps is fixed: it is the same graph on every engine.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from mclib.expressions.expression import Expression
from mclib.expressions.functions import (
    exp,
    expm1,
    log,
    log1p,
    maximum,
    minimum,
    sqrt,
    where,
)
from mclib.expressions.loops import scan
from mclib.expressions.probability import Probability
from mclib.expressions.tables import lookup

N_STEPS = 6
N_POINTS = 32

FALL = 40.0
"""Where exp(-h) is cut off: below the rounding of the whole."""

_POINTS, _WEIGHTS = np.polynomial.legendre.leggauss(N_POINTS)
_PLACES, _SHARES = (_POINTS + 1.0) / 2.0, _WEIGHTS / 2.0

# A side that falls off exponentially has all that bends near y: points crowd there.
_CROWDED_PLACES = np.expm1(4.0 * _PLACES) / np.expm1(4.0)
_CROWDED_SHARES = _SHARES * 4.0 * np.exp(4.0 * _PLACES) / np.expm1(4.0)

_STIRLING = (1 / 12, -1 / 360, 1 / 1260, -1 / 1680, 1 / 1188, -691 / 360360, 1 / 156)
_SHIFT = 10
_HALF_LOG_2_PI = 0.5 * math.log(2.0 * math.pi)


@dataclass(frozen=True)
class View:
    """A log-concave density of y, seen from one place.

    Attributes
    ----------
    log_density, slope : Expression
        The logarithm of the density at y, and its derivative.
    integral : Expression
        The probability on the side of y that lies away from the mode, over the density.
    is_low : Expression
        Whether y is below the mode, so that this side is the lower one.
    """

    log_density: Expression
    slope: Expression
    integral: Expression
    is_low: Expression

    def log_of_tail(self, is_upper: Any) -> tuple[Expression, Expression]:
        """Return the logarithm of the tail on a side, and the density over that tail."""
        density = exp(self.log_density)
        far = density * self.integral
        rest = maximum(1.0 - far, 2.0**-60)
        is_far = self.is_low ^ is_upper
        log_of_tail = where(is_far, self.log_density + log(self.integral), log(rest))
        return log_of_tail, where(is_far, 1.0 / self.integral, density / rest)


def log_gamma_quantile(shape: Any, p: Probability) -> Expression:
    """Return the logarithm of the quantile of a standard gamma.

    Parameters
    ----------
    shape : number or traced value
        Above 0; accurate from 0.01 to 1e6.
    p : Probability
        Where.
    """
    return solved(gamma_view(shape), _gamma_start(shape, p), p)


def log_odds_of_beta(a: Any, b: Any, p: Probability) -> Expression:
    """Return the log-odds ``log(x / (1 - x))`` of the quantile of a standard beta.

    Parameters
    ----------
    a, b : number or traced value
        Shapes above 0; accurate from 0.01 to 1e6.
    p : Probability
        Where.
    """
    return solved(beta_view(a, b), _beta_start(a, b, p), p)


def solved(
    view: Callable[[Expression], View], start: Expression, p: Probability
) -> Expression:
    """Return where the tail beyond y is that of `p`.

    Parameters
    ----------
    view : callable
        How a log-concave density is seen from y.
    start : Expression
        A first guess.
    p : Probability
        Where.
    """
    wanted = log(p.tail)
    sign = where(p.side, -1.0, 1.0)

    def closer(y: Expression) -> Expression:
        seen = view(y)
        log_of_tail, steepness = seen.log_of_tail(p.side)
        slope = sign * steepness
        newton = (log_of_tail - wanted) / slope
        bend = 1.0 - 0.5 * newton * (seen.slope - slope)
        return y - newton / maximum(0.5, minimum(2.0, bend))  # type: ignore[no-any-return]

    return scan(closer, start, N_STEPS)  # type: ignore[no-any-return]


def gamma_view(shape: Any) -> Callable[[Expression], View]:
    """Return how the logarithm of a standard gamma is seen from y.

    Its density is ``exp(shape y - exp(y)) / gamma(shape)``, with the mode ``log shape``.
    """
    middle = log(shape)
    at_mode = 0.5 * middle - _HALF_LOG_2_PI - stirling_rest(shape)

    def view(y: Expression) -> View:
        t = y - middle
        is_low = t < 0.0
        x = exp(y)
        away = where(is_low, -1.0, 1.0)
        tilt = abs(shape - x)
        left = _fall_of_quadratic(shape, tilt)
        right = minimum(
            (sqrt(tilt * tilt + (2.0 * FALL) * x) - tilt) / x,
            log1p(2.0 * FALL / x + 3.0),
        )
        integral = integral_of_fall(
            lambda s: x * expm1(away * s) - (away * shape) * s,
            where(is_low, left, right),
            is_low,
        )
        log_density = at_mode + shape * (t - expm1(t))
        return View(log_density, shape - x, integral, is_low)

    return view


def beta_view(a: Any, b: Any) -> Callable[[Expression], View]:
    """Return how the log-odds of a standard beta are seen from y.

    Their density is ``exp(a y) / (1 + exp(y))**(a + b) / B(a, b)``, with the mode ``log(a /
    b)``.
    """
    n = a + b
    middle = log(a) - log(b)
    at_mode = 0.5 * (log(a) + log(b) - log(n)) - _HALF_LOG_2_PI
    at_mode = at_mode - stirling_rest(a) - stirling_rest(b) + stirling_rest(n)

    def view(y: Expression) -> View:
        t = y - middle
        is_low = t < 0.0
        small = exp(-abs(y))
        near, far = small / (1.0 + small), 1.0 / (1.0 + small)
        share_a, share_b = where(y < 0.0, near, far), where(y < 0.0, far, near)
        end = where(is_low, a, b)
        share, other_share = (
            where(is_low, share_a, share_b),
            where(is_low, share_b, share_a),
        )
        # Seen from the smaller shape, numbers near the sum of both don't cancel.
        tilt = abs(where(a < b, a - n * share_a, n * share_b - b))
        is_larger = is_low ^ (a < b)
        slant = where(is_larger, -minimum(a, b), end)
        part, away = where(is_larger, other_share, share), where(is_larger, 1.0, -1.0)
        curvature = n * near * far

        def h(s: Any) -> Any:
            return slant * s + n * log1p(part * expm1(away * s))

        quadratic = _fall_of_quadratic(curvature + tilt, tilt)
        straight = (FALL - n * log(other_share)) / end
        # Towards a much larger shape it falls as a gamma's upper side does.
        steep = log1p(2.0 * FALL / curvature + 3.0)
        length = minimum(quadratic, straight)
        length = where(h(steep) > FALL, minimum(length, steep), length)
        integral = integral_of_fall(h, length, end < 3.0)
        # The same density from either shape: the smaller one's, unless it overflows.
        is_swapped = is_larger & (abs(t) < 30.0)
        beside = where(is_swapped, abs(t), -abs(t))
        held = where(is_swapped, minimum(a, b), end)
        log_density = at_mode + held * beside - n * log1p((held / n) * expm1(beside))
        return View(log_density, where(is_low, tilt, -tilt), integral, is_low)

    return view


def _fall_of_quadratic(curvature: Any, tilt: Any) -> Expression:
    """Return where ``tilt s + (curvature - tilt) s**2 / (2 + s)`` is `FALL`."""
    half = FALL - 2.0 * tilt
    return (half + sqrt(half * half + (8.0 * FALL) * curvature)) / (2.0 * curvature)  # type: ignore[no-any-return]


def integral_of_fall(
    h: Callable[[Expression], Expression], length: Expression, is_exponential: Any
) -> Expression:
    """Return the integral of exp(-h(s)) from 0 to `length`."""

    def added(total: Expression, k: Expression) -> Expression:
        place = where(is_exponential, lookup(_CROWDED_PLACES, k), lookup(_PLACES, k))
        share = where(is_exponential, lookup(_CROWDED_SHARES, k), lookup(_SHARES, k))
        return total + share * exp(-h(place * length))  # type: ignore[no-any-return]

    return length * scan(added, 0.0, N_POINTS)  # type: ignore[no-any-return]


def stirling_rest(a: Any) -> Expression:
    """Return ``log gamma(a) - (a - 1/2) log a + a - log(2 pi) / 2``, for `a` above 0."""
    is_small = a < float(_SHIFT)
    large = where(is_small, a + float(_SHIFT), a)
    rest = _stirling_series(large)
    product = a
    for k in range(1, _SHIFT):
        product = product * (a + float(k))
    held = where(is_small, a, 1.0)
    shifted = (large - 0.5) * log(large) - large - (held - 0.5) * log(held) + held
    shifted = shifted - log(where(is_small, product, 1.0))
    return rest + where(is_small, shifted, 0.0)  # type: ignore[no-any-return]


def _stirling_series(a: Any) -> Any:
    square = 1.0 / (a * a)
    total = _STIRLING[-1]
    for coefficient in reversed(_STIRLING[:-1]):
        total = total * square + coefficient
    return total / a


def log_gamma(a: Any) -> Expression:
    """Return the logarithm of the gamma function of `a`, above 0."""
    return (a - 0.5) * log(a) - a + _HALF_LOG_2_PI + stirling_rest(a)  # type: ignore[no-any-return]


def _gamma_start(shape: Any, p: Probability) -> Expression:
    """Return a first guess: Wilson and Hilferty's, or those of the two ends."""
    cube_root = 1.0 - 1.0 / (9.0 * shape) + p.standard_normal() / (3.0 * sqrt(shape))
    middle = log(shape) + 3.0 * log(maximum(cube_root, 0.2))
    below = _start_below(shape, p)
    large = where(cube_root > 0.3, middle, below)
    return where(shape < 1.0, _start_of_small(shape, below, p), large)  # type: ignore[no-any-return]


def _start_below(shape: Any, p: Probability) -> Expression:
    """Return what the power ``x**shape / gamma(shape + 1)`` of the lower end says."""
    log_of_lower = where(p.side, log1p(-p.tail), log(p.tail))
    return (log_of_lower + log_gamma(shape + 1.0)) / shape  # type: ignore[no-any-return]


def _start_of_small(shape: Any, below: Expression, p: Probability) -> Expression:
    """Return a first guess for a shape below 1: a power near 0, an exponential beyond."""
    reached = minimum(p.upper / (shape * (0.253 + 0.12 * shape)), 1.0)
    return where(below < -1.0, below, log(1.0 - log(reached)))  # type: ignore[no-any-return]


def _beta_start(a: Any, b: Any, p: Probability) -> Expression:
    """Return a first guess: Abramowitz and Stegun's 26.5.22, or those of the two ends."""
    n = a + b
    z = -p.standard_normal()
    from_a, from_b = (1.0 / (2.0 * maximum(each, 1.0) - 1.0) for each in (a, b))
    h = 2.0 / (from_a + from_b)
    bend = (z * z - 3.0) / 6.0
    w = z * sqrt(h + bend) / h - (from_b - from_a) * (bend + 5.0 / 6.0 - 2.0 / (3.0 * h))
    middle = log(a) - log(b) - 2.0 * w
    # Where one shape is small and the other is not, the odds are nearly a gamma's.
    back = p.reversed()
    gamma_a = _start_of_small(a, _start_below(a, p), p) - log(b + 0.5 * a - 0.5)
    gamma_b = log(a + 0.5 * b - 0.5) - _start_of_small(b, _start_below(b, back), back)
    share_a, share_b = exp(a * log(a / n)) / a, exp(b * log(b / n)) / b
    both = share_a + share_b
    below = minimum((log(a * both) + log(p.lower)) / a, -0.1)
    above = minimum((log(b * both) + log(p.upper)) / b, -0.1)
    is_below = p.lower * both < share_a
    ends = where(is_below, below - log1p(-exp(below)), log1p(-exp(above)) - above)
    ends = where(b > 2.0, gamma_a, where(a > 2.0, gamma_b, ends))
    return where((a < 1.0) | (b < 1.0), ends, middle)  # type: ignore[no-any-return]
