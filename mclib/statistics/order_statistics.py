"""Exact order statistics of outcomes that aren't stored, by a few passes over the trials.

The order statistic of rank r is the r-th smallest outcome, counted from 1. Each wanted one
is kept in a *bracket* of keys that holds it; every pass makes the brackets smaller, until
they hold few enough outcomes to be fetched and sorted. All that passes return are whole
numbers, so the answer is the same bits for every engine and split, and equals the sorted
sample's.
"""

import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from mclib.errors import InternalError
from mclib.statistics.atoms import roundest_key, suspected
from mclib.statistics.bins import FineBins, first_keys
from mclib.statistics.keys import key_of, value_of
from mclib.statistics.moments import Record
from mclib.statistics.requests import Counts, KeyBins, KeysWithin, Request, Source

MOST_KEYS = 1 << 22
"""Keys that one pass may fetch (32 MB)."""

_KEY_BITS = 16
# Each takes half a megabyte for every thread of an engine.
_MOST_REFINED = 16

Target = tuple[int, int]
"""An output and a rank among its finite outcomes, from 1."""


@dataclass(frozen=True)
class Bracket:
    """A range of keys that holds a wanted order statistic.

    Attributes
    ----------
    output : int
        Place of the output.
    first, last : int
        Lowest and highest key of the range.
    below : int
        Finite outcomes with lower keys.
    count : int
        Outcomes within.
    atom : int, optional
        A key within that very many of them are suspected to have.
    """

    output: int
    first: int
    last: int
    below: int
    count: int
    atom: int | None = None


def order_statistics(
    source: Source,
    targets: Iterable[Target],
    records: Mapping[int, Record],
    bins: Mapping[int, FineBins],
) -> dict[Target, float]:
    """Find the order statistics of several outputs together.

    Parameters
    ----------
    source : Source
        Goes through the trials.
    targets : iterable of (output, rank)
        What is wanted; ranks from 1 to the count of finite outcomes.
    records : mapping of int to Record
        Of each output: the record of its finite trials.
    bins : mapping of int to FineBins
        Counts in bins of equal width, of outputs for which they are known.

    Returns
    -------
    dict of (output, rank) to float
        The outcomes.

    Raises
    ------
    InternalError
        If a pass doesn't find the outcomes that another did.

    Notes
    -----
    With bins, a continuous output takes one pass for up to about 10^8 trials and two or
    three for 10^9; very many equal outcomes take one pass if they are the smallest or the
    largest of all (an option that pays nothing) or at a round number (a count, a price),
    and the most, five, at an odd one.
    """
    ends = {
        output: {key_of(record.minimum), key_of(record.maximum)}
        for output, record in records.items()
    }
    found: dict[Target, float] = {}
    open_: dict[Target, Bracket] = {}
    for output, group in itertools.groupby(sorted(set(targets)), key=lambda each: each[0]):
        ranks = [rank for _, rank in group]
        brackets = _first_brackets(output, ranks, records[output], bins.get(output))
        open_ |= {(output, rank): each for rank, each in zip(ranks, brackets, strict=True)}
    while True:
        for target, bracket in list(open_.items()):
            if bracket.first == bracket.last:
                found[target] = value_of(bracket.first)
                del open_[target]
        if not open_:
            return found
        halved = _halved(set(open_.values()))
        fetched, refined = _plan({each for each in open_.values() if each.atom is None})
        extremes = {
            (bracket, key): KeyBins(bracket.output, key, key, 0)
            for bracket in refined
            for key in ends[bracket.output] & {bracket.first, bracket.last}
        }
        questions: dict[Any, Request] = {**fetched, **refined, **extremes, **halved}
        answers = source.sweep(list(questions.values()))
        by_bracket = dict(zip(questions, answers, strict=True))
        for (output, rank), bracket in list(open_.items()):
            if bracket.atom is not None:
                open_[output, rank] = _beside_atom(bracket, rank, by_bracket)
            elif bracket in fetched:
                keys = _checked(by_bracket[bracket], bracket, len(by_bracket[bracket]))
                found[output, rank] = value_of(int(keys[rank - bracket.below - 1]))
                del open_[output, rank]
            elif bracket in refined:
                counts = by_bracket[bracket]
                _checked(counts, bracket, int(counts.sum()))
                open_[output, rank] = _extreme(bracket, rank, by_bracket) or _narrowed(
                    bracket, rank, counts, refined[bracket].shift
                )


