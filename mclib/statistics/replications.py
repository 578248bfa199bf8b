"""Standard errors from independent repetitions that share a run's trials.

Where trials are not independent, as in a Latin hypercube, their own spread says nothing of
an estimate's error. The run then consists of a few replications, whose estimates are
independent and of one distribution: the differences between them tell, for any sampler, and
Student's t accounts for how few they are.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mclib.statistics.blocks import BLOCK
from mclib.statistics.intervals import Interval, check_level
from mclib.statistics.moments import Record
from mclib.statistics.student import two_sided_student

Floats = NDArray[np.float64]


def error_of_mean(values: Floats, counts: Floats) -> float:
    """Standard error of the mean of all trials, from the means of replications.

    Parameters
    ----------
    values : array of shape (n_replications,)
        Each one's mean of whatever is estimated.
    counts : array of shape (n_replications,)
        Trials of each; empty ones are passed over.

    Returns
    -------
    float
        NaN below two replications.
    """
    filled = counts > 0
    values, counts = values[filled], counts[filled]
    if len(values) < 2:
        return math.nan
    shares = counts / counts.sum()
    apart = shares * (values - float(shares @ values))
    return math.sqrt(len(values) / (len(values) - 1.0) * float(apart @ apart))


def mean_error(replications: Record) -> float:
    """Standard error of the mean."""
    return error_of_mean(np.asarray(replications.mean), np.asarray(replications.count))


def variance_error(replications: Record, mean: float) -> float:
    """Standard error of the variance: it is a mean too, of squared distances."""
    counts = np.asarray(replications.count)
    with np.errstate(all="ignore"):
        squares = np.asarray(replications.m2) / counts
        squares = squares + (np.asarray(replications.mean) - mean) ** 2
    return error_of_mean(squares, counts)


def interval_rule(
    value: float, standard_error: float, n_replications: int
) -> Callable[[float], Interval]:
    """Return what makes an interval of a level: ``value ± t standard_error``."""
    return StudentRule(value, standard_error, n_replications)


@dataclass(frozen=True)
class StudentRule:
    """Student's interval of a number that rests on so few replications."""

    value: float
    standard_error: float
    n_replications: int

    def __call__(self, level: float) -> Interval:
        """Return the interval of a level."""
        reach = student_quantile(level, self.n_replications) * self.standard_error
        return Interval(self.value - reach, self.value + reach, level)


def student_quantile(level: float, n_replications: int) -> float:
    """Standard errors on each side of an interval that rests on so few replications."""
    check_level(level)
    if n_replications < 2:
        return math.nan
    return two_sided_student(level, int(n_replications) - 1)


@dataclass(frozen=True)
class Shares:
    """What lies beside a pivot in each replication.

    Attributes
    ----------
    counts : array of shape (n_replications,)
        Finite outcomes.
    below, above : array of shape (n_replications,)
        Those below and above the pivot.
    lacking, beyond : array of shape (n_replications,)
        Sums of how far those lie below and above it.
    """

    counts: Floats
    below: Floats
    above: Floats
    lacking: Floats
    beyond: Floats

    def error(self, hits: Floats) -> float:
        """Standard error of the mean over all trials of what is summed in `hits`."""
        with np.errstate(all="ignore"):
            return error_of_mean(hits / self.counts, self.counts)

    @property
    def n_filled(self) -> int:
        """Replications with trials."""
        return int(np.sum(self.counts > 0))


@dataclass(frozen=True)
class BesideByReplication:
    """What lies beside a pivot in each replication.

    Blocks belong to the replications in turn. Sums are made block by block, and added
    exactly.

    Attributes
    ----------
    output : int
        Place of the output.
    pivot : float
        Where the sides meet.
    n_replications : int
        How many there are.
    """

    output: int
    pivot: float
    n_replications: int

    def answer(self, values: Floats, first_block: int) -> "Sums":
        """Sums of the blocks of `values`, which starts with a block's first trial."""
        n_blocks = -(-len(values) // BLOCK)
        padded = np.full(n_blocks * BLOCK, np.nan)
        padded[: len(values)] = values
        with np.errstate(invalid="ignore"):
            beyond = padded.reshape(n_blocks, BLOCK) - self.pivot
        is_finite = np.isfinite(beyond)
        beyond = np.where(is_finite, beyond, 0.0)
        owners = (first_block + np.arange(n_blocks)) % self.n_replications
        counts = np.zeros((3, self.n_replications), np.int64)
        for kind, hits in enumerate((is_finite, beyond < 0.0, beyond > 0.0)):
            np.add.at(counts[kind], owners, hits.sum(axis=1))
        sums = []
        for far in (-np.minimum(beyond, 0.0), np.maximum(beyond, 0.0)):
            mine = [0] * self.n_replications
            for owner, total in zip(owners.tolist(), far.sum(axis=1).tolist(), strict=True):
                mine[owner] += _exact(total)
            sums.append(mine)
        return counts, sums

    def merge(self, left: "Sums", right: "Sums") -> "Sums":
        """Add, exactly: the order of blocks can't change a bit."""
        added = [
            [a + b for a, b in zip(*rows, strict=True)]
            for rows in zip(left[1], right[1], strict=True)
        ]
        return left[0] + right[0], added

    def finish(self, merged: "Sums") -> Floats:
        """Sums of each replication, shape (5, n_replications)."""
        counts, sums = merged
        return np.concatenate([counts, [[_rounded(each) for each in row] for row in sums]])


Sums = tuple[NDArray[np.int64], list[list[int]]]
"""Counts, and sums in units of the smallest float."""

_UNIT_BITS = 1074


def _exact(x: float) -> int:
    """Return a finite float in units of the smallest one."""
    if not math.isfinite(x):
        return 0
    numerator, denominator = x.as_integer_ratio()
    return (numerator << _UNIT_BITS) // denominator


def _rounded(units: int) -> float:
    try:
        return units / (1 << _UNIT_BITS)
    except OverflowError:
        return math.inf
