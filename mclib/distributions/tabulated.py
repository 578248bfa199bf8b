"""Any distribution of SciPy, drawable on every engine."""

import warnings
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, final

import numpy as np

from mclib.distributions import laws
from mclib.distributions.distribution import Distribution, stretched
from mclib.distributions.fitting import Tail, fit
from mclib.distributions.laws import Floats, Parameter
from mclib.distributions.scipy_counts import is_discrete, shares_of
from mclib.distributions.shares import Shares
from mclib.distributions.tables import QuantileTable
from mclib.errors import law
from mclib.expressions.dtypes import Type
from mclib.expressions.expression import Expression
from mclib.expressions.lowering import evaluate_model_expression
from mclib.expressions.nodes import node
from mclib.expressions.probability import Probability


@final
@dataclass(frozen=True, eq=False)
class Tabulated(Distribution):
    """A distribution of ``scipy.stats``, drawn by table.

    The quantile function is ``location + scale Q(u)``, with Q the quantile function of
    `distribution`: as piecewise polynomials, or, of a discrete one, as a list of values.

    Parameters
    ----------
    distribution : frozen distribution of SciPy
        Such as ``scipy.stats.gamma(2.5)`` or ``scipy.stats.zipfian(1.5, 100)``, or of the
        newer kind, ``scipy.stats.Normal()``. Its parameters are fixed numbers.
    location : float or traced value, default 0
        Added to every draw, in the draws' unit. It may be random.
    scale : float or traced value, default 1
        Multiplies every draw, above 0. It may be random.

    Raises
    ------
    ArgumentError
        If `distribution` isn't one, if it can't be met with a u-error of 1e-10 (see Notes),
        if a discrete one has too many values, or a number breaks its law.

    Notes
    -----
    The table is verified when it is made: |cdf(quantile(u)) - u| is at most 1e-10, up to
    the rounding of the draw itself, and at most 5e-11 of u and of 1 - u, down to 2**-64,
    where SciPy's own functions are that accurate. Where they lose a tail, at tails below
    6e-11 only, and at 2**-64 in any case, the quantile is held. Poles of the density at the
    ends of the support and heavy tails are met: a beta with shapes 0.3 and 0.2, a gamma
    with shape 0.01, Cauchy, a lognormal with spread 2. A corner, a gap or a pole *within* a
    half is not met and is refused: a triangular, a histogram, a double Weibull.

    A discrete distribution is met exactly: its table has every value, with the probability
    that ``pmf`` gives. What lies beyond has less than 2**-66 on a side, and no draw comes
    to it; where 4,194,304 values on a side don't reach so far, they have to leave out less
    than 1e-12. A heavier tail, as of ``zipf(2)``, is refused, and so is a ``pmf`` whose sum
    differs from the ``cdf`` by more than 1e-9.

    A table takes some 10 ms where SciPy has a direct inverse and a few seconds where it
    searches; it is kept for the next distribution of the same content. It has some 30 kB.

    Examples
    --------
    >>> import scipy.stats
    >>> severity = Tabulated(scipy.stats.gamma(2.5), scale=100)
    >>> round(float(severity.quantile(0.99)), 6)
    754.313623
    >>> severity.table.u_error < 1e-10
    True
    """

    distribution: Any
    location: Parameter = 0.0
    scale: Parameter = 1.0

    def __post_init__(self) -> None:
        object.__setattr__(self, "location", laws.number("location", self.location))
        object.__setattr__(self, "scale", laws.spread("scale", self.scale))
        _made(_source(self.distribution))

    @property
    def table(self) -> QuantileTable:
        """The table, with the errors that were found when it was made.

        Raises
        ------
        ArgumentError
            If the distribution is discrete: its values are listed, without an error.
        """
        if isinstance(self._made, Shares):
            raise law("distribution", "be continuous to have errors", self.distribution)
        return self._made

    @property
    def _made(self) -> QuantileTable | Shares:
        return _made(_source(self.distribution))

    def draw(self, p: Probability) -> Expression:
        """Return the quantile function at `p`."""
        return stretched(self._made.draw(p), self.scale, self.location)

    def _below(self, x: Floats) -> Floats:
        if isinstance(self._made, Shares):
            return np.asarray(self._made.up_to[self._n_values_up_to(x, self._made)])
        return _source(self.distribution).lower.probability(
            (x - self.location) / self.scale
        )

    def _above(self, x: Floats) -> Floats:
        if isinstance(self._made, Shares):
            return np.asarray(self._made.beyond[self._n_values_up_to(x, self._made)])
        return _source(self.distribution).upper.probability(
            (x - self.location) / self.scale
        )

    def _n_values_up_to(self, x: Floats, shares: Shares) -> Any:
        """Return how many values are at most `x`, moved and rounded as draws are."""
        z = Expression(_VALUE)
        moved = evaluate_model_expression(
            stretched(z, self.scale, self.location), Type.FLOAT64, {_VALUE: shares.values}
        )
        return np.searchsorted(moved, x, side="right")

    @property
    def mean(self) -> float:
        """SciPy's mean, scaled and moved."""
        self._require_numbers()
        return float(self.location + self.scale * _quiet(self.distribution.mean)())

    @property
    def variance(self) -> float:
        """SciPy's variance, scaled."""
        self._require_numbers()
        name = "var" if hasattr(self.distribution, "var") else "variance"
        return float(self.scale**2 * _quiet(getattr(self.distribution, name))())

    @property
    def support(self) -> tuple[float, float]:
        """SciPy's support, scaled and moved."""
        self._require_numbers()
        low, high = self.distribution.support()
        return float(self.location + self.scale * low), float(
            self.location + self.scale * high
        )


