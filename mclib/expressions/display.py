"""A graph as people see it: text at a terminal, a drawing in a notebook."""

import html
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mclib.expressions.drawing import MOST_BOXES, STYLE, draw
from mclib.expressions.formulas import Line, lines_of, shortened
from mclib.expressions.nodes import topological

if TYPE_CHECKING:
    from mclib.expressions.graph import Graph

_LEGEND = (
    "rounded: input · six-cornered: parameter · plain: formula · double: loop · "
    "arrow: output"
)


@dataclass(frozen=True, repr=False)
class GraphDisplay:
    """A graph, with what there is to say about its inputs and parameters.

    Attributes
    ----------
    graph : Graph
        A traced model.
    notes : mapping of str to str
        By name of an input or a parameter: its distribution, its number.
    """

    graph: "Graph"
    notes: Mapping[str, str] = field(default_factory=dict)

    def __repr__(self) -> str:
        return text_of(self.graph, self.notes)

    def _repr_html_(self) -> str:
        return html_of(self.graph, self.notes)


def text_of(graph: "Graph", notes: Mapping[str, str] | None = None) -> str:
    """Return a graph as text, outputs marked by an arrow."""
    lines = lines_of(graph, notes)
    groups = (
        ("inputs", [line for line in lines if line.kind == "input"], " ~ "),
        ("parameters", [line for line in lines if line.kind == "parameter"], " = "),
        ("formulas", [line for line in lines if _is_formula(line)], " = "),
    )
    written: list[str] = []
    for title, members, sign in groups:
        if members:
            width = max(len(line.name) for line in members)
            written.append(title)
            for line in members:
                written += _written(line, sign, width, "  ")
    return "\n".join(shortened(written))


def html_of(graph: "Graph", notes: Mapping[str, str] | None = None) -> str:
    """Return a graph as a drawing in HTML, or as text if it has too many boxes."""
    lines = lines_of(graph, notes)
    if len(lines) > MOST_BOXES:
        note = f"{len(lines):,} boxes are too many to draw; the same as text:"
        text = html.escape(text_of(graph, notes))
        return f'{STYLE}<div class="mclib-graph"><p>{note}</p><pre>{text}</pre></div>'
    drawing = draw(lines, f"Model graph {summary_of(graph)}")
    return f'{STYLE}<div class="mclib-graph">{drawing}<p>{_LEGEND}</p></div>'


def summary_of(graph: "Graph") -> str:
    """Return in one sentence what goes into a graph and what comes out."""
    drawn = [each.payload for each in topological(graph.roots) if each.op.name == "tail"]
    sources = ", ".join(dict.fromkeys((*graph.inputs, *drawn))) or "no random input"
    return f"from {sources} to {', '.join(graph.outputs)}"


def _is_formula(line: Line) -> bool:
    return line.kind not in {"input", "parameter"}


def _written(line: Line, sign: str, width: int, margin: str) -> list[str]:
    mark = "→ " if line.kind == "output" else "  "
    own = f"{margin}{mark if _is_formula(line) else '  '}{line.name:<{width}}"
    written = [f"{own}{sign if line.text else ''}{line.text}".rstrip()]
    inner = max((len(each.name) for each in line.inside), default=0)
    for each in line.inside:
        written += _written(each, " = ", inner, f"{margin}    ")
    return written
