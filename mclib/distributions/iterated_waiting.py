"""The quantile function of an inverse Gaussian for shapes that differ by trial.

With y the logarithm, and w twice the root of the shape times ``sinh(y / 2)``, the density
of y is ``sqrt(shape / (2 pi)) exp(-y / 2 - w**2 / 2)``: log-concave, so that the iterations
of `mclib.distributions.iterated` meet it. That of w is a normal's times ``2 / (1 +
exp(y))``, which gives the start.
"""

import math
from collections.abc import Callable
from typing import Any

from mclib.distributions.iterated import FALL, View, integral_of_fall, solved
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
from mclib.expressions.probability import Probability

_HALF_LOG_2_PI = 0.5 * math.log(2.0 * math.pi)


def log_waiting_quantile(shape: Any, p: Probability) -> Expression:
    """Return the logarithm of the quantile of an inverse Gaussian of mean 1.

    Parameters
    ----------
    shape : traced value
        From 0.01 to 1e6.
    p : Probability
        Where.
    """
    return solved(waiting_view(shape), _start(shape, p), p)


def waiting_view(shape: Any) -> Callable[[Expression], View]:
    """Return how the logarithm of an inverse Gaussian of mean 1 is seen from y."""
    mode = -_inverse_sinh(0.5 / shape)
    at_one = 0.5 * log(shape) - _HALF_LOG_2_PI

    def view(y: Expression) -> View:
        is_low = y < mode
        away = where(is_low, -1.0, 1.0)
        more = _cosh_less_1(y)
        cosh, sinh = 1.0 + more, where(y < 0.0, -1.0, 1.0) * sqrt(more * (more + 2.0))
        tilt = abs(0.5 + shape * sinh)
        curvature = shape * where(is_low | (y > 0.0), cosh, 1.0)
        flat = 2.0 * FALL / (tilt + sqrt(tilt * tilt + (2.0 * FALL) * curvature))
        steep = _inverse_cosh(more + FALL / shape) - away * y
        steep = _inverse_cosh(more + (FALL + 0.5 * steep) / shape) - away * y

        def h(s: Expression) -> Expression:
            grown = expm1(s)
            part = grown / (1.0 + grown)
            straight = 0.5 * s + (0.5 * shape) * sinh * (grown + part)
            return away * straight + (0.5 * shape) * cosh * (grown * part)  # type: ignore[no-any-return]

        return View(
            log_density=at_one - 0.5 * y - shape * more,
            slope=-0.5 - shape * sinh,
            integral=integral_of_fall(h, minimum(flat, steep), False),
            is_low=is_low,
        )

    return view


def _start(shape: Any, p: Probability) -> Expression:
    """Return a first guess: a normal w, its tails weighed by ``2 / (1 + exp(y))``."""
    root = 2.0 * sqrt(shape)
    w = p.standard_normal()
    for _ in range(3):
        y = 2.0 * _inverse_sinh(w / root)
        tail = minimum(0.5 * p.tail * (1.0 + exp(y)), 0.5)
        w = Probability(maximum(tail, 1e-300), p.side).standard_normal()
    return 2.0 * _inverse_sinh(w / root)


def _cosh_less_1(y: Any) -> Expression:
    grown = expm1(abs(y))
    return 0.5 * grown * (grown / (1.0 + grown))  # type: ignore[no-any-return]


def _inverse_sinh(x: Any) -> Expression:
    size = abs(x)
    found = log1p(size + size * size / (1.0 + sqrt(size * size + 1.0)))
    return where(x < 0.0, -found, found)  # type: ignore[no-any-return]


def _inverse_cosh(more: Any) -> Expression:
    """Return the number, 0 or more, whose cosh is 1 and so much more."""
    return log1p(more + sqrt(more * (more + 2.0)))  # type: ignore[no-any-return]
