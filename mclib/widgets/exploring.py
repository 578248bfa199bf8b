"""A live dashboard of a model: controls on the left, charts on the right, one call."""

import os
import threading
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from mclib.errors import ArgumentError, law
from mclib.model import Model
from mclib.plots.figure import close_with_cell
from mclib.progress import Progress
from mclib.reports.reporting import report
from mclib.results.result import Result
from mclib.simulation import check_model, iterate, prepare
from mclib.widgets.controls import widgets
from mclib.widgets.live import Listeners, LiveRuns
from mclib.widgets.panels import Panels
from mclib.widgets.scenarios import Scenarios
from mclib.widgets.state import State, compared
from mclib.widgets.texts import Words

_MOST_UNDONE = 100


@dataclass(frozen=True)
class _Run:
    """A state of a model, to be run."""

    base: Model
    state: State

    @property
    def n_trials(self) -> int:
        return self.state.n_trials

    def iterate(self, n_trials: int, interval: float) -> Any:
        return iterate(
            self.state.model(self.base),
            n_trials,
            seed=self.state.seed,
            sampler=self.state.sampler,
            parameters=self.state.numbers,
            interval=interval,
        )


def explore(
    model: Model,
    *,
    n_trials: int = 1_000_000,
    seed: int = 7,
    sampler: str = "independent",
    output: str | None = None,
    unit: str | Mapping[str, str] = "",
    language: str = "en",
    state: str | None = None,
) -> "Explorer":
    """Show a model as a live dashboard.

    Parameters
    ----------
    model : Model
        What to explore.
    n_trials, seed, sampler
        Of the runs at first; as for `simulate`. The seed stays, so that what changes in a
        chart is what was changed by hand.
    output : str, optional
        Which output is shown at first; by default the first one.
    unit : str or mapping of str to str, default ""
        Of all outputs, or by output; ``"%"`` shows shares in percent.
    language : {"en", "de"}, default "en"
        Of the dashboard's words.
    state : str, optional
        A link that a dashboard has given: it begins there. A dashboard that is served by
        Voila takes it from its own address.

    Returns
    -------
    Explorer
        Shown when it is a cell's last line; its `widget` is an ordinary ipywidgets box.

    Raises
    ------
    ArgumentError
        If an argument breaks its law.
    MclibError
        If plotly or ipywidgets aren't installed.

    Examples
    --------
    >>> import mclib as mc
    >>> @mc.model
    ... def sales(units=mc.Triangular(80, 100, 150), price=mc.Normal(20, 2), tax=0.25):
    ...     return {"revenue": units * price * (1 - tax)}
    >>> dashboard = mc.explore(sales, n_trials=10_000)
    >>> dashboard.set(tax=0.5)
    >>> dashboard.wait()
    True
    >>> dashboard.result.parameters["tax"]
    0.5
    >>> dashboard.close()
    """
    check_model(model)
    begin = State(n_trials=n_trials, seed=seed, sampler=sampler, output=output or "")
    link = state or os.environ.get("QUERY_STRING", "")
    if state is not None or "mclib=" in link:
        begin = State.of_link(link if "?" in link else f"?{link}")
    return Explorer(model, begin, unit, Words(language))


