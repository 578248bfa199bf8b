"""A model at many values of its parameters, on the same draws."""

import itertools
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, final

import numpy as np

from mclib.decisions.scenarios import Scenario, Settings, Together, Values
from mclib.engines.base import Engine
from mclib.errors import law
from mclib.evaluators import MOST_FUSED
from mclib.model import Model
from mclib.results.output import Output
from mclib.results.result import Result
from mclib.samplers.sampler import Sampler
from mclib.simulation import check_model

if TYPE_CHECKING:
    import pandas as pd

MOST_POINTS = 100_000


def sweep(
    model: Model,
    values: Mapping[str, Iterable[Any]],
    n_trials: int = 100_000,
    *,
    seed: int | None = None,
    engine: str | Engine = "auto",
    precision: str = "float64",
    sampler: str | Sampler = "independent",
    progress: bool | None = None,
) -> "Sweep":
    """Run a model at all combinations of some parameters' values, on the same draws.

    Parameters
    ----------
    model : Model
        The model.
    values : mapping of str to iterable
        By name of a parameter, the numbers that it takes; by name of an input, the
        distributions.
    n_trials, seed, engine, precision, sampler, progress
        As for `mclib.simulate`; 100,000 trials at each point.

    Returns
    -------
    Sweep

    Raises
    ------
    ArgumentError
        If there is no such parameter, a value breaks its law, or points are too many.

    Notes
    -----
    Several points at a time are one program, together with the first point, from which
    differences are taken trial by trial. The program is compiled once: points are other
    arguments of it.

    Examples
    --------
    >>> import mclib as mc
    >>> @mc.model
    ... def shop(demand=mc.Normal(100, 20), ordered=100.0, price=5.0):
    ...     return {"profit": price * mc.minimum(demand, ordered) - 3 * ordered}
    >>> table = mc.sweep(shop, {"ordered": [80, 95, 110]}, seed=7).to_frame("profit")
    >>> table["mean"].round().tolist()
    [152.0, 161.0, 150.0]
    """
    check_model(model)
    settings = Settings(n_trials, seed, engine, precision, sampler, progress)
    return Sweep(model, _checked(values), settings)


