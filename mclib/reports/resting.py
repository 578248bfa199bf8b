"""Widgets as they stood when their notebook ended: numbers and texts, without a kernel.

A slider that moves nothing would be a lie; its name and its number are not. What saved no
state leaves a line that says so.
"""

from collections.abc import Mapping
from typing import Any, Protocol

from mclib.reports.foreign import cleaned
from mclib.reports.markup import escaped

_DEEPEST = 20
_REFERENCE = "IPY_MODEL_"


class Drawer(Protocol):
    """Who puts a chart into the page."""

    def figure(self, content: Mapping[str, Any]) -> str:
        """Return the place of a chart, and keep it to be drawn there."""

    def shown(self, output: Mapping[str, Any], number: int) -> str:
        """Return one output as HTML."""


def resting(name: str, states: Mapping[str, Any], drawer: Drawer, number: int) -> str:
    """Return what a widget showed.

    Parameters
    ----------
    name : str
        Identifier of its model.
    states : mapping
        By identifier, as notebooks keep them.
    drawer : Drawer
        For charts and outputs within it.
    number : int
        Of its cell.
    """
    shown = _shown(name, states, drawer, number, 0)
    if not shown:
        kind = states.get(name, {}).get("model_name", "").removesuffix("Model")
        what = f"A control ({kind})" if kind else "A control or a chart with controls"
        return (
            f'<p class="note">{escaped(what)} stood here, and it left nothing that a page '
            "can show: it needs the notebook and a kernel.</p>"
        )
    return f'<div class="resting">{shown}</div>'


def _shown(
    name: str, states: Mapping[str, Any], drawer: Drawer, number: int, depth: int
) -> str:
    model = states.get(name)
    if model is None or depth > _DEEPEST:
        return ""
    state: Mapping[str, Any] = model.get("state", {})
    if "_data" in state and "_layout" in state:
        return drawer.figure({"data": state["_data"], "layout": state["_layout"]})
    if model.get("model_name") == "OutputModel":
        return "".join(drawer.shown(each, number) for each in state.get("outputs", ()))
    children = [each.removeprefix(_REFERENCE) for each in state.get("children") or ()]
    if children:
        parts = (_shown(each, states, drawer, number, depth + 1) for each in children)
        return "".join(parts)
    return _value(model.get("model_name", ""), state)


def _value(kind: str, state: Mapping[str, Any]) -> str:
    value, said = state.get("value"), str(state.get("description") or "")
    if kind in ("HTMLModel", "HTMLMathModel", "LabelModel") and value:
        shown = cleaned(str(value)) if kind != "LabelModel" else escaped(value)
        return f"<div>{shown}</div>"
    if "_options_labels" in state and isinstance(state.get("index"), int):
        value = dict(enumerate(state["_options_labels"])).get(state["index"])
    if value is None or value == "" or isinstance(value, dict):
        return ""
    if isinstance(value, list):
        value = " to ".join(map(str, value))
    label = cleaned(said) or escaped(kind.removesuffix("Model"))
    return f'<p class="control"><span>{label}</span> <b>{escaped(value)}</b></p>'
