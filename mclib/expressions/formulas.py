"""A graph as formulas: one line for each thing that has a name.

Formulas are folded into each other where they are short and used once, so that a graph
reads like the function it was traced from. Names of inputs, parameters and outputs are the
analyst's; what else must be named is called v1, v2, ..., loops loop1, loop2, ..., and what
they carry s1, s2, ...
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mclib.expressions.nodes import TRIAL, Node, Table, topological

if TYPE_CHECKING:
    from mclib.expressions.graph import Graph

LONGEST = 64
"""Characters of a formula, beyond which its longest part gets a line of its own."""

MOST_LINES = 100
"""Lines that a text shows; what is left out is counted."""

_INFIX = {
    "logical_or": (" or ", 1),
    "logical_xor": (" xor ", 1),
    "logical_and": (" and ", 2),
    "less": (" < ", 4),
    "less_equal": (" <= ", 4),
    "equal": (" == ", 4),
    "add": (" + ", 5),
    "subtract": (" - ", 5),
    "multiply": (" * ", 6),
    "divide": (" / ", 6),
    "remainder": (" % ", 6),
    "power": (" ** ", 8),
}
_PREFIX = {"logical_not": ("not ", 3), "negative": ("-", 7)}
_ATOM = 9

# As `mc` and NumPy call what the op table calls otherwise.
_NAMES = {
    "square_root": "sqrt",
    "ceiling": "ceil",
    "truncated": "trunc",
    "rounded": "rint",
    "fused_multiply_add": "fma",
}
_NEVER_NAMED = frozenset({"constant", "parameter", "argument", "state", "step", "formal"})
_OF_A_DRAW = frozenset({"tail", "side"})


@dataclass(frozen=True)
class Line:
    """One thing with a name.

    Attributes
    ----------
    name : str
        Its name.
    kind : str
        ``input``, ``parameter``, ``formula``, ``loop`` or ``output``.
    text : str
        What it is: a formula, or words.
    needs : tuple of str
        Names of the lines that the formula mentions, in order.
    inside : tuple of Line
        What a loop does in each step.
    """

    name: str
    kind: str
    text: str
    needs: tuple[str, ...] = ()
    inside: tuple["Line", ...] = ()


@dataclass(frozen=True)
class _Piece:
    """A formula on its way into a line: how tightly it binds, and what it mentions."""

    text: str
    binding: int = _ATOM
    needs: tuple[str, ...] = ()

    def within(self, binding: int) -> str:
        return self.text if self.binding >= binding else f"({self.text})"


@dataclass
class _Page:
    """Lines so far, those of loops that aren't complete apart."""

    inputs: Mapping[Node, str]
    names: dict[Node, str]
    uses: Counter[Node]
    taken: frozenset[str]
    done: list[Line] = field(default_factory=list)
    waiting: dict[int, list[Line]] = field(default_factory=dict)
    pieces: dict[Node, _Piece] = field(default_factory=dict)
    loops: dict[int, str] = field(default_factory=dict)
    states: dict[tuple[int, int], str] = field(default_factory=dict)
    made: Counter[str] = field(default_factory=Counter)

    def write(self, line: Line, scope: Iterable[int]) -> None:
        """Put a line where it belongs: into the innermost loop that it depends on."""
        around = [each for each in scope if each > TRIAL]
        (self.waiting.setdefault(max(around), []) if around else self.done).append(line)

    def loop_name(self, identity: int) -> str:
        if identity not in self.loops:
            self.loops[identity] = self.fresh("loop")
        return self.loops[identity]

    def state_name(self, identity: int, place: int) -> str:
        if (identity, place) not in self.states:
            self.states[identity, place] = self.fresh("s")
        return self.states[identity, place]

    def fresh(self, letter: str) -> str:
        """Return a letter and the next number, if the analyst has no such name."""
        self.made[letter] += 1
        name = f"{letter}{self.made[letter]}"
        return self.fresh(letter) if name in self.taken else name

    def give_name(self, each: Node) -> None:
        """Write a node as a line of its own and mention it by its name from now on."""
        piece = self.pieces[each]
        name = self.names.get(each) or self.fresh("v")
        kind = "output" if each in self.names else "formula"
        self.write(Line(name, kind, piece.text, piece.needs), each.scope)
        self.pieces[each] = _Piece(name, needs=(name,))


def lines_of(graph: "Graph", notes: Mapping[str, str] | None = None) -> list[Line]:
    """Return a graph as lines, each after those that it mentions.

    Parameters
    ----------
    graph : Graph
        A traced model.
    notes : mapping of str to str, optional
        What to say about inputs and parameters, by name: a distribution, a number.

    Returns
    -------
    list of Line
        Inputs, parameters, then formulas and outputs.
    """
    notes = notes or {}
    inputs = {each: name for name, each in graph.inputs.items()}
    names: dict[Node, str] = {}
    for name, each in graph.outputs.items():
        if each not in inputs and each.op.name not in _NEVER_NAMED:
            names.setdefault(each, name)
    order = list(topological(graph.outputs.values(), known=inputs))
    uses = Counter(arg for each in order if each not in inputs for arg in each.args)
    parameters = [each.payload for each in order if each.op.name == "parameter"]
    taken = frozenset({*graph.inputs, *graph.outputs, *parameters})
    page = _Page(inputs, names, uses, taken)
    for each in order:
        _take(page, each)
    for name, each in graph.outputs.items():
        if names.get(each) != name:
            piece = page.pieces[each]
            page.write(Line(name, "output", piece.text, piece.needs), ())
    heads = [
        Line(name, "input", notes.get(name, _shape(name, each)))
        for name, each in graph.inputs.items()
    ]
    heads += [Line(name, "parameter", notes.get(name, "")) for name in parameters]
    return [*heads, *page.done]


