"""Bounds that hold most of an output, and the curve of what is exceeded how often."""

from collections.abc import Iterable, Sequence
from numbers import Real
from typing import TYPE_CHECKING, Any

from mclib.errors import law
from mclib.results.answers import Answers
from mclib.results.quantiles import quantile_estimate, targets_for
from mclib.statistics.intervals import (
    check_order,
    coverage_rank,
    tolerance_n_trials,
    tolerance_rank,
)

if TYPE_CHECKING:
    import pandas as pd

CURVE = (
    *(0.999, 0.995, 0.99, 0.975, 0.95, 0.9, 0.8, 0.7, 0.6, 0.5),
    *(0.4, 0.3, 0.2, 0.1, 0.05, 0.025, 0.01, 0.005, 0.002, 0.001),
)
"""Probabilities of the points of an exceedance curve."""


def exceedance_curve(
    answers: Answers, output: int, probabilities: Sequence[float] | None
) -> "pd.DataFrame":
    """Return `Output.exceedance`."""
    import pandas as pd

    chosen = CURVE if probabilities is None else checked_probabilities(probabilities)
    orders = [1.0 - each for each in chosen]
    answers.find_order_statistics(targets_for(answers, output, orders))
    lines = {}
    for probability, q in zip(chosen, orders, strict=True):
        estimate = quantile_estimate(answers, output, q)
        low, high, _ = estimate.interval()
        lines[probability] = {
            "value": estimate.value,
            "standard_error": estimate.standard_error,
            "low": low,
            "high": high,
        }
    table = pd.DataFrame.from_dict(lines, orient="index")
    return table.rename_axis("probability")


def checked_probabilities(probabilities: Any) -> tuple[float, ...]:
    """Return the probabilities of a curve, or say what they must be."""
    given: Any = probabilities
    if isinstance(given, str) or not isinstance(given, Iterable):
        given = (given,)
    for each in (chosen := tuple(given)):
        if not isinstance(each, Real) or not 0.0 < float(each) < 1.0:
            hint = "`probability_above(x)` says how often a value x is exceeded."
            raise law("probabilities", "be numbers strictly between 0 and 1", each, hint)
    return tuple(float(each) for each in chosen)


def tolerance_bound(
    answers: Answers, output: int, q: float, level: float, *, upper: bool
) -> float:
    """Return `Output.tolerance_bound`."""
    check_order(q)
    n_trials = _independent(answers, output)
    rank = tolerance_rank(q, n_trials, level=level)
    if rank > n_trials:
        raise _too_few(n_trials, tolerance_n_trials(q, level))
    return answers.order_statistic(output, rank if upper else n_trials + 1 - rank)


def tolerance_interval(
    answers: Answers, output: int, coverage: float, level: float
) -> tuple[float, float]:
    """Return `Output.tolerance_interval`."""
    check_order(coverage, "coverage")
    n_trials = _independent(answers, output)
    rank = coverage_rank(coverage, n_trials, level=level)
    if rank < 1:
        # Two outcomes must lie outside: the second largest would do as a bound.
        raise _too_few(n_trials, tolerance_n_trials(coverage, level, order=2))
    ranks = [rank, n_trials + 1 - rank]
    answers.find_order_statistics([(output, each) for each in ranks])
    low, high = (answers.order_statistic(output, each) for each in ranks)
    return low, high


def is_upper(tail: str) -> bool:
    """Return whether a tail is the upper one."""
    if tail not in ("upper", "lower"):
        raise law("tail", 'be "upper" or "lower"', tail)
    return tail == "upper"


def _independent(answers: Answers, output: int) -> int:
    known = answers.known[output]
    if known.replications is not None:
        must = "be independent for a tolerance bound"
        raise law("trials", must, "a sampler", 'run with `sampler="independent"`.')
    return known.n_finite


def _too_few(n_trials: int, needed: int) -> Exception:
    must = "be enough for such a bound"
    return law("n_trials", must, n_trials, f"about {needed:,} trials are.")
