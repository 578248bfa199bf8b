"""Correlations of everything with everything."""

from functools import partial
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np

from mclib.errors import law
from mclib.results.windows import is_whole, read_values
from mclib.statistics import correlations, weighting

if TYPE_CHECKING:
    import pandas as pd

    from mclib.results.run import Trials

MOST_TRIALS = 1 << 20
_MOST_PAIRED = 2_000
MEASURES = ("spearman", "kendall", "pearson")


def correlation_table(trials: "Trials", measure: Any, n: Any) -> "pd.DataFrame":
    """Return `Result.correlations`."""
    import pandas as pd

    if measure not in MEASURES:
        raise law("measure", f"be one of {', '.join(MEASURES)}", measure)
    most = min(trials.n_trials, _MOST_PAIRED if measure == "kendall" else MOST_TRIALS)
    if n is not None and (not is_whole(n) or not 3 <= n <= most):
        raise law("n", f"be a whole number from 3 to {most:,}", n)
    names = list(dict.fromkeys((*trials.input_names, *trials.output_names)))
    columns = read_values(trials, 0, most if n is None else int(n), names)
    finite = np.logical_and.reduce([np.isfinite(each) for each in columns.values()])
    columns = {name: each[finite] for name, each in columns.items()}
    of: Any = getattr(correlations, measure)
    if measure == "spearman":
        # Each column is ranked once.
        columns = {name: correlations.ranks(each) for name, each in columns.items()}
        of = correlations.spearman_of_ranks
    if measure == "kendall":
        # Few enough that each trial's influence, ties included, gives the error.
        count = int(np.count_nonzero(finite))
        equal = np.full(count, 1.0 / max(count, 1))
        of = partial(weighting.kendall, shares=equal)
    values = pd.DataFrame(np.eye(len(names)), index=names, columns=names)
    errors = pd.DataFrame(np.zeros((len(names),) * 2), index=names, columns=names)
    for a, b in combinations(names, 2):
        value, error = of(columns[a], columns[b])
        values.loc[a, b] = values.loc[b, a] = value
        errors.loc[a, b] = errors.loc[b, a] = error
    values.attrs["standard_error"] = errors
    return values
