"""What it is worth to know an input before deciding, from trials that are there."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mclib.errors import law
from mclib.results.estimate import Estimate
from mclib.results.result import Result

_MOST_TRIALS = 1 << 20
_MOST_NUMBERS = 1 << 25
_FEWEST_PER_BIN = 100

Floats = NDArray[np.float64]


def partial_information(
    result: Result, outputs: Sequence[str], inputs: Sequence[str], sign: float, n_bins: Any
) -> Estimate:
    """Return the expected gain from deciding with inputs known, over deciding without.

    Parameters
    ----------
    result : Result
        Of a run with one output for each decision.
    outputs : sequence of str
        Those outputs.
    inputs : sequence of str
        One or two inputs of the run.
    sign : float
        1 where the most is wanted, -1 where the least is.
    n_bins : int
        Bins in all, 2 or more; of two inputs the root of it for each.

    Raises
    ------
    ArgumentError
        If an input is not among those that all scenarios share, or trials are too few.
    """
    n = min(result.n_trials, _MOST_TRIALS, _MOST_NUMBERS // (2 * len(result)))
    if isinstance(n_bins, bool) or not isinstance(n_bins, int) or n_bins < 2:
        raise law("n_bins", "be a whole number from 2 on", n_bins)
    if n < 2 * _FEWEST_PER_BIN * n_bins:
        must = f"be {2 * _FEWEST_PER_BIN * n_bins:,} at least for {n_bins} bins"
        raise law("n_trials", must, n)
    frame = result.to_frame(n)
    shared = [name for name in frame.columns if name not in list(result)]
    if not 1 <= len(inputs) <= 2 or any(name not in shared for name in inputs):
        must = (
            f"be one or two inputs that are the same in all scenarios ({', '.join(shared)})"
        )
        raise law("known", must, list(inputs))
    gains = sign * frame[list(outputs)].to_numpy().T
    each = n_bins if len(inputs) == 1 else math.isqrt(n_bins)
    places = np.zeros(n, np.intp)
    for name in inputs:
        places = places * each + _bins(frame[name].to_numpy(), each)
    value = _crossed(gains, places, each ** len(inputs))
    return Estimate(float(value.mean()), float(value.std(ddof=1)) / math.sqrt(n), n)


def _bins(x: Floats, n_bins: int) -> NDArray[np.intp]:
    """Return for each trial the bin of equal probability that it lies in; ties together."""
    cuts = np.quantile(x, np.arange(1, n_bins) / n_bins)
    return np.searchsorted(cuts, x, side="right")


def _crossed(gains: Floats, places: NDArray[np.intp], n_bins: int) -> Floats:
    """Return what deciding by bin gains in each trial, by the other half's choice."""
    gained = np.empty(gains.shape[1])
    halves = slice(0, None, 2), slice(1, None, 2)
    for judging, choosing in (halves, halves[::-1]):
        own = places[choosing]
        sums = np.stack(
            [np.bincount(own, each[choosing], minlength=n_bins) for each in gains]
        )
        chosen = np.argmax(sums, axis=0)
        without = int(np.argmax(gains[:, choosing].mean(axis=1)))
        at = places[judging]
        trials = np.arange(at.size)
        mine = gains[:, judging]
        gained[judging] = mine[chosen[at], trials] - mine[without]
    return gained
