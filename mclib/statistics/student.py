"""Student's quantile in plain arithmetic: it is asked for before a dashboard's first chart.

To load SciPy for it takes a quarter of a second.
"""

import functools
import math
from statistics import NormalDist

MOST_DEGREES = 1_000
"""Above so many degrees of freedom, or beyond `HIGHEST_LEVEL`, SciPy is asked."""

HIGHEST_LEVEL = 0.9999

_STEPS = 60


@functools.lru_cache(maxsize=1024)
def two_sided_student(level: float, degrees: int) -> float:
    """Number of standard errors on each side of an interval, by Student's t.

    The t with ``P(|T| <= t) = level``, for whole degrees of freedom ``nu``. With ``theta =
    atan(t / sqrt(nu))`` that probability is a finite sum of powers of ``cos(theta)`` [1]_;
    it rises with theta, which is found by Newton's steps, and halving where they lead out.

    Parameters
    ----------
    level : float
        Strictly between 0 and 1.
    degrees : int
        Degrees of freedom, at least 1.

    References
    ----------
    .. [1] M. Abramowitz, I. A. Stegun, "Handbook of Mathematical Functions", 1964, 26.7.3
       and 26.7.4.

    Examples
    --------
    >>> print(f"{two_sided_student(0.95, 10):.6f}")
    2.228139
    """
    if degrees > MOST_DEGREES or level > HIGHEST_LEVEL:
        from scipy.special import stdtrit

        return float(stdtrit(float(degrees), (1.0 + level) / 2.0))
    low, high = 0.0, math.pi / 2.0
    theta = math.atan(NormalDist().inv_cdf((1.0 + level) / 2.0) / math.sqrt(degrees))
    for _ in range(_STEPS):
        excess = _within(theta, degrees) - level
        low, high = (low, theta) if excess > 0.0 else (theta, high)
        step = excess / _slope(degrees, theta)
        following = theta - step
        if not low < following < high:
            following = (low + high) / 2.0
        if abs(following - theta) <= 4e-16 * theta:
            break
        theta = following
    return math.sqrt(degrees) * math.tan(theta)


def _within(theta: float, degrees: int) -> float:
    """Probability of an absolute T up to ``sqrt(degrees) tan(theta)``."""
    cosine, sine = math.cos(theta), math.sin(theta)
    is_odd = degrees % 2
    term, terms = (cosine if is_odd else 1.0), []
    for k in range(1, (degrees - is_odd) // 2 + 1):
        terms.append(term)
        term *= (
            cosine * cosine * ((2 * k) / (2 * k + 1) if is_odd else (2 * k - 1) / (2 * k))
        )
    if is_odd:
        return 2.0 / math.pi * (theta + sine * math.fsum(terms))
    return sine * math.fsum(terms)


@functools.lru_cache(maxsize=256)
def _height(degrees: int) -> float:
    halves = math.lgamma((degrees + 1) / 2.0) - math.lgamma(degrees / 2.0)
    return 2.0 * math.exp(halves) / math.sqrt(math.pi)


def _slope(degrees: int, theta: float) -> float:
    """How fast that probability rises with theta."""
    return _height(degrees) * math.cos(theta) ** (degrees - 1)
