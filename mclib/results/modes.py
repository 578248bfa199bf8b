"""Where the outcomes of an output lie the closest."""

import numpy as np

from mclib.results.estimate import Estimate
from mclib.results.run import Trials
from mclib.results.sensitivity import MOST_TRIALS
from mclib.results.windows import read_values
from mclib.statistics.modes import mode


def mode_of(trials: Trials, output: str) -> Estimate:
    """Return `Output.mode`."""
    n = min(trials.n_trials, MOST_TRIALS)
    values = read_values(trials, 0, n, [output])[output]
    kept = values[np.isfinite(values)]
    value, error = mode(kept)
    return Estimate(value, error, len(kept))
