"""How far data lie from a distribution, in three statistics."""

import math

import numpy as np

from mclib.distributions.distribution import Distribution
from mclib.distributions.laws import Floats
from mclib.fitting.observations import Observations

STATISTICS = ("kolmogorov_smirnov", "anderson_darling", "chi_square")
_FEWEST = 5.0


def distances(
    made: Distribution, observed: Observations, *, is_whole: bool
) -> dict[str, float]:
    """Return the three statistics; NaN for those that the data don't have.

    Parameters
    ----------
    made : Distribution
        With numbers as parameters.
    observed : Observations
        Only exact ones have these statistics.
    is_whole : bool
        Whether the distribution is one of whole numbers, which have no Anderson-Darling.
    """
    if observed.is_censored:
        return dict.fromkeys(STATISTICS, math.nan)
    order = np.argsort(observed.low, kind="stable")
    x, w = observed.low[order], observed.weights[order]
    # Equal values are one step.
    values, first = np.unique(x, return_index=True)
    steps = np.add.reduceat(w, first)
    share = np.cumsum(steps) / w.sum()
    below = np.asarray(made.cdf(values))
    above = np.asarray(made.probability_above(values))
    n = observed.n
    if is_whole:
        return {
            "kolmogorov_smirnov": _steps_apart(made, values, share, below),
            "anderson_darling": math.nan,
            "chi_square": _chi_square_of_counts(made, values, steps),
        }
    return {
        "kolmogorov_smirnov": _apart(share, below),
        "anderson_darling": n * _weighed_apart(share, below, above),
        "chi_square": _chi_square(below, steps),
    }


def n_cells(n: float) -> int:
    """Return how many cells of equal probability chi-square has: ``2 n**(2 / 5)``."""
    return max(int(min(2.0 * n**0.4, n / _FEWEST)), 2)


def _apart(share: Floats, below: Floats) -> float:
    before = np.concatenate([[0.0], share[:-1]])
    return float(max(np.max(share - below), np.max(below - before)))


def _steps_apart(made: Distribution, values: Floats, share: Floats, below: Floats) -> float:
    # Both run in steps: between two values the distribution may have some more.
    before = np.concatenate([[0.0], share[:-1]])
    just_before = np.asarray(made.cdf(values - 1.0))
    return float(max(np.max(np.abs(share - below)), np.max(np.abs(just_before - before))))


def _weighed_apart(share: Floats, below: Floats, above: Floats) -> float:
    """Integrate ``(F_n - F)**2 / (F (1 - F)) dF``, segment by segment."""
    before = np.concatenate([[0.0], share[:-1]])
    share = np.minimum(share, 1.0)
    with np.errstate(all="ignore"):
        left = (before**2 - share**2) * np.log(below)
        right = ((1.0 - share) ** 2 - (1.0 - before) ** 2) * np.log(above)
    total = float(np.sum(left + right)) - 1.0
    return total if math.isfinite(total) else math.inf


def _chi_square(below: Floats, steps: Floats) -> float:
    n = float(steps.sum())
    k = n_cells(n)
    cell = np.minimum((below * k).astype(np.intp), k - 1)
    counts = np.bincount(cell, steps, k)
    return float(np.sum((counts - n / k) ** 2) / (n / k))


def _chi_square_of_counts(made: Distribution, values: Floats, steps: Floats) -> float:
    """Join neighboring whole numbers until each cell expects five at least."""
    n = float(steps.sum())
    low, high = values[0], values[-1]
    whole = np.arange(low, high + 1.0)
    edges = np.concatenate([[0.0], np.asarray(made.cdf(whole[:-1])), [1.0]])
    expected = n * np.diff(edges)
    counts = np.zeros(len(whole))
    counts[(values - low).astype(np.intp)] = steps
    cells: list[list[float]] = [[0.0, 0.0]]
    for seen, due in zip(counts.tolist(), expected.tolist(), strict=True):
        if cells[-1][1] >= _FEWEST:
            cells.append([0.0, 0.0])
        cells[-1][0] += seen
        cells[-1][1] += due
    if len(cells) > 1 and cells[-1][1] < _FEWEST:
        seen, due = cells.pop()
        cells[-1][0] += seen
        cells[-1][1] += due
    if len(cells) < 2:
        return math.nan
    return float(sum((seen - due) ** 2 / due for seen, due in cells))
