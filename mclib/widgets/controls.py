"""A number to be dragged or typed, and what is said beside it when it breaks a law."""

import functools
import html
import math
from collections.abc import Callable
from typing import Any

from mclib.errors import MclibError
from mclib.results.formatting import plain
from mclib.widgets.telling import in_order
from mclib.widgets.texts import Words

_STEPS = 200


def widgets() -> Any:
    """Return the module ``ipywidgets``.

    Raises
    ------
    MclibError
        If it isn't installed.
    """
    try:
        import ipywidgets
    except ModuleNotFoundError as error:
        message = (
            "a dashboard must have ipywidgets to be shown with; it isn't installed.\n"
            'hint: install it by `pip install "mchub[notebooks]"`.'
        )
        raise MclibError(message) from error
    in_order()
    return ipywidgets


def alert(message: str, words: Words) -> str:
    """Return a refusal as HTML, which a screen reader reads at once."""
    lines = [*message.split("\n"), words("The last good result is shown.")]
    return (
        '<div role="alert" style="border-left:3px solid #D55E00;padding-left:8px;'
        'margin:2px 0 6px 0;line-height:1.35;max-width:370px">'
        f"{'<br>'.join(html.escape(each) for each in lines)}</div>"
    )


class NumberControl:
    """A slider and a box for one number, always alike; a refusal stands below them.

    Attributes
    ----------
    widget : ipywidgets.VBox
        To be shown.
    value : float
        The number that was accepted last.
    """

    def __init__(
        self,
        name: str,
        value: float,
        changed: Callable[[], None],
        words: Words,
        label: str = "",
        ends: tuple[float, float] | None = None,
        label_width: int = 125,
    ) -> None:
        w = widgets()
        self.name, self.value = name, float(value)
        self._changed, self._words = changed, words
        self._is_quiet = False
        low, high = ends or _range(self.value)
        step = _step((high - low) / _STEPS) if ends else (high - low) / _STEPS
        self.slider = w.FloatSlider(
            description=label or name,
            min=low,
            max=high,
            step=step,
            value=self.value,
            readout=False,
            tooltip=name,
            style={"description_width": f"{label_width}px"},
            layout={
                "width": f"{label_width + 165}px",
                "flex": "0 1 auto",
                "min_width": "0",
            },
        )
        self.box = w.Text(
            value=_written(self.value),
            continuous_update=False,
            tooltip=f"{name}, {_written(self.value)}",
            placeholder=name,
            layout={"width": "90px", "flex": "0 0 auto"},
        )
        self.refusal = w.HTML()
        row = w.HBox([self.slider, self.box], layout={"max_width": "100%"})
        self.widget = w.VBox([row, self.refusal], layout={"max_width": "100%"})
        self.slider.observe(lambda change: self._dragged(change["new"]), "value")
        self.box.observe(lambda change: self._typed(change["new"]), "value")

    def set(self, value: float) -> None:
        """Show a number without telling anybody."""
        self._is_quiet = True
        try:
            self.value = float(value)
            self.slider.min = min(self.slider.min, self.value)
            self.slider.max = max(self.slider.max, self.value)
            self.slider.value = self.value
            self.box.value = _written(self.value)
            self.refuse("")
        finally:
            self._is_quiet = False

    def refuse(self, message: str) -> None:
        """Say beside the control what is wrong, or with an empty text that nothing is."""
        self.refusal.value = alert(message, self._words) if message else ""

    def _dragged(self, value: float) -> None:
        # A page puts a slider on the nearest step and says so: that is no wish.
        if abs(value - self.value) > 0.501 * self.slider.step:
            self._take(value)

    def _typed(self, text: str) -> None:
        if self._is_quiet:
            return
        try:
            value = self._words.number(text)
        except ValueError:
            must = self._words("must be a number; got {value}.").format(value=repr(text))
            way = self._words("write it like {example}")
            example = way.format(example=_written(self.value))
            self.refuse(f"`{self.name}` {must}\nhint: {example}")
            return
        self._take(value)

    def _take(self, value: float) -> None:
        if self._is_quiet or value == self.value:
            return
        self.set(value)
        self._changed()


def _range(value: float) -> tuple[float, float]:
    """Return where a slider begins and ends: about the value it begins with."""
    if value == 0.0:
        return -1.0, 1.0
    return (0.0, 2.0 * value) if value > 0.0 else (2.0 * value, 0.0)


def _step(about: float) -> float:
    """Return 1, 2 or 5 times a power of ten, at least as large: round numbers are met."""
    power = 10.0 ** math.floor(math.log10(about))
    return next(each * power for each in (1, 2, 5, 10) if each * power >= 0.999 * about)


def _written(value: float) -> str:
    return plain(value, 6).replace(",", "")


@functools.cache
def status_class() -> Any:
    """Return the line that says how a run stands: to the eye, and to a screen reader."""
    from pathlib import Path

    import anywidget
    import traitlets

    class Status(anywidget.AnyWidget):
        """A sentence, read out at most once a second."""

        _esm = Path(__file__).parent / "status.js"
        # The titles of what is folded are too pale by themselves.
        _css = (
            ".mclib-folded .jupyter-widget-Collapse-header,"
            ".mclib-folded .jupyter-widget-Collapse-header *"
            "{color:var(--jp-ui-font-color1)!important}"
        )
        text = traitlets.Unicode().tag(sync=True)
        fraction = traitlets.Float(1.0).tag(sync=True)

    return Status
