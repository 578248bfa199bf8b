"""Families without a closed quantile function whose density is smooth: by table."""

import math
from dataclasses import dataclass
from typing import final

import numpy as np

from mclib.distributions import laws
from mclib.distributions.by_density import ByDensity, require_within
from mclib.distributions.integrated import Integrated, panels
from mclib.distributions.iterated_bells import skew_normal_quantile, von_mises_quantile
from mclib.distributions.iterated_waiting import log_waiting_quantile
from mclib.distributions.laws import Floats, Parameter
from mclib.expressions.expression import Expression
from mclib.expressions.functions import exp
from mclib.expressions.probability import Probability


@final
@dataclass(frozen=True, eq=False)
class InverseGaussian(ByDensity):
    """When a drifting random walk first comes to a place: times, sizes with a heavy middle.

    The standard form has mean 1 and variance ``1 / shape``.

    Parameters
    ----------
    shape : float or traced value
        From 0.01 to 1e6, without unit; the larger, the more like a normal. It may be
        random.
    scale : float or traced value, default 1
        The mean less `location`, above 0, in the draws' unit. It may be random.
    location : float or traced value, default 0
        Where the support starts. It may be random.

    Raises
    ------
    ArgumentError
        If a number breaks its law.

    See Also
    --------
    InverseGaussian.from_mean : From the mean and the shape in the draws' unit.

    References
    ----------
    .. [1] R. S. Chhikara, J. L. Folks, "The Inverse Gaussian Distribution", Dekker, 1989.

    Examples
    --------
    >>> waiting = InverseGaussian(shape=2, scale=10)
    >>> waiting.mean, round(float(waiting.quantile(0.95)), 6)
    (10.0, 23.77393)
    """

    shape: Parameter
    scale: Parameter = 1.0
    location: Parameter = 0.0

    def __post_init__(self) -> None:
        laws.settle(self, shape=laws.positive)
        require_within("shape", self.shape, 0.01, 1e6)
        self._settle_stretch()

    @classmethod
    def from_mean(cls, mean: Parameter, shape: Parameter) -> "InverseGaussian":
        """Return the one with this mean and variance ``mean**3 / shape``.

        Examples
        --------
        >>> round(InverseGaussian.from_mean(mean=10, shape=20).variance, 9)
        50.0
        """
        mean = laws.positive("mean", mean)
        return cls(laws.positive("shape", shape) / mean, mean)

    @property
    def _is_log(self) -> bool:
        return True

    def _shapes(self) -> tuple[float, ...]:
        return (laws.fixed("InverseGaussian", "shape", self.shape),)

    def _standard_draw(self, p: Probability) -> Expression:
        if laws.is_fixed(self.shape):
            return super()._standard_draw(p)
        return exp(log_waiting_quantile(self.shape, p))  # type: ignore[no-any-return]

    @staticmethod
    def _integrated(*shapes: float) -> Integrated:
        (shape,) = shapes

        def log_density(t: Floats) -> Floats:
            with np.errstate(over="ignore"):
                return np.asarray(-0.5 * t - 2.0 * shape * np.sinh(t / 2.0) ** 2)

        mode = math.asinh(-0.5 / shape)
        edges = panels(log_density, mode, -700.0, 700.0, 1.0)
        return Integrated(log_density, edges)

    def _standard_moments(self) -> tuple[float, float]:
        return 1.0, 1.0 / float(self.shape)

    def _standard_support(self) -> tuple[float, float]:
        return 0.0, math.inf


