"""Models or scenarios compared on the same draws: what they give, and how they differ."""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, final

from mclib.decisions.information import partial_information
from mclib.decisions.measures import is_maximized
from mclib.decisions.scenarios import Scenario, Settings, Together, Values
from mclib.engines.base import Engine
from mclib.errors import law
from mclib.expressions.functions import maximum, minimum, where
from mclib.model import Model
from mclib.results.estimate import Estimate
from mclib.results.output import Output
from mclib.results.result import Result
from mclib.samplers.sampler import Sampler

if TYPE_CHECKING:
    import pandas as pd


def compare(
    models: Model | Mapping[str, Model],
    scenarios: Mapping[str, Mapping[str, Any]] | None = None,
    n_trials: int = 1_000_000,
    *,
    baseline: str | None = None,
    seed: int | None = None,
    engine: str | Engine = "auto",
    precision: str = "float64",
    sampler: str | Sampler = "independent",
    progress: bool | None = None,
) -> "Comparison":
    """Compare models, or one model with other parameters, on the same draws.

    Parameters
    ----------
    models : Model or mapping of str to Model
        One model with `scenarios`, or several models by name.
    scenarios : mapping of str to mapping, optional
        By name, what is changed: numbers for parameters, distributions for inputs;
        ``{}`` for the model as it is.
    n_trials, seed, engine, precision, sampler, progress
        As for `mclib.simulate`; a trial computes all scenarios.
    baseline : str, optional
        Name of what the others are compared with; the first by default.

    Returns
    -------
    Comparison

    Raises
    ------
    ArgumentError
        If there are fewer than two scenarios, or they have no output in common.

    Notes
    -----
    All scenarios are one program: inputs of the same name draw the same uniforms (common
    random numbers), and differences are taken trial by trial inside it. Their errors are
    those of paired differences, and no trial is stored.

    Examples
    --------
    >>> import mclib as mc
    >>> @mc.model
    ... def sales(units=mc.Triangular(80, 100, 150), price=mc.Normal(20, 2), fee=0.0):
    ...     return {"profit": units * (price - 12) - fee}
    >>> comparison = mc.compare(
    ...     sales, {"now": {}, "dearer": {"price.mean": 20.5, "fee": 30}}, 100_000, seed=7
    ... )
    >>> print(comparison.difference("dearer", "profit").mean)
    24.99 ± 0.05 (95 %)
    """
    given = _scenarios(models, scenarios)
    names = [each.name for each in given]
    if baseline is not None and baseline not in names:
        raise law("baseline", f"be one of {', '.join(names)}", baseline)
    settings = Settings(n_trials, seed, engine, precision, sampler, progress)
    return Comparison(Together(given), baseline or names[0], settings)


