"""How a dashboard is laid out: ordinary ipywidgets, and what they tell the explorer."""

import html
import re
from dataclasses import replace
from typing import Any

from mclib import plots
from mclib.errors import ArgumentError
from mclib.progress import Progress
from mclib.results.result import Result
from mclib.widgets.controls import NumberControl, alert, status_class, widgets
from mclib.widgets.inputs import InputControl
from mclib.widgets.settings import RunSettings
from mclib.widgets.state import State
from mclib.widgets.texts import Words
from mclib.widgets.views import Views

_LEFT = "430px"
_WRAPPED = {"flex_flow": "row wrap"}


class Panels:
    """Controls on the left, charts on the right.

    Attributes
    ----------
    widget : ipywidgets.Box
        To be shown.
    numbers : dict of str to NumberControl
        A control for each parameter of the function itself.
    inputs : dict of str to InputControl
        A control for each input.
    """

    def __init__(self, explorer: Any, words: Words) -> None:
        w = widgets()
        self._explorer, self._words = explorer, words
        self._is_quiet = False
        base = explorer.base
        self.numbers = {
            name: NumberControl(name, value, lambda n=name: self._told(n), words)  # type: ignore[misc]
            for name, value in base.constants.items()
        }
        self.inputs = {
            name: InputControl(name, each, self._told, words)
            for name, each in base.inputs.items()
        }
        self.settings = RunSettings(explorer.state, lambda: self._told(""), words)
        self.status = status_class()()
        self.failure = w.HTML()
        self.views = Views(explorer, words, self._chosen)
        self.extras = _Extras(explorer, words)
        self.views.kind.observe(lambda _: self.extras.show(), "value")
        buttons = {
            "Undo": explorer.undo,
            "Reset": explorer.reset,
            "Stop": explorer.stop,
        }
        self.buttons = {name: _button(words(name), act) for name, act in buttons.items()}
        left = w.VBox(
            [
                w.HBox(list(self.buttons.values())),
                *self._section(
                    "Parameters", [each.widget for each in self.numbers.values()]
                ),
                *self._section("Inputs", [each.widget for each in self.inputs.values()]),
                self.views.preview,
                *self._section("Run", [self.settings.widget]),
            ],
            layout={"width": _LEFT, "max_width": "100%", "flex": "0 0 auto"},
        )
        right = w.VBox(
            [self.status, self.failure, self.views.widget, self.extras.widget],
            layout={"flex": "1 1 520px", "min_width": "0"},
        )
        self.widget = w.Box(
            [left, right], layout={"display": "flex", "flex_flow": "row wrap"}
        )

    def show_state(self, state: State) -> None:
        """Show a state in all controls, without telling anybody."""
        self._is_quiet = True
        try:
            base = self._explorer.base
            for name, control in self.numbers.items():
                control.set(state.numbers.get(name, base.constants[name]))
            for name, each in self.inputs.items():
                each.set(state.inputs.get(name), state.numbers)
            self.settings.set(state)
            self.views.choose(state.output)
        finally:
            self._is_quiet = False
        self.extras.show()

    def show_result(self, result: Result, *, is_full: bool) -> None:
        """Draw a result."""
        output = self._explorer.state.output
        self.failure.value = ""
        self.views.draw(result, is_full=is_full)
        told = self._words("{output}: mean {mean}; {done} trials in {seconds} s")
        self.status.text = told.format(
            output=output,
            mean=result[output].mean,
            done=f"{result.n_trials:,}",
            seconds=f"{result.elapsed.total_seconds():.2g}",
        )
        if is_full:
            self.status.fraction = 1.0
        self.extras.show()

    def show_progress(self, progress: Progress) -> None:
        """Say how far a run is."""
        told = self._words("running: {done} of {all} trials, {left} s to go")
        self.status.text = told.format(
            done=f"{progress.n_trials_done:,}",
            all=f"{progress.n_trials:,}",
            left=f"{progress.remaining:.0f}",
        )
        self.status.fraction = progress.fraction

    def show_failure(self, message: str) -> None:
        """Say what a run has failed of; the last good result stays."""
        self.failure.value = alert(message, self._words)
        self.views.draw_input()
        self.status.fraction = 1.0

    def _section(self, title: str, children: list[Any]) -> list[Any]:
        if not children:
            return []
        head = html.escape(self._words(title))
        return [widgets().HTML(f'<h4 style="margin:8px 0 2px 0">{head}</h4>'), *children]

    def _chosen(self, output: str) -> None:
        if not self._is_quiet:
            self._explorer.propose(replace(self._explorer.state, output=output))

    def _told(self, name: str) -> None:
        """Take what the controls say; say beside the one that was moved what is wrong."""
        if self._is_quiet:
            return
        control: Any = self.numbers.get(name) or self.inputs.get(name) or self.settings
        try:
            wanted = self._wanted()
            if name in self.inputs:
                self.views.touch(name, self.inputs[name].shown)
            self._explorer.propose(wanted)
        except ArgumentError as error:
            control.refuse(str(error))
            return
        everything: list[Any] = [*self.numbers.values(), *self.inputs.values()]
        for each in (*everything, self.settings):
            each.refuse("")

    def _wanted(self) -> State:
        numbers = {}
        base = self._explorer.base
        for name, control in self.numbers.items():
            if control.value != base.constants[name]:
                numbers[name] = control.value
        inputs = {}
        for name, each in self.inputs.items():
            if each.is_replaced:
                inputs[name] = each.shown
                continue
            for key, control in each.numbers.items():
                if control.value != base.parameters[key]:
                    numbers[key] = control.value
        return self.settings.applied(
            replace(self._explorer.state, numbers=numbers, inputs=inputs)
        )


