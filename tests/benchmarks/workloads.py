"""The three models that everything is measured on, and the numbers in them.

Every rival computes the same models from its own random numbers; the C reference computes
them from the very same draws.
"""

import math

import mclib as mc

SPOT, STRIKE, RATE, VOLATILITY, MATURITY = 100.0, 100.0, 0.05, 0.2, 1.0
N_STEPS = 252

DRIFT = (RATE - VOLATILITY**2 / 2) * MATURITY
SPREAD = VOLATILITY * math.sqrt(MATURITY)
DISCOUNT = math.exp(-RATE * MATURITY)
STEP_DRIFT, STEP_SPREAD = DRIFT / N_STEPS, SPREAD / math.sqrt(N_STEPS)

N_YEARS = 5
PRICE, GROWTH, INTEREST = (100.0, 10.0), (0.05, 0.02), (0.08, 0.01)
VOLUME, EXCHANGE = (1_000.0, 0.3), (1.0, 0.05)
COST, CAPITAL = (40.0, 55.0, 80.0), (50_000.0, 80_000.0, 150_000.0)
FIXED, TAX, CHURN = (10_000.0, 15_000.0), (0.2, 0.3), (0.02, 0.08)


@mc.model
def european(
    z=mc.Normal(0.0, 1.0),
    spot=SPOT,
    strike=STRIKE,
    rate=RATE,
    volatility=VOLATILITY,
    maturity=MATURITY,
):
    """A European call: one draw, one exponential."""
    drift = (rate - volatility**2 / 2) * maturity
    end = spot * mc.exp(drift + volatility * mc.sqrt(maturity) * z)
    return {"value": mc.exp(-rate * maturity) * mc.maximum(end - strike, 0.0)}


@mc.model
def asian(spot=SPOT, strike=STRIKE, rate=RATE, volatility=VOLATILITY, maturity=MATURITY):
    """An Asian call on the mean of 252 daily prices."""
    dt = maturity / N_STEPS

    def step(state, z):
        price, total = state
        drift = (rate - volatility**2 / 2) * dt
        price = price * mc.exp(drift + volatility * mc.sqrt(dt) * z)
        return price, total + price

    noise = mc.Normal(0.0, 1.0)
    _, total = mc.scan(step, (spot, 0.0), n_steps=N_STEPS, noise=noise)
    payoff = mc.maximum(total / N_STEPS - strike, 0.0)
    return {"value": mc.exp(-rate * maturity) * payoff}


@mc.model
def sheet(
    price=mc.Normal(*PRICE),
    growth=mc.Normal(*GROWTH),
    interest=mc.Normal(*INTEREST),
    volume=mc.LogNormal(*VOLUME),
    exchange=mc.LogNormal(*EXCHANGE),
    cost=mc.Triangular(*COST),
    capital=mc.Triangular(*CAPITAL),
    fixed=mc.Uniform(*FIXED),
    tax=mc.Uniform(*TAX),
    churn=mc.Uniform(*CHURN),
):
    """A spreadsheet of ten inputs: net present value of five years."""
    kept, rate = (1.0 + growth) * (1.0 - churn), 1.0 / (1.0 + interest)
    margin, left = price * exchange - cost, 1.0 - tax
    value, sold, worth = -capital, volume, rate
    for _ in range(N_YEARS):
        value = value + (margin * sold - fixed) * left * worth
        sold = sold * kept
        worth = worth * rate
    return {"value": value}


MODELS = {"sheet": sheet, "european": european, "asian": asian}

UNITS = {"sheet": 1, "european": 1, "asian": N_STEPS}
"""What a trial counts for: an Asian trial is so many steps of a path."""

TITLES = {
    "sheet": "ten-input sheet, trials/s",
    "european": "European call, trials/s",
    "asian": "252-step Asian call, steps/s",
}
