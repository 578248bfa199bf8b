"""The best parameters under uncertainty, with limits on what may happen."""

import math
import secrets
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from mclib.decisions.measures import Measure, finite, is_maximized
from mclib.engines.base import Engine
from mclib.errors import NotConverged, law
from mclib.model import Model
from mclib.results.estimate import Estimate
from mclib.results.result import Result
from mclib.samplers.sampler import Sampler
from mclib.simulation import check_model, simulate

_OTHER_DRAWS = 0x9E3779B97F4A7C15

Floats = NDArray[np.float64]


@final
@dataclass(frozen=True)
class Constraint:
    """What a statistic of an output must keep to.

    Parameters
    ----------
    output : str
        Name of the output.
    statistic, order, threshold
        As for `mclib.goal_seek`: ``"mean"`` by default.
    at_least, at_most : float, optional
        Bounds of the statistic; one of them, or both.

    Raises
    ------
    ArgumentError
        If there is no such statistic, or no bound.

    Examples
    --------
    >>> Constraint("profit", "quantile", order=0.05, at_least=0).measure.statistic
    'quantile'
    """

    output: str
    statistic: str = "mean"
    order: float | None = None
    threshold: float | None = None
    at_least: float | None = None
    at_most: float | None = None

    def __post_init__(self) -> None:
        _ = self.measure
        if self.at_least is None and self.at_most is None:
            hint = "write `at_least=0` or `at_most=100`."
            raise law("at_least, at_most", "be given, one of them or both", None, hint)
        low, high = self.bounds
        if not low <= high:
            raise law("at_least", "be no more than `at_most`", low)

    @property
    def measure(self) -> Measure:
        """The statistic."""
        return Measure(self.output, self.statistic, self.order, self.threshold)

    @property
    def bounds(self) -> tuple[float, float]:
        """The least and the most that the statistic may be."""
        low = -math.inf if self.at_least is None else finite("at_least", self.at_least)
        high = math.inf if self.at_most is None else finite("at_most", self.at_most)
        return low, high


@final
@dataclass(frozen=True)
class Optimum:
    """The best parameters that were found.

    Attributes
    ----------
    parameters : mapping of str to float
        Their values.
    value : Estimate
        The statistic there, from other draws than those of the search, so that what was
        chosen for its luck isn't praised for it.
    value_in_search : Estimate
        The statistic there on the draws of the search.
    constrained : tuple of Estimate
        The statistic of each constraint there, from other draws.
    n_runs : int
        Runs that the search took.
    result : Result
        Of the run on other draws.
    """

    parameters: Mapping[str, float]
    value: Estimate
    value_in_search: Estimate
    constrained: tuple[Estimate, ...]
    n_runs: int
    result: Result = field(repr=False)

    def __str__(self) -> str:
        where = ", ".join(f"{name} = {x:.6g}" for name, x in self.parameters.items())
        return f"{self.value} at {where}"


def optimize(
    model: Model,
    bounds: Mapping[str, tuple[float, float]],
    output: str,
    *,
    goal: str = "maximize",
    statistic: str = "mean",
    order: float | None = None,
    threshold: float | None = None,
    constraints: Constraint | Sequence[Constraint] = (),
    integers: Collection[str] = (),
    n_trials: int = 10_000,
    most_runs: int = 20_000,
    seed: int | None = None,
    engine: str | Engine = "auto",
    sampler: str | Sampler = "independent",
) -> Optimum:
    """Find the parameters at which a statistic of an output is the best.

    Parameters
    ----------
    model : Model
        The model.
    bounds : mapping of str to two floats
        Parameters to be chosen, each with its lowest and highest value.
    output : str
        Name of the output.
    goal : {"maximize", "minimize"}
        What is wanted of the statistic.
    statistic, order, threshold
        As for `mclib.goal_seek`: ``"mean"`` by default.
    constraints : Constraint or sequence of Constraint
        What else must hold.
    integers : collection of str
        Parameters that must be whole numbers.
    n_trials, seed, engine, sampler
        As for `mclib.simulate`; of each run of the search. The best one is run again, with
        other draws and a hundred times the trials, a million at most.
    most_runs : int, default 20,000
        After how many runs the search gives up.

    Returns
    -------
    Optimum

    Raises
    ------
    ArgumentError
        If an argument breaks its law.
    NotConverged
        If no parameters keep to the constraints, or `most_runs` is spent.

    Notes
    -----
    All runs of the search have the same draws: the statistic is a function without noise,
    and what is better on these draws is better by far more surely than two separate runs
    could tell. The search is differential evolution [1]_, which keeps to constraints by
    preferring what breaks them less, followed by a local one (COBYLA) where no parameter
    is a whole number.

    References
    ----------
    .. [1] R. Storn, K. Price, "Differential Evolution", Journal of Global Optimization 11
       (1997) 341-359.

    Examples
    --------
    >>> import mclib as mc
    >>> @mc.model
    ... def shop(demand=mc.Uniform(50, 150), ordered=100.0):
    ...     return {"profit": 5 * mc.minimum(demand, ordered) - 3 * ordered}
    >>> best = mc.optimize(shop, {"ordered": (50, 150)}, "profit", seed=7)
    >>> bool(abs(best.parameters["ordered"] - 90) < 3)
    True
    """
    check_model(model)
    sign = -1.0 if is_maximized(goal) else 1.0
    measure = Measure(output, statistic, order, threshold)
    limits = (constraints,) if isinstance(constraints, Constraint) else tuple(constraints)
    for each in limits:
        if not isinstance(each, Constraint):
            hint = 'write `mc.Constraint("profit", "quantile", order=0.05, at_least=0)`.'
            raise law("constraints", "be constraints", each, hint)
    names, box = _checked(bounds)
    for name in integers:
        if name not in names:
            raise law("integers", f"be among `bounds` ({', '.join(names)})", name)
    seed = secrets.randbits(53) if seed is None else seed

    def run(point: Floats, own_seed: int, n: int) -> Result:
        numbers = dict(zip(names, map(float, point), strict=True))
        return simulate(
            model,
            n,
            seed=own_seed,
            parameters=numbers,
            engine=engine,
            sampler=sampler,
            progress=False,
        )

    def look(point: Floats) -> Floats:
        result = run(point, seed, n_trials)
        own = sign * measure.of(result).value
        return np.array([own, *(each.measure.of(result).value for each in limits)])

    search = _Search(look, limits, box, most_runs)
    point = search.best(np.array([name in integers for name in names]))
    searched = run(point, seed, n_trials)
    n_again = max(n_trials, min(100 * n_trials, 1_000_000))
    result = run(point, seed ^ _OTHER_DRAWS, n_again)
    return Optimum(
        dict(zip(names, map(float, point), strict=True)),
        measure.of(result),
        measure.of(searched),
        tuple(each.measure.of(result) for each in limits),
        search.n_runs,
        result,
    )


