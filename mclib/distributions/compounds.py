"""Frequency and severity: sums of a random number of random losses.

In a model the losses are drawn, one by one (`compound`). The distribution of the sum can
also be computed without drawing, on a grid of amounts, which checks the other (`panjer`,
`Aggregate`).
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, final

import numpy as np
import numpy.typing as npt

from mclib.distributions import laws
from mclib.distributions.counts import Binomial
from mclib.distributions.distribution import Distribution
from mclib.distributions.laws import Floats
from mclib.distributions.parts import as_distribution
from mclib.distributions.recursions import (
    Frequency,
    generating,
    log_of_none,
    power,
    probabilities,
    recursion,
)
from mclib.errors import ArgumentError, law
from mclib.expressions.functions import maximum, minimum, where
from mclib.expressions.loops import MOST_STEPS, scan

_LEAST = 2.0**-53

_LARGE_EXPONENT = 800
_LARGE = 2.0**_LARGE_EXPONENT

_PADDING = 4
_TILT = 32.0
"""What lies beyond a padded grid comes back with ``exp(-32)`` of its probability."""

_MISSED = 1e-4
"""Of a mean, at most, that may lie beyond the grid."""


def layer(loss: Any, *, deductible: Any = 0.0, limit: Any = math.inf) -> Any:
    """Return what a cover pays of a loss: what exceeds `deductible`, at most `limit`.

    Parameters
    ----------
    loss : traced value or number
        In units of money.
    deductible : traced value or number, default 0
        Borne by the insured, 0 or more.
    limit : traced value or number, default infinity
        The most that is paid, 0 or more.

    Raises
    ------
    ArgumentError
        If one of the two is a number below 0.

    Examples
    --------
    >>> float(layer(70.0, deductible=20.0, limit=30.0))
    30.0
    """
    for name, value in (("deductible", deductible), ("limit", limit)):
        # Traced values and arrays are as they come.
        if isinstance(value, (int, float)) and not value >= 0.0:
            raise law(name, "be 0 or more", value)
    return minimum(maximum(loss - deductible, 0.0), limit)


def compound(
    count: Any,
    severity: Distribution,
    *,
    most: int | Distribution | None = None,
    deductible: Any = 0.0,
    limit: Any = math.inf,
    layers: Mapping[str, tuple[Any, Any]] | None = None,
    name: str = "severity",
) -> Any:
    """Return the sum of `count` independent losses, each after deductible and limit.

    Parameters
    ----------
    count : traced value
        How many losses a trial has: an input of the model, such as one of `Poisson`.
    severity : Distribution
        Of each loss, drawn anew for each. Its parameters may be traced or random.
    most : int or Distribution, optional
        The most losses that are drawn in a trial, or the distribution of `count`: then as
        many as no draw of it exceeds. By default 1,048,576. The sampler ``"sobol"`` has a
        dimension for each, and needs a smaller number.
    deductible, limit : traced value or number, default 0 and infinity
        Of each loss, as in `layer`. For the sum, apply `layer` to what is returned. With
        None as `deductible` losses below 0 count, too: gains.
    layers : mapping of str to (deductible, limit), optional
        Several layers of the same losses, in place of `deductible` and `limit`.
    name : str, default "severity"
        The stream of the draws; two compounds of one model need two names.

    Returns
    -------
    traced value, or dict of str to traced value
        The sum, or with `layers` the sum in each of them, in the unit of the losses. It is
        NaN in a trial with more than `most` losses, so that no loss is left out unseen.

    Raises
    ------
    ArgumentError
        If `severity` isn't a distribution, `most` neither one nor a whole number from 1 on,
        or `layers` isn't what it should be.

    Notes
    -----
    It is one loop in each trial, on every engine, which goes round until the last loss of
    all trials that are computed together (`mc.scan` with `until`).

    Examples
    --------
    >>> import mclib as mc
    >>> @mc.model
    ... def book(claims=mc.Poisson(5)):
    ...     return mc.compound(
    ...         claims, mc.Exponential(1), layers={"kept": (0, 2), "ceded": (2, 5)}
    ...     )
    >>> result = mc.simulate(book, n_trials=100_000, seed=7)
    >>> print(result["kept"].mean)
    4.331 ± 0.015 (95 %)
    """
    severity = as_distribution("severity", severity)
    covers = {name: (deductible, limit)}
    if layers is not None:
        if not (_is(deductible, 0.0) and _is(limit, math.inf)):
            raise law("layers", "stand without `deductible` and `limit`", layers)
        covers = _covers(layers)

    def added(totals: tuple[Any, ...], draws: Any) -> tuple[Any, ...]:
        paid = (_paid(draws[name], *cover) for cover in covers.values())
        return tuple(total + each for total, each in zip(totals, paid, strict=True))

    def is_last(totals: Any, number: Any) -> Any:
        # Written so that a count that is NaN has no losses.
        return ~(number < count)

    n_steps = _most(most)
    totals = scan(
        added, (0.0,) * len(covers), n_steps, noise={name: severity}, until=is_last
    )
    sums = {
        each: where(count <= n_steps, total, math.nan)
        for each, total in zip(covers, totals, strict=True)
    }
    return sums if layers is not None else sums[name]


def _paid(loss: Any, deductible: Any, limit: Any) -> Any:
    if deductible is not None:
        return layer(loss, deductible=deductible, limit=limit)
    return loss if _is(limit, math.inf) else minimum(loss, limit)


def _is(value: Any, number: float) -> bool:
    return isinstance(value, (int, float)) and value == number


def _most(most: Any) -> Any:
    if most is None:
        return MOST_STEPS
    if isinstance(most, Distribution):
        # A uniform stands for no smaller chance than the least.
        return max(math.ceil(float(most.quantile_from_above(_LEAST))), 1)
    return most


def _covers(layers: Any) -> dict[str, tuple[Any, Any]]:
    must = "be a mapping of name to (deductible, limit)"
    if not isinstance(layers, Mapping) or not layers:
        raise law("layers", must, layers, 'write `layers={"ceded": (100, 400)}`.')
    for each in layers.values():
        if not isinstance(each, (tuple, list)) or len(each) != 2:
            raise law("layers", must, layers, 'write `layers={"ceded": (100, 400)}`.')
    return {key: (each[0], each[1]) for key, each in layers.items()}


def panjer(
    frequency: Frequency, severity: Sequence[float] | npt.ArrayLike, n: int
) -> Floats:
    """Return the probabilities of a sum of whole amounts, by Panjer's recursion.

    With ``p(k) = p(k - 1) (a + b / k)`` of the frequency and f of the severity, it is
    ``g(s) = sum((a + b j / s) f(j) g(s - j)) / (1 - a f(0))``.

    Parameters
    ----------
    frequency : Poisson, Binomial or NegativeBinomial
        How many losses; its parameters are numbers.
    severity : array_like of shape (m,)
        Probabilities of a loss of 0, 1, 2, ...; they add up to 1.
    n : int
        How many probabilities are wanted, 1 at least: of sums 0 to ``n - 1``.

    Returns
    -------
    array of shape (n,)

    Raises
    ------
    ArgumentError
        If the frequency is of another family, `severity` no probabilities, or `n` no count.

    Notes
    -----
    Where losses are many, that of none is less than the least float: the recursion has a
    power of two beside it. A binomial whose recursion would subtract is the power of its
    polynomial instead, by repeated squaring. Time grows with ``n m``.

    References
    ----------
    .. [1] H. H. Panjer, "Recursive Evaluation of a Family of Compound Distributions", ASTIN
       Bulletin 12(1), 1981.

    Examples
    --------
    >>> from mclib.distributions import Poisson
    >>> panjer(Poisson(3), [0, 0.4, 0.3, 0.2, 0.1], 3).round(10)
    array([0.04978707, 0.05974448, 0.08065505])
    """
    f = probabilities(severity)
    n = laws.count("n", n)
    a, b = recursion(frequency)
    if isinstance(frequency, Binomial):
        chance = frequency.probability
        one = np.append(1.0 - chance + chance * f[0], chance * f[1:])
        return power(one, frequency.n, n)
    g, exponent = np.zeros(n), 0
    g[0] = 1.0
    j = np.arange(1, f.size)
    for s in range(1, n):
        reach = min(s, f.size - 1)
        weights = (a + b * j[:reach] / s) * f[1 : reach + 1]
        g[s] = weights @ g[s - reach : s][::-1] / (1.0 - a * f[0])
        if g[s] > _LARGE:
            g[: s + 1] /= _LARGE
            exponent += _LARGE_EXPONENT
    # In steps, none of which leaves the range of floats where the product is in it.
    log_scale = log_of_none(frequency, f[0]) + exponent * math.log(2.0)
    return np.asarray(g * math.exp(max(log_scale / 2.0, -700.0)) ** 2)


@final
@dataclass(frozen=True)
class Aggregate:
    """The distribution of a sum of losses, computed on a grid of amounts.

    Attributes
    ----------
    step : float
        The distance of neighboring amounts, in the unit of the losses.
    probabilities : array of shape (n,)
        Of sums of 0, `step`, 2 `step`, ...

    See Also
    --------
    Aggregate.by_fft : From a frequency and a severity.

    Examples
    --------
    >>> import mclib as mc
    >>> total = mc.Aggregate.by_fft(mc.Poisson(5), mc.Exponential(2), step=0.01)
    >>> round(total.mean, 3), round(total.quantile(0.95), 1)
    (10.0, 21.9)
    """

    step: float
    probabilities: Floats

    @classmethod
    def by_fft(
        cls, frequency: Frequency, severity: Distribution, *, step: float, n: int = 1 << 16
    ) -> "Aggregate":
        """Return the distribution of a compound sum, by the fast Fourier transform.

        Losses are rounded to the nearest amount of the grid. Padding to four times the grid
        and an exponential tilt keep what lies beyond it from coming back at its beginning:
        1e-14 of that does.

        Parameters
        ----------
        frequency : Poisson, Binomial or NegativeBinomial
            How many losses; its parameters are numbers.
        severity : Distribution
            Of each loss, 0 or more; its parameters are numbers.
        step : float
            Above 0, in the unit of the losses.
        n : int, default 65,536
            Amounts of the grid, 2 at least. What the sums are beyond them isn't known:
            `beyond` says how likely that is.

        Raises
        ------
        ArgumentError
            If the frequency is of another family, losses may be negative, or a number
            breaks its law.

        References
        ----------
        .. [1] P. Embrechts, M. Frei, "Panjer recursion versus FFT for compound
           distributions", Mathematical Methods of Operations Research 69(3), 2009.

        Examples
        --------
        >>> from mclib.distributions import Exponential, Poisson
        >>> total = Aggregate.by_fft(Poisson(5), Exponential(1), step=0.002)
        >>> round(total.quantile(0.99), 2), round(total.tail_mean(0.99), 2)
        (14.4, 16.35)
        """
        severity = as_distribution("severity", severity)
        if severity.support[0] < 0.0:
            raise law("severity", "be 0 or more", severity)
        width = laws.positive("step", step)
        n = laws.count("n", n)
        recursion(frequency)
        edges = (np.arange(n + 1) - 0.5) * width
        f = np.diff(np.asarray(severity.cdf(edges)))
        size = _PADDING * n
        tilt = np.exp(-_TILT / size * np.arange(n))
        transformed = np.fft.rfft(f * tilt, size)
        g = np.fft.irfft(generating(frequency, transformed), size)[:n] / tilt
        return cls(width, np.maximum(g, 0.0))

    @property
    def beyond(self) -> float:
        """The probability of a sum beyond the grid, 0 or more."""
        return max(1.0 - math.fsum(self.probabilities), 0.0)

    @property
    def mean(self) -> float:
        """The mean sum, in the unit of the losses.

        Raises
        ------
        ArgumentError
            If more than 1e-4 of it may lie beyond the grid.
        """
        inside = float(self.probabilities @ np.arange(self.probabilities.size)) * self.step
        self._require_little_beyond(inside)
        return inside

    def quantile(self, q: float) -> float:
        """Return the smallest sum that is not exceeded with probability `q`.

        Raises
        ------
        ArgumentError
            If it lies beyond the grid.
        """
        level = laws.chance("q", q)
        place = int(np.searchsorted(np.cumsum(self.probabilities), level))
        if place >= self.probabilities.size:
            raise self._too_short(f"`q` ({level:g})", self.beyond)
        return place * self.step

    def tail_mean(self, q: float) -> float:
        """Return the mean of the sums beyond the quantile of `q`: expected shortfall.

        Raises
        ------
        ArgumentError
            If more than 1e-4 of it may lie beyond the grid.
        """
        value = self.quantile(q)
        self._require_little_beyond(value * (1.0 - q))
        sums = np.arange(self.probabilities.size) * self.step
        beyond = float(self.probabilities @ np.maximum(sums - value, 0.0))
        return value + beyond / (1.0 - q)

    def _require_little_beyond(self, inside: float) -> None:
        # Rounding alone leaves some 1e-13 of the probability.
        missed = max(self.beyond - 1e-11, 0.0) * self.step * self.probabilities.size
        if missed > _MISSED * inside:
            raise self._too_short("the mean", self.beyond)

    def _too_short(self, what: str, beyond: float) -> ArgumentError:
        end = self.step * self.probabilities.size
        message = (
            f"sums must hardly ever lie beyond the grid for {what}; they exceed {end:g} "
            f"with probability {beyond:.2g}."
        )
        return ArgumentError(f"{message}\nhint: take a larger `n` or `step`.")