@final
@dataclass(frozen=True, eq=False)
class SkewNormal(ByDensity):
    """A normal that leans to one side.

    The density of the standard form is ``2 phi(z) Phi(shape z)``.

    Parameters
    ----------
    shape : float or traced value
        From -50 to 50: the sign says to which side the longer tail points. It may be
        random.
    location, scale : float or traced value, default 0 and 1
        In the draws' unit; they may be random.

    Raises
    ------
    ArgumentError
        If a number breaks its law.

    References
    ----------
    .. [1] A. Azzalini, "A class of distributions which includes the normal ones", Scand. J.
       Statist. 12 (1985) 171-178.

    Examples
    --------
    >>> growth = SkewNormal(shape=4, location=2, scale=3)
    >>> round(growth.mean, 6), round(float(growth.quantile(0.95)), 6)
    (4.322185, 7.879892)
    """

    shape: Parameter
    location: Parameter = 0.0
    scale: Parameter = 1.0

    def __post_init__(self) -> None:
        laws.settle(self, shape=laws.number)
        require_within("shape", self.shape, -50.0, 50.0)
        self._settle_stretch()

    def _shapes(self) -> tuple[float, ...]:
        return (laws.fixed("SkewNormal", "shape", self.shape),)

    def _standard_draw(self, p: Probability) -> Expression:
        if laws.is_fixed(self.shape):
            return super()._standard_draw(p)
        return skew_normal_quantile(self.shape, p)

    @staticmethod
    def _integrated(*shapes: float) -> Integrated:
        from scipy.optimize import minimize_scalar

        (shape,) = shapes

        def log_density(z: Floats) -> Floats:
            return log_of_skew_normal(z, shape)

        found = minimize_scalar(
            lambda z: -float(log_density(np.array([z]))[0]), bounds=(-2.0, 2.0)
        )
        width = 0.5 / math.sqrt(1.0 + abs(shape))
        edges = panels(log_density, float(found.x), -16.0, 16.0, width)
        return Integrated(log_density, edges)

    def _standard_moments(self) -> tuple[float, float]:
        delta = self.shape / math.sqrt(1.0 + self.shape**2)
        mean = delta * math.sqrt(2.0 / math.pi)
        return mean, 1.0 - mean * mean

    def _standard_support(self) -> tuple[float, float]:
        return -math.inf, math.inf


@final
@dataclass(frozen=True, eq=False)
class VonMises(ByDensity):
    """A direction, scattered about one: the normal of the circle, in radians.

    The density is ``exp(concentration cos(x - location))`` in proportion, from ``location -
    pi`` to ``location + pi``.

    Parameters
    ----------
    concentration : float or traced value
        From 0.001 to 1e4; for large ones the variance is its reciprocal. It may be random.
    location : float or traced value, default 0
        The mean direction, in the unit of `scale`. It may be random.
    scale : float or traced value, default 1
        Of an angle of one radian: ``180 / pi`` for directions in degrees.

    Raises
    ------
    ArgumentError
        If a number breaks its law.

    References
    ----------
    .. [1] K. V. Mardia, P. E. Jupp, "Directional Statistics", Wiley, 2000, ch. 3.5.

    Examples
    --------
    >>> wind = VonMises(concentration=4, location=1)
    >>> wind.mean, round(float(wind.quantile(0.95)), 6)
    (1.0, 1.8867)
    """

    concentration: Parameter
    location: Parameter = 0.0
    scale: Parameter = 1.0

    def __post_init__(self) -> None:
        laws.settle(self, concentration=laws.positive)
        require_within("concentration", self.concentration, 1e-3, 1e4)
        self._settle_stretch()

    def _shapes(self) -> tuple[float, ...]:
        name = "concentration"
        return (laws.fixed("VonMises", name, self.concentration),)

    def _standard_draw(self, p: Probability) -> Expression:
        if laws.is_fixed(self.concentration):
            return super()._standard_draw(p)
        return von_mises_quantile(self.concentration, p)

    @staticmethod
    def _integrated(*shapes: float) -> Integrated:
        (concentration,) = shapes

        def log_density(z: Floats) -> Floats:
            return np.asarray(-2.0 * concentration * np.sin(z / 2.0) ** 2)

        width = min(0.5, 1.0 / math.sqrt(concentration))
        edges = panels(log_density, 0.0, -math.pi, math.pi, width)
        return Integrated(log_density, edges)

    def _standard_support(self) -> tuple[float, float]:
        return -math.pi, math.pi


def log_of_skew_normal(z: Floats, shape: float) -> Floats:
    """Return the logarithm of a standard skew-normal's density."""
    from scipy.special import log_ndtr

    size = math.log(2.0) - 0.5 * math.log(2.0 * math.pi)
    return np.asarray(size - 0.5 * z * z + log_ndtr(shape * z))
