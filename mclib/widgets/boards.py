"""A dashboard of one's own: some numbers of a model, and whatever follows from its runs."""

import html
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from mclib.errors import ArgumentError, law
from mclib.model import Model
from mclib.plots.figure import close_with_cell, drawings, make_figure, redraw
from mclib.plots.histograms import redraw_histogram
from mclib.progress import Progress
from mclib.results.display import STYLE
from mclib.results.result import Result
from mclib.simulation import check_model, iterate
from mclib.widgets.controls import NumberControl, alert, status_class, widgets
from mclib.widgets.live import Listeners, LiveRuns
from mclib.widgets.state import State
from mclib.widgets.texts import Words

Part = Callable[[Result], Any]

_QUICK = 0.15
"""Seconds: a part that takes longer is not drawn for a coarse run."""

_HEADING = "font-size:1.1em;margin:10px 0 2px 0"


@dataclass(frozen=True)
class _Run:
    """Numbers of a model, to be run."""

    model: Model
    state: State

    @property
    def n_trials(self) -> int:
        return self.state.n_trials

    def iterate(self, n_trials: int, interval: float) -> Any:
        return iterate(
            self.model,
            n_trials,
            seed=self.state.seed,
            sampler=self.state.sampler,
            parameters=self.state.numbers,
            interval=interval,
        )


def board(
    model: Model,
    parts: Mapping[str, Part],
    *,
    controls: Mapping[str, tuple[float, float]] | Sequence[str] | None = None,
    n_trials: int = 1_000_000,
    seed: int = 7,
    sampler: str = "independent",
    language: str = "en",
) -> "Board":
    """Lay out a dashboard: controls for numbers of a model, and parts that follow them.

    Parameters
    ----------
    model : Model
        What is run.
    parts : mapping of str to callable
        By heading (empty for none): what makes a figure, a table or HTML of a result. It
        is called anew for each run, and what it gives takes the place of what was there.
        A mapping is shown as a table of two columns, estimates with half of their 95 %
        intervals.
    controls : mapping of str to (float, float), or sequence of str, optional
        Which numbers of the model can be changed, in this order; a mapping says from where
        to where their sliders go. By default those that are no distribution's.
    n_trials, seed, sampler
        As for `simulate`. The seed stays: what moves is what was changed by hand.
    language : {"en", "de"}, default "en"
        Of the dashboard's own words.

    Returns
    -------
    Board
        Shown when it is a cell's last line.

    Raises
    ------
    ArgumentError
        If a control is no number of the model, or a part can't be called.

    Examples
    --------
    >>> import mclib as mc
    >>> @mc.model
    ... def sales(units=mc.Triangular(80, 100, 150), price=20.0):
    ...     return {"revenue": units * price}
    >>> made = mc.widgets.board(
    ...     sales,
    ...     {"Mean": lambda result: f"{result['revenue'].mean}"},
    ...     controls={"price": (10, 30)},
    ...     n_trials=10_000,
    ... )
    >>> made.set(price=25.0)
    >>> made.wait()
    True
    >>> made.parts["Mean"].value
    '2,757 ± 7 (95 %)'
    >>> made.close()
    """
    check_model(model)
    known = model.parameters
    names = list(model.constants if controls is None else controls)
    for name in names:
        if name not in known:
            must = f"be numbers of the model ({', '.join(known)})"
            raise law("controls", must, name)
    for heading, part in parts.items():
        if not callable(part):
            hint = "write `lambda result: mc.plots.histogram(result[...])`."
            raise law(f"parts[{heading!r}]", "be a function of a result", part, hint)
    ends = controls if isinstance(controls, Mapping) else {}
    begin = State(n_trials=n_trials, seed=seed, sampler=sampler)
    return Board(
        model, begin, dict(parts), {each: ends.get(each) for each in names}, language
    )


