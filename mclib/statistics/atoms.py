"""Outcomes that very many trials share: whole numbers, prices, a payoff of nothing.

They can't be told apart by narrower and narrower bins as others can. But they stand out
among the bins beside them, and such numbers tend to be round: the roundest one in a bin is
tried first, which costs one pass and is right or changes nothing.
"""

import math
from typing import Final

from mclib.statistics.bins import FineBins
from mclib.statistics.keys import key_of, value_of

_FEWEST: Final = 4096
_TIMES_ITS_NEIGHBORS: Final = 4
_MOST_DIGITS: Final = 17


def suspected(bins: FineBins, place: int) -> bool:
    """Whether a bin holds so many more outcomes than its neighbors that they are alike."""
    n_bins = bins.request.n_bins
    if not 1 <= place <= n_bins:
        return False
    counts = bins.counts
    beside = [int(counts[at]) for at in (place - 1, place + 1) if 1 <= at <= n_bins]
    count = int(counts[place])
    return count >= _FEWEST and count > _TIMES_ITS_NEIGHBORS * max(beside)


def roundest_key(first: int, last: int) -> int | None:
    """Key of the number with the fewest digits among finite keys from `first` to `last`.

    Examples
    --------
    >>> value_of(roundest_key(key_of(3.9991), key_of(4.0017)))
    4.0
    >>> value_of(roundest_key(key_of(-12.53), key_of(-12.46)))
    -12.5
    """
    low, high = value_of(first), value_of(last)
    if low <= 0.0 <= high:
        return key_of(0.0)
    # The largest power of ten that may be a number's last digit here.
    highest = math.floor(math.log10(max(abs(low), abs(high))))
    for exponent in range(highest, highest - _MOST_DIGITS, -1):
        number = _multiple_within(low, high, exponent)
        if number is not None:
            return key_of(number)
    return None


def _multiple_within(low: float, high: float, exponent: int) -> float | None:
    scaled = low / 10.0**exponent if exponent >= -300 else math.inf
    if not math.isfinite(scaled):
        return None
    # The quotient is rounded, so that its neighbors are tried too.
    for multiple in range(math.ceil(scaled) - 1, math.ceil(scaled) + 2):
        number = float(f"{multiple}e{exponent}")
        if low <= number <= high:
            return number
    return None