@final
class Comparison:
    """What scenarios give, and how they differ, on the same draws.

    Attributes
    ----------
    scenarios : tuple of str
        Their names.
    baseline : str
        The one that the others are compared with.
    output_names : tuple of str
        Outputs that all scenarios have.
    result : Result
        Of the run: every output of every scenario, and their differences.
    """

    def __init__(self, together: Together, baseline: str, settings: Settings) -> None:
        self._together = together
        self.scenarios = tuple(each.name for each in together.scenarios)
        self.baseline = baseline
        self.output_names: tuple[str, ...] = ()
        self._goals: dict[tuple[str, str], Result] = {}
        self.result = together.run(self._with_differences, settings)
        self._settings = settings.seeded(self.result)

    def output(self, scenario: str, name: str) -> Output:
        """Return an output of a scenario."""
        return self.result[_own(self._known(scenario), self._common(name))]

    def difference(self, scenario: str, name: str) -> Output:
        """Return how much a scenario has more of an output than the baseline, by trial.

        Its mean is the mean difference, with the error of the paired difference; its
        ``probability_above(0)`` is how often the scenario has more.

        Raises
        ------
        ArgumentError
            If there is no such scenario, it is the baseline, or not all have the output.
        """
        if self._known(scenario) == self.baseline:
            raise law("scenario", "be another one than the baseline", scenario)
        return self.result[_less(scenario, self._common(name), self.baseline)]

    def to_frame(self, name: str | None = None) -> "pd.DataFrame":
        """Table of all scenarios: statistics, differences with their errors, chances.

        Parameters
        ----------
        name : str, optional
            Of one output; by default a table of all, indexed by output and scenario.

        Returns
        -------
        pandas.DataFrame
            For each scenario: mean, standard error, standard deviation, P5, P50, P95;
            mean difference from the baseline, its standard error, and the probability of
            more than the baseline has, with its standard error.
        """
        import pandas as pd

        wanted = self.output_names if name is None else (self._common(name),)
        lines = {(key, each): self._line(each, key) for key in wanted for each in self}
        table = pd.DataFrame.from_dict(lines, orient="index")
        table.index = pd.MultiIndex.from_tuples(lines, names=["output", "scenario"])
        return table if name is None else table.droplevel("output")

    def best(self, name: str, goal: str = "maximize") -> "pd.DataFrame":
        """Table of how often each scenario is the best one, and what it misses.

        Parameters
        ----------
        name : str
            Output that decides.
        goal : {"maximize", "minimize"}
            What is wanted of it.

        Returns
        -------
        pandas.DataFrame
            For each scenario: the probability that it is the best of all (ties are shared
            out), and its expected regret, what the best of each trial has more, both with
            standard errors.
        """
        import pandas as pd

        result = self._by_goal(name, goal)
        lines = {}
        for each in self:
            chance = result[f"{each} is best"].mean
            regret = result[f"regret of {each}"].mean
            lines[each] = {
                "probability_best": chance.value,
                "probability_best_error": chance.standard_error,
                "regret": regret.value,
                "regret_error": regret.standard_error,
            }
        table = pd.DataFrame.from_dict(lines, orient="index")
        return table.rename_axis("scenario")

    def perfect_information(self, name: str, goal: str = "maximize") -> Estimate:
        """What it would be worth to know everything before deciding (EVPI).

        The mean of the best of each trial, less the best mean: the expected regret of the
        scenario that is best on average.

        Parameters
        ----------
        name : str
            Output that decides.
        goal : {"maximize", "minimize"}
            What is wanted of it.
        """
        result = self._by_goal(name, goal)
        regrets = [result[f"regret of {each}"].mean for each in self]
        return min(regrets, key=lambda each: each.value)

    def partial_information(
        self,
        name: str,
        known: str | Sequence[str],
        goal: str = "maximize",
        *,
        n_bins: int = 64,
    ) -> Estimate:
        """What it would be worth to know one input before deciding (EVPPI).

        Parameters
        ----------
        name : str
            Output that decides.
        known : str or sequence of str
            The input that would be known, or two of them; each is the same in all
            scenarios.
        goal : {"maximize", "minimize"}
            What is wanted of the output.
        n_bins : int, default 64
            Into how many bins of equal probability the input is cut.

        Notes
        -----
        In each bin the scenario is chosen by half of the trials and judged by the other
        half, and the other way round, so that noise isn't taken for knowledge. What lies
        within a bin counts as unknown: the estimate errs, if at all, to the low side. It
        rests on the first million trials.
        """
        inputs = (known,) if isinstance(known, str) else tuple(known)
        names = [_own(each, self._common(name)) for each in self]
        sign = 1.0 if is_maximized(goal) else -1.0
        return partial_information(self.result, names, inputs, sign, n_bins)

    def __iter__(self) -> Any:
        return iter(self.scenarios)

    def __len__(self) -> int:
        return len(self.scenarios)

    def __repr__(self) -> str:
        return f"Comparison({', '.join(self)}: {self.result.n_trials:,} trials)"

    def __str__(self) -> str:
        return str(self._words().to_string())

    def _repr_html_(self) -> str:
        return str(self._words().to_html())

    def _words(self) -> "pd.DataFrame":
        import pandas as pd

        lines = {}
        for key in self.output_names:
            for each in self:
                line = {"mean": _words(self.output(each, key).mean)}
                if each != self.baseline:
                    apart = self.difference(each, key)
                    line[f"less {self.baseline}"] = _words(apart.mean)
                    line["chance of more"] = _words(apart.probability_above(0.0))
                lines[key, each] = line
        return pd.DataFrame.from_dict(lines, orient="index").fillna("")

    def _line(self, scenario: str, name: str) -> dict[str, float]:
        own = self.output(scenario, name)
        low, median, high = own.quantile([0.05, 0.5, 0.95])
        line = {
            "mean": own.mean.value,
            "standard_error": own.mean.standard_error,
            "standard_deviation": own.standard_deviation.value,
            "P5": low.value,
            "P50": median.value,
            "P95": high.value,
        }
        if scenario == self.baseline:
            return {**line, "difference": 0.0, "difference_error": 0.0}
        apart = self.difference(scenario, name)
        chance = apart.probability_above(0.0)
        return {
            **line,
            "difference": apart.mean.value,
            "difference_error": apart.mean.standard_error,
            "probability_of_more": chance.value,
            "probability_of_more_error": chance.standard_error,
        }

    def _with_differences(self, values: Values) -> Mapping[str, Any]:
        found = {_own(scenario, name): x for (scenario, name), x in values.items()}
        names = {name for _, name in values}
        common = [
            name
            for scenario, name in values
            if scenario == self.baseline
            and all((each, name) in values for each in self.scenarios)
        ]
        if not common:
            must = "have an output in common"
            raise law("scenarios", must, ", ".join(sorted(names)))
        self.output_names = tuple(common)
        for name in common:
            for each in self.scenarios:
                if each != self.baseline:
                    key = _less(each, name, self.baseline)
                    if key in found:
                        must = "have names that can be told from a difference's"
                        raise law("scenarios", must, key)
                    found[key] = values[each, name] - values[self.baseline, name]
        return found

    def _by_goal(self, name: str, goal: str) -> Result:
        """Return a run of the same draws: who is best, and what each misses, by trial."""
        key = self._common(name), goal
        choose = maximum if is_maximized(goal) else minimum
        if key not in self._goals:
            derive = _best(choose, name, self.scenarios)
            self._goals[key] = self._together.run(derive, self._settings)
        return self._goals[key]

    def _known(self, scenario: str) -> str:
        if scenario not in self.scenarios:
            raise law("scenario", f"be one of {', '.join(self)}", scenario)
        return scenario

    def _common(self, name: str) -> str:
        if name not in self.output_names:
            must = f"be an output of all scenarios ({', '.join(self.output_names)})"
            raise law("name", must, name)
        return name