def shortened(lines: list[str], most: int = MOST_LINES) -> list[str]:
    """Return the first of so many lines, and how many there are besides."""
    if len(lines) <= most:
        return lines
    return [*lines[:most], f"... and {len(lines) - most:,} more lines"]


def _shape(name: str, draw: Node) -> str:
    """Name the parameters that shape an input, where nothing better is known."""
    own = [each.payload for each in topological([draw]) if each.op.name == "parameter"]
    words = ", ".join(each.removeprefix(f"{name}.") for each in own)
    return f"a draw shaped by {words}" if words else "a draw"


def _take(page: _Page, each: Node) -> None:
    """Turn a node whose arguments are done into a piece, or into lines."""
    if each in page.inputs:
        page.pieces[each] = _Piece(page.inputs[each], needs=(page.inputs[each],))
        return
    if each.op.name == "loop":
        _take_loop(page, each)
        return
    page.pieces[each] = _fold(page, each)
    while len(page.pieces[each].text) > LONGEST and _split(page, each):
        page.pieces[each] = _fold(page, each)
    is_atom = page.pieces[each].binding == _ATOM and len(page.pieces[each].needs) <= 1
    is_short = is_atom and "(" not in page.pieces[each].text
    is_shared = page.uses[each] > 1 and each.op.name not in _NEVER_NAMED | _OF_A_DRAW
    if each in page.names or (is_shared and not is_short):
        page.give_name(each)


def _split(page: _Page, each: Node) -> bool:
    """Give the longest part of a formula a line of its own; tell whether there was one."""
    parts = [arg for arg in each.args if len(page.pieces[arg].text) > LONGEST // 4]
    parts = [arg for arg in parts if arg.op.name not in _NEVER_NAMED | _OF_A_DRAW]
    if not parts:
        return False
    page.give_name(max(parts, key=lambda arg: len(page.pieces[arg].text)))
    return True


def _take_loop(page: _Page, each: Node) -> None:
    loop, name = each.payload, page.loop_name(each.payload.identity)
    inside = page.waiting.pop(loop.identity, [])
    needs = [need for line in inside for need in line.needs]
    for place in range(loop.n_states):
        start = page.pieces[each.args[place]]
        following = page.pieces[each.args[loop.n_states + place]]
        carried = page.state_name(loop.identity, place)
        both = (*start.needs, *following.needs)
        inside.append(Line(carried, "state", f"{start.text}, then {following.text}", both))
        needs += both
    own = {line.name for line in inside}
    outer = tuple(dict.fromkeys(need for need in needs if need not in own))
    steps = "1 step" if loop.n_steps == 1 else f"{loop.n_steps:,} steps"
    if loop.ends_early:
        steps = f"at most {steps}, while {page.state_name(loop.identity, place)}"
    page.write(Line(name, "loop", steps, outer, tuple(inside)), each.scope)
    page.pieces[each] = _Piece(name, needs=(name,))


def _fold(page: _Page, each: Node) -> _Piece:
    """Return the formula of a node, its arguments put in where they belong."""
    op = each.op.name
    args = [page.pieces[arg] for arg in each.args]
    needs = tuple(dict.fromkeys(need for arg in args for need in arg.needs))
    drawn = _draw(each)
    if drawn is not None:
        return _Piece(drawn)
    if op in _INFIX:
        sign, binding = _INFIX[op]
        # `a - (b - c)` needs its brackets, `(a ** b) ** c` those on the left.
        left, right = (binding + 1, binding) if op == "power" else (binding, binding + 1)
        text = f"{args[0].within(left)}{sign}{args[1].within(right)}"
        return _Piece(text, binding, needs)
    if op in _PREFIX:
        sign, binding = _PREFIX[op]
        return _Piece(f"{sign}{args[0].within(binding)}", binding, needs)
    if op == "fused_multiply_add":
        text = f"{args[0].within(6)} * {args[1].within(7)} + {args[2].within(6)}"
        return _Piece(text, 5, needs)
    return _leaf(page, each) or _Piece(_call(each, args), needs=needs)


def _call(each: Node, args: list[_Piece]) -> str:
    words = [arg.text for arg in args]
    if isinstance(each.payload, Table):
        words.insert(0, f"table of {len(each.payload):,}")
    name = each.op.name
    called = repr(each.payload) if name == "call" else _NAMES.get(name, name)
    return f"{called}({', '.join(words)})"


def _leaf(page: _Page, each: Node) -> _Piece | None:
    """Return the piece of a node that isn't made of others, or None."""
    payload = each.payload
    match each.op.name:
        case "constant":
            text = str(payload).lower() if isinstance(payload, bool) else f"{payload:.6g}"
            return _Piece(text, 7 if text.startswith("-") else _ATOM)
        case "parameter":
            return _Piece(payload, needs=(payload,))
        case "state":
            return _Piece(page.state_name(*payload))
        case "step":
            return _Piece(f"step of {page.loop_name(payload.identity)}")
        case "result" if each.args[0].op.name == "loop":
            loop = page.loop_name(each.args[0].payload.identity)
            carried = page.state_name(each.args[0].payload.identity, payload)
            return _Piece(f"{loop}.{carried}", needs=(loop,))
        case _:
            return None


def _draw(each: Node) -> str | None:
    """Return what a draw's parts are together, such as ``normal(noise)``, or None."""
    args = each.args
    match [each.op.name, *(arg.op.name for arg in args)]:
        case ["tail" | "side" as op, *_]:
            return f"{op}({each.payload})"
        case ["normal_quantile", "tail", "side"]:
            return f"normal({args[0].payload})"
        case ["where", "side", "subtract", "tail"] if args[1].args[1] is args[2]:
            return f"uniform({args[2].payload})"
        case _:
            return None
