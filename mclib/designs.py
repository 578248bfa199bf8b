"""Designs: a model evaluated several times in each trial, some of its draws exchanged.

Each evaluation is the same graph over other leaves, and all stand in one graph: what they
share is computed once, no engine knows of it, and nothing is stored.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from mclib.expressions.expression import Expression
from mclib.expressions.graph import Graph
from mclib.expressions.loops import uniform
from mclib.expressions.nodes import Loop, Node, new_loop_identity, node, topological
from mclib.expressions.probability import Probability
from mclib.expressions.tracing import named_outputs
from mclib.streams import stream_of

Moved = Callable[[Probability], Probability]
"""From a uniform to the one that stands in its place."""

Names = Mapping[str, str | Moved]
"""From a stream to the one drawn from in its place, or to how its draws are moved."""

Outputs = Mapping[str, Any]
"""What one evaluation gives, by output: expressions, or arrays."""


@dataclass(frozen=True, eq=False)
class Design:
    """Several evaluations of a model, and what is made of them in each trial.

    Attributes
    ----------
    evaluations : tuple of mapping of str to str or callable
        For each evaluation, the streams that others stand in for, or whose draws move.
    combined : callable
        From the outputs of all evaluations to the outputs of the design, by name. It uses
        operators only, so that expressions and arrays will do.
    graphs : tuple of Graph, optional
        For each evaluation, a graph of the same model in place of the run's own.
    beside : mapping of str to Node, optional
        What `combined` needs besides; it stands behind the outputs of the evaluations.
    """

    evaluations: tuple[Names, ...]
    combined: Callable[[Sequence[Outputs]], Mapping[str, Any]]
    graphs: tuple[Graph, ...] = ()
    beside: Mapping[str, Node] = field(default_factory=dict)

    def of_graph(self, graph: Graph) -> Graph:
        """Return a graph of the same inputs, whose outputs are those of the design."""
        outputs = [
            {name: Expression(each) for name, each in redrawn(own.outputs, names).items()}
            for own, names in self._each(graph)
        ]
        if self.beside:
            outputs.append({name: Expression(each) for name, each in self.beside.items()})
        combined = {name: each.node for name, each in self.combined(outputs).items()}
        return Graph(graph.inputs, combined, graph.fixed)

    def of_function(
        self, function: Callable[..., Any], name: str, graph: Graph
    ) -> tuple[Callable[..., Mapping[str, Any]], Graph]:
        """Return what calls a function once for each evaluation, and a graph of its draws.

        Parameters
        ----------
        function : callable
            It is called with arrays.
        name : str
            What the model is called.
        graph : Graph
            Of its inputs.
        """
        columns: dict[Node, str] = {}
        wanted = []
        for number, (own, names) in enumerate(self._each(graph)):
            named = redrawn(own.inputs, names)
            for key, each in named.items():
                columns.setdefault(each, f"{key}, {number}" if number else key)
            wanted.append({key: columns[each] for key, each in named.items()})
        inputs = {column: each for each, column in columns.items()}
        # No input has a comma in its name.
        inputs |= {f"{key}, beside": each for key, each in self.beside.items()}

        def called(**given: Any) -> Mapping[str, Any]:
            constants = {key: value for key, value in given.items() if key not in inputs}
            outputs = []
            for columns_of in wanted:
                draws = {key: given[column] for key, column in columns_of.items()}
                returned = named_outputs(function(**draws, **constants), name)
                # Booleans have no difference; times one they are numbers.
                outputs.append({key: 1.0 * value for key, value in returned.items()})
            if self.beside:
                outputs.append({key: given[f"{key}, beside"] for key in self.beside})
            return self.combined(outputs)

        return called, Graph(inputs, inputs, graph.fixed)

    def _each(self, graph: Graph) -> Iterable[tuple[Graph, Names]]:
        return zip(
            self.graphs or (graph,) * len(self.evaluations), self.evaluations, strict=True
        )


def again(streams: Iterable[str]) -> dict[str, str]:
    """Return for each stream the name of another one, in which all is drawn once more."""
    names = list(streams)
    taken = {stream_of(name) for name in names}
    others = {}
    for name in names:
        other = f"{name}, again"
        while stream_of(other) in taken:
            other = f"{other}, again"
        taken.add(stream_of(other))
        others[name] = other
    return others


def redrawn(roots: Mapping[str, Node], names: Names) -> dict[str, Node]:
    """Return `roots` over streams of other names, or over draws that are moved."""
    order = list(topological(roots.values()))
    # A loop that starts or steps otherwise is another one, with its own placeholders.
    loops = {loop: new_loop_identity() for loop in _changed_loops(order, names)}
    copies: dict[Node, Node] = {}
    for each in order:
        args = tuple(copies[arg] for arg in each.args)
        moved = names.get(each.payload) if each.op.name in {"tail", "side"} else None
        if callable(moved):
            there = moved(uniform(each.payload, *args))
            copies[each] = (there.tail if each.op.name == "tail" else there.side).node
            continue
        payload = _payload(each, names, loops)
        copies[each] = node(each.op.name, *args, type_=each.type, payload=payload)
    return {name: copies[root] for name, root in roots.items()}


def _payload(each: Node, names: Names, loops: Mapping[int, int]) -> Any:
    payload = each.payload
    if each.op.name in {"tail", "side"}:
        return names.get(payload, payload)
    if isinstance(payload, Loop):
        return replace(payload, identity=loops.get(payload.identity, payload.identity))
    if each.op.name == "state":
        return loops.get(payload[0], payload[0]), payload[1]
    return payload


def _changed_loops(order: Sequence[Node], names: Names) -> set[int]:
    """Return the loops that depend on a renamed stream, by whatever way."""
    loops: set[int] = set()
    while True:
        changed: set[Node] = set()
        for each in order:
            is_leaf = each.op.name in {"tail", "side"} and each.payload in names
            inside = each.op.name in {"step", "state"} and each.scope & loops
            if is_leaf or inside or not changed.isdisjoint(each.args):
                changed.add(each)
        found = {each.payload.identity for each in changed if each.op.name == "loop"}
        if found <= loops:
            return loops
        loops |= found