@final
class Sweep:
    """What a model gives at many points, and how that differs from the first point.

    Attributes
    ----------
    names : tuple of str
        Parameters that vary.
    points : list of tuple
        Their values, in the order of the table.
    output_names : tuple of str
        Outputs of the model.
    """

    def __init__(
        self, model: Model, values: Mapping[str, Sequence[Any]], settings: Settings
    ) -> None:
        self.names = tuple(values)
        self.points = list(itertools.product(*values.values()))
        self._results: list[Result] = []
        first = Scenario.of("first", model, self._changes(self.points[0]))
        # All points are looked at before any is run.
        for point in self.points:
            Scenario.of("point", model, self._changes(point))
        alone = Together([first], self.names).run(_differences, settings)
        self.output_names = tuple(name.removesuffix(" in first") for name in alone)
        self._results.append(alone)
        settings = settings.seeded(alone)
        self._at_once = max(1, (MOST_FUSED // len(self.output_names) - 1) // 2)
        for start in range(1, len(self.points), self._at_once):
            some = self.points[start : start + self._at_once]
            some += [some[-1]] * (self._at_once - len(some))
            others = [
                Scenario.of(f"point {place}", model, self._changes(point))
                for place, point in enumerate(some)
            ]
            together = Together([first, *others], self.names)
            self._results.append(together.run(_differences, settings))

    @property
    def n_trials(self) -> int:
        """Trials at each point."""
        return self._results[0].n_trials

    @property
    def seed(self) -> int:
        """The seed, given or drawn."""
        return self._results[0].seed

    def output(self, point: int, name: str) -> Output:
        """Return an output at a point, by its place in `points`."""
        result, where = self._at(point)
        return result[f"{self._known(name)} in {where}"]

    def difference(self, point: int, name: str) -> Output:
        """Return how much more of an output a point has than the first, by trial.

        Raises
        ------
        ArgumentError
            If it is the first point.
        """
        if point == 0:
            raise law("point", "be another one than the first", point)
        result, where = self._at(point)
        return result[f"{self._known(name)} in {where} less first"]

    def to_frame(self, name: str | None = None) -> "pd.DataFrame":
        """Table of all points, indexed by the parameters that vary.

        Parameters
        ----------
        name : str, optional
            Of one output; by default of all, with the output as the last level of the
            index.

        Returns
        -------
        pandas.DataFrame
            At each point: mean, standard error, standard deviation, P5, P50, P95; mean
            difference from the first point and its standard error.
        """
        import pandas as pd

        wanted = self.output_names if name is None else (self._known(name),)
        lines, keys = [], []
        for place, point in enumerate(self.points):
            for each in wanted:
                lines.append(self._line(place, each))
                keys.append((*point, each))
        index = pd.MultiIndex.from_tuples(keys, names=[*self.names, "output"])
        table = pd.DataFrame(lines, index=index)
        return table if name is None else table.droplevel("output")

    def frontier(
        self,
        name: str,
        *,
        highest: str | Sequence[str] = "mean",
        lowest: str | Sequence[str] = "standard_deviation",
    ) -> "pd.DataFrame":
        """Table of the points that no other point beats in every respect.

        Parameters
        ----------
        name : str
            Output.
        highest, lowest : str or sequence of str
            Columns of `to_frame` of which the most, and the least, is wanted.

        Returns
        -------
        pandas.DataFrame
            The lines of `to_frame` that are left: the efficient frontier.
        """
        table = self.to_frame(name)
        wanted = [(each, -1.0) for each in _listed(highest)]
        wanted += [(each, 1.0) for each in _listed(lowest)]
        for column, _ in wanted:
            if column not in table:
                must = f"be columns of the table ({', '.join(map(str, table))})"
                raise law("highest, lowest", must, column)
        costs = np.stack([sign * table[each].to_numpy() for each, sign in wanted], axis=1)
        is_beaten = [
            bool(((costs <= own).all(axis=1) & (costs < own).any(axis=1)).any())
            for own in costs
        ]
        return table.loc[np.logical_not(is_beaten)]

    def __len__(self) -> int:
        return len(self.points)

    def __repr__(self) -> str:
        varied = ", ".join(self.names)
        return f"Sweep({varied}: {len(self)} points, {self.n_trials:,} trials each)"

    def _repr_html_(self) -> str:
        return str(self.to_frame().to_html())

    def _changes(self, point: Sequence[Any]) -> dict[str, Any]:
        return dict(zip(self.names, point, strict=True))

    def _at(self, point: int) -> tuple[Result, str]:
        if point not in range(len(self.points)):
            raise law("point", f"be from 0 to {len(self.points) - 1}", point)
        if point == 0:
            return self._results[0], "first"
        group, place = divmod(point - 1, self._at_once)
        return self._results[1 + group], f"point {place}"

    def _known(self, name: str) -> str:
        if name not in self.output_names:
            raise law("name", f"be one of {', '.join(self.output_names)}", name)
        return name

    def _line(self, point: int, name: str) -> dict[str, float]:
        own = self.output(point, name)
        low, median, high = own.quantile([0.05, 0.5, 0.95])
        apart = self.difference(point, name).mean if point else None
        return {
            "mean": own.mean.value,
            "standard_error": own.mean.standard_error,
            "standard_deviation": own.standard_deviation.value,
            "P5": low.value,
            "P50": median.value,
            "P95": high.value,
            "difference": apart.value if apart else 0.0,
            "difference_error": apart.standard_error if apart else 0.0,
        }


def _differences(values: Values) -> Mapping[str, Any]:
    found = {f"{name} in {point}": x for (point, name), x in values.items()}
    for (point, name), x in values.items():
        if point != "first":
            found[f"{name} in {point} less first"] = x - values["first", name]
    return found


def _checked(values: Any) -> dict[str, list[Any]]:
    if not isinstance(values, Mapping) or not values:
        hint = 'write `mc.sweep(model, {"price": [19, 20, 21]})`.'
        raise law("values", "be numbers by name of a parameter", values, hint)
    found: dict[str, list[Any]] = {}
    n_points = 1
    for name, each in values.items():
        if isinstance(each, str) or not isinstance(each, Iterable):
            raise law(f"values[{name!r}]", "be a list of numbers", each)
        found[name] = list(each)
        n_points *= len(found[name])
        if not found[name]:
            raise law(f"values[{name!r}]", "have at least one number", each)
    if n_points > MOST_POINTS:
        raise law("values", f"have at most {MOST_POINTS:,} combinations", n_points)
    return found


def _listed(names: str | Sequence[str]) -> list[str]:
    return [names] if isinstance(names, str) else list(names)
