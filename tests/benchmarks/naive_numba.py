"""numba as its tutorial shows it: a loop over trials with `np.random` and `math`."""

# ruff: noqa: NPY002 - numba compiles these functions; a Generator is slower there.

import math

import numba
import numpy as np

from tests.benchmarks import workloads as w

SPOT, STRIKE, DRIFT, SPREAD, DISCOUNT = w.SPOT, w.STRIKE, w.DRIFT, w.SPREAD, w.DISCOUNT
STEP_DRIFT, STEP_SPREAD, N_STEPS = w.STEP_DRIFT, w.STEP_SPREAD, w.N_STEPS
PRICE, GROWTH, INTEREST, N_YEARS = w.PRICE, w.GROWTH, w.INTEREST, w.N_YEARS
VOLUME, EXCHANGE = (math.log(w.VOLUME[0]), w.VOLUME[1]), (0.0, w.EXCHANGE[1])
COST, CAPITAL, FIXED, TAX, CHURN = w.COST, w.CAPITAL, w.FIXED, w.TAX, w.CHURN


@numba.njit
def european(n_trials: int) -> float:
    """Sum of so many values of a European call."""
    total = 0.0
    for _ in range(n_trials):
        end = SPOT * math.exp(DRIFT + SPREAD * np.random.standard_normal())
        total += DISCOUNT * max(end - STRIKE, 0.0)
    return total


@numba.njit
def asian(n_trials: int) -> float:
    """Sum of so many values of an Asian call."""
    total = 0.0
    for _ in range(n_trials):
        price, along = SPOT, 0.0
        for _ in range(N_STEPS):
            price *= math.exp(STEP_DRIFT + STEP_SPREAD * np.random.standard_normal())
            along += price
        total += DISCOUNT * max(along / N_STEPS - STRIKE, 0.0)
    return total


@numba.njit
def sheet(n_trials: int) -> float:
    """Sum of so many values of the sheet."""
    total = 0.0
    for _ in range(n_trials):
        price = np.random.normal(PRICE[0], PRICE[1])
        growth = np.random.normal(GROWTH[0], GROWTH[1])
        interest = np.random.normal(INTEREST[0], INTEREST[1])
        sold = np.random.lognormal(VOLUME[0], VOLUME[1])
        exchange = np.random.lognormal(EXCHANGE[0], EXCHANGE[1])
        cost = np.random.triangular(COST[0], COST[1], COST[2])
        value = -np.random.triangular(CAPITAL[0], CAPITAL[1], CAPITAL[2])
        fixed = np.random.uniform(FIXED[0], FIXED[1])
        tax = np.random.uniform(TAX[0], TAX[1])
        churn = np.random.uniform(CHURN[0], CHURN[1])
        kept, rate = (1.0 + growth) * (1.0 - churn), 1.0 / (1.0 + interest)
        margin, left, worth = price * exchange - cost, 1.0 - tax, rate
        for _ in range(N_YEARS):
            value += (margin * sold - fixed) * left * worth
            sold *= kept
            worth *= rate
        total += value
    return total


RUNS = {"european": european, "asian": asian, "sheet": sheet}
