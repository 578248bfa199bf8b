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
from mclib.distributions.counts import Binomial, NegativeBinomial, Poisson
from mclib.distributions.distribution import Distribution
from mclib.distributions.laws import Floats
from mclib.distributions.parts import require_distribution
from mclib.errors import law
from mclib.expressions.functions import maximum, minimum, where
from mclib.expressions.loops import MOST_STEPS, scan

_LEAST = 2.0**-53

Frequency = Poisson | Binomial | NegativeBinomial


def layer(loss: Any, *, deductible: Any = 0.0, limit: Any = math.inf) -> Any:
    """Return what a cover pays of a loss: what exceeds `deductible`, at most `limit`.

    Parameters
    ----------
    loss : traced value or number
        In units of money.
    deductible : traced value or number, default 0
        Borne by the insured, 0 or more.
    limit : traced value or number, default infinity
        The most that is paid.

    Examples
    --------
    >>> float(layer(70.0, deductible=20.0, limit=30.0))
    30.0
    """
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
        Of each loss, as in `layer`. For the sum, apply `layer` to what is returned.
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
    require_distribution("severity", severity)
    covers = {name: (deductible, limit)}
    if layers is not None:
        if not (_is(deductible, 0.0) and _is(limit, math.inf)):
            raise law("layers", "stand without `deductible` and `limit`", layers)
        covers = _covers(layers)

    def added(totals: tuple[Any, ...], draws: Any) -> tuple[Any, ...]:
        paid = (
            layer(draws[name], deductible=from_, limit=width)
            for from_, width in covers.values()
        )
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
        How many probabilities are wanted: of sums 0 to ``n - 1``.

    Returns
    -------
    array of shape (n,)

    Raises
    ------
    ArgumentError
        If the frequency is of another family, or `severity` no probabilities.

    References
    ----------
    .. [1] H. H. Panjer, "Recursive Evaluation of a Family of Compound Distributions", ASTIN
       Bulletin 12(1), 1981.

    Examples
    --------
    >>> panjer(Poisson(3), [0, 0.4, 0.3, 0.2, 0.1], 3).round(10)
    array([0.04978707, 0.05974448, 0.08065505])
    """
    f = _probabilities(severity)
    a, b = _recursion(frequency)
    g = np.zeros(n)
    g[0] = _generating(frequency, np.array([f[0]], complex)).real[0]
    j = np.arange(1, f.size)
    for s in range(1, n):
        reach = min(s, f.size - 1)
        weights = (a + b * j[:reach] / s) * f[1 : reach + 1]
        g[s] = weights @ g[s - reach : s][::-1] / (1.0 - a * f[0])
    return g


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
    """

    step: float
    probabilities: Floats

    @classmethod
    def by_fft(
        cls, frequency: Frequency, severity: Distribution, *, step: float, n: int = 1 << 16
    ) -> "Aggregate":
        """Return the distribution of a compound sum, by the fast Fourier transform.

        Losses are rounded to the nearest amount of the grid. An exponential tilt keeps what
        lies beyond the grid from coming back at its beginning.

        Parameters
        ----------
        frequency : Poisson, Binomial or NegativeBinomial
            How many losses; its parameters are numbers.
        severity : Distribution
            Of each loss, 0 or more; its parameters are numbers.
        step : float
            Above 0, in the unit of the losses.
        n : int, default 65,536
            Amounts of the grid; the sums must hardly ever exceed ``n step``.

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
        >>> from mclib.distributions import Exponential
        >>> total = Aggregate.by_fft(Poisson(5), Exponential(1), step=0.002)
        >>> round(total.quantile(0.99), 2), round(total.tail_mean(0.99), 2)
        (14.4, 16.35)
        """
        require_distribution("severity", severity)
        if severity.support[0] < 0.0:
            raise law("severity", "be 0 or more", severity)
        width = laws.positive("step", step)
        _recursion(frequency)
        edges = (np.arange(n + 1) - 0.5) * width
        f = np.diff(np.asarray(severity.cdf(edges)))
        tilt = np.exp(-20.0 / n * np.arange(n))
        transformed = np.fft.fft(f * tilt)
        g = np.fft.ifft(_generating(frequency, transformed)).real / tilt
        return cls(width, np.maximum(g, 0.0))

    @property
    def mean(self) -> float:
        """The mean sum, in the unit of the losses."""
        return float(self.probabilities @ np.arange(self.probabilities.size)) * self.step

    def quantile(self, q: float) -> float:
        """Return the smallest sum that is not exceeded with probability `q`."""
        place = int(np.searchsorted(np.cumsum(self.probabilities), laws.chance("q", q)))
        return min(place, self.probabilities.size - 1) * self.step

    def tail_mean(self, q: float) -> float:
        """Return the mean of the sums beyond the quantile of `q`: expected shortfall."""
        value = self.quantile(q)
        sums = np.arange(self.probabilities.size) * self.step
        beyond = float(self.probabilities @ np.maximum(sums - value, 0.0))
        return value + beyond / (1.0 - q)


def _probabilities(severity: Any) -> Floats:
    f = np.asarray(severity, np.float64)
    if f.ndim != 1 or not np.all(f >= 0.0) or not math.isclose(f.sum(), 1.0, abs_tol=1e-9):
        raise law("severity", "be probabilities that add up to 1", f.tolist())
    return f


def _recursion(frequency: Any) -> tuple[float, float]:
    """Return a and b of ``p(k) = p(k - 1) (a + b / k)``."""
    match frequency:
        case Poisson():
            return 0.0, frequency.mean
        case Binomial():
            odds = frequency.probability / (1.0 - frequency.probability)
            return -odds, (frequency.n + 1) * odds
        case NegativeBinomial():
            rest = 1.0 - frequency.probability
            return rest, (frequency.successes - 1.0) * rest
    must = "be a Poisson, a Binomial or a NegativeBinomial"
    raise law("frequency", must, frequency)


def _generating(frequency: Frequency, z: Any) -> Any:
    """Return the mean of z to the power of the count."""
    match frequency:
        case Poisson():
            return np.exp(frequency.mean * (z - 1.0))
        case Binomial():
            return (1.0 + frequency.probability * (z - 1.0)) ** frequency.n
        case _:
            p = frequency.probability
            return (p / (1.0 - (1.0 - p) * z)) ** frequency.successes
