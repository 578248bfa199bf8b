"""How the mean of an output went as trials were added, by the records that a run keeps."""

from typing import TYPE_CHECKING

import numpy as np

from mclib.errors import law
from mclib.results.answers import Answers

if TYPE_CHECKING:
    import pandas as pd


def history_of_mean(answers: Answers, output: int) -> "pd.DataFrame":
    """Return `Output.history`."""
    import pandas as pd

    groups = answers.groups(output)
    if groups is None:
        must = "have independent trials, and come from no file, to have a history"
        raise law("run", must, "no records of groups of trials")
    counts = np.asarray(groups.count, np.float64)
    filled = counts > 0
    counts, means, m2 = counts[filled], groups.mean[filled], groups.m2[filled]
    n = np.cumsum(counts)
    if not len(n) or n[-1] < 2:
        raise law("run", "have two finite trials to have a history", int(n.sum()))
    # About a value in their midst the squares lose no digits.
    apart = means - means[-1]
    running = np.cumsum(counts * apart) / n
    squares = np.cumsum(m2 + counts * apart**2) - n * running**2
    with np.errstate(invalid="ignore", divide="ignore"):
        error = np.sqrt(np.maximum(squares, 0.0) / (n - 1.0) / n)
    table = {"mean": running + means[-1], "standard_error": error}
    index = pd.Index(n.astype(np.int64), name="n_trials")
    return pd.DataFrame(table, index=index)
