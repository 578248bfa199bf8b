"""Returns whose variance follows what has happened: the GARCH family.

All are of order (1, 1), and a step is one period: `dt` changes nothing. The state begins
with the variance of the first return; the usual one is that of the long run.
"""

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, final

from mclib.distributions import laws
from mclib.distributions.distribution import Distribution
from mclib.distributions.laws import Parameter
from mclib.distributions.parts import require_distribution
from mclib.errors import ArgumentError, law
from mclib.expressions.functions import absolute, exp, log, sqrt, where
from mclib.processes.process import STANDARD, Process, State

_MEAN_OF_SIZE = 0.7978845608028654
"""Of a standard normal's absolute value, ``sqrt(2 / pi)``."""


class _Returns(Process):
    """Returns of a shock each; the state is a return and what tells the next variance."""

    mean: Parameter
    shock: Distribution

    @final
    def noise(self, dt: Any) -> Mapping[str, Distribution]:
        """One shock."""
        del dt
        return {"z": self.shock}

    @final
    def value(self, state: State) -> Any:
        """The return."""
        return state[0]


class _Squares(_Returns):
    """Returns whose variance is a sum of squares of shocks and of variances of before."""

    constant: Parameter
    garch: Parameter

    @property
    @abstractmethod
    def _usual(self) -> Any:
        """The variance of the long run."""

    @abstractmethod
    def _weight(self, z: Any) -> Any:
        """How much of a shock's square is in the next variance."""

    @final
    def begin(self, start: Any) -> State:
        """Begin with a variance, by default that of the long run."""
        return self.mean, self._usual if start is None else start

    @final
    def step(self, state: State, draws: Mapping[str, Any], dt: Any) -> State:
        """Draw a return, and find the next variance."""
        del dt
        variance, z = state[1], draws["z"]
        shock = sqrt(variance) * z
        news = self._weight(z) * shock * shock
        return self.mean + shock, self.constant + news + self.garch * variance


@final
@dataclass(frozen=True)
class GARCH(_Squares):
    """Returns whose variance is ``constant + arch shock**2 + garch variance`` of before.

    A shock is the root of the variance times a draw. In the long run the variance is
    ``constant / (1 - arch - garch)``.

    Parameters
    ----------
    constant : float or traced value
        Above 0.
    arch, garch : float or traced value
        0 or more; together below 1.
    mean : float or traced value, default 0
        Of a return.
    shock : Distribution, optional
        Of mean 0 and variance 1; standard normal by default.

    References
    ----------
    .. [1] T. Bollerslev, "Generalized autoregressive conditional heteroskedasticity",
       J. Econometrics 31 (1986) 307-327.

    Examples
    --------
    >>> import mclib as mc
    >>> @mc.model
    ... def index(constant=0.1):
    ...     returns = mc.GARCH(constant=constant, arch=0.1, garch=0.8)
    ...     return {"return": returns.end(n_steps=20)}
    >>> returned = mc.simulate(index, 100_000, seed=7)["return"]
    >>> print(returned.variance)  # 0.1 / (1 - 0.1 - 0.8)
    1.000 ± 0.010 (95 %)
    """

    constant: Parameter
    arch: Parameter
    garch: Parameter
    mean: Parameter = 0.0
    shock: Distribution = STANDARD

    def __post_init__(self) -> None:
        laws.settle(
            self,
            constant=laws.positive,
            arch=laws.not_negative,
            garch=laws.not_negative,
            mean=laws.number,
        )
        _check(self.shock, self.arch + self.garch, "`arch` and `garch` together")

    @property
    def _usual(self) -> Any:
        return self.constant / (1.0 - self.arch - self.garch)

    def _weight(self, z: Any) -> Any:
        return self.arch