def _first_brackets(
    output: int, ranks: Sequence[int], record: Record, bins: FineBins | None
) -> list[Bracket]:
    """Brackets from the extremes, which are known, and from bins, if they are."""
    low, high = key_of(record.minimum), key_of(record.maximum)
    n_trials = int(record.count)
    whole = Bracket(output, low, high, 0, n_trials)
    brackets = [whole] * len(ranks)
    if bins is not None:
        _checked(bins.counts, whole, int(bins.counts.sum()))
        upto = np.cumsum(bins.counts)
        places = np.searchsorted(upto, np.asarray(ranks, np.uint64))
        n_bins = bins.request.n_bins
        edges = first_keys(
            bins.request, np.clip(np.stack([places, places + 1]), 1, n_bins + 1)
        )
        for at, place in enumerate(places):
            first = low if place == 0 else max(low, int(edges[0, at]))
            last = high if place > n_bins else min(high, int(edges[1, at]) - 1)
            count = int(bins.counts[place])
            atom = roundest_key(first, last) if suspected(bins, int(place)) else None
            below = int(upto[place]) - count
            brackets[at] = Bracket(output, first, last, below, count, atom)
    ends = {1: Bracket(output, low, low, 0, 1), n_trials: Bracket(output, high, high, 0, 1)}
    return [ends.get(rank, each) for rank, each in zip(ranks, brackets, strict=True)]


def _plan(
    brackets: set[Bracket],
) -> tuple[dict[Bracket, Request], dict[Bracket, KeyBins]]:
    """Choose which brackets to fetch in the next pass, and which to refine."""
    fetched: dict[Bracket, Request] = {}
    refined: dict[Bracket, KeyBins] = {}
    left = MOST_KEYS
    for each in sorted(brackets, key=lambda each: (each.count, each.output, each.first)):
        if each.count <= left:
            left -= each.count
            fetched[each] = KeysWithin(each.output, each.first, each.last)
        elif len(refined) < _MOST_REFINED:
            shift = max(0, (each.last - each.first).bit_length() - _KEY_BITS)
            refined[each] = KeyBins(each.output, each.first, each.last, shift)
    return fetched, refined


def _halved(brackets: set[Bracket]) -> dict[Any, Request]:
    """Ask how many outcomes have the key of a suspected atom, and how many lower ones."""
    questions: dict[Any, Request] = {}
    for each in brackets:
        if each.atom is None:
            continue
        questions[each, "at"] = KeyBins(each.output, each.atom, each.atom, 0)
        if each.first < each.atom:
            shift = min(63, (each.atom - each.first).bit_length())
            questions[each, "below"] = KeyBins(
                each.output, each.first, each.atom - 1, shift
            )
    return questions


def _beside_atom(bracket: Bracket, rank: int, counted: Mapping[Any, Any]) -> Bracket:
    """Bracket the atom, or what lies on the side of it where the rank is."""
    assert bracket.atom is not None
    n_below, n_at = (
        int(counted[bracket, part].sum()) if (bracket, part) in counted else 0
        for part in ("below", "at")
    )
    place, upto = rank - bracket.below, bracket.below + n_below
    if place <= n_below:
        last = bracket.atom - 1
        return Bracket(bracket.output, bracket.first, last, bracket.below, n_below)
    if place <= n_below + n_at:
        return Bracket(bracket.output, bracket.atom, bracket.atom, upto, n_at)
    n_above = bracket.count - n_below - n_at
    return Bracket(bracket.output, bracket.atom + 1, bracket.last, upto + n_at, n_above)


def _extreme(bracket: Bracket, rank: int, counted: Mapping[Any, Any]) -> Bracket | None:
    """Bracket the smallest or largest outcome of all, if so many are equal to it."""
    n_first, n_last = (
        int(counted[bracket, key][0]) if (bracket, key) in counted else 0
        for key in (bracket.first, bracket.last)
    )
    place = rank - bracket.below
    if n_first < place <= bracket.count - n_last:
        return None
    key = bracket.first if place <= n_first else bracket.last
    return Bracket(bracket.output, key, key, 0, 1)


def _narrowed(bracket: Bracket, rank: int, counts: Counts, shift: int) -> Bracket:
    """Bracket one of the bins that another was split into."""
    upto = np.cumsum(counts)
    place = int(np.searchsorted(upto, np.uint64(rank - bracket.below)))
    first = bracket.first + (place << shift)
    last = min(bracket.last, first + (1 << shift) - 1)
    count = int(counts[place])
    below = bracket.below + int(upto[place]) - count
    return Bracket(bracket.output, first, last, below, count)


def _checked(answer: Any, bracket: Bracket, count: int) -> Any:
    if count != bracket.count:
        message = (
            f"a pass over the trials found {count:,} outcomes of output {bracket.output} "
            f"where {bracket.count:,} were before; this is a bug in mclib."
        )
        raise InternalError(message)
    return answer
