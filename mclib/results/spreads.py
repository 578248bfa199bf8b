"""Estimates from moments: means, variances, and how sure they are.

Where trials are independent, their own spread tells; otherwise the differences between the
run's replications do.
"""

import math

import numpy as np

from mclib.results.answers import Known
from mclib.results.estimate import Estimate, mean_estimate
from mclib.statistics import summary
from mclib.statistics.replications import interval_rule, mean_error, variance_error


def mean_of(known: Known) -> Estimate:
    """Mean of an output, by way of its control variates if it has some."""
    if known.controlled is not None:
        return mean_of(known.controlled)
    if known.replications is None:
        return mean_estimate(known.record)
    error = mean_error(known.replications)
    return replicated(known, summary.mean(known.record), error)


def variance_of(known: Known) -> Estimate:
    """Sample variance of an output (divisor ``n - 1``)."""
    value = summary.variance(known.record)
    if known.replications is None:
        error = summary.variance_standard_error(known.record)
        return Estimate(value, error, known.n_finite)
    error = variance_error(known.replications, summary.mean(known.record))
    return replicated(known, value, error)


def standard_deviation_of(known: Known) -> Estimate:
    """Sample standard deviation of an output (divisor ``n - 1``)."""
    value = summary.standard_deviation(known.record)
    if known.replications is None:
        error = summary.standard_deviation_standard_error(known.record)
        return Estimate(value, error, known.n_finite)
    error = variance_of(known).standard_error
    return replicated(known, value, error / (2.0 * value) if value else value)


def replicated(known: Known, value: float, standard_error: float) -> Estimate:
    """Estimate whose error comes from replications, with Student's t."""
    assert known.replications is not None
    n_filled = int(np.sum(np.asarray(known.replications.count) > 0))
    rule = interval_rule(value, standard_error, n_filled)
    return Estimate(value, standard_error, known.n_finite, rule)


def effective_n_trials_of(known: Known) -> float:
    """Independent trials that would have given the mean the same standard error."""
    error = mean_of(known).standard_error
    if known.replications is None and known.controlled is None:
        return float(known.n_finite)
    variance = summary.variance(known.record)
    if error == 0.0:
        return math.inf if variance > 0.0 else float(known.n_finite)
    return variance / (error * error)
