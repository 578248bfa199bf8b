"""What a record of moments says of an output, and how surely.

Every standard error here is for independent trials. Each of these takes the record of all
trials and returns NaN where it has no meaning: for too few trials, or for moments that
overflow.
"""

import math

import numpy as np
from numpy.typing import NDArray

from mclib.statistics.moments import Record


def mean(record: Record) -> float:
    """Mean; NaN without trials."""
    return float(record.mean) if record.count else math.nan


def mean_standard_error(record: Record) -> float:
    """Standard error of the mean, ``s / sqrt(n)``; NaN below two trials."""
    if record.count < 2:
        return math.nan
    return standard_deviation(record) / math.sqrt(record.count)


def variance(record: Record) -> float:
    """Sample variance, with divisor ``n - 1``; NaN below two trials."""
    return float(record.m2) / (record.count - 1.0) if record.count >= 2 else math.nan


def variance_standard_error(record: Record) -> float:
    """Standard error of the sample variance.

    ``sqrt((c4 - c2² (n - 3)/(n - 1)) / n)``, with central moments ``ck`` of the sample in
    place of the true ones; right for any distribution with a fourth moment. NaN below four
    trials.
    """
    n = float(record.count)
    if n < 4:
        return math.nan
    c2, c4 = record.m2 / n, record.m4 / n
    inside = (c4 - c2 * c2 * (n - 3.0) / (n - 1.0)) / n
    return math.sqrt(inside) if inside >= 0.0 else math.nan


def standard_deviation(record: Record) -> float:
    """Sample standard deviation, with divisor ``n - 1``; NaN below two trials."""
    return math.sqrt(variance(record)) if record.count >= 2 else math.nan


def standard_deviation_standard_error(record: Record) -> float:
    """Standard error of the standard deviation ``s``, that of ``s²`` over ``2 s``.

    To first order (the delta method); 0 where all outcomes are equal.
    """
    s = standard_deviation(record)
    return variance_standard_error(record) / (2.0 * s) if s else s


def skewness(record: Record) -> float:
    """Skewness, ``sqrt(n) M3 / M2**1.5``; NaN where the outcomes don't vary."""
    return float(skewness_of(record))


def kurtosis(record: Record) -> float:
    """Excess kurtosis, ``n M4 / M2² - 3``; NaN where the outcomes don't vary."""
    return float(kurtosis_of(record))


def skewness_of(record: Record) -> NDArray[np.float64]:
    """Skewness of each record of a record of arrays."""
    with np.errstate(all="ignore"):
        third = np.asarray(record.m3) / np.asarray(record.count)
        spread = np.sqrt(np.asarray(record.m2) / np.asarray(record.count))
        return np.asarray(third / (spread * spread * spread))


def kurtosis_of(record: Record) -> NDArray[np.float64]:
    """Excess kurtosis of each record of a record of arrays."""
    with np.errstate(all="ignore"):
        fourth = np.asarray(record.m4) / np.asarray(record.count)
        square = np.asarray(record.m2) / np.asarray(record.count)
        return np.asarray(fourth / (square * square) - 3.0)
