"""Ratios of the means of a design's outputs, with errors from what is independent."""

import numpy as np

from mclib.results.estimate import Estimate
from mclib.runs import SimulationRun
from mclib.statistics.ratios import ratio
from mclib.statistics.replications import interval_rule


class Shares:
    """The sums of a run of a design, in independent groups of its trials.

    Parameters
    ----------
    run : SimulationRun
        It is done. Outputs of the model itself have names of one line.

    Notes
    -----
    Groups are the sampler's replications or, where trials are independent, up to 1,024
    groups of blocks.
    """

    def __init__(self, run: SimulationRun) -> None:
        if run.replications:
            records = run.replications.totals()
            counts, means = records[:, :, 0], records[:, :, 1]
        else:
            groups = [run.accumulator.groups(k) for k in range(len(run.output_names))]
            counts = np.stack([np.asarray(each.count) for each in groups], axis=1)
            means = np.stack([np.asarray(each.mean) for each in groups], axis=1)
        self._places = {name: k for k, name in enumerate(run.output_names)}
        self._counts, self._sums = counts, counts * means
        self.outputs = [name for name in run.output_names if "\n" not in name]
        self.n_trials = run.n_trials
        self.provenance = run.provenance

    def of(self, numerator: str, *denominators: str) -> Estimate:
        """Return the ratio of one output's mean to the mean of others'."""
        above = self._places[numerator]
        below = [self._places[each] for each in denominators]
        counts = self._counts[:, above]
        whole = self._sums[:, below].mean(axis=1)
        value, error = ratio(self._sums[:, above], whole, counts)
        n_groups = int(np.count_nonzero(counts))
        rule = interval_rule(value, error, n_groups)
        return Estimate(value, error, int(counts.sum()), rule)
