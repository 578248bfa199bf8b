"""A graph as a drawing: boxes in layers from left to right, plain SVG.

A box is a line of `mclib.expressions.formulas`; its kind shows in color and shape alike.
Text has the page's own color, so that it reads on light and dark pages. Layers are those of
Sugiyama's method: longest path, places kept free for edges that pass a layer, order by the
mean place of the neighbors.
"""

import html
from collections.abc import Sequence
from dataclasses import dataclass

from mclib.expressions.formulas import Line, shortened

MOST_BOXES = 60
"""Boxes beyond which a drawing tells nothing and the text is shown."""

_MOST_CHARACTERS = 56
_MOST_ROWS = 8
_CHARACTER, _ROW = 6.7, 15.0
_PADDING, _BETWEEN_LAYERS, _BETWEEN_BOXES = 14.0, 56.0, 14.0
_PASSING = 10.0
_ROUNDS = 8

_COLORS = {
    "input": "#0072B2",
    "parameter": "#E69F00",
    "formula": "#8c8c8c",
    "loop": "#CC79A7",
    "output": "#009E73",
}
STYLE = """<style>
.mclib-graph{color:var(--jp-ui-font-color1,inherit);overflow-x:auto}
.mclib-graph text{font:11px var(--jp-code-font-family,ui-monospace,monospace);
fill:currentColor}
.mclib-graph .name{font-weight:600}
.mclib-graph p{margin:4px 0;font-size:12px;opacity:.75}
.mclib-graph pre{font-size:12px;line-height:1.4;color:inherit;background:none}
</style>"""


@dataclass
class _Box:
    """A line with its place; without a line, a place where an edge passes a layer."""

    line: Line | None = None
    rows: tuple[str, ...] = ()
    x: float = 0.0
    y: float = 0.0
    width: float = 0.0
    column: tuple[float, float] = (0.0, 0.0)

    @property
    def least_width(self) -> float:
        if self.line is None:
            return 0.0
        return max(len(self.line.name), *map(len, self.rows), 4) * _CHARACTER + 2 * _PADDING

    @property
    def height(self) -> float:
        return _PASSING if self.line is None else _ROW * (1 + len(self.rows)) + 10.0

    @property
    def middle(self) -> float:
        return self.y + self.height / 2.0


Edge = tuple[_Box, _Box]


def layers_of(lines: Sequence[Line]) -> dict[str, int]:
    """Return the layer of each line: right of all it needs, left of all that need it."""
    layer: dict[str, int] = {}
    for line in lines:
        layer[line.name] = 1 + max((layer[need] for need in line.needs), default=-1)
    first_use: dict[str, int] = {}
    for line in lines:
        for need in line.needs:
            first_use[need] = min(first_use.get(need, layer[line.name]), layer[line.name])
    for line in lines:
        if not line.needs and line.name in first_use:
            layer[line.name] = first_use[line.name] - 1
    return layer


def draw(lines: Sequence[Line], description: str) -> str:
    """Return lines as an SVG drawing that says what it shows."""
    columns, edges = _arranged(lines)
    _untangle(columns, edges)
    _place(columns)
    boxes = [box for column in columns for box in column]
    width = max((box.x + box.width for box in boxes), default=0.0) + 4.0
    height = max((box.y + box.height for box in boxes), default=0.0) + 4.0
    alt = html.escape(description, quote=True)
    curves = "".join(_curve(left, right) for left, right in edges)
    curves += "".join(
        f"M{box.x:.1f} {box.middle:.1f}h{box.width:.1f}"
        for box in boxes
        if box.line is None
    )
    shapes = "".join(_shape(box, box.line) for box in boxes if box.line is not None)
    return (
        f'<svg viewBox="-2 -2 {width:.0f} {height:.0f}" width="{width:.0f}" '
        f'height="{height:.0f}" role="img" aria-label="{alt}"><title>{alt}</title>'
        f'<path d="{curves}" fill="none" stroke="currentColor" stroke-opacity="0.45"/>'
        f"{shapes}</svg>"
    )


def _arranged(lines: Sequence[Line]) -> tuple[list[list[_Box]], list[Edge]]:
    """Sort lines into layers, with a place in each layer that their edges pass."""
    layer = layers_of(lines)
    columns: list[list[_Box]] = [[] for _ in range(1 + max(layer.values(), default=0))]
    at: dict[tuple[str, int], _Box] = {}
    for line in lines:
        box = _Box(line, _rows(line))
        columns[layer[line.name]].append(box)
        at[line.name, layer[line.name]] = box
    edges: dict[tuple[int, int], Edge] = {}
    for line in lines:
        for need in line.needs:
            left = at[need, layer[need]]
            for passed in range(layer[need] + 1, layer[line.name]):
                if (need, passed) not in at:
                    at[need, passed] = _Box()
                    columns[passed].append(at[need, passed])
                edges[id(left), id(at[need, passed])] = left, at[need, passed]
                left = at[need, passed]
            right = at[line.name, layer[line.name]]
            edges[id(left), id(right)] = left, right
    return columns, list(edges.values())


