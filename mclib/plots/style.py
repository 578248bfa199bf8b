"""What all figures have in common: colors, dashes, the frame, numbers in words.

Colors are Okabe and Ito's, which people who see colors differently can tell apart; a
second sign, a dash or a marker, goes with each. Backgrounds are clear. Text is a grey that
reads on light and on dark paper; in a notebook it takes the color of the theme.
"""

import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

from mclib.results.formatting import plain

BLUE, ORANGE, GREEN, PURPLE = "#0072B2", "#E69F00", "#009E73", "#CC79A7"
SKY, VERMILION, YELLOW = "#56B4E9", "#D55E00", "#F0E442"
GREY = "#8c8c8c"
TEXT = "#767676"
GRID = "rgba(128,128,128,0.25)"
CLEAR = "rgba(0,0,0,0)"

COLORS = (BLUE, ORANGE, GREEN, PURPLE, SKY, VERMILION, YELLOW)
DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot")
SYMBOLS = ("circle", "square", "diamond", "cross", "triangle-up", "x", "star")

BELOW = {
    "orientation": "h",
    "yref": "container",
    "y": 0.0,
    "yanchor": "bottom",
    "x": 0.0,
}
"""Where a legend of any length hides nothing: at the lower edge."""

MOST_NUMBERS = 200
"""Numbers that a trace may hold, so that a figure is redrawn at once."""

_STEPS = ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k"))
_LARGEST = 1e15
_TABLE = 225
_TITLE = 52
_LINE = 36
"""Letters of an axis' title that stand on one line, on a phone too."""


def words(value: float, unit: str = "", digits: int = 3) -> str:
    """Write a number for a label: ``1.2 M``, ``36.1 k EUR``, ``12.5 %``.

    Parameters
    ----------
    value : float
        The number; a share if `unit` is ``"%"``.
    unit : str
        Written behind it.
    digits : int, default 3
        Significant digits.
    """
    if unit == "%":
        return f"{plain(100.0 * value, digits)} %"
    for step, name in _STEPS if abs(value) < _LARGEST else ():
        # What rounds up to the next step belongs to it.
        if math.isfinite(value) and float(f"{abs(value):.{digits - 1}e}") >= max(step, 1e4):
            return f"{plain(value / step, digits)} {name}{unit and ' ' + unit}".strip()
    return f"{plain(value, max(digits, 4))}{unit and ' ' + unit}"


def pale(color: str, opacity: float = 0.12) -> str:
    """Return a color that others shine through."""
    red, green, blue = (int(color[at : at + 2], 16) for at in (1, 3, 5))
    return f"rgba({red},{green},{blue},{opacity})"


def axis(title: str, unit: str = "", **more: Any) -> dict[str, Any]:
    """Return an axis with its title and unit; shares are shown in percent."""
    named = folded(f"{title} ({unit})" if unit not in ("", "%") else title)
    shown: dict[str, Any] = {"tickformat": ",.3~%"} if unit == "%" else {}
    low, high = more.get("range", (0.0, 1.0))
    if high - low < 1e-4 * abs(high):
        # Numbers that differ in their last digits alone are long.
        shown["nticks"] = 3
    return {
        "title": {"text": named},
        "gridcolor": GRID,
        "zerolinecolor": GRID,
        "linecolor": GRID,
        "automargin": True,
        **shown,
        **more,
    }


def folded(text: str, width: int = _LINE) -> str:
    """Return a text in lines of about so many letters, cut at spaces and underscores."""
    lines = [""]
    for piece in re.split(r"(?<=[ _])", text):
        if lines[-1] and len(lines[-1]) + len(piece.rstrip()) > width:
            lines.append("")
        lines[-1] += piece
    return "<br>".join(line.rstrip() for line in lines)


def unfolded(text: str) -> str:
    """Return a folded text on one line."""
    return text.replace("_<br>", "_").replace("<br>", " ")


def shortened(text: str, width: int = 22) -> str:
    """Return a text whose middle is left out where it is long."""
    half = width // 2
    return text if len(text) <= width else f"{text[:half]}…{text[-half:]}"


def named_ticks(names: Sequence[str], width: int) -> dict[str, Any]:
    """Return an axis' names, in lines of about so many letters."""
    return {"tickvals": list(names), "ticktext": [folded(name, width) for name in names]}


def hover_format(unit: str, axis_name: str = "x") -> str:
    """Return how a number is written when somebody points at it."""
    if unit == "%":
        return f"%{{{axis_name}:,.4~%}}"
    # Five digits, and never 1.3163e+5 as "g" has it.
    return f"%{{{axis_name}:,.5~r}}{unit and ' ' + unit}"


def frame(
    title: str, subtitle: str, description: str, table: Sequence[tuple[str, str]] = ()
) -> dict[str, Any]:
    """Return the layout that every figure starts from.

    Parameters
    ----------
    title, subtitle : str
        Above the drawing.
    description : str
        What the figure says, for those who don't see it: kept in ``layout.meta``, and read
        out in a notebook.
    table : sequence of (str, str)
        Statistics, written beside the drawing; in ``layout.meta`` too.
    """
    title = folded(title, _TITLE)
    layout = {
        "template": {"layout": {}},
        "title": {
            "text": title,
            "subtitle": {"text": subtitle, "font": {"color": TEXT, "size": 12}},
            "font": {"size": 17, "color": TEXT},
            "x": 0.0,
            "xref": "paper",
            "xanchor": "left",
            "y": 1.0,
            "yanchor": "top",
            "pad": {"t": 14},
        },
        "meta": {"description": description, "table": [list(row) for row in table]},
        "font": {"color": TEXT, "size": 12, "family": "system-ui, sans-serif"},
        "colorway": list(COLORS),
        "paper_bgcolor": CLEAR,
        "plot_bgcolor": CLEAR,
        "showlegend": False,
        "legend": {"bgcolor": CLEAR},
        "height": 420,
        "margin": {
            "t": 90 + 22 * title.count("<br>"),
            "l": 70,
            "r": _TABLE if table else 30,
            "b": 60,
        },
    }
    return layout | ({"annotations": beside(table)} if table else {})


def beside(table: Sequence[tuple[str, str]]) -> list[dict[str, Any]]:
    """Write a table of names and numbers on the right of the drawing."""
    common = {
        "showarrow": False,
        "xref": "paper",
        "yref": "paper",
        "x": 1.0,
        "y": 1.0,
        "yanchor": "top",
        "font": {"size": 12, "color": TEXT},
    }
    names = "<br>".join(name for name, _ in table)
    # An empty line at the top would be left out.
    numbers = "<br>".join(number or "\u00a0" for _, number in table)
    return [
        {**common, "text": names, "xanchor": "left", "xshift": 16, "align": "left"},
        {
            **common,
            "text": numbers,
            "xanchor": "right",
            "xshift": _TABLE - 12,
            "align": "right",
        },
    ]


def merged(base: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    """Return a layout with more in it; annotations are added to those that are there."""
    notes = [*base.get("annotations", ()), *more.pop("annotations", ())]
    return {**base, **more, **({"annotations": notes} if notes else {})}
