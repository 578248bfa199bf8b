"""The figure that all charts are: plotly's widget, mended where it hurts in a notebook.

Plotly's own sends 5 MB of script with each figure, forgets in a reloaded page what was
changed after it was made, may stay blank when it is drawn faster than it is filled, offers
to upload a chart to its makers' servers, stays white in a dark theme, and stays alive when
its cell is run again. plotly is imported when a figure is made, not before.
"""

import contextlib
import contextvars
import functools
import json
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from mclib.errors import MclibError
from mclib.plots.late import late

SAFE_CONFIG = {
    "showSendToCloud": False,
    "displaylogo": False,
    "responsive": True,
    "modeBarButtonsToRemove": ["lasso2d", "select2d"],
    "toImageButtonOptions": {"format": "svg"},
}
"""Since its version 4, plotly.js offers to upload a chart to its makers' servers."""

_CHANGES = ["_py2js_update", "_py2js_relayout", "_py2js_restyle"]
"""Where a figure puts what a page has to change."""

_HERE = Path(__file__).parent
_are_drawings = contextvars.ContextVar("are_drawings", default=False)


def make_figure(
    traces: Sequence[Any],
    layout: Mapping[str, Any],
    config: Mapping[str, Any] | None = None,
) -> Any:
    """Return a figure of some traces and a layout.

    Raises
    ------
    MclibError
        If plotly or its widgets aren't installed.
    """
    go = graph_objects()
    if _are_drawings.get():
        return go.Figure(list(traces), dict(layout))
    return _figure_class()(list(traces), dict(layout), dict(config or {}))


@contextlib.contextmanager
def drawings() -> Iterator[None]:
    """Make figures that no page is told of, to be drawn into others by `redraw`."""
    token = _are_drawings.set(True)
    try:
        yield
    finally:
        _are_drawings.reset(token)


def redraw(figure: Any, drawing: Any) -> bool:
    """Draw what another figure shows into one that stands in a page, in one step.

    Returns
    -------
    bool
        Whether that was possible: both have as many traces, of the same kinds.
    """
    kinds = [each.type for each in figure.data]
    if kinds != [each.type for each in drawing.data]:
        return False
    # What stays alike is neither checked nor sent again.
    before = getattr(figure, "_shown", None) or _leaves_of(figure)
    figure._shown = wanted = _leaves_of(drawing)
    changed = [_changed(*pair) for pair in zip(before, wanted, strict=True)]
    *traces, layout = changed
    keys = {key for each in traces for key in each}
    for key in [each for each in layout if _is_longer_or_shorter(figure, each, layout)]:
        # Plotly's update leaves as many notes and lines as there were.
        figure.layout[key] = layout.pop(key)
    if not any(changed):
        return True
    figure.plotly_update(
        restyle_data={key: [each.get(key) for each in wanted[:-1]] for key in keys},
        relayout_data=layout,
        trace_indexes=list(range(len(kinds))),
    )
    return True


def _leaves_of(figure: Any) -> list[dict[str, Any]]:
    """Return what each trace of a figure says, and its layout: values by path."""
    drawn = figure.to_plotly_json()
    return [dict(_leaves(each)) for each in (*drawn["data"], drawn["layout"])]


