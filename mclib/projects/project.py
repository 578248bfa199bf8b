"""A network of activities as a model, and what a run of it says about a schedule."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, final

import numpy as np

from mclib.distributions.distribution import Distribution
from mclib.engines.base import Engine
from mclib.errors import law
from mclib.expressions.functions import where
from mclib.model import Model
from mclib.projects.frames import columns_of
from mclib.projects.networks import Link, critical_path, ordered
from mclib.results.estimate import Estimate
from mclib.results.result import Result
from mclib.samplers.sampler import Sampler
from mclib.simulation import simulate
from mclib.statistics.correlations import spearman

if TYPE_CHECKING:
    import pandas as pd

_COLUMNS = ("activity", "duration", "predecessors", "fixed_cost", "cost_per_day")
_MOST_RANKED = 1 << 18
_MOST_NUMBERS = 1 << 24
"""Of a table of trials: 128 MB."""


@dataclass(frozen=True)
class Activity:
    """One line of a project.

    Attributes
    ----------
    name : str
        Its name, which is that of its duration's input.
    duration : Distribution or float
        How long it takes, in days.
    links : tuple of Link
        What it waits for.
    fixed_cost, cost_per_day : Distribution or float
        What it costs.
    """

    name: str
    duration: Distribution | float
    links: tuple[Link, ...] = ()
    fixed_cost: Distribution | float = 0.0
    cost_per_day: Distribution | float = 0.0


@final
@dataclass(frozen=True)
class Project:
    """A network of activities with random durations and costs.

    Parameters
    ----------
    activities : sequence of Activity
        In any order.

    Raises
    ------
    ArgumentError
        If a duration is negative, two have one name, one waits for what isn't there, or
        some wait in a circle.

    See Also
    --------
    Project.from_frame : From a table.

    Examples
    --------
    >>> import mclib as mc
    >>> import pandas as pd
    >>> lines = {"activity": ["dig", "build"], "duration": [mc.PERT(4, 5, 9), 10]}
    >>> plan = mc.Project.from_frame(pd.DataFrame({**lines, "predecessors": ["", "dig"]}))
    >>> plan.planned_finish
    15.5
    """

    activities: Sequence[Activity]
    _order: tuple[str, ...] = field(init=False, repr=False, default=())

    def __post_init__(self) -> None:
        names = [each.name for each in self.activities]
        if not names:
            raise law("activities", "be one at least", list(self.activities))
        for name in names:
            if names.count(name) > 1:
                raise law("activity", "have a name of its own", name)
            if name in ("finish", "cost") or not name:
                raise law("activity", 'have a name, other than "finish" and "cost"', name)
        for each in self.activities:
            if isinstance(each.duration, (int, float)) and not each.duration >= 0.0:
                raise law(f"duration of {each.name}", "be 0 or more", each.duration)
        object.__setattr__(self, "activities", tuple(self.activities))
        object.__setattr__(self, "_order", tuple(ordered(self._links)))

    @classmethod
    def from_frame(cls, frame: "pd.DataFrame") -> "Project":
        """Return the project that a table describes.

        Parameters
        ----------
        frame : pandas.DataFrame
            A line for each activity, with columns ``activity`` and ``duration`` (a
            distribution or a number of days), and, where they are wanted, ``predecessors``
            (``"dig; pour FS+2; order SS+1; test FF"``: the start, or the finish, is after
            the finish, or the start, of another, with a lag), ``fixed_cost`` and
            ``cost_per_day`` (distributions or numbers).

        Raises
        ------
        ArgumentError
            If a column is unknown or missing, or the network breaks a law.

        Examples
        --------
        >>> import mclib as mc
        >>> import pandas as pd
        >>> plan = mc.Project.from_frame(
        ...     pd.DataFrame(
        ...         {
        ...             "activity": ["dig", "order", "build"],
        ...             "duration": [mc.PERT(4, 5, 9), mc.PERT(3, 5, 12), 10],
        ...             "predecessors": ["", "", "dig; order FS+1"],
        ...         }
        ...     )
        ... )
        >>> round(plan.planned_finish, 6)
        16.833333
        >>> print(plan.run(100_000, seed=7).finish.mean)
        17.053 ± 0.009 (95 %)
        """
        columns = columns_of(frame)
        unknown = [name for name in columns if name not in _COLUMNS]
        missing = [name for name in _COLUMNS[:2] if name not in columns]
        if unknown or missing:
            must = f"be among {', '.join(_COLUMNS)}; the first two are needed"
            raise law("columns", must, columns)
        found = []
        for line in frame.to_dict("records"):
            name = str(line["activity"]).strip()
            found.append(
                Activity(
                    name,
                    _quantity(f"duration of {name}", line["duration"]),
                    _links(line.get("predecessors")),
                    _quantity(f"fixed_cost of {name}", line.get("fixed_cost", 0.0)),
                    _quantity(f"cost_per_day of {name}", line.get("cost_per_day", 0.0)),
                )
            )
        return cls(found)

    @property
    def model(self) -> Model:
        """The project as a model, whose inputs may be correlated as any others.

        Inputs are the durations, by name of the activity, and costs (``"dig, fixed cost"``,
        ``"dig, cost per day"``); durations that are numbers are parameters. Outputs are
        ``finish``, ``cost``, and for each activity ``"dig, slack"`` and ``"dig, is
        critical"``.
        """
        inputs: dict[str, Distribution] = {}
        constants: dict[str, float] = {}
        for each in self.activities:
            for name, value in _quantities(each).items():
                if isinstance(value, Distribution):
                    inputs[name] = value
                elif value or name == each.name:
                    constants[name] = float(value)
        return Model(self._outputs, "project", inputs, constants)

    @property
    def planned_finish(self) -> float:
        """When it would be finished if everything took its mean duration."""
        return float(self._planned.finish)

    def plan(self) -> "pd.DataFrame":
        """Table of the critical path method: everything takes its mean duration."""
        import pandas as pd

        times, durations = self._planned, self._mean_durations
        lines = {
            name: {
                "duration": durations[name],
                "start": float(times.start[name]),
                "finish": float(times.start[name]) + durations[name],
                "slack": float(times.slack[name]),
                "is_critical": bool(times.slack[name] <= _hair(times.finish)),
            }
            for name in self._order
        }
        table = pd.DataFrame.from_dict(lines, orient="index")
        return table.rename_axis("activity")

    def run(
        self,
        n_trials: int = 100_000,
        *,
        model: Model | None = None,
        seed: int | None = None,
        engine: str | Engine = "auto",
        sampler: str | Sampler = "independent",
        progress: bool | None = None,
    ) -> "Schedule":
        """Run the project.

        Parameters
        ----------
        n_trials, seed, engine, sampler, progress
            As for `mclib.simulate`.
        model : Model, optional
            `Project.model` with its inputs correlated, or other parameters.

        Returns
        -------
        Schedule
        """
        result = simulate(
            self.model if model is None else model,
            n_trials,
            seed=seed,
            engine=engine,
            sampler=sampler,
            progress=progress,
        )
        return Schedule(self, result)

    @property
    def _links(self) -> Mapping[str, Sequence[Link]]:
        return {each.name: each.links for each in self.activities}

    @property
    def _mean_durations(self) -> dict[str, float]:
        return {
            each.name: float(
                each.duration.mean
                if isinstance(each.duration, Distribution)
                else each.duration
            )
            for each in self.activities
        }

    @property
    def _planned(self) -> Any:
        return critical_path(self._order, self._links, self._mean_durations)

    def _outputs(self, **given: Any) -> dict[str, Any]:
        times = critical_path(self._order, self._links, given)
        cost = 0.0
        for each in self.activities:
            daily = given.get(f"{each.name}, cost per day", 0.0)
            cost = cost + daily * given[each.name]
            cost = cost + given.get(f"{each.name}, fixed cost", 0.0)
        found = {"finish": times.finish, "cost": cost}
        for name in self._order:
            found[f"{name}, slack"] = times.slack[name]
            is_critical = times.slack[name] <= _hair(times.finish)
            found[f"{name}, is critical"] = where(is_critical, 1.0, 0.0)
        return found


@final
class Schedule:
    """What a run of a project says: when it ends, what it costs, and what decides that.

    Attributes
    ----------
    project : Project
        What was run.
    result : Result
        Of the run, with all outputs of `Project.model`.
    """

    def __init__(self, project: Project, result: Result) -> None:
        self.project = project
        self.result = result

    @property
    def finish(self) -> Any:
        """When the project ends, in days: an `Output`."""
        return self.result["finish"]

    @property
    def cost(self) -> Any:
        """What it costs: an `Output`."""
        return self.result["cost"]

    @property
    def merge_bias(self) -> Estimate:
        """How much later it ends on average than its plan with mean durations says.

        Where paths meet, the latest counts: the mean of a maximum is above the maximum of
        the means.
        """
        mean = self.finish.mean
        planned = self.project.planned_finish
        return Estimate(mean.value - planned, mean.standard_error, mean.n_trials)

    def joint_probability(self, finish: float, cost: float) -> Estimate:
        """Probability that it ends by a day and costs no more than an amount."""
        kept = self.result.where(
            lambda trial: (trial["finish"] <= finish) & (trial["cost"] <= cost)
        )
        return kept.share

    def date(self, q: float, start: str | dt.date, *, working_days: bool = True) -> dt.date:
        """Return the date by which the project has ended with a probability.

        Parameters
        ----------
        q : float
            The probability, strictly between 0 and 1.
        start : date or str
            The first day, as ``"2027-03-01"``.
        working_days : bool, default True
            Whether days are Mondays to Fridays only.
        """
        days = max(int(np.ceil(self.finish.quantile(q).value)) - 1, 0)
        try:
            first = np.datetime64(start, "D")
        except (TypeError, ValueError):
            raise law("start", 'be a date, as "2027-03-01"', start) from None
        if working_days:
            last = np.busday_offset(first, days, roll="forward")
        else:
            last = first + np.timedelta64(days, "D")
        found: dt.date = last.astype(dt.date)
        return found

    def to_frame(self) -> "pd.DataFrame":
        """Table of the activities: how often each is critical, and what it decides.

        Returns
        -------
        pandas.DataFrame
            For each activity: its criticality (the probability that it lies on the critical
            path), mean slack, and cruciality (the rank correlation of its duration with the
            finish, over the first 262,144 trials or fewer), each with its standard error.
        """
        import pandas as pd

        n_columns = len(self.result) + len(self.project.activities)
        n = min(self.result.n_trials, _MOST_RANKED, _MOST_NUMBERS // n_columns)
        trials = self.result.to_frame(n)
        lines = {}
        for each in self.project.activities:
            critical = self.result[f"{each.name}, is critical"].mean
            slack = self.result[f"{each.name}, slack"].mean
            line = {
                "criticality": critical.value,
                "criticality_error": critical.standard_error,
                # Where there is none, the two sums that it is between may be rounded apart.
                "slack": max(slack.value, 0.0),
                "slack_error": slack.standard_error,
                "cruciality": 0.0,
                "cruciality_error": 0.0,
            }
            if each.name in trials:
                x, y = trials[each.name].to_numpy(), trials["finish"].to_numpy()
                line["cruciality"], line["cruciality_error"] = spearman(x, y)
            lines[each.name] = line
        table = pd.DataFrame.from_dict(lines, orient="index").rename_axis("activity")
        return table.sort_values("cruciality", ascending=False)


def _hair(finish: Any) -> Any:
    """Return a slack that is rounding alone."""
    return 1e-9 * (1.0 + abs(finish))


def _quantities(activity: Activity) -> dict[str, Distribution | float]:
    return {
        activity.name: activity.duration,
        f"{activity.name}, fixed cost": activity.fixed_cost,
        f"{activity.name}, cost per day": activity.cost_per_day,
    }


def _quantity(name: str, value: Any) -> Distribution | float:
    if isinstance(value, Distribution):
        return value
    is_number = isinstance(value, (int, float, np.number)) and not isinstance(value, bool)
    if not is_number or not np.isfinite(value):
        raise law(name, "be a distribution or a number", value)
    return float(value)


def _links(given: Any) -> tuple[Link, ...]:
    if given is None or (isinstance(given, float) and np.isnan(given)):
        return ()
    parts = given.split(";") if isinstance(given, str) else list(given)
    return tuple(Link.read(str(part)) for part in parts if str(part).strip())
