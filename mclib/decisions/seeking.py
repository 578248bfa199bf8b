"""The value of a parameter at which a statistic of an output is what is wanted."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, final

from mclib.decisions.measures import Measure, finite
from mclib.engines.base import Engine
from mclib.errors import law
from mclib.model import Model
from mclib.results.estimate import Estimate
from mclib.results.formatting import plain
from mclib.results.result import Result
from mclib.samplers.sampler import Sampler
from mclib.simulation import check_model, simulate

_PRECISION = 1e-9
"""Of a root, in widths of the bounds; noise is wider by far."""

_HALF_STEP = 0.01
"""Of the difference that gives the slope, in widths of the bounds."""


@final
@dataclass(frozen=True)
class Goal:
    """The value of a parameter at which a statistic is met.

    Attributes
    ----------
    parameter : str
        What was sought.
    value : Estimate
        Where the statistic is what is wanted. Its standard error is that of the statistic
        there, divided by the slope.
    measure : Measure
        The statistic.
    target : float
        What it should be.
    reached : Estimate
        What it is at `value`.
    slope : float
        How much the statistic changes for one of the parameter.
    n_runs : int
        Runs that it took.
    result : Result
        Of the run at `value`.
    """

    parameter: str
    value: Estimate
    measure: Measure
    target: float
    reached: Estimate
    slope: float
    n_runs: int
    result: Result = field(repr=False)

    def __str__(self) -> str:
        return f"{self.parameter} = {self.value}, where {self.measure} is {self.target:g}"


def goal_seek(
    model: Model,
    *,
    parameter: str,
    output: str,
    target: float,
    bounds: tuple[float, float],
    statistic: str = "mean",
    order: float | None = None,
    threshold: float | None = None,
    n_trials: int = 100_000,
    parameters: Mapping[str, float] | None = None,
    seed: int | None = None,
    engine: str | Engine = "auto",
    sampler: str | Sampler = "independent",
) -> Goal:
    """Find the value of a parameter at which a statistic of an output is met.

    Parameters
    ----------
    model : Model
        The model.
    parameter : str
        What is sought, as ``"price"`` or ``"price.mean"``.
    output : str
        Name of the output.
    target : float
        What the statistic should be.
    bounds : tuple of two floats
        Between which the value lies; the statistic is below the target at one end, and
        above it at the other.
    statistic, order, threshold
        As for `Measure`: ``"mean"`` by default.
    n_trials, seed, engine, sampler
        As for `mclib.simulate`; of each run.
    parameters : mapping of str to float, optional
        Other values for other parameters.

    Returns
    -------
    Goal

    Raises
    ------
    ArgumentError
        If the statistic doesn't pass the target between the bounds.

    Notes
    -----
    All runs have the same draws, so that the statistic is a smooth function of the
    parameter, to be solved by Brent's method. The root is exact for these draws; other
    draws would give another one, and `Goal.value` says how far away.

    Examples
    --------
    >>> import mclib as mc
    >>> @mc.model
    ... def shop(demand=mc.Normal(100, 20), price=5.0):
    ...     return {"profit": price * demand - 300}
    >>> goal = mc.goal_seek(
    ...     shop, parameter="price", output="profit", target=100, bounds=(1, 9), seed=7
    ... )
    >>> print(goal)
    price = 3.998 ± 0.005 (95 %), where mean of profit is 100
    """
    from scipy.optimize import brentq

    check_model(model)
    measure = Measure(output, statistic, order, threshold)
    wanted = finite("target", target)
    low, high = _checked(bounds)
    results: dict[float, Result] = {}
    seeds = seed

    def run(x: float) -> Result:
        nonlocal seeds
        if x not in results:
            changes = {**(parameters or {}), parameter: x}
            results[x] = simulate(
                model,
                n_trials,
                seed=seeds,
                parameters=changes,
                engine=engine,
                sampler=sampler,
                progress=False,
            )
            if results[x].interrupted:
                # What a part of the trials says can't be compared.
                raise KeyboardInterrupt
            seeds = results[x].seed
        return results[x]

    def gap(x: float) -> float:
        return measure.of(run(float(x))).value - wanted

    ends = gap(low), gap(high)
    if not all(map(math.isfinite, ends)) or ends[0] * ends[1] > 0.0:
        seen = " and ".join(plain(each + wanted) for each in ends)
        must = f"have {measure} pass {wanted:g} between them"
        hint = f"it is {seen} there; take other bounds, or another target."
        raise law("bounds", must, (low, high), hint)
    root = float(brentq(gap, low, high, xtol=_PRECISION * (high - low)))
    reached = measure.of(run(root))
    slope = _slope(gap, root, low, high)
    error = reached.standard_error / abs(slope) if slope else math.inf
    value = Estimate(root, error, reached.n_trials)
    n_runs = len(results)
    return Goal(parameter, value, measure, wanted, reached, slope, n_runs, results[root])


def _slope(gap: Callable[[float], float], at: float, low: float, high: float) -> float:
    """Return the slope of a statistic, from a difference on common draws."""
    reach = _HALF_STEP * (high - low)
    left, right = max(at - reach, low), min(at + reach, high)
    return (gap(right) - gap(left)) / (right - left)


def _checked(bounds: Any) -> tuple[float, float]:
    if not isinstance(bounds, (tuple, list)) or len(bounds) != 2:
        raise law("bounds", "be two numbers, the lower one first", bounds)
    low, high = (finite("bounds", each) for each in bounds)
    if not low < high:
        raise law("bounds", "be two numbers, the lower one first", bounds)
    return low, high
