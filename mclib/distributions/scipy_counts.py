"""Discrete distributions of SciPy as tables of their values.

A table lists every value that a draw can come to, with its probability by SciPy's own
``pmf``. What is left out has less probability than the least uniform that is ever drawn.
"""

import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np

from mclib.distributions.laws import Floats
from mclib.distributions.shares import Shares
from mclib.errors import ArgumentError

MOST_VALUES = 1 << 22
"""Values of a table, at most."""

LEFT_OUT = 2.0**-66
"""The probability on either side that a table may do without; uniforms end at 2**-64."""

HELD = 1e-12
"""What a full table may leave out at most; its last value is held there."""

U_ERROR = 1e-9
"""How far the sum of SciPy's ``pmf`` may lie from its ``cdf``."""

_FIRST_BLOCK = 64
_N_COMPARED = 9


def is_discrete(distribution: Any) -> bool:
    """Whether it is one of SciPy's discrete distributions, of the older or newer kind."""
    kinds = {kind.__name__ for kind in type(distribution).__mro__}
    return not kinds.isdisjoint(
        {"rv_discrete", "rv_discrete_frozen", "DiscreteDistribution"}
    )


def shares_of(distribution: Any, title: str) -> Shares:
    """Return the values of a discrete distribution, and how they share the probability.

    Parameters
    ----------
    distribution : frozen discrete distribution of SciPy
        With numbers as parameters.
    title : str
        What it is called in a message.

    Raises
    ------
    ArgumentError
        If its values are too many for a table, or SciPy's ``pmf`` and ``cdf`` contradict
        each other by more than 1e-9.

    Notes
    -----
    Whole numbers are gone through from the median to both sides, in blocks that double. A
    side ends with its support, or where a tail that goes on as the last two blocks do has
    less than 2**-66, or less than 1e-12 where the table is full.
    """
    listed = _listed_values(distribution)
    if listed is not None:
        return Shares.of(*listed)
    low, high = (float(end) for end in distribution.support())
    middle = min(max(_median(distribution), low), high)
    sides = [
        _side(distribution, title, middle, -1.0, middle - low + 1.0),
        _side(distribution, title, middle + 1.0, 1.0, high - middle),
    ]
    (below, its_shares), (above, other_shares) = sides
    values = np.concatenate([below[::-1], above])
    shares = np.concatenate([its_shares[::-1], other_shares])
    _check(distribution, title, values, shares)
    return Shares.of(values, shares)


def _listed_values(distribution: Any) -> tuple[Floats, Floats] | None:
    """Return values and probabilities where the distribution was made of such."""
    family = getattr(distribution, "dist", distribution)
    if type(family).__name__ != "rv_sample":
        return None
    values = np.asarray(family.xk, np.float64).ravel()
    moved = values + (float(distribution.support()[0]) - values.min())
    return moved, np.asarray(family.pk, np.float64).ravel()


def _median(distribution: Any) -> float:
    inverse = distribution.ppf if hasattr(distribution, "ppf") else distribution.icdf
    try:
        return float(_quiet(inverse, 0.5))
    except RuntimeError:
        # SciPy's own search gives up now and then; any place in the middle will do.
        return float(np.rint(_quiet(distribution.mean)))


def _side(
    distribution: Any, title: str, first: float, direction: float, n_left: float
) -> tuple[Floats, Floats]:
    """Return values from `first` on in a direction, outwards, and their probabilities."""
    values: list[Floats] = [np.empty(0)]
    shares: list[Floats] = [np.empty(0)]
    n_done, before, rest = 0, np.inf, np.inf
    for size in _block_sizes():
        n = int(min(size, n_left - n_done))
        if n <= 0:
            break
        if n_done + n > MOST_VALUES:
            if rest <= HELD and _is_done(distribution, float(values[-1][-1]), direction):
                break
            raise _too_many(title, rest, n_left)
        block = np.asarray(first + direction * np.arange(n_done, n_done + n), np.float64)
        values.append(block)
        shares.append(_probabilities(distribution, block))
        n_done += n
        mass = float(shares[-1].sum())
        # A power's tail keeps the ratio of its blocks, any other falls off faster.
        rest = mass * mass / (before - mass) if mass < before < np.inf else np.inf
        if rest <= LEFT_OUT and _is_done(distribution, float(block[-1]), direction):
            break
        before = mass
    return np.concatenate(values), np.concatenate(shares)


def _is_done(distribution: Any, last: float, direction: float) -> bool:
    """Whether nothing is left beyond, so that a gap isn't taken for the end."""
    below = float(_quiet(distribution.cdf, last))
    return below >= 1.0 - U_ERROR if direction > 0.0 else below <= U_ERROR


def _block_sizes() -> Iterator[int]:
    size = _FIRST_BLOCK
    yield size
    while True:
        yield size
        size *= 2


def _probabilities(distribution: Any, values: Floats) -> Floats:
    found = _quiet(distribution.pmf, values)
    return np.maximum(np.nan_to_num(found, nan=0.0, posinf=0.0), 0.0)


def _check(distribution: Any, title: str, values: Floats, shares: Floats) -> None:
    """Raise unless the probabilities add up to what SciPy says of them elsewhere."""
    places = np.unique(
        np.searchsorted(np.cumsum(shares), np.linspace(0.02, 0.98, _N_COMPARED))
    )
    places = np.append(places[places < values.size], values.size - 1)
    summed = np.cumsum(shares.astype(np.longdouble))[places]
    apart = float(np.max(np.abs(summed - _quiet(distribution.cdf, values[places]))))
    if not apart <= U_ERROR:
        message = (
            f"a discrete distribution of SciPy must have a pmf that adds up to its cdf, to "
            f"{U_ERROR:g}; those of {title} differ by {apart:.2g}."
        )
        hint = "take one of mclib's own, such as `mc.Poisson` or `mc.NegativeBinomial`."
        raise ArgumentError(f"{message}\nhint: {hint}")


def _too_many(title: str, rest: float, n_left: float) -> ArgumentError:
    if np.isfinite(n_left) or not np.isfinite(rest):
        kept, hint = f"it has {n_left:,.0f} of them to one side", "round a continuous draw."
    else:
        kept = f"{rest:.1g} of its probability lies beyond"
        hint = "say where it ends, as in `scipy.stats.zipfian(a, n)`, or take data of it."
    message = (
        f"{title} must have at most {MOST_VALUES:,} values to each side of its median to "
        f"be drawn by table; {kept}."
    )
    return ArgumentError(f"{message}\nhint: {hint}")


def _quiet(function: Any, *args: Any) -> Floats:
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        return np.asarray(function(*args), np.float64)