@final
@dataclass(frozen=True)
class GJR(_Squares):
    """A `GARCH` whose variance grows more after bad news: by ``leverage`` more of a fall.

    In the long run the variance is ``constant / (1 - arch - leverage / 2 - garch)`` for
    symmetric shocks.

    Parameters
    ----------
    constant, arch, garch, mean, shock
        As for `GARCH`.
    leverage : float or traced value
        What is added to `arch` after a negative shock.

    References
    ----------
    .. [1] L. R. Glosten, R. Jagannathan, D. E. Runkle, "On the relation between the
       expected value and the volatility of the nominal excess return on stocks", J. Finance
       48 (1993) 1779-1801.

    Examples
    --------
    >>> import mclib as mc
    >>> @mc.model
    ... def index(leverage=0.1):
    ...     returns = mc.GJR(constant=0.1, arch=0.05, leverage=leverage, garch=0.8)
    ...     total, last = returns.fold(lambda total, each: total + each, 0.0, n_steps=20)
    ...     return {"last": last, "total": total}
    >>> result = mc.simulate(index, 100_000, seed=7)
    >>> print(result["last"].variance)  # 0.1 / (1 - 0.05 - 0.05 - 0.8)
    1.000 ± 0.010 (95 %)
    >>> print(result["total"].skewness)  # falls are larger than rises
    -0.296 ± 0.024 (95 %)
    """

    constant: Parameter
    arch: Parameter
    leverage: Parameter
    garch: Parameter
    mean: Parameter = 0.0
    shock: Distribution = STANDARD

    def __post_init__(self) -> None:
        laws.settle(
            self,
            constant=laws.positive,
            arch=laws.not_negative,
            leverage=laws.number,
            garch=laws.not_negative,
            mean=laws.number,
        )
        if laws.is_plain(self.arch) and laws.is_plain(self.leverage):
            laws.not_negative("arch + leverage", self.arch + self.leverage)
        together = self.arch + 0.5 * self.leverage + self.garch
        _check(self.shock, together, "`arch`, half of `leverage` and `garch` together")

    @property
    def _usual(self) -> Any:
        return self.constant / (1.0 - (self.arch + 0.5 * self.leverage + self.garch))

    def _weight(self, z: Any) -> Any:
        return self.arch + where(z < 0.0, self.leverage, 0.0)


@final
@dataclass(frozen=True)
class EGARCH(_Returns):
    """Returns the logarithm of whose variance follows size and sign of shocks.

    With a draw z the next logarithm is ``constant + size (abs(z) - sqrt(2 / pi)) + sign z +
    garch`` times the one before.

    Parameters
    ----------
    constant : float or traced value
        Of the logarithm.
    size, sign : float or traced value
        Weights of a shock's size and sign; a negative `sign` is a leverage effect.
    garch : float or traced value
        Strictly between -1 and 1.
    mean, shock
        As for `GARCH`.

    References
    ----------
    .. [1] D. B. Nelson, "Conditional heteroskedasticity in asset returns: a new approach",
       Econometrica 59 (1991) 347-370.

    Examples
    --------
    >>> import mclib as mc
    >>> @mc.model
    ... def index(sign=-0.1):
    ...     returns = mc.EGARCH(constant=-0.1, size=0.2, sign=sign, garch=0.9)
    ...     return {"return": returns.end(n_steps=1)}
    >>> returned = mc.simulate(index, 100_000, seed=7)["return"]
    >>> print(returned.variance)  # exp(-0.1 / (1 - 0.9)) is 0.3679
    0.3667 ± 0.0032 (95 %)
    """

    constant: Parameter
    size: Parameter
    sign: Parameter
    garch: Parameter
    mean: Parameter = 0.0
    shock: Distribution = STANDARD

    def __post_init__(self) -> None:
        laws.settle(
            self,
            constant=laws.number,
            size=laws.number,
            sign=laws.number,
            garch=laws.number,
            mean=laws.number,
        )
        is_plain = laws.is_plain(self.garch)
        _check(self.shock, abs(self.garch) if is_plain else 0.0, "`garch`, without sign,")

    def begin(self, start: Any) -> State:
        """Begin with a variance, by default the exponential of its logarithm's mean."""
        usual = self.constant / (1.0 - self.garch)
        return self.mean, usual if start is None else log(start)

    def step(self, state: State, draws: Mapping[str, Any], dt: Any) -> State:
        """Draw a return, and find the next variance."""
        del dt
        z, before = draws["z"], state[1]
        news = self.size * (absolute(z) - _MEAN_OF_SIZE) + self.sign * z
        following = self.constant + news + self.garch * before
        return self.mean + exp(0.5 * before) * z, following


def _check(shock: Any, kept: Any, what: str) -> None:
    require_distribution("shock", shock)
    if laws.is_plain(kept) and not kept < 1.0:
        message = f"{what} must be below 1 for a variance in the long run; got {kept!r}."
        raise ArgumentError(message)
    if all(map(laws.is_plain, shock.parameters.values())):
        is_standard = abs(shock.mean) < 1e-6 and abs(shock.variance - 1.0) < 1e-6
        if not is_standard:
            hint = "scale it, as in `mc.StudentT(5, scale=(3 / 5) ** 0.5)`."
            raise law("shock", "have mean 0 and variance 1", shock, hint)
