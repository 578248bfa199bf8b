"""Archimedean copulas: one number says how strongly any number of inputs hang together.

With psi a Laplace transform of a positive number V, ``u_i = psi(E_i / V)`` for independent
exponentials ``E_i = -log v_i`` of the inputs' own uniforms (Marshall and Olkin 1988). What
is small is kept as its logarithm, so that both ends of u keep their digits.
"""

import math
from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self, final

from mclib.dependence.copula import Copula, Matrix, Source, at_least_two, exchangeable
from mclib.distributions import laws
from mclib.distributions.iterated import log_gamma
from mclib.distributions.parts import seen
from mclib.errors import law
from mclib.expressions.expression import Expression
from mclib.expressions.functions import (
    exp,
    expm1,
    floor,
    log,
    log1p,
    maximum,
    minimum,
    sin,
    where,
)
from mclib.expressions.probability import Probability

_TURN = "for negative dependence name an input in `turned`."


class Archimedean(Copula):
    """A copula of one number, `theta`."""

    theta: float

    @property
    @abstractmethod
    def tau(self) -> float:
        """Kendall's tau of any two inputs."""

    @final
    def check(self, n_inputs: int) -> None:
        """Raise unless there are inputs to join."""
        at_least_two(n_inputs)

    @final
    def kendall(self, n_inputs: int) -> Matrix:
        """Return the same tau for all pairs."""
        return exchangeable(self.tau, n_inputs)

    @classmethod
    def from_kendall(cls, tau: float) -> Self:
        """Return the copula with this Kendall's tau between any two inputs.

        Raises
        ------
        ArgumentError
            If the copula reaches no such tau.
        """
        from scipy.optimize import brentq

        low, high = cls._range()
        made: Any = cls
        least, most = made(low).tau, made(high).tau
        asked = laws.number("tau", tau)
        if not laws.is_plain(asked) or not least <= asked <= most:
            must = f"lie between {least:.4g} and {most:.4g} for a `{cls.__name__}`"
            raise law("tau", must, tau, _TURN)
        # Both ends grow as powers: the root is sought in the logarithm.
        found = brentq(
            lambda x: made(min(max(math.exp(x), low), high)).tau - asked,
            math.log(low),
            math.log(high),
            xtol=1e-14,
        )
        return made(min(max(math.exp(found), low), high))  # type: ignore[no-any-return]

    @classmethod
    @abstractmethod
    def _range(cls) -> tuple[float, float]:
        """Return the smallest and the largest `theta`."""

    @final
    def _settle(self) -> None:
        low, high = self._range()
        theta = laws.number("theta", self.theta)
        if not laws.is_plain(theta) or not low <= theta <= high:
            raise law("theta", f"be a number from {low:g} to {high:g}", theta, _TURN)
        object.__setattr__(self, "theta", theta)


@final
@dataclass(frozen=True)
class ClaytonCopula(Archimedean):
    """Inputs that are low together: dependence in the lower tail, none in the upper.

    ``C(u, v) = (u**-theta + v**-theta - 1)**(-1 / theta)``. Each input is drawn given those
    before it, so that the first keeps its own draws and no further uniform is needed.

    Parameters
    ----------
    theta : float
        From 0.001 to 100; Kendall's tau is ``theta / (theta + 2)``, the tail dependence
        ``2**(-1 / theta)``.

    Raises
    ------
    ArgumentError
        If `theta` is not in its range.

    References
    ----------
    .. [1] R. B. Nelsen, "An Introduction to Copulas", 2nd ed., Springer, 2006, ch. 4.

    Examples
    --------
    >>> ClaytonCopula(theta=2).tau, round(ClaytonCopula.from_kendall(0.25).theta, 9)
    (0.5, 0.666666667)
    """

    theta: float

    def __post_init__(self) -> None:
        self._settle()

    @classmethod
    def _range(cls) -> tuple[float, float]:
        return 1e-3, 100.0

    @property
    def tau(self) -> float:
        """``theta / (theta + 2)``."""
        return self.theta / (self.theta + 2.0)

    def join(self, places: Sequence[Probability], source: Source) -> list[Probability]:
        """Return each uniform given those before it."""
        theta, joined = self.theta, [places[0]]
        sizes = [theta * exponential(places[0])]
        for k, place in enumerate(places[1:], start=1):
            y = theta / (1.0 + k * theta) * exponential(place)
            log_of_sum = _log_sum(sizes)
            s = _softplus(y + log(-expm1(-y)) + log_of_sum) / theta
            joined.append(from_exponential(s))
            sizes.append(theta * s)
        return joined


