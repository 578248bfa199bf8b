"""What a strategy may bring: outcomes with their probabilities."""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, final

import numpy as np

from mclib.decisions.branches import Floats
from mclib.decisions.measures import finite
from mclib.decisions.rolling import Path, error_of, n_trials_of
from mclib.errors import law
from mclib.results.estimate import Estimate

if TYPE_CHECKING:
    import pandas as pd

_MOST_ROWS = 200


@final
class RiskProfile:
    """The outcomes of a strategy, each with its probability.

    Made by a `Solution`: ``solution.risk_profile``. An outcome is net of what was paid.

    Attributes
    ----------
    outcomes : array of shape (n,), float64
        All of them, each once, from the lowest to the highest; of a simulated end those of
        all its trials.
    probabilities : array of shape (n,), float64
        How likely each is.
    """

    def __init__(self, paths: Sequence[Path]) -> None:
        self._paths = tuple(paths)
        every = np.concatenate([np.atleast_1d(each.outcomes) for each in paths])
        shares = np.concatenate(
            [
                np.full(max(1, each.outcomes.size), each.probability / each.outcomes.size)
                for each in paths
            ]
        )
        self.outcomes, places = np.unique(every, return_inverse=True)
        self.probabilities = np.bincount(places, shares)

    def probability_above(self, threshold: float) -> Estimate:
        """Probability of an outcome above a threshold (exceedance).

        Parameters
        ----------
        threshold : float
            In the unit of the ends.
        """
        threshold = finite("threshold", threshold)
        return self._share([each.outcomes > threshold for each in self._paths])

    def probability_below(self, threshold: float) -> Estimate:
        """Probability of an outcome below a threshold.

        Parameters
        ----------
        threshold : float
            In the unit of the ends.
        """
        threshold = finite("threshold", threshold)
        return self._share([each.outcomes < threshold for each in self._paths])

    def to_frame(self, outcomes: Sequence[float] | None = None) -> "pd.DataFrame":
        """Table of outcomes, their probabilities and their exceedance.

        Parameters
        ----------
        outcomes : sequence of float, optional
            At which; by default at all of them, or, where there are more than 200, at the
            200 that lie at evenly spaced probabilities.

        Returns
        -------
        pandas.DataFrame
            By outcome: its `probability`, and the `exceedance`, the probability of more,
            with its `standard_error`.

        Raises
        ------
        ArgumentError
            If there are no outcomes asked for.
        """
        import pandas as pd

        if outcomes is None:
            chosen = self._spread()
        else:
            chosen = np.array([finite("outcomes", each) for each in outcomes])
            if not chosen.size:
                raise law("outcomes", "be one or more numbers", list(outcomes))
        lines = []
        for each in chosen:
            more = self.probability_above(float(each))
            at = np.searchsorted(self.outcomes, each)
            is_one = at < self.outcomes.size and self.outcomes[at] == each
            own = float(self.probabilities[at]) if is_one else 0.0
            lines.append((own, more.value, more.standard_error))
        names = ["probability", "exceedance", "standard_error"]
        index = pd.Index(chosen, name="outcome")
        return pd.DataFrame(lines, columns=names, index=index)

    def __len__(self) -> int:
        return self.outcomes.size

    def __repr__(self) -> str:
        low, high = self.outcomes[0], self.outcomes[-1]
        return f"RiskProfile({len(self):,} outcomes, {low:,.6g} to {high:,.6g})"

    def __str__(self) -> str:
        return str(self.to_frame().to_string())

    def _repr_html_(self) -> str:
        return str(self.to_frame().to_html())

    def _spread(self) -> Floats:
        if len(self) <= _MOST_ROWS:
            return self.outcomes
        reached = np.cumsum(self.probabilities)
        orders = (np.arange(_MOST_ROWS) + 0.5) / _MOST_ROWS
        places = np.searchsorted(reached, orders * reached[-1])
        spread: Floats = self.outcomes[np.unique(places)]
        return spread

    def _share(self, hits: Sequence[Any]) -> Estimate:
        odds = [each.probability for each in self._paths]
        fixed = math.fsum(
            p for p, hit in zip(odds, hits, strict=True) if not hit.ndim and hit
        )
        share = np.asarray(fixed)
        for p, hit in zip(odds, hits, strict=True):
            if hit.ndim:
                share = share + p * hit
        return Estimate(float(share.mean()), error_of(share), n_trials_of(share))
