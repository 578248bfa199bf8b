"""Dashboards of Grafana as values: a panel is a title and a question, a board is panels.

Grafana's own form has a hundred fields; here stand those that somebody decides.
"""

from dataclasses import dataclass
from typing import Any, Final

__all__ = ["SOURCE", "Board", "Panel", "in_grafana", "number", "series", "table"]

SOURCE: Final = {"type": "prometheus", "uid": "mchub"}
_WIDE: Final = 24


@dataclass(frozen=True, kw_only=True)
class Panel:
    """One question to Prometheus and how its answer is shown.

    Parameters
    ----------
    title, text : str
        What it shows, and how to read it.
    queries : tuple of (str, str)
        What is asked, and how the lines of the answer are called.
    kind : str
        ``timeseries``, ``stat`` or ``table``.
    unit : str
        In Grafana's words.
    width : int
        Of 24.
    needs : str
        What the platform must have for an answer: ``gpu``, ``pair``, ``front`` or
        ``backup``; empty for what every one answers.
    """

    title: str
    queries: tuple[tuple[str, str], ...]
    kind: str
    unit: str
    text: str = ""
    width: int = 8
    needs: str = ""


@dataclass(frozen=True, kw_only=True)
class Board:
    """A dashboard."""

    name: str
    title: str
    text: str
    panels: tuple[Panel, ...]


def series(
    title: str,
    *queries: tuple[str, str],
    unit: str = "short",
    text: str = "",
    width: int = 8,
    needs: str = "",
) -> Panel:
    """Lines over time."""
    return Panel(
        title=title,
        queries=queries,
        kind="timeseries",
        unit=unit,
        text=text,
        width=width,
        needs=needs,
    )


def number(
    title: str, query: str, *, unit: str = "short", text: str = "", needs: str = ""
) -> Panel:
    """One number, as it is now."""
    return Panel(
        title=title,
        queries=((query, ""),),
        kind="stat",
        unit=unit,
        text=text,
        width=4,
        needs=needs,
    )


def table(title: str, query: str, *, unit: str = "short", text: str = "") -> Panel:
    """A row for each line of the answer."""
    return Panel(
        title=title, queries=((query, ""),), kind="table", unit=unit, text=text, width=12
    )


def in_grafana(board: Board) -> dict[str, Any]:
    """A board in the form that Grafana reads."""
    panels, x, y, highest = [], 0, 0, 0
    for number_, panel in enumerate(board.panels, start=1):
        height = 4 if panel.kind == "stat" else 8
        if x + panel.width > _WIDE:
            x, y, highest = 0, y + highest, 0
        place = {"x": x, "y": y, "w": panel.width, "h": height}
        panels.append(_panel(panel, number_, place))
        x, highest = x + panel.width, max(highest, height)
    return {
        "uid": f"mchub-{board.name}",
        "title": f"mchub: {board.title}",
        "description": board.text,
        "tags": ["mchub"],
        "editable": False,
        "refresh": "30s",
        "schemaVersion": 39,
        "time": {"from": "now-6h", "to": "now"},
        "templating": {"list": []},
        "panels": panels,
    }


def _panel(panel: Panel, number_: int, place: dict[str, int]) -> dict[str, Any]:
    is_now = panel.kind != "timeseries"
    return {
        "id": number_,
        "type": panel.kind,
        "title": panel.title,
        "description": panel.text,
        "datasource": SOURCE,
        "gridPos": place,
        "fieldConfig": {"defaults": {"unit": panel.unit}, "overrides": []},
        "options": {},
        "targets": [
            {
                "refId": chr(ord("A") + index),
                "datasource": SOURCE,
                "expr": query,
                "legendFormat": legend,
                "instant": is_now,
                "range": not is_now,
                "format": "table" if panel.kind == "table" else "time_series",
            }
            for index, (query, legend) in enumerate(panel.queries)
        ],
    }
