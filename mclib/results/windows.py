"""Neighbouring trials, read without taking more memory than there should be taken."""

from collections.abc import Sequence
from numbers import Integral
from typing import Any, TypeGuard

import numpy as np
from numpy.typing import NDArray

from mclib.errors import law
from mclib.results.run import Trials

MOST_BYTES = 2_000_000_000
"""Memory that a table of trials may take."""

_AT_ONCE = 1 << 17


def is_whole(value: object) -> TypeGuard[int]:
    """Whether a value is a whole number, of Python or NumPy."""
    return isinstance(value, Integral)


def checked_window(n_trials: int, start: Any, n: Any, n_columns: int) -> tuple[int, int]:
    """Return where a window starts and how long it is, or say which law it breaks."""
    if not is_whole(start) or not 0 <= start < n_trials:
        raise law("start", f"be a trial of this run, from 0 to {n_trials - 1:,}", start)
    if n is None:
        n = n_trials - start
    elif not is_whole(n) or not 1 <= n <= n_trials - start:
        there_are = f"be from 1 to {n_trials - start:,}, the trials there are"
        raise law("n", there_are, n)
    n_bytes = 8 * n * n_columns
    if n_bytes > MOST_BYTES:
        most = MOST_BYTES // (8 * n_columns)
        raise law(
            "n",
            f"keep the table within {MOST_BYTES / 1e9:g} GB, {most:,} trials of "
            f"{n_columns} columns",
            n,
            f"{n:,} trials take {n_bytes / 1e9:,.1f} GB; quantiles, probabilities and "
            "histograms need no table.",
        )
    return int(start), int(n)


def read_values(
    trials: Trials, start: int, n: int, names: Sequence[str]
) -> dict[str, NDArray[np.float64]]:
    """Values of `n` trials from `start` on, read in pieces."""
    columns = {name: np.empty(n) for name in names}
    for done in range(0, n, _AT_ONCE):
        count = min(_AT_ONCE, n - done)
        piece = trials.values(start + done, count, names)
        for name in names:
            columns[name][done : done + count] = piece[name]
    return columns