def _best(
    choose: Callable[..., Any], name: str, scenarios: Sequence[str]
) -> Callable[[Values], Mapping[str, Any]]:
    def derive(values: Values) -> Mapping[str, Any]:
        own = [values[each, name] for each in scenarios]
        best = choose(*own)
        is_best = [where(x == best, 1.0, 0.0) for x in own]
        n_best = sum(is_best[1:], start=is_best[0])
        found = {}
        for each, x, hit in zip(scenarios, own, is_best, strict=True):
            found[f"{each} is best"] = hit / n_best
            found[f"regret of {each}"] = best - x if choose is maximum else x - best
        return found

    return derive


def _scenarios(models: Any, scenarios: Any) -> list[Scenario]:
    if isinstance(models, Model):
        if not isinstance(scenarios, Mapping) or len(scenarios) < 2:
            hint = 'write `mc.compare(model, {"now": {}, "dearer": {"price.mean": 21}})`.'
            raise law("scenarios", "be two or more, by name", scenarios, hint)
        return [Scenario.of(name, models, each) for name, each in scenarios.items()]
    if not isinstance(models, Mapping) or len(models) < 2:
        hint = 'write `mc.compare({"lease": lease, "buy": buy})`.'
        raise law("models", "be a model, or two or more by name", models, hint)
    if scenarios is not None:
        must = "be left out where models are given by name"
        raise law("scenarios", must, scenarios, "change each by `with_parameters`.")
    for each in models.values():
        if not isinstance(each, Model):
            raise law("models", "be models", each, "put `@mc.model` above the function.")
    return [Scenario.of(name, each, {}) for name, each in models.items()]


def _own(scenario: str, name: str) -> str:
    return f"{name} in {scenario}"


def _less(scenario: str, name: str, baseline: str) -> str:
    return f"{name} in {scenario} less {baseline}"


def _words(estimate: Estimate) -> str:
    return str(estimate).removesuffix(" (95 %)")
