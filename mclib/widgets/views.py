"""The charts of a dashboard: one is live, the others follow when a run is complete."""

import html
from collections.abc import Callable
from typing import Any

from mclib import plots
from mclib.distributions.distribution import Distribution
from mclib.errors import ArgumentError, MclibError
from mclib.results.result import Result
from mclib.widgets.controls import alert, widgets
from mclib.widgets.texts import Words

NAMES = ("Histogram", "Cumulative", "Tornado", "Scenarios")


class Views:
    """A choice of outputs and of charts, and the chart.

    Attributes
    ----------
    figure : Figure
        The chart that is shown.
    """

    def __init__(self, explorer: Any, words: Words, chosen: Callable[[str], None]) -> None:
        w = widgets()
        self._explorer, self._words = explorer, words
        self._result: Result | None = None
        self._histogram: Any = None
        self.figure: Any = None
        self.output = w.Dropdown(
            description=words("Output"),
            options=explorer.outputs,
            value=explorer.state.output,
            layout={"width": "260px"},
        )
        self.kind = w.ToggleButtons(
            options=[(words(name), name) for name in NAMES],
            tooltips=[words(name) for name in NAMES],
            style={"button_width": "auto"},
        )
        small = {"continuous_update": False, "layout": {"width": "190px"}}
        self.lower = w.Text(description=words("lower"), **small)
        self.upper = w.Text(description=words("upper"), **small)
        self.refusal = w.HTML()
        wrapped = {"flex_flow": "row wrap"}
        self._ends = w.HBox([self.lower, self.upper], layout=wrapped)
        self.canvas = w.VBox([], layout={"min_height": "430px", "overflow": "auto"})
        self.preview = w.VBox([])
        self._preview: Any = None
        self._touched: tuple[str, Distribution] | None = None
        self.widget = w.VBox(
            [
                w.HBox([self.output, self.kind], layout=wrapped),
                self.canvas,
                self._ends,
                self.refusal,
            ]
        )
        self._is_quiet = False
        self.output.observe(lambda change: chosen(change["new"]), "value")
        self.kind.observe(lambda _: self._redraw(), "value")
        for box in (self.lower, self.upper):
            box.observe(lambda _: self._typed(), "value")

    def choose(self, output: str) -> None:
        """Show another output's name."""
        self.output.value = output

    def draw(self, result: Result, *, is_full: bool) -> None:
        """Draw a result; what takes long is left until it is complete."""
        self._result = result
        if self.kind.value == "Histogram":
            self._draw_histogram(result)
        elif is_full:
            self._redraw()
        self.draw_input()

    def touch(self, name: str, shown: Distribution) -> None:
        """Remember the distribution of the input that was touched last."""
        self._touched = (name, shown)

    def draw_input(self) -> None:
        """Draw the input that was touched last, after what everybody waits for."""
        if self._touched is None:
            return
        (name, shown), self._touched = self._touched, None
        if self._preview is None:
            self._preview = plots.distribution(shown, name=name)
            self.preview.children = [self._preview]
        else:
            plots.show_distribution(self._preview, shown, name=name)

    def _draw_histogram(self, result: Result) -> None:
        output = result[self._explorer.state.output]
        try:
            if self._histogram is None or self._histogram._drawn.output.name != output.name:
                self._show(plots.histogram(output, unit=self._explorer.unit(output.name)))
                self._histogram = self.figure
                self._histogram.layout.on_change(lambda *_: self._tell_ends(), "shapes")
            else:
                plots.redraw_histogram(self._histogram, output)
        except ArgumentError as error:
            self.refusal.value = html.escape(str(error))
            return
        self.refusal.value = ""
        self._tell_ends()

    def _redraw(self) -> None:
        if self._result is None:
            return
        kind = self.kind.value
        self._ends.layout.display = "" if kind == "Histogram" else "none"
        if kind == "Histogram":
            self._histogram = None
            self._draw_histogram(self._result)
            return
        try:
            self._show(self._made(kind, self._result))
        except MclibError as error:
            self.refusal.value = html.escape(str(error))

    def _made(self, kind: str, result: Result) -> Any:
        output = self._explorer.state.output
        unit = self._explorer.unit(output)
        if kind == "Cumulative":
            return plots.cumulative(result[output], unit=unit)
        if kind == "Tornado":
            return plots.tornado(result.tornado(output), unit=unit)
        scenarios = self._explorer.scenarios
        if scenarios.saved:
            return scenarios.figure(output, unit)
        return plots.overlay({self._explorer.base.name: result[output]}, unit=unit)

    def _show(self, figure: Any) -> None:
        before, self.figure = self.figure, figure
        self.canvas.children = [figure]
        self.refusal.value = ""
        if before is not None:
            before.close()

    def _tell_ends(self) -> None:
        shapes = self._histogram.layout.shapes
        low, high = sorted(float(shape.x0) for shape in shapes)
        self._is_quiet = True
        try:
            self.lower.value, self.upper.value = f"{low:.6g}", f"{high:.6g}"
        finally:
            self._is_quiet = False

    def _typed(self) -> None:
        """Move the delimiters to what was typed: dragging needs a mouse, this doesn't."""
        if self._is_quiet or self._histogram is None:
            return
        try:
            low, high = (self._words.number(x.value) for x in (self.lower, self.upper))
            plots.set_delimiters(self._histogram, low, high)
            self.refusal.value = ""
        except ArgumentError as error:
            self.refusal.value = alert(str(error), self._words)
        except ValueError:
            must = self._words("must be a number; got {value}.")
            text = must.format(value=repr((self.lower.value, self.upper.value)))
            self.refusal.value = alert(text, self._words)