class Explorer:
    """A dashboard: its state, its widget, and the result that it shows.

    Made by `explore`. Every change goes through `state`: what can be done by hand can be
    done by a program.

    Attributes
    ----------
    widget : ipywidgets.VBox
        The dashboard; it can stand in any other widget.
    result : Result or None
        The last full result.
    scenarios : Scenarios
        What was saved.
    """

    def __init__(
        self, base: Model, begin: State, unit: str | Mapping[str, str], words: Words
    ) -> None:
        widgets()
        self.base, self._begin, self._words, self._unit = base, begin, words, unit
        self.result: Result | None = None
        self.scenarios = Scenarios(words=words)
        self._undone: list[State] = []
        self._lock = threading.RLock()
        self._outputs = self._checked(begin)
        self._state = replace(begin, output=begin.output or self._outputs[0])
        self.panels = Panels(self, words)
        self.widget = self.panels.widget
        self._runs = LiveRuns(Listeners(self._drawn, self._progress, self._failed))
        self.panels.show_state(self._state)
        close_with_cell(self)
        self._run()

    @property
    def outputs(self) -> tuple[str, ...]:
        """Names of the model's outputs."""
        return self._outputs

    @property
    def state(self) -> State:
        """What the dashboard is set to; another one may be given."""
        return self._state

    @state.setter
    def state(self, wanted: State) -> None:
        self._change(wanted)
        self.panels.show_state(self._state)

    def set(self, **numbers: float) -> None:
        """Change parameters, as by the controls: ``set(tax_rate=0.3)``.

        A distribution's parameter is named by `State.numbers`: ``"price.mean"``.
        """
        self.state = replace(self._state, numbers={**self._state.numbers, **numbers})

    def undo(self) -> None:
        """Go back to the state before the last change."""
        if self._undone:
            self._state = self._undone.pop()
            self.panels.show_state(self._state)
            self._run()

    def reset(self) -> None:
        """Go back to where the dashboard began."""
        self.state = replace(self._begin, output=self._state.output)

    def stop(self) -> None:
        """End the run at hand; what it has stays shown."""
        self._runs.stop()

    def wait(self, seconds: float = 60.0) -> bool:
        """Wait until nothing runs; whether that came in time."""
        return self._runs.wait(seconds)

    def close(self) -> None:
        """End runs and take the dashboard from the page."""
        self._runs.close()
        self.widget.close()

    def link(self) -> str:
        """Return what stands behind an address to come back to this state."""
        return self._state.link()

    def code(self) -> str:
        """Return the Python that computes what is shown."""
        output, chart = self._state.output, self.panels.views.kind.value
        unit, saved = self.unit(output), self.scenarios.saved
        if chart == "Scenarios" and saved:
            states = {name: state for name, (state, _) in saved.items()}
            return compared(self.base, states, output, unit)
        return self._state.code(self.base, output, chart, unit)

    def unit(self, output: str) -> str:
        """Return the unit of an output."""
        return self._unit if isinstance(self._unit, str) else self._unit.get(output, "")

    def save_scenario(self, name: str) -> None:
        """Keep the present state and its result under a name.

        Raises
        ------
        ArgumentError
            If the name is empty, or there is no result yet.
        """
        if not name.strip():
            raise law("name", "have words in it", name)
        if self.result is None:
            raise law("result", "be there to be saved", self.result)
        self.scenarios.save(name.strip(), self._state, self.result)
        self.panels.show_result(self.result, is_full=True)

    def save_table(self, path: str | Path) -> Path:
        """Write the summary to ``.csv``, or 100,000 trials to ``.parquet``."""
        target = Path(path)
        if self.result is None:
            raise law("result", "be there to be saved", self.result)
        if target.suffix == ".parquet":
            self.result.to_frame().to_parquet(target)
        else:
            self.result.summary().to_csv(target)
        return target

    def save_report(self, path: str | Path) -> Path:
        """Write the result as a page that needs nothing else, scenarios beside each other.

        See `mclib.report`; a file of that name is replaced.
        """
        if self.result is None:
            raise law("result", "be there to be saved", self.result)
        saved = {name: result for name, (_, result) in self.scenarios.saved.items()}
        results = {**saved, self._words("now"): self.result} if saved else self.result
        units = {name: self.unit(name) for name in self._outputs if self.unit(name)}
        report(results, path, title=self.base.name, units=units, overwrite=True)
        return Path(path)

    def propose(self, wanted: State) -> None:
        """Take a state from the controls; raise what is wrong with it, and keep the old."""
        self._change(wanted)

    def _change(self, wanted: State) -> None:
        try:
            self._checked(wanted)
        except ArgumentError:
            raise
        except Exception as error:
            # The model itself has failed: it is shown as such, and may be mended by hand.
            self._failed(error)
        if wanted == self._state:
            return
        self._undone = [*self._undone, self._state][-_MOST_UNDONE:]
        is_same_run = replace(wanted, output="") == replace(self._state, output="")
        self._state = wanted
        if is_same_run and self.result is not None:
            self.panels.show_result(self.result, is_full=True)
        else:
            self._run()

    def _checked(self, wanted: State) -> tuple[str, ...]:
        """Return the outputs of a state, or raise what is wrong with it."""
        model = wanted.model(self.base)
        run = prepare(
            model,
            wanted.n_trials,
            wanted.seed,
            wanted.numbers,
            "auto",
            "float64",
            None,
            wanted.sampler,
            (),
        )
        if wanted.output and wanted.output not in run.output_names:
            must = f"be one of {', '.join(run.output_names)}"
            raise law("output", must, wanted.output)
        return tuple(run.output_names)

    def _run(self) -> None:
        self._runs.wish(_Run(self.base, self._state))

    def _drawn(self, result: Result, is_full: bool) -> None:
        with self._lock:
            if is_full:
                self.result = result
            self.panels.show_result(result, is_full=is_full)

    def _progress(self, progress: Progress) -> None:
        self.panels.show_progress(progress)

    def _failed(self, error: Exception) -> None:
        kind = "" if isinstance(error, ArgumentError) else f"{type(error).__name__}: "
        self.panels.show_failure(f"{kind}{error}")

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        self._runs.settle()
        return self.widget._repr_mimebundle_(**kwargs)
