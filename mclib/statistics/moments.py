"""A block's record of moments, and how two records merge.

The formulas are written once, for any objects that know ``+ - * /`` and ``>`` and ``<``:
NumPy arrays here, expressions where an engine builds them into its program. They are
straight lines of single operations in a fixed order: every engine gets the same bits.
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

Where = Callable[[Any, Any, Any], Any]
"""``where(condition, a, b)``: `a` where the condition holds, else `b`."""


class Record(NamedTuple):
    """What is kept of some trials of one output.

    Every field is a number, or an array with one number for each of many records; the
    moments are sums over the trials of powers of (value − mean).

    Attributes
    ----------
    count
        How many trials.
    mean
        Their mean; 0 if there are none.
    m2, m3, m4
        Sums of the 2nd, 3rd and 4th powers of (value − mean).
    minimum, maximum
        Smallest and largest value; ``inf`` and ``-inf`` if there are none.
    """

    count: Any
    mean: Any
    m2: Any
    m3: Any
    m4: Any
    minimum: Any
    maximum: Any


FIELDS = Record._fields
EMPTY = Record(0.0, 0.0, 0.0, 0.0, 0.0, float("inf"), float("-inf"))


def record_of_sums(
    count: Any,
    pivot: Any,
    s1: Any,
    s2: Any,
    s3: Any,
    s4: Any,
    minimum: Any,
    maximum: Any,
    *,
    where: Where,
) -> Record:
    """Record of the trials of one block, from sums of powers of (value − pivot).

    The pivot is the block's first value, so ``s1² <= (count - 1) s2``: the subtraction in
    ``m2`` loses at most a factor `count` (1,024) of relative precision, however far from
    zero the values lie, and that only if the first value is the block's one outlier.

    Parameters
    ----------
    count
        Trials, as a float; 0 is allowed, if all sums are 0.
    pivot
        First value.
    s1, s2, s3, s4
        Sums of the 1st to 4th powers of (value − pivot).
    minimum, maximum
        Smallest and largest value.
    where
        Chooses by a condition.

    Returns
    -------
    Record
        Of objects of the same kind.
    """
    some = count > 0.0
    a = s1 / where(some, count, 1.0)
    a2 = a * a
    mean = where(some, pivot + a, 0.0)
    m2 = s2 - s1 * a
    m3 = (s3 - 3.0 * (a * s2)) + 2.0 * (a2 * s1)
    m4 = ((s4 - 4.0 * (a * s3)) + 6.0 * (a2 * s2)) - 3.0 * (a2 * (a * s1))
    return Record(count, mean, m2, m3, m4, minimum, maximum)


def merge(left: Sequence[Any], right: Sequence[Any], *, where: Where) -> Record:
    """Record of the trials of two records together; either may be empty.

    Parameters
    ----------
    left, right : Record
        Records of separate trials; the lower trials on the left.
    where
        Chooses by a condition.

    Returns
    -------
    Record
        Of objects of the same kind. Merging is not associative in floating point: bits are
        reproduced by merging in the same tree.

    References
    ----------
    .. [1] P. Pébay, "Formulas for robust, one-pass parallel computation of covariances and
       arbitrary-order statistical moments", Sandia report SAND2008-6212, 2008.
    """
    n_left, mean_left, m2_left, m3_left, m4_left, low_left, high_left = left
    n_right, mean_right, m2_right, m3_right, m4_right, low_right, high_right = right
    count = n_left + n_right
    total = where(count > 0.0, count, 1.0)
    p = n_left / total
    q = n_right / total
    # An empty side has no mean to differ from: no 0 x inf may arise from it.
    delta = where(n_left * n_right > 0.0, mean_right - mean_left, 0.0)
    mean = where(n_left > 0.0, mean_left + delta * q, mean_right)
    d2 = delta * delta
    weight = n_left * q
    m2 = (m2_left + m2_right) + d2 * weight
    m3 = ((m3_left + m3_right) + (d2 * delta) * (weight * (p - q))) + 3.0 * (
        delta * (p * m2_right - q * m2_left)
    )
    spread = weight * ((p * p - p * q) + q * q)
    m4 = (
        ((m4_left + m4_right) + (d2 * d2) * spread)
        + 6.0 * (d2 * ((p * p) * m2_right + (q * q) * m2_left))
    ) + 4.0 * (delta * (p * m3_right - q * m3_left))
    minimum = where(low_right < low_left, low_right, low_left)
    maximum = where(high_left < high_right, high_right, high_left)
    return Record(count, mean, m2, m3, m4, minimum, maximum)