class _Extras:
    """Scenarios, code, link and files below the chart."""

    def __init__(self, explorer: Any, words: Words) -> None:
        w = widgets()
        self._explorer = explorer
        self.name = w.Text(
            placeholder=words("Name of the scenario"), layout={"width": "200px"}
        )
        self.save = _button(words("Save scenario"), self._save)
        self.table = w.HTML()
        self.refusal = w.HTML()
        self.code = w.HTML()
        self.link = w.Text(placeholder=words("Link to this state"), layout={"width": "98%"})
        files = [
            _button(words("Save figure (HTML)"), lambda: self._write("html")),
            _button(words("Save table (CSV)"), lambda: self._write("csv")),
            _button(words("Save trials (Parquet)"), lambda: self._write("parquet")),
            _button(words("Save report (HTML)"), lambda: self._write("report.html")),
        ]
        folded = w.Accordion(
            [w.VBox([self.code, w.Label(words("Link to this state")), self.link])],
            titles=(f"{words('Python code')}, {words('Link to this state')}",),
        )
        folded.add_class("mclib-folded")
        self._words = words
        self.widget = w.VBox(
            [
                w.HBox([self.name, self.save], layout=_WRAPPED),
                self.refusal,
                self.table,
                w.HBox(files, layout=_WRAPPED),
                folded,
            ]
        )

    def show(self) -> None:
        """Show code, link and scenarios of the present state."""
        explorer = self._explorer
        self.code.value = f"<pre>{html.escape(explorer.code())}</pre>"
        self.link.value = explorer.link()
        if explorer.scenarios.saved:
            self.table.value = explorer.scenarios.table(explorer.state.output)

    def _save(self) -> None:
        try:
            self._explorer.save_scenario(self.name.value)
        except ArgumentError as error:
            self._say(str(error), is_wrong=True)
            return
        self.refusal.value, self.name.value = "", ""

    def _write(self, ending: str) -> None:
        explorer = self._explorer
        of = "report" if ending == "report.html" else explorer.state.output
        # Names may have what no file's name may.
        name = re.sub(r"[^\w.-]+", "-", f"{explorer.base.name}-{of}")
        path = f"{name}.{ending.removeprefix('report.')}"
        try:
            if ending == "report.html":
                explorer.save_report(path)
            elif ending == "html":
                plots.save(explorer.panels.views.figure, path)
            else:
                explorer.save_table(path)
        except (ArgumentError, OSError) as error:
            self._say(str(error), is_wrong=True)
            return
        self._say(self._words("written: {path}").format(path=path), is_wrong=False)

    def _say(self, text: str, *, is_wrong: bool) -> None:
        role = "alert" if is_wrong else "status"
        self.refusal.value = f'<div role="{role}">{html.escape(text)}</div>'


def _button(text: str, act: Any) -> Any:
    button = widgets().Button(description=text, tooltip=text, layout={"width": "auto"})
    button.on_click(lambda _: act())
    return button
