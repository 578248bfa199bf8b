"""Order statistics guessed from a few trials, and made sure by one pass over all of them.

A small part of the trials, the first ones, says about where a wanted order statistic lies;
a pass over all counts what lies below that range and fetches what lies within. Where the
rank falls within, the answer is exact and the work is done: it is the sorted sample's. The
guess is wrong once in some ten thousand times, and then costs time and nothing else.

References
----------
.. [1] R. W. Floyd, R. L. Rivest, "Expected time bounds for selection", Communications of
   the ACM 18 (1975) 165-172.
"""

import itertools
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mclib.errors import InternalError
from mclib.statistics.blocks import BLOCK
from mclib.statistics.keys import key_of, keys_at, value_of
from mclib.statistics.moments import Record
from mclib.statistics.order_statistics import MOST_KEYS, Target
from mclib.statistics.requests import Counts, KeysWithin, Source
from mclib.statistics.sieves import MOST_RANGES, Sieve

WHOLE = 1 << 16
"""Trials up to which all are fetched, and nothing is guessed."""

_SHARE = 64
_FEWEST, _MOST = 1 << 14, 1 << 20
_STANDARD_DEVIATIONS, _RANKS_MORE = 4.0, 8.0

# So large a part of a range makes an outcome an atom, which is counted and not fetched.
_ATOM_SHARE = 4
_ATOM_COUNT = 16


def sieves_for(
    source: Source, targets: Iterable[Target], records: Mapping[int, Record]
) -> list[Sieve]:
    """Say what a pass over all trials must be asked to find order statistics.

    Parameters
    ----------
    source : Source
        Goes through the first trials.
    targets : iterable of (output, rank)
        What is wanted; ranks from 1 to the count of finite outcomes.
    records : mapping of int to Record
        Of each output: the record of its finite trials.

    Returns
    -------
    list of Sieve
        One for each output; none where they would fetch more than a pass may.
    """
    wanted = [
        (output, [rank for _, rank in group])
        for output, group in itertools.groupby(sorted(set(targets)), lambda each: each[0])
    ]
    samples: Sequence[Counts] = [np.empty(0, np.uint64)] * len(wanted)
    n_first = _n_first(source.n_trials, len(wanted))
    if n_first:
        ends = [(records[output].minimum, records[output].maximum) for output, _ in wanted]
        requests = [
            KeysWithin(output, key_of(low), key_of(high), is_sorted=False)
            for (output, _), (low, high) in zip(wanted, ends, strict=True)
        ]
        samples = source.sweep(requests, n_first)
    sieves, n_expected = [], 0.0
    for (output, ranks), sample in zip(wanted, samples, strict=True):
        ranges, kept, n_more = _guessed(sample, ranks, records[output])
        n_expected += n_more
        sieves.append(Sieve(output, ranges, kept))
        if n_expected > MOST_KEYS or len(ranges) > MOST_RANGES:
            return []
    return sieves


