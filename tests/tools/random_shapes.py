"""Draws whose shapes or limits differ from trial to trial, for every engine to agree on."""

from collections.abc import Callable

import mclib as mc
from mclib.expressions.expression import Expression
from mclib.expressions.loops import drawn

NORMAL, COUNTS = mc.Normal(3, 2), mc.Poisson(3.5)


def _uniform(name: str, low: float, high: float) -> Expression:
    return drawn(name, mc.Uniform(low, high))


def _whole(name: str, low: int, high: int) -> Expression:
    return drawn(name, mc.DiscreteUniform(low, high))


RANDOM_SHAPES: dict[str, Callable[[], Expression]] = {
    "skew-normal": lambda: drawn("x", mc.SkewNormal(_uniform("shape", -8, 8), 1.0, 2.0)),
    "von mises": lambda: drawn("x", mc.VonMises(_uniform("concentration", 0.1, 40))),
    "hypergeometric": lambda: drawn(
        "x", mc.Hypergeometric(20, _whole("marked", 1, 50), _whole("lot", 50, 90))
    ),
    "beta-binomial": lambda: drawn(
        "x", mc.BetaBinomial(_whole("n", 5, 30), _uniform("a", 0.3, 3), 4.0)
    ),
    "truncated": lambda: drawn(
        "x", mc.Truncated(NORMAL, _uniform("low", -4, 9), _uniform("high", 5, 14))
    ),
    "truncated counts": lambda: drawn("x", mc.Truncated(COUNTS, low=_whole("low", 0, 6))),
    "truncated with a random mean": lambda: drawn(
        "x", mc.Truncated(mc.Normal(_uniform("mean", 0, 3), 1), low=_uniform("low", -1, 2))
    ),
    "spliced": lambda: drawn(
        "x",
        mc.Spliced(
            mc.LogNormal(10, 1),
            mc.Pareto(2.5, 30),
            _uniform("threshold", 30, 90),
            _uniform("share", 0.5, 0.9),
        ),
    ),
}
"""By name: what makes the draw."""