@final
@dataclass(frozen=True)
class GumbelCopula(Archimedean):
    """Inputs that are high together: dependence in the upper tail, none in the lower.

    ``C(u, v) = exp(-((-log u)**theta + (-log v)**theta)**(1 / theta))``.

    Parameters
    ----------
    theta : float
        From 1 (independence) to 50; Kendall's tau is ``1 - 1 / theta``, the tail dependence
        ``2 - 2**(1 / theta)``.

    Raises
    ------
    ArgumentError
        If `theta` is not in its range.

    References
    ----------
    .. [1] J. M. Chambers, C. L. Mallows, B. W. Stuck, "A method for simulating stable
       random variables", J. Am. Stat. Assoc. 71 (1976) 340-344.

    Examples
    --------
    >>> GumbelCopula(theta=2).tau, round(GumbelCopula.from_kendall(0.6).theta, 9)
    (0.5, 2.5)
    """

    theta: float

    def __post_init__(self) -> None:
        self._settle()

    @classmethod
    def _range(cls) -> tuple[float, float]:
        return 1.0, 50.0

    @property
    def tau(self) -> float:
        """``1 - 1 / theta``."""
        return 1.0 - 1.0 / self.theta

    def join(self, places: Sequence[Probability], source: Source) -> list[Probability]:
        """Divide by a positive stable number of index ``1 / theta``."""
        if self.theta == 1.0:
            return list(places)
        alpha = 1.0 / self.theta
        angle, waiting = source("angle"), source("waiting")
        beside = log(sin(((1.0 - alpha) * math.pi) * angle.lower))
        # sin(pi u), from the nearer end.
        log_stable = (
            log(sin((alpha * math.pi) * angle.lower))
            - self.theta * log(sin(math.pi * angle.tail))
            + (self.theta - 1.0) * (beside - log(exponential(waiting)))
        )
        return [
            from_exponential(exp(alpha * (log(exponential(place)) - log_stable)))
            for place in places
        ]


@final
@dataclass(frozen=True)
class FrankCopula(Archimedean):
    """Inputs that hang together in the middle, the same at both ends, not in the tails.

    ``C(u, v) = -log(1 + expm1(-theta u) expm1(-theta v) / expm1(-theta)) / theta``.

    Parameters
    ----------
    theta : float
        From 0.001 to 80. Kendall's tau is ``1 - 4 (1 - D(theta)) / theta`` with Debye's
        first function.

    Raises
    ------
    ArgumentError
        If `theta` is not in its range.

    References
    ----------
    .. [1] A. W. Kemp, "Efficient generation of logarithmically distributed pseudo-random
       variables", Applied Statistics 30 (1981) 249-253.

    Examples
    --------
    >>> round(FrankCopula(theta=5).tau, 9)
    0.456700958
    """

    theta: float

    def __post_init__(self) -> None:
        self._settle()

    @classmethod
    def _range(cls) -> tuple[float, float]:
        return 1e-3, 80.0

    @property
    def tau(self) -> float:
        """``1 - 4 (1 - D(theta)) / theta``."""
        from scipy.integrate import quad

        debye = quad(lambda t: t / math.expm1(t) if t else 1.0, 0.0, self.theta)[0]
        return float(1.0 - 4.0 / self.theta * (1.0 - debye / self.theta))

    def join(self, places: Sequence[Probability], source: Source) -> list[Probability]:
        """Divide by a whole number of the logarithmic distribution."""
        theta = self.theta
        log_of_q = _log1mexp(theta * source("odds").lower)
        count = 1.0 + floor(-exponential(source("count")) / log_of_q)
        share = -math.expm1(-theta)
        joined = []
        for place in places:
            t = exponential(place) / count
            upper = log1p(math.expm1(theta) * -expm1(-t)) / theta
            far = -log1p(-share * exp(-t)) / theta
            joined.append(seen(where(t > 0.7, far, 1.0 - upper), upper))
        return joined