def _n_first(n_trials: int, n_outputs: int) -> int:
    """How many trials to guess from; none if all are fetched."""
    if n_trials <= WHOLE and n_trials * n_outputs <= MOST_KEYS:
        return 0
    share = min(max(n_trials // _SHARE, _FEWEST), _MOST, MOST_KEYS // n_outputs)
    return min(max(share // BLOCK, 1) * BLOCK, n_trials)


def _guessed(
    sample: Counts, ranks: Sequence[int], record: Record
) -> tuple[tuple[tuple[float, float], ...], tuple[bool, ...], float]:
    """Ranges where ranks lie, which of them to fetch, and how many outcomes that takes."""
    low, high = key_of(record.minimum), key_of(record.maximum)
    n_trials, n_known = int(record.count), len(sample)
    orders = np.asarray(ranks) / n_trials
    reach = _STANDARD_DEVIATIONS * np.sqrt(n_known * orders * (1.0 - orders)) + _RANKS_MORE
    firsts = np.floor(orders * n_known - reach).astype(np.int64)
    lasts = np.ceil(orders * n_known + reach).astype(np.int64)
    ends = _ends_at(sample, np.concatenate([firsts, lasts]))
    starts, stops = ends[: len(firsts)], ends[len(firsts) :]
    spans: list[tuple[int, int]] = []
    for first, last, near, far in zip(firsts, lasts, starts, stops, strict=True):
        start = near if first >= 0 else low
        stop = far if last < n_known else high
        if spans and start <= spans[-1][1]:
            spans[-1] = spans[-1][0], max(spans[-1][1], stop)
        else:
            spans.append((start, stop))
    ranges, kept, n_expected = [], [], 0.0
    for start, stop in spans:
        inside = sample[(sample >= np.uint64(start)) & (sample <= np.uint64(stop))]
        parts, n_fetched = _without_atoms(value_of(start), value_of(stop), inside)
        ranges += parts
        kept += [one < other for one, other in parts]
        n_expected += n_fetched / n_known * n_trials if n_known else n_trials
    return tuple(ranges), tuple(kept), n_expected


def _ends_at(sample: Counts, places: NDArray[np.int64]) -> list[int]:
    """Return the sample's keys in places; what is beyond its ends, as the ends are."""
    if not len(sample):
        return [0] * len(places)
    return keys_at(sample, np.clip(places, 0, len(sample) - 1)).tolist()  # type: ignore[no-any-return]


def _without_atoms(
    low: float, high: float, keys: Counts
) -> tuple[list[tuple[float, float]], int]:
    """Cut a range at numbers that very many outcomes are equal to; say how many are not."""
    unique, counts = np.unique(keys, return_counts=True)
    is_atom = counts > max(_ATOM_COUNT, len(keys) // _ATOM_SHARE)
    parts = []
    for atom in map(value_of, unique[is_atom].tolist()):
        parts += [(low, math.nextafter(atom, -math.inf)), (atom, atom)]
        low = math.nextafter(atom, math.inf)
    parts.append((low, high))
    return [part for part in parts if part[0] <= part[1]], int(counts[~is_atom].sum())


def found_in(
    sieve: Sieve,
    answer: NDArray[Any],
    ranks: Iterable[int],
    record: Record,
) -> dict[Target, float]:
    """Return the order statistics that lie within a sieve's ranges.

    Parameters
    ----------
    sieve : Sieve
        What was asked.
    answer : array
        What all trials answered, in a row; its keys may be in any order.
    ranks : iterable of int
        What is wanted.
    record : Record
        Of the output's finite trials.

    Raises
    ------
    InternalError
        If the pass fetched or counted other outcomes than there were.
    """
    counts, keys = sieve.read(answer)
    below, within = counts.astype(np.int64)
    upto = below + within
    if sieve.ranges[-1][1] == record.maximum:
        _check(sieve, int(upto[-1]), int(record.count))
    kept = np.where(sieve.kept, within, 0)
    _check(sieve, len(keys), int(kept.sum()))
    found: dict[Target, float] = {}
    places: dict[int, tuple[int, int]] = {}
    for rank in ranks:
        at = int(np.searchsorted(upto, rank))
        if at == len(upto) or rank <= below[at]:
            continue
        if sieve.kept[at]:
            places[rank] = int(kept[:at].sum()) + rank - int(below[at]) - 1, at
        else:
            found[sieve.output, rank] = sieve.ranges[at][0] + 0.0
    if places:
        there = keys_at(keys, [place for place, _ in places.values()]).tolist()
        for (rank, (_, at)), key in zip(places.items(), there, strict=True):
            value, (low, high) = value_of(key), sieve.ranges[at]
            _check(sieve, int(low <= value <= high), 1)
            found[sieve.output, rank] = value
    return found


def _check(sieve: Sieve, n_found: int, n_there: int) -> None:
    if n_found != n_there:
        message = (
            f"a pass over the trials found {n_found:,} outcomes of output {sieve.output} "
            f"where there are {n_there:,}; this is a bug in mclib."
        )
        raise InternalError(message)