class _Search:
    """A search that looks at each point once, and keeps count."""

    def __init__(
        self,
        look: Callable[[Floats], Floats],
        limits: Sequence[Constraint],
        box: Sequence[tuple[float, float]],
        most_runs: int,
    ) -> None:
        self._look = look
        self._limits = [each.bounds for each in limits]
        self._low, self._high = np.array(box).T
        self._most_runs = most_runs
        self._seen: dict[bytes, Floats] = {}

    @property
    def n_runs(self) -> int:
        """How many points were looked at."""
        return len(self._seen)

    def best(self, whole: NDArray[np.bool_]) -> Floats:
        """Return the best point of all.

        Raises
        ------
        NotConverged
            If no point keeps to the constraints, or there were too many runs.
        """
        point = self._globally(whole)
        if not whole.any():
            tried = self._locally(point)
            is_better = self._values(tried)[0] < self._values(point)[0]
            if is_better and self._excess(tried) <= self._excess(point):
                point = tried
        if self._excess(point) > 0.0:
            message = (
                "the constraints must be met somewhere within the bounds; no such point "
                f"was found in {self.n_runs:,} runs.\n"
                "hint: relax a constraint, or widen the bounds."
            )
            raise NotConverged(message)
        return point

    def _globally(self, whole: NDArray[np.bool_]) -> Floats:
        from scipy import optimize as scipy_optimize

        # The stubs know fewer kinds of constraints than the function takes.
        evolve: Any = scipy_optimize.differential_evolution
        kept = scipy_optimize.NonlinearConstraint(
            lambda x: self._values(x)[1:],
            [low for low, _ in self._limits],
            [high for _, high in self._limits],
        )
        found = evolve(
            lambda x: self._values(x)[0],
            list(zip(self._low, self._high, strict=True)),
            constraints=(kept,) if self._limits else (),
            integrality=whole,
            polish=False,
            tol=1e-4,
            # The search itself is the same each time: luck is for the draws.
            seed=np.random.default_rng(0),
        )
        best: Floats = np.where(whole, np.rint(found.x), found.x)
        return best

    def _locally(self, point: Floats) -> Floats:
        from scipy import optimize as scipy_optimize

        minimize: Any = scipy_optimize.minimize

        def rooms(x: Floats) -> Floats:
            """How far each statistic lies within its bounds."""
            found = [math.inf]
            for value, (low, high) in zip(self._values(x)[1:], self._limits, strict=True):
                found += [value - low] if low > -math.inf else []
                found += [high - value] if high < math.inf else []
            return np.array(found[1:])

        width = self._high - self._low

        def there(unit: Floats) -> Floats:
            inside: Floats = np.clip(self._low + unit * width, self._low, self._high)
            return inside

        found = minimize(
            lambda unit: self._values(there(unit))[0],
            (point - self._low) / width,
            method="COBYLA",
            constraints={"type": "ineq", "fun": lambda unit: rooms(there(unit))}
            if self._limits
            else (),
            tol=1e-6,
            options={"rhobeg": 0.01},
        )
        return there(found.x)

    def _values(self, point: Floats) -> Floats:
        """Return what is minimized, and the statistic of each constraint."""
        key = np.asarray(point, np.float64).tobytes()
        if key not in self._seen:
            if len(self._seen) >= self._most_runs:
                message = (
                    f"the search must end within {self._most_runs:,} runs; it did not.\n"
                    "hint: narrow the bounds, or allow more runs."
                )
                raise NotConverged(message)
            self._seen[key] = self._look(point)
        return self._seen[key]

    def _excess(self, point: Floats) -> float:
        """Return by how much a point breaks the constraints; 0 if it keeps to them."""
        found = 0.0
        for x, (low, high) in zip(self._values(point)[1:], self._limits, strict=True):
            found += max(low - float(x), float(x) - high, 0.0)
        return found


def _checked(bounds: Any) -> tuple[list[str], list[tuple[float, float]]]:
    if not isinstance(bounds, Mapping) or not bounds:
        hint = 'write `{"price": (15, 25)}`.'
        raise law("bounds", "be two numbers by name of a parameter", bounds, hint)
    box = []
    for name, each in bounds.items():
        if not isinstance(each, (tuple, list)) or len(each) != 2:
            must = "be two numbers, the lower one first"
            raise law(f"bounds[{name!r}]", must, each)
        low, high = (finite(f"bounds[{name!r}]", x) for x in each)
        if not low < high:
            raise law(f"bounds[{name!r}]", "be two numbers, the lower one first", each)
        box.append((low, high))
    return list(bounds), box
