"""Outputs of a cell as HTML: the best that a page without a kernel can show of each."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from mclib.reports.drawings import Drawing, chart, drawing_from
from mclib.reports.foreign import cleaned, had_scripts, shows
from mclib.reports.markup import escaped
from mclib.reports.prose import ansi, formula, markdown, picture
from mclib.reports.resting import resting

FIGURE, WIDGET = (
    "application/vnd.plotly.v1+json",
    "application/vnd.jupyter.widget-view+json",
)
_PICTURES = ("image/svg+xml", "image/png", "image/jpeg", "image/gif", "image/webp")
MOST_BYTES, MOST_BYTES_IN_ALL = 10_000_000, 40_000_000
"""Of one output, and of all outputs of a page."""


class Outputs:
    """Outputs in the making; drawings are kept in order.

    Parameters
    ----------
    widgets : mapping of str to mapping
        State of the notebook's widgets by their identifiers, as far as it was kept.

    Attributes
    ----------
    drawings : list of Drawing
        Charts, in the order of their places.
    """

    def __init__(self, widgets: Mapping[str, Any]) -> None:
        self.drawings: list[Drawing] = []
        self._widgets = widgets
        self._n_bytes = 0

    def shown(self, output: Mapping[str, Any], number: int) -> str:
        """Return one output as HTML.

        Parameters
        ----------
        output : mapping
            As notebooks keep it.
        number : int
            Its cell's number, for what can only be named.
        """
        size = len(json.dumps(output, ensure_ascii=False, default=str))
        if size > MOST_BYTES or self._n_bytes + size > MOST_BYTES_IN_ALL:
            most = MOST_BYTES if size > MOST_BYTES else MOST_BYTES_IN_ALL
            of = "an output" if size > MOST_BYTES else "all outputs of a page"
            return _note(
                f"An output of {size / 1e6:.1f} MB is left out; {of} may have "
                f"{most / 1e6:.0f} MB. It is in the notebook."
            )
        self._n_bytes += size
        match output.get("output_type"):
            case "stream":
                kind = "said" if output.get("name") == "stdout" else "said aside"
                return _terminal(_joined(output.get("text", "")), kind)
            case "error":
                return _terminal("\n".join(output.get("traceback", ())), "said failed")
            case _:
                return self._best(output.get("data", {}), number)

    def _best(self, data: Mapping[str, Any], number: int) -> str:
        if FIGURE in data:
            return self.figure(data[FIGURE])
        if WIDGET in data:
            return resting(data[WIDGET].get("model_id", ""), self._widgets, self, number)
        if "text/html" in data and (html := self._html(_joined(data["text/html"]))):
            return html
        words = _joined(data.get("text/plain", "")) or "a picture"
        for kind in _PICTURES:
            if kind in data:
                alt = f"Output of cell {number}: {words[:200]}"
                return f"<p>{picture(kind, _joined(data[kind]), alt)}</p>"
        for kind, written in _WRITTEN.items():
            if kind in data:
                return written(data[kind])
        kinds = ", ".join(sorted(data))
        note = f"An output that a page can't show stood here ({kinds})."
        return _note(note) if data else ""

    def figure(self, content: Mapping[str, Any]) -> str:
        """Return the place of a chart, and keep it to be drawn there."""
        try:
            drawing = drawing_from(json.loads(json.dumps(content)))
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            return _note(f"A chart that can't be read stood here ({error!r}).")
        self.drawings.append(drawing)
        title = f'<p class="title">{escaped(drawing.title)}</p>'
        shown = "" if drawing.title == "Chart" else title
        return shown + chart(drawing, len(self.drawings))

    @staticmethod
    def _html(text: str) -> str:
        kept = cleaned(text)
        if shows(kept):
            return f'<div class="foreign scrolled" tabindex="0">{kept}</div>'
        if had_scripts(text):
            return _note("An output that needs scripts of its own stood here.")
        return ""


def _note(text: str) -> str:
    return f'<p class="note">{escaped(text)}</p>'


def _joined(text: Any) -> str:
    return text if isinstance(text, str) else "".join(map(str, text))


def _terminal(text: str, kind: str) -> str:
    # What a terminal has written over is gone.
    lines = (line.rstrip("\r").rpartition("\r")[2] for line in text.split("\n"))
    shown = "\n".join(lines).rstrip("\n")
    return f'<pre class="{kind}" tabindex="0">{ansi(shown)}</pre>' if shown else ""


_WRITTEN: Mapping[str, Callable[[Any], str]] = {
    "text/markdown": lambda text: f'<div class="text">{markdown(_joined(text))}</div>',
    "text/latex": lambda text: formula(_joined(text).strip("$ \n"), is_block=True),
    "application/json": lambda told: _terminal(json.dumps(told, indent=1), "said"),
    "text/plain": lambda text: _terminal(_joined(text), "said"),
}
