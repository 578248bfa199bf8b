"""The best parameters under uncertainty, with limits on what may happen."""

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from mclib import seeds
from mclib.decisions.measures import Measure, finite, is_maximized
from mclib.decisions.searching import Search
from mclib.engines.base import Engine
from mclib.errors import NotConverged, law
from mclib.model import Model
from mclib.progress import counted
from mclib.results.estimate import Estimate
from mclib.results.formatting import plain
from mclib.results.result import Result
from mclib.results.windows import is_whole
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
    interrupted : bool
        Whether Ctrl-C ended the search: these are the best parameters until then.
    """

    parameters: Mapping[str, float]
    value: Estimate
    value_in_search: Estimate
    constrained: tuple[Estimate, ...]
    n_runs: int
    result: Result = field(repr=False)
    interrupted: bool = False

    def __str__(self) -> str:
        where = ", ".join(f"{name} = {x:.6g}" for name, x in self.parameters.items())
        ended = f"; interrupted after {self.n_runs:,} runs" if self.interrupted else ""
        return f"{self.value} at {where}{ended}"


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
    choices: Mapping[str, Sequence[float]] | None = None,
    n_trials: int = 10_000,
    most_runs: int = 20_000,
    seed: int | None = None,
    engine: str | Engine = "auto",
    sampler: str | Sampler = "independent",
    progress: bool | None = None,
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
        Parameters of `bounds` that must be whole numbers.
    choices : mapping of str to sequence of float, optional
        Parameters that are one of a list: the sizes there are, or the numbers of
        categories, which the model tells apart by `mc.select`. With these `bounds` may be
        empty.
    n_trials, seed, engine, sampler
        As for `mclib.simulate`; of each run of the search. The best one is run again, with
        other draws and a hundred times the trials, a million at most.
    most_runs : int, default 20,000
        After how many runs the search gives up.
    progress : bool, optional
        Whether to show how many runs were made and the best value so far; by default after
        a second.

    Returns
    -------
    Optimum
        After Ctrl-C, the best parameters of the runs made until then, marked as
        interrupted; it is raised again where none has kept to the constraints.

    Raises
    ------
    ArgumentError
        If an argument breaks its law.
    NotConverged
        If no parameters keep to the constraints, or `most_runs` is spent; the exception's
        `result` is then the best `Optimum` so far, if there is one.

    Notes
    -----
    All runs of the search have the same draws: the statistic is a function without noise,
    and what is better on these draws is better by far more surely than two separate runs
    could tell. The search is differential evolution [1]_, which keeps to constraints by
    preferring what breaks them less, followed by a local one (COBYLA) where no parameter
    is a whole number or chosen from a list. Where all are and there are 1,000 combinations
    at most, each is looked at, and the best of them is the best there is.

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
    lists = _checked_choices(choices, bounds)
    names, box = _checked(bounds, has_choices=bool(lists))
    whole = _checked_integers(integers, names, box)
    names += lists
    # A point has the place in its list.
    box += [(0.0, len(each) - 1.0) for each in lists.values()]
    steps = np.array([*whole, *(True for _ in lists)])
    if not is_whole(most_runs) or most_runs < 1:
        raise law("most_runs", "be a whole number of at least 1", most_runs)
    seed = seeds.drawn() if seed is None else seed

    def numbers_of(point: Floats) -> dict[str, float]:
        numbers = dict(zip(names, map(float, point), strict=True))
        return numbers | {k: each[round(numbers[k])] for k, each in lists.items()}

    def run(point: Floats, own_seed: int, n: int) -> Result:
        numbers = numbers_of(point)
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
        if result.interrupted:
            # What a part of the trials says can't be compared.
            raise KeyboardInterrupt
        own = sign * measure.of(result).value
        return np.array([own, *(each.measure.of(result).value for each in limits)])

    with counted(" runs", progress) as tell:

        def told(n_runs: int, best: float) -> None:
            tell(n_runs, f"best {plain(sign * best)}" if math.isfinite(best) else "")

        search = Search(look, [each.bounds for each in limits], box, most_runs, told)
        point = search.best(steps)
    searched = run(point, seed, n_trials)
    n_again = max(n_trials, min(100 * n_trials, 1_000_000))
    result = run(point, seed ^ _OTHER_DRAWS, n_again)
    optimum = Optimum(
        numbers_of(point),
        measure.of(result),
        measure.of(searched),
        tuple(each.measure.of(result) for each in limits),
        search.n_runs,
        result,
        search.interrupted or result.interrupted,
    )
    if search.spent:
        sentence = (
            f"{search.spent_sentence()}; the exception's `result` is the best so far."
        )
        raise NotConverged(sentence, optimum)
    return optimum


def _checked_integers(
    integers: Any, names: Sequence[str], box: Sequence[tuple[float, float]]
) -> list[bool]:
    if isinstance(integers, str):
        hint = f'write `integers=["{integers}"]`.'
        raise law("integers", "be a list of names", integers, hint)
    for name in integers:
        if name not in names:
            raise law("integers", f"be among `bounds` ({', '.join(names)})", name)
        low, high = box[names.index(name)]
        if math.ceil(low) > math.floor(high):
            must = "have a whole number between them"
            raise law(f"bounds[{name!r}]", must, (low, high))
    return [name in integers for name in names]


def _checked_choices(choices: Any, bounds: Any) -> dict[str, list[float]]:
    if choices is None:
        return {}
    hint = 'write `choices={"size": [10, 25, 50]}`.'
    if not isinstance(choices, Mapping):
        raise law("choices", "be lists of numbers by name of a parameter", choices, hint)
    lists = {}
    for name, each in choices.items():
        if isinstance(bounds, Mapping) and name in bounds:
            raise law("choices", "name no parameter that `bounds` names", name)
        if not isinstance(each, (list, tuple, range, np.ndarray)) or len(set(each)) < 2:
            raise law(f"choices[{name!r}]", "be two different numbers at least", each, hint)
        numbers = (x.item() if isinstance(x, np.generic) else x for x in each)
        lists[name] = [finite(f"choices[{name!r}]", x) for x in dict.fromkeys(numbers)]
    return lists


def _checked(
    bounds: Any, *, has_choices: bool
) -> tuple[list[str], list[tuple[float, float]]]:
    if not isinstance(bounds, Mapping) or not (bounds or has_choices):
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