@final
@dataclass(frozen=True)
class JoeCopula(Archimedean):
    """Inputs that are high together, more strongly so than with Gumbel's copula.

    ``1 - C(u, v) = (a + b - a b)**(1 / theta)`` with ``a = (1 - u)**theta``, ``b = (1 -
    v)**theta``.

    Parameters
    ----------
    theta : float
        From 1 (independence) to 30; the tail dependence is ``2 - 2**(1 / theta)``.

    Raises
    ------
    ArgumentError
        If `theta` is not in its range.

    References
    ----------
    .. [1] M. Hofert, "Efficiently sampling nested Archimedean copulas", Computational
       Statistics & Data Analysis 55 (2011) 57-70.

    Examples
    --------
    >>> round(JoeCopula(theta=2).tau, 6)
    0.355066
    """

    theta: float

    def __post_init__(self) -> None:
        self._settle()

    @classmethod
    def _range(cls) -> tuple[float, float]:
        return 1.0, 30.0

    @property
    def tau(self) -> float:
        """``1 + 4`` times the integral of generator over slope."""
        from scipy.special import digamma

        theta = self.theta
        if abs(theta - 2.0) < 1e-5:
            return float(1.0 - math.pi**2 / 6.0 + 1.0)
        # Nelsen's series, summed: 1 - 4 sum 1 / (k (theta k + 2) (theta (k - 1) + 2)).
        spread = digamma(2.0) - digamma(2.0 / theta + 1.0)
        return float(1.0 + 2.0 / (2.0 - theta) * spread)

    def join(self, places: Sequence[Probability], source: Source) -> list[Probability]:
        """Divide by a whole number of Sibuya's distribution."""
        if self.theta == 1.0:
            return list(places)
        log_count = self._log_count(source("count"))
        joined = []
        for place in places:
            log_t = log(exponential(place)) - log_count
            # Where t is small, 1 - exp(-t) is t.
            log_rest = where(log_t < -36.0, log_t, _log1mexp(exp(maximum(log_t, -40.0))))
            joined.append(from_exponential(-log_rest / self.theta).reversed())
        return joined

    def _log_count(self, p: Probability) -> Expression:
        """Return log n, n of Sibuya's law: P(above n) = 1 / (n B(n, 1 - 1 / theta))."""
        alpha = 1.0 / self.theta
        log_of_upper = log(p.upper)
        near = -(log_of_upper + math.lgamma(1.0 - alpha)) * self.theta
        # One of the two whole numbers beside exp(near); far out they are the same.
        count = maximum(floor(exp(minimum(near, 14.0))), 1.0)
        log_above = log_gamma(count + (1.0 - alpha)) - log_gamma(count + 1.0)
        is_beyond = log_of_upper < log_above - math.lgamma(1.0 - alpha)
        return where(near < 14.0, log(where(is_beyond, count + 1.0, count)), near)  # type: ignore[no-any-return]


def exponential(p: Probability) -> Expression:
    """Return ``-log u``, exact at both ends."""
    return where(p.side, -log1p(-p.tail), -log(p.tail))  # type: ignore[no-any-return]


def from_exponential(s: Expression) -> Probability:
    """See ``exp(-s)`` as a probability."""
    return seen(exp(-s), -expm1(-s))


def _log1mexp(x: Any) -> Expression:
    """Return ``log(1 - exp(-x))`` for x above 0."""
    return where(x < 0.6931, log(-expm1(-x)), log1p(-exp(-x)))  # type: ignore[no-any-return]


def _softplus(x: Any) -> Expression:
    """Return ``log(1 + exp(x))``."""
    return maximum(x, 0.0) + log1p(exp(-abs(x)))  # type: ignore[no-any-return]


def _log_sum(sizes: Sequence[Expression]) -> Expression:
    """Return ``log(1 + sum(exp(x) - 1))``."""
    if len(sizes) == 1:
        return sizes[0]
    most: Any = maximum(*sizes)
    total: Any = exp(-most)
    for size in sizes:
        total = total + (exp(size - most) - exp(-most))
    return most + log(total)  # type: ignore[no-any-return]