_VALUE = node("parameter", type_=Type.REAL, payload="value")
"""A placeholder for values that are moved and scaled."""


@dataclass(frozen=True)
class _Source:
    """A distribution of SciPy, equal to another one of the same content."""

    content: Hashable
    distribution: Any = field(compare=False)

    @property
    def lower(self) -> Tail:
        """The half below the median."""
        return self._tail(0)

    @property
    def upper(self) -> Tail:
        """The half above the median."""
        return self._tail(1)

    def _tail(self, half: int) -> Tail:
        names = _names(self.distribution)
        probability, inverse = (getattr(self.distribution, name) for name in names[half])
        return Tail(_quiet(probability), _quiet(inverse), _quiet(self.distribution.pdf))


# What SciPy's two generations call the probability and its inverse, for each half.
_OLDER = (("cdf", "ppf"), ("sf", "isf"))
_NEWER = (("cdf", "icdf"), ("ccdf", "iccdf"))


def _names(distribution: Any) -> tuple[tuple[str, str], tuple[str, str]]:
    return _OLDER if hasattr(distribution, "ppf") else _NEWER


def _source(distribution: Any) -> _Source:
    """Return the distribution as a source of tables, or raise if it can't be one."""
    wanted = [name for pair in _names(distribution) for name in pair]
    # An unfrozen family has these functions too, and asks for its shapes in each.
    is_family = isinstance(distribution, type) or getattr(distribution, "numargs", 0) > 0
    wanted += ["pmf" if is_discrete(distribution) else "pdf", "support"]
    is_known = all(hasattr(distribution, name) for name in wanted)
    if is_family or not is_known:
        hint = "give its parameters, as in `Tabulated(scipy.stats.gamma(2.5))`."
        must = "be a frozen distribution of SciPy"
        raise law("distribution", must, distribution, hint if is_family else None)
    if np.ndim(distribution.support()[0]):
        raise law("distribution", "be one distribution, not an array of them", distribution)
    return _Source(_content(distribution), distribution)


def _content(distribution: Any) -> Hashable:
    family = getattr(distribution, "dist", None)
    # SciPy's own families have no contents but their shapes, histograms excepted.
    modules = ("scipy.stats._continuous", "scipy.stats._discrete")
    is_plain = type(family).__module__.startswith(modules)
    if not is_plain or type(family).__name__ == "rv_histogram":
        return distribution  # type: ignore[no-any-return]
    content = (type(family), distribution.args, tuple(sorted(distribution.kwds.items())))
    try:
        hash(content)
    except TypeError:
        return distribution  # type: ignore[no-any-return]
    return content


@lru_cache(maxsize=256)
def _made(source: _Source) -> QuantileTable | Shares:
    title = _title(source.distribution)
    if is_discrete(source.distribution):
        return shares_of(source.distribution, title)
    return fit(source.lower, source.upper, title)


def _title(distribution: Any) -> str:
    family = getattr(distribution, "dist", None)
    if family is None or not hasattr(distribution, "args"):
        return repr(distribution)
    shapes = [repr(each) for each in distribution.args]
    shapes += [f"{name}={each!r}" for name, each in distribution.kwds.items()]
    return f"{family.name}({', '.join(shapes)})"


def _quiet(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return `function` without the warnings it gives where it can't answer."""

    def quiet(*args: Any) -> Any:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            return np.asarray(function(*args), np.float64)

    return quiet
