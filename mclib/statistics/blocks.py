"""How trials lie in blocks, so that every engine adds them up in the same order.

Trials are cut into blocks of 1,024. Within its block trial ``t`` belongs to group
``t // 128``, lane ``t % 128 // 4`` and row ``t % 4``: a lane sees 32 trials, in the order
of (group, row), its *turns*. Values lie either in *trial order*, by (block, group, lane,
row), or in *lane order*, by (block, group, row, lane), in which the lanes are neighbours.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

N_LANES = 32
N_GROUPS = 8
N_ROWS = 4
N_TURNS = N_GROUPS * N_ROWS
BLOCK = N_LANES * N_TURNS
"""Trials in a block."""


def n_blocks_of(n_trials: int) -> int:
    """Blocks that hold `n_trials` trials, the last one perhaps in part."""
    return -(-n_trials // BLOCK)


def to_lane_order(values: NDArray[Any]) -> NDArray[Any]:
    """View values in trial order, shape (..., 1024 n), in lane order.

    Returns
    -------
    array of shape (..., n, 8, 4, 32)
        A view wherever the last axis is contiguous.
    """
    n_blocks = values.shape[-1] // BLOCK
    apart = values.reshape(*values.shape[:-1], n_blocks, N_GROUPS, N_LANES, N_ROWS)
    return apart.swapaxes(-1, -2)


def to_trial_order(values: NDArray[Any], n_trials: int | None = None) -> NDArray[Any]:
    """Copy values in lane order, shape (..., n, 8, 4, 32), into trial order.

    Parameters
    ----------
    values : array of shape (..., n, 8, 4, 32)
        Values by (block, group, row, lane).
    n_trials : int, optional
        How many trials to keep; all by default.

    Returns
    -------
    array of shape (..., n_trials)
        Values by trial.
    """
    # Of CuPy's arrays too: a reshape copies what does not lie in this order.
    together = values.swapaxes(-1, -2)
    flat = together.reshape(*values.shape[:-4], values.shape[-4] * BLOCK)
    return flat if n_trials is None else flat[..., :n_trials]


def fill_blocks(values: NDArray[Any]) -> NDArray[Any]:
    """Lengthen values in trial order, shape (..., n), by zeros to whole blocks."""
    missing = -values.shape[-1] % BLOCK
    if not missing:
        return values
    widths = [(0, 0)] * (values.ndim - 1) + [(0, missing)]
    return np.pad(values, widths)