def _untangle(columns: list[list[_Box]], edges: list[Edge]) -> None:
    """Order each layer by the mean place of the neighbors, from both sides in turn."""
    before: dict[int, list[_Box]] = {}
    behind: dict[int, list[_Box]] = {}
    for left, right in edges:
        behind.setdefault(id(left), []).append(right)
        before.setdefault(id(right), []).append(left)
    place = {id(box): at for column in columns for at, box in enumerate(column)}

    def mean(beside: Sequence[_Box], own: int) -> float:
        return sum(place[id(box)] for box in beside) / len(beside) if beside else own

    for turn in range(_ROUNDS):
        near = before if turn % 2 else behind
        for column in columns if turn % 2 else reversed(columns):
            wanted = {
                id(box): mean(near.get(id(box), []), place[id(box)]) for box in column
            }
            column.sort(key=lambda box, wanted=wanted: wanted[id(box)])  # type: ignore[misc]
            place.update({id(box): at for at, box in enumerate(column)})


def _place(columns: list[list[_Box]]) -> None:
    heights = [
        sum(box.height for box in column) + _BETWEEN_BOXES * (len(column) - 1)
        for column in columns
    ]
    tallest, x = max(heights, default=0.0), 0.0
    for column, height in zip(columns, heights, strict=True):
        widest = max((box.least_width for box in column), default=0.0)
        y = (tallest - height) / 2.0
        for box in column:
            # What passes goes straight through, so that no edge lies behind a box.
            box.width = widest if box.line is None else box.least_width
            box.x, box.y = x + (widest - box.width) / 2.0, y
            box.column = x, x + widest
            y += box.height + _BETWEEN_BOXES
        x += widest + _BETWEEN_LAYERS


def _rows(line: Line) -> tuple[str, ...]:
    rows = [line.text] if line.text else []
    rows += [f"{each.name} = {each.text}" for each in line.inside]
    return tuple(map(_cut, shortened(rows, _MOST_ROWS)))


def _cut(text: str) -> str:
    return text if len(text) <= _MOST_CHARACTERS else f"{text[: _MOST_CHARACTERS - 1]}…"


def _curve(left: _Box, right: _Box) -> str:
    # Bends lie between the columns, where there are no boxes to cross.
    start, end = left.column[1], right.column[0]
    bend = (start + end) / 2.0
    return (
        f"M{left.x + left.width:.1f} {left.middle:.1f}H{start:.1f}"
        f"C{bend:.1f} {left.middle:.1f} {bend:.1f} {right.middle:.1f} "
        f"{end:.1f} {right.middle:.1f}H{right.x:.1f}"
    )


def _shape(box: _Box, line: Line) -> str:
    color = _COLORS[line.kind]
    look = f'fill="{color}" fill-opacity="0.14" stroke="{color}" stroke-width="1.5"'
    left = box.x + _PADDING
    words = "".join(
        f'<text x="{left:.1f}" y="{box.y + _ROW * (at + 2):.1f}">{html.escape(row)}</text>'
        for at, row in enumerate(box.rows)
    )
    full = "\n".join([f"{line.kind} {line.name}", line.text])
    full += "".join(f"\n{each.name} = {each.text}" for each in line.inside)
    return (
        f"<g><title>{html.escape(full)}</title>{_outline(box, line.kind, look)}"
        f'<text class="name" x="{left:.1f}" y="{box.y + _ROW:.1f}">'
        f"{html.escape(line.name)}</text>{words}</g>"
    )


def _outline(box: _Box, kind: str, look: str) -> str:
    x, y, w, h = box.x, box.y, box.width, box.height
    if kind in {"parameter", "output"}:
        nose = 8.0
        left = f"{x:.1f},{y + h / 2:.1f}" if kind == "parameter" else ""
        inset = nose if kind == "parameter" else 0.0
        corners = (
            f"{x + inset:.1f},{y:.1f} {x + w - nose:.1f},{y:.1f} {x + w:.1f},"
            f"{y + h / 2:.1f} {x + w - nose:.1f},{y + h:.1f} {x + inset:.1f},{y + h:.1f}"
        )
        return f'<polygon points="{corners} {left}" {look}/>'
    radius = min(h / 2.0, 16.0) if kind == "input" else 2.0
    size = f'x="{x:.1f}" y="{y:.1f}" width="{w:.1f}" height="{h:.1f}" rx="{radius:.1f}"'
    if kind != "loop":
        return f"<rect {size} {look}/>"
    inner = (
        f'x="{x + 3:.1f}" y="{y + 3:.1f}" width="{w - 6:.1f}" height="{h - 6:.1f}" rx="2"'
    )
    color = _COLORS[kind]
    return f'<rect {size} {look}/><rect {inner} fill="none" stroke="{color}"/>'