def _leaves(branch: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in branch.items():
        here = f"{path}{key}"
        # What is meant for people, and packed arrays, are changed as a whole.
        if isinstance(value, dict) and key != "meta" and "bdata" not in value:
            yield from _leaves(value, f"{here}.")
        elif here not in ("type", "uid"):
            yield here, value


def _changed(before: dict[str, Any], wanted: dict[str, Any]) -> dict[str, Any]:
    gone = {key: _nothing_of(before[key]) for key in before.keys() - wanted.keys()}
    new = {key: value for key, value in wanted.items() if value != before.get(key)}
    return gone | new


def _is_longer_or_shorter(figure: Any, key: str, layout: dict[str, Any]) -> bool:
    value, now = layout[key], figure.layout[key]
    is_list = isinstance(now, tuple) and isinstance(value, (list, tuple))
    return is_list and len(now) != len(value)


def _nothing_of(value: Any) -> Any:
    """Return what empties a place; lines and notes of a layout stand in a list."""
    is_list = isinstance(value, (list, tuple)) and bool(value)
    return [] if is_list and isinstance(value[0], dict) else None


def graph_objects() -> Any:
    """Return the module ``plotly.graph_objects``.

    Raises
    ------
    MclibError
        If plotly or its widgets aren't installed.
    """
    try:
        with late("nbformat"):
            import anywidget as _anywidget  # noqa: F401 - plotly's widget stands on it
            import plotly.graph_objects as go
            from plotly.graph_objects import FigureWidget as _Widget  # noqa: F401
    except ModuleNotFoundError as error:
        message = (
            f"figures must have plotly to be drawn with; `{error.name}` isn't installed.\n"
            'hint: install it by `pip install "mchub[notebooks]"`.'
        )
        raise MclibError(message) from error
    return go


@functools.cache
def _library() -> Any:
    """Return the one widget that holds plotly.js."""
    import anywidget
    import plotly
    import traitlets

    class Library(anywidget.AnyWidget):
        """plotly.js, for all figures of a page."""

        _esm = "export default { render() {} }"
        source = traitlets.Unicode().tag(sync=True)
        version = traitlets.Unicode().tag(sync=True)

    bundle = Path(plotly.__file__).parent / "package_data" / "widgetbundle.js"
    return Library(source=bundle.read_text("utf-8"), version=plotly.__version__)


@functools.cache
def _figure_class() -> Any:
    import traitlets

    class Figure(graph_objects().FigureWidget):  # type: ignore[misc]
        """A chart: an ordinary plotly figure and an ordinary widget."""

        _esm = _script("narrow.js") + _script("figure.js")
        _css = _HERE / "figure.css"
        library = traitlets.Unicode().tag(sync=True)

        def __init__(
            self, data: Any = None, layout: Any = None, config: Any = None, **more: Any
        ) -> None:
            self._is_made = self._is_ahead = False
            super().__init__(data, layout, **more)
            self._config = {**SAFE_CONFIG, **(config or {})}
            self.library = f"IPY_MODEL_{_library().model_id}"
            self._is_made = True
            self.observe(lambda _: setattr(self, "_is_ahead", True), _CHANGES)
            self.on_msg(_answer)
            self.open()
            close_with_cell(self)

        @property
        def description(self) -> str:
            """What the figure says, in words."""
            return str(self.layout.meta["description"])

        def open(self) -> None:
            # A page that is told too soon draws a figure without data.
            if self._is_made:
                super().open()

        def get_state(self, key: Any = None, drop_defaults: bool = False) -> Any:
            # A page that is opened again gets the figure as it is, not as it was made.
            state = super().get_state(key, drop_defaults)
            self._is_ahead = self._is_ahead and key is not None
            return _brought_up(self, state) if self._is_made else state

        def save(self, path: Any) -> None:
            """Write it to a file that needs no network: ``.svg``, ``.png`` or ``.html``.

            See `mclib.plots.save`.
            """
            from mclib.plots.exporting import save

            save(self, path)

        def to_html(self, *args: Any, **kwargs: Any) -> Any:
            return super().to_html(*args, **_safely(kwargs))

        def write_html(self, *args: Any, **kwargs: Any) -> Any:
            return super().write_html(*args, **_safely(kwargs))

        def _repr_mimebundle_(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
            # Beside the widget stands the drawing, for pages that have no widgets.
            content = json.loads(self.to_json())
            drawing = {key: content[key] for key in ("data", "layout")}
            return {
                **super()._repr_mimebundle_(*args, **kwargs),
                "application/vnd.plotly.v1+json": {**drawing, "config": SAFE_CONFIG},
                "text/plain": f"Figure({self.description})",
            }

    return Figure


def _brought_up(figure: Any, state: dict[str, Any]) -> dict[str, Any]:
    for name in {"_widget_data", "_widget_layout"} & set(state):
        now = getattr(figure, name.removeprefix("_widget"))
        state[name] = figure.trait_metadata(name, "to_json")(now, figure)
    return state


def _answer(figure: Any, content: Any, _: Any) -> None:
    # What was redrawn while a page was still loading, it may have missed.
    if content != {"kind": "mclib-ready"} or not figure._is_ahead:
        return
    figure._is_ahead = False
    *traces, layout = _leaves_of(figure)
    keys = {key for each in traces for key in each}
    figure._send_update_msg(
        restyle_data={key: [each.get(key) for each in traces] for key in keys},
        relayout_data=layout,
        trace_indexes=list(range(len(traces))),
    )
    figure._is_ahead = False


def _script(name: str) -> str:
    return (_HERE / name).read_text("utf-8")


def _safely(kwargs: dict[str, Any]) -> dict[str, Any]:
    """Return arguments for a page that says what the figure does and fits a phone."""
    before = kwargs.get("post_script") or []
    describing = _script("narrow.js") + "describe(document.getElementById('{plot_id}'));"
    return {
        **kwargs,
        "config": {**SAFE_CONFIG, **(kwargs.get("config") or {})},
        "post_script": [describing, *([before] if isinstance(before, str) else before)],
    }


_MADE_BY_CELLS: dict[str, tuple[str, list[Any]]] = {}


def close_with_cell(made: Any) -> None:
    """Close what an earlier run of the running cell has made, and keep this for the next.

    Parameters
    ----------
    made : object
        A figure, a widget or a dashboard: it has a method ``close()``.
    """
    cell, turn = _cell_and_turn()
    if not cell:
        return
    known_turn, before = _MADE_BY_CELLS.get(cell, ("", []))
    if known_turn != turn:
        for each in before:
            each.close()
        before = []
    _MADE_BY_CELLS[cell] = (turn, [*before, made])


def _cell_and_turn() -> tuple[str, str]:
    """Return which cell of a notebook runs, and which of its runs it is."""
    if threading.current_thread() is not threading.main_thread():
        # What a dashboard draws beside belongs to no cell that happens to run.
        return "", ""
    shell = sys.modules.get("IPython")
    running = shell.get_ipython() if shell is not None else None
    parent = getattr(running, "parent_header", None) or {}
    asked, header = parent.get("metadata", {}), parent.get("header", {})
    is_run = header.get("msg_type") == "execute_request"
    return (asked.get("cellId", ""), header.get("msg_id", "")) if is_run else ("", "")
