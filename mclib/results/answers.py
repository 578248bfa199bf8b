"""What is known about the outputs of a run; each question is put to it only once.

A run keeps no trials. What its records of moments don't tell is asked by passes over the
trials (see `mclib.statistics.requests`), as few as can be, and remembered.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mclib.statistics.accumulator import Accumulator
from mclib.statistics.bins import FineBins, fine_bins
from mclib.statistics.foreseen import Foreseen
from mclib.statistics.jackknife import (
    FEWEST_GROUPS,
    influence_standard_errors,
    jackknife_standard_error,
)
from mclib.statistics.keys import key_of, values_of
from mclib.statistics.moments import Record
from mclib.statistics.non_finite import NonFinite
from mclib.statistics.order_statistics import Target, order_statistics
from mclib.statistics.replications import BesideByReplication, Shares
from mclib.statistics.requests import (
    KeyBins,
    KeysWithin,
    LinearBins,
    Source,
    TailMoments,
)
from mclib.statistics.selection import found_in, sieves_for
from mclib.statistics.sieves import Sieve
from mclib.statistics.summary import kurtosis_of, skewness_of
from mclib.statistics.turns import Turns

ShapeErrors = tuple[float, float]
"""Standard errors of skewness and kurtosis."""


@dataclass
class Known:
    """What is known about one output.

    Attributes
    ----------
    record : Record
        Of the finite trials, in floats.
    non_finite : NonFinite
        The other trials.
    shape_errors : tuple of float, optional
        Standard errors of skewness and kurtosis.
    order : dict of int to float
        Order statistics by rank.
    bins : FineBins, optional
        Counts in fine bins of equal width.
    beside : dict of float to tuple of int
        For a threshold: how many outcomes lie below and above it.
    tails : dict of (float, bool) to Record
        For a pivot, and whether the tail is the upper one: the record of the excess.
    controlled : Known, optional
        The same output, less what control variates explain: its mean is better known.
    replications : Record, optional
        Of arrays, one record for each independent repetition, of a run whose trials depend
        on each other.
    shares : dict of float to Shares
        For a pivot: what lies beside it in each replication.
    """

    record: Record
    non_finite: NonFinite
    shape_errors: ShapeErrors | None = None
    order: dict[int, float] = field(default_factory=dict)
    bins: FineBins | None = None
    beside: dict[float, tuple[int, int]] = field(default_factory=dict)
    tails: dict[tuple[float, bool], Record] = field(default_factory=dict)
    replications: Record | None = None
    controlled: "Known | None" = None
    shares: dict[float, Shares] = field(default_factory=dict)

    @property
    def n_finite(self) -> int:
        """Trials whose outcome is a finite number."""
        return int(self.record.count)


class Answers:
    """Answers to questions about outputs, asked of a source where they aren't known yet.

    Parameters
    ----------
    source : Source
        Goes through the trials again.
    known : sequence of Known
        One for each output.
    groups : callable, optional
        From an output's place to the records of groups of its trials.

    Attributes
    ----------
    foreseen : Foreseen
        Answers to what was asked before the run.
    """

    def __init__(
        self,
        source: Source,
        known: Sequence[Known],
        groups: Callable[[int], Record] | None = None,
    ) -> None:
        self.source = source
        self.known = list(known)
        self._groups = groups
        self.foreseen = Foreseen()

    @classmethod
    def of(
        cls,
        source: Source,
        accumulator: Accumulator,
        replications: Turns | None = None,
        n_outputs: int | None = None,
    ) -> "Answers":
        """Begin with the records of moments of a run, and of its replications.

        Behind the first `n_outputs` stand the same, with control variates.
        """
        known = [
            Known(Record(*total.tolist()), non_finite)
            for total, non_finite in zip(
                accumulator.totals(), accumulator.non_finite, strict=True
            )
        ]
        if replications:
            totals = replications.totals()
            for place, each in enumerate(known):
                each.replications = Record(*totals[:, place].T)
        groups = None if replications else accumulator.groups
        for each, controlled in zip(known, known[n_outputs or len(known) :], strict=False):
            each.controlled = controlled
        return cls(source, known[:n_outputs], groups)

    def find_order_statistics(
        self, targets: Iterable[Target], *, with_bins: bool = False
    ) -> None:
        """Find, in common passes, all that are wanted and aren't known yet.

        The fine bins of their outputs too, if a histogram is to be drawn of them.
        """
        targets = list(targets)
        wanted = self._unknown(targets)
        if wanted:
            self._look_up(wanted, self.foreseen.answers())
            wanted = self._unknown(wanted)
        outputs = {output for output, _ in wanted}
        records = {each: self.known[each].record for each in outputs}
        sieves = sieves_for(self.source, wanted, records) if wanted else []
        bins = self._unseen_bins({output for output, _ in targets} if with_bins else ())
        if sieves or bins:
            answers = self.source.sweep([*sieves, *bins])
            self._look_up(wanted, zip(sieves, answers, strict=False))
            self._remember_bins(bins, answers[len(sieves) :])
        self._find_by_passes(self._unknown(wanted))

    def _look_up(
        self, wanted: Sequence[Target], given: Iterable[tuple[Sieve, NDArray[Any]]]
    ) -> None:
        for sieve, answer in given:
            ranks = [rank for output, rank in wanted if output == sieve.output]
            record = self.known[sieve.output].record
            for (output, rank), value in found_in(sieve, answer, ranks, record).items():
                self.known[output].order[rank] = value

    def _unknown(self, targets: Iterable[Target]) -> list[Target]:
        return [each for each in targets if each[1] not in self.known[each[0]].order]

    def _find_by_passes(self, wanted: Sequence[Target]) -> None:
        """Find those that couldn't be guessed, or lie elsewhere than was guessed."""
        if not wanted:
            return
        outputs = {output for output, _ in wanted}
        self.find_bins(outputs)
        bins = {each: self.known[each].bins for each in outputs}
        found = order_statistics(
            self.source,
            wanted,
            {each: self.known[each].record for each in outputs},
            {each: known for each, known in bins.items() if known is not None},
        )
        for (output, rank), value in found.items():
            self.known[output].order[rank] = value

    def order_statistic(self, output: int, rank: int) -> float:
        """Return the outcome of a rank, from 1 to the count of finite trials."""
        if rank not in self.known[output].order:
            self.find_order_statistics([(output, rank)])
        return self.known[output].order[rank]

    def find_bins(self, outputs: Iterable[int]) -> None:
        """Count, in one pass, the outcomes of outputs in fine bins, where that helps."""
        requests = self._unseen_bins(outputs)
        if requests:
            self._remember_bins(requests, self.source.sweep(requests))

    def _unseen_bins(self, outputs: Iterable[int]) -> list[LinearBins]:
        unseen = [
            each
            for each in outputs
            if self.known[each].bins is None and self.known[each].n_finite
        ]
        planned = [fine_bins(each, self.known[each].record) for each in unseen]
        return [each for each in planned if each is not None]

    def _remember_bins(
        self, requests: Sequence[LinearBins], answers: Sequence[NDArray[Any]]
    ) -> None:
        for request, counts in zip(requests, answers, strict=True):
            self.known[request.output].bins = self._finite_bins(request, counts)

    def count_in_bins(self, request: LinearBins) -> FineBins:
        """Count the finite outcomes of an output in bins that were asked for."""
        (counts,) = self.source.sweep([request])
        return self._finite_bins(request, counts)

    def count_beside(self, output: int, threshold: float) -> tuple[int, int]:
        """Count the finite outcomes below and above a threshold."""
        self.find_beside(output, [threshold])
        return self.known[output].beside[threshold]

    def find_beside(self, output: int, thresholds: Iterable[float]) -> None:
        """Count, in one pass, the finite outcomes below and above several thresholds."""
        known = self.known[output]
        low, high, n_finite = known.record.minimum, known.record.maximum, known.n_finite
        unseen: dict[float, tuple[KeyBins, KeyBins]] = {}
        for threshold in thresholds:
            if threshold in known.beside:
                continue
            if not low <= threshold <= high:
                is_below = threshold < low
                known.beside[threshold] = (0, n_finite) if is_below else (n_finite, 0)
            elif low == high:
                known.beside[threshold] = 0, 0
            else:
                key = key_of(threshold)
                unseen[threshold] = (
                    KeyBins(output, key_of(low), max(key - 1, key_of(low)), 63),
                    KeyBins(output, min(key + 1, key_of(high)), key_of(high), 63),
                )
        if not unseen:
            return
        requests = [request for pair in unseen.values() for request in pair]
        counts = iter(self.source.sweep(requests))
        for threshold in unseen:
            lower, upper = next(counts), next(counts)
            known.beside[threshold] = (
                int(lower.sum()) if threshold > low else 0,
                int(upper.sum()) if threshold < high else 0,
            )

    def tail(self, output: int, pivot: float, *, upper: bool) -> Record:
        """Record of how far the outcomes of a tail lie beyond a pivot."""
        tails = self.known[output].tails
        if (pivot, upper) not in tails:
            (record,) = self.source.sweep([TailMoments(output, pivot, upper)])
            tails[pivot, upper] = Record(*(float(each) for each in record))
        return tails[pivot, upper]

    def shares(self, output: int, pivot: float) -> Shares:
        """Return what lies beside a pivot in each replication of the run."""
        self.find_shares(output, [pivot])
        return self.known[output].shares[pivot]

    def find_shares(self, output: int, pivots: Iterable[float]) -> None:
        """Find what lies beside several pivots, in one pass."""
        known = self.known[output]
        unseen = [each for each in dict.fromkeys(pivots) if each not in known.shares]
        if not unseen:
            return
        assert known.replications is not None
        n = len(known.replications.count)
        requests = [BesideByReplication(output, pivot, n) for pivot in unseen]
        for pivot, sums in zip(unseen, self.source.sweep(requests), strict=True):
            known.shares[pivot] = Shares(*sums)

    def shape_errors(self, output: int) -> ShapeErrors:
        """Return the standard errors of an output's skewness and kurtosis."""
        known = self.known[output]
        if known.shape_errors is None:
            known.shape_errors = self._shape_errors(output, known)
        return known.shape_errors

    def groups(self, output: int) -> Record | None:
        """Return the records of groups of neighbouring trials, where there are any."""
        return None if self._groups is None else self._groups(output)

    def _shape_errors(self, output: int, known: Known) -> ShapeErrors:
        if known.n_finite < 2:
            return np.nan, np.nan
        groups = known.replications
        if groups is not None:
            return (
                jackknife_standard_error(groups, skewness_of),
                jackknife_standard_error(groups, kurtosis_of),
            )
        groups = self.groups(output)
        if groups is not None and len(groups.count) >= FEWEST_GROUPS:
            return (
                jackknife_standard_error(groups, skewness_of),
                jackknife_standard_error(groups, kurtosis_of),
            )
        low, high = key_of(known.record.minimum), key_of(known.record.maximum)
        (keys,) = self.source.sweep([KeysWithin(output, low, high)])
        return influence_standard_errors(values_of(keys))

    def _finite_bins(self, request: LinearBins, counts: NDArray[Any]) -> FineBins:
        """Take the infinite outcomes, which lie in the outer bins, out of the counts."""
        infinite = self.known[request.output].non_finite
        finite = counts.copy()
        finite[0] -= np.uint64(infinite.negative_infinity)
        finite[-1] -= np.uint64(infinite.positive_infinity)
        return FineBins(request, finite)
