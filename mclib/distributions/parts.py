"""What distributions made of others share."""

import dataclasses
from typing import Any

from mclib.distributions import laws
from mclib.distributions.distribution import Distribution
from mclib.errors import law
from mclib.expressions.functions import where
from mclib.expressions.probability import Probability


def seen(lower: Any, upper: Any) -> Probability:
    """See a probability of which both sides are known, each with its own digits."""
    side = lower > 0.5
    return Probability(where(side, upper, lower), side)


def as_distribution(name: str, value: Any) -> Distribution:
    """Return a distribution, one of SciPy's as a table of it, or say what it must be."""
    if isinstance(value, Distribution):
        return value
    if hasattr(value, "cdf") and not isinstance(value, type):
        from mclib.distributions.tabulated import Tabulated

        return Tabulated(value)
    raise law(name, "be a distribution", value)


def settle_parts(distribution: Distribution, *names: str) -> None:
    """Make what a distribution is made of distributions, as `as_distribution` does."""
    for name in names:
        part = as_distribution(name, getattr(distribution, name))
        object.__setattr__(distribution, name, part)


def require_distribution(name: str, value: object) -> None:
    """Raise unless a value is a distribution."""
    if not isinstance(value, Distribution):
        raise law(name, "be a distribution", value)


def has_numbers(distribution: Distribution) -> bool:
    """Return whether all parameters are numbers, those of what it is made of included."""
    parts = (getattr(distribution, each.name) for each in dataclasses.fields(distribution))  # type: ignore[arg-type]
    return all(map(laws.is_plain, distribution.parameters.values())) and all(
        has_numbers(part) for part in parts if isinstance(part, Distribution)
    )


def numbered(distribution: Distribution) -> Distribution:
    """Return a distribution with the numbers that its parameters have now."""
    family = type(distribution).__name__
    return distribution.with_parameters(
        **{
            name: laws.fixed(family, name, value)
            for name, value in distribution.parameters.items()
        }
    )