class Board:
    """Controls on the left, parts on the right; made by `board`.

    Attributes
    ----------
    widget : ipywidgets.Box
        To be shown; `controls` and `parts` hold what it is made of, to be laid out anew.
    controls : dict of str to NumberControl
        By name of the number.
    parts : dict of str to widget
        By heading, once there is a result.
    result : Result or None
        The last full one.
    """

    def __init__(
        self,
        model: Model,
        begin: State,
        makers: dict[str, Part],
        controls: Mapping[str, tuple[float, float] | None],
        language: str,
    ) -> None:
        w = widgets()
        self.model = model
        self.result: Result | None = None
        self._begin = self._state = begin
        self._makers, self._words = makers, Words(language)
        self._seconds = dict.fromkeys(makers, 0.0)
        longest = max((len(name) for name in controls), default=0)
        self.controls = {
            name: NumberControl(
                name,
                model.parameters[name],
                lambda n=name: self._told(n),  # type: ignore[misc]
                self._words,
                name.replace("_", " ").replace(".", " "),
                ends,
                min(max(125, 7 * longest + 8), 190),
            )
            for name, ends in controls.items()
        }
        self.parts: dict[str, Any] = {}
        self.status, self.failure = status_class()(), w.HTML()
        reset = w.Button(
            description=self._words("Reset"),
            layout={"width": "90px", "margin": "6px 2px 6px auto"},
        )
        reset.on_click(lambda _: self.reset())
        self._places = {
            heading: w.VBox([], layout={"overflow": "auto"}) for heading in makers
        }
        rows = [each.widget for each in self.controls.values()]
        left = w.VBox(
            [*rows, reset],
            layout={"flex": "0 0 auto", "max_width": "100%", "margin": "0 16px 0 0"},
        )
        right = w.VBox(
            [self.status, self.failure, *self._places.values()],
            layout={"flex": "1 1 480px", "min_width": "0"},
        )
        self.widget = w.Box(
            [left, right], layout={"display": "flex", "flex_flow": "row wrap"}
        )
        self._runs = LiveRuns(Listeners(self._drawn, self._progress, self._failed))
        close_with_cell(self)
        self._run()

    @property
    def numbers(self) -> dict[str, float]:
        """Numbers as they are set."""
        return {name: each.value for name, each in self.controls.items()}

    def set(self, **numbers: float) -> None:
        """Change numbers, as by the controls.

        Raises
        ------
        ArgumentError
            If one has no control, or breaks its law.
        """
        for name in numbers:
            if name not in self.controls:
                raise law("numbers", f"be among {', '.join(self.controls)}", name)
        self.model.checked({**self.numbers, **numbers})
        for name, value in numbers.items():
            self.controls[name].set(value)
        self._take()

    def reset(self) -> None:
        """Go back to the numbers of the model."""
        for name, control in self.controls.items():
            control.set(self.model.parameters[name])
        self._take()

    def wait(self, seconds: float = 60.0) -> bool:
        """Wait until nothing runs; whether that came in time."""
        return self._runs.wait(seconds)

    def close(self) -> None:
        """End runs and take the dashboard from the page."""
        self._runs.close()
        self.widget.close()

    def _told(self, name: str) -> None:
        try:
            self.model.checked(self.numbers)
        except ArgumentError as error:
            self.controls[name].refuse(str(error))
            return
        for each in self.controls.values():
            each.refuse("")
        self._take()

    def _take(self) -> None:
        self._state = replace(self._begin, numbers=self.numbers)
        self._run()

    def _run(self) -> None:
        self._runs.wish(_Run(self.model, replace(self._state, numbers=self.numbers)))

    def _drawn(self, result: Result, is_full: bool) -> None:
        if is_full:
            self.result = result
        for heading in self._makers:
            if is_full or self._seconds[heading] < _QUICK:
                began = time.monotonic()
                self._show(heading, result)
                self._seconds[heading] = time.monotonic() - began
        self.failure.value = ""
        if is_full:
            told = self._words("{done} trials in {seconds} s")
            self.status.text = told.format(
                done=f"{result.n_trials:,}",
                seconds=f"{result.elapsed.total_seconds():.2g}",
            )
            self.status.fraction = 1.0

    def _show(self, heading: str, result: Result) -> None:
        make, part = self._makers[heading], self.parts.get(heading)
        if part is not None:
            with drawings():
                made = make(result)
            if _is_shown_in(part, made):
                return
        self.parts[heading] = _as_widget(make(result))
        title = [_heading(heading)] if heading else []
        self._places[heading].children = [*title, self.parts[heading]]
        if part is not None:
            part.close()

    def _progress(self, progress: Progress) -> None:
        self.status.fraction = progress.fraction

    def _failed(self, error: Exception) -> None:
        kind = "" if isinstance(error, ArgumentError) else f"{type(error).__name__}: "
        self.failure.value = alert(f"{kind}{error}", self._words)
        self.status.fraction = 1.0

    def __repr__(self) -> str:
        return f"Board({self.model.name}: {', '.join(self.controls)})"

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        self._runs.settle()
        return {**self.widget._repr_mimebundle_(**kwargs), "text/plain": repr(self)}


def _is_shown_in(part: Any, made: Any) -> bool:
    """Let a part show what was made, if it can."""
    if hasattr(part, "data") and hasattr(made, "data"):
        if hasattr(part, "_drawn"):
            redraw_histogram(part, made._drawn.output)
            return True
        return redraw(part, made)
    if hasattr(part, "value") and not hasattr(made, "data"):
        part.value = _as_html(made)
        return True
    return False


def _as_widget(made: Any) -> Any:
    if not hasattr(made, "data"):
        return widgets().HTML(_as_html(made))
    # Plotly's own figures become ours, which send nothing to anybody.
    if hasattr(made, "model_id"):
        return made
    drawing = made.to_plotly_json()
    return make_figure(drawing["data"], drawing["layout"])


def _as_html(made: Any) -> str:
    if hasattr(made, "_repr_html_"):
        shown = made._repr_html_()
    elif isinstance(made, Mapping):
        shown = _table(made)
    else:
        return str(made)
    return f'{STYLE}<div class="mclib-result">{shown}</div>'


def _table(rows: Mapping[Any, Any]) -> str:
    """Write names and what they stand for; an estimate's ± is that of 95 %."""
    lines = "".join(
        f'<tr><th scope="row">{html.escape(str(name))}</th>'
        f"<td>{html.escape(str(value).removesuffix(' (95 %)'))}</td></tr>"
        for name, value in rows.items()
    )
    return f"<table><tbody>{lines}</tbody></table>"


def _heading(text: str) -> Any:
    return widgets().HTML(f'<h2 style="{_HEADING}">{html.escape(text)}</h2>')
