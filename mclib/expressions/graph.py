"""What a model becomes: inputs, parameters and outputs as nodes."""

import dataclasses
import functools
import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from mclib.errors import TraceError
from mclib.expressions.nodes import Loop, Node, Subroutine, Table, topological
from mclib.expressions.tabulation import Segments
from mclib.streams import stream_of


@dataclass(frozen=True)
class Graph:
    """A traced model.

    Attributes
    ----------
    inputs : mapping of str to Node
        The draw of each input.
    outputs : mapping of str to Node
        What the model returns, by name.
    fixed : mapping of str to float
        Parameters that the model's control flow looked at, and what they were: the graph
        holds for these values only.
    """

    inputs: Mapping[str, Node]
    outputs: Mapping[str, Node]
    fixed: Mapping[str, float]

    @property
    def roots(self) -> tuple[Node, ...]:
        """All inputs and outputs."""
        return (*self.inputs.values(), *self.outputs.values())

    def __repr__(self) -> str:
        from mclib.expressions.display import summary_of

        return f"<Graph {summary_of(self)}>"

    def __str__(self) -> str:
        from mclib.expressions.display import text_of

        return text_of(self)

    def _repr_html_(self) -> str:
        from mclib.expressions.display import html_of

        return html_of(self)

    def digest(self) -> str:
        """Return a hash of names and formulas; the same on every machine."""
        return self._digest

    @functools.cached_property
    def _digest(self) -> str:
        text = hashlib.sha256()
        text.update(repr((list(self.inputs), list(self.outputs))).encode())
        describe(self.roots, text.update)
        return text.hexdigest()


def describe(roots: Sequence[Node], write: Callable[[bytes], None]) -> None:
    """Write a line for each node below `roots`; equal graphs give equal lines."""
    numbers: dict[Node, int] = {}
    loops: dict[int, int] = {}
    for each in topological(roots):
        numbers[each] = len(numbers)
        payload = each.payload
        if isinstance(payload, Loop):
            number = loops.setdefault(payload.identity, len(loops))
            end = ("ends early",) if payload.ends_early else ()
            payload = (number, payload.n_steps, payload.n_states, *end)
        elif isinstance(payload, Subroutine):
            describe(payload.results, write)
            payload = payload.name
        elif each.op.name == "state":
            payload = (loops.setdefault(payload[0], len(loops)), payload[1])
        elif isinstance(payload, Table):
            payload = _content(payload)
        elif isinstance(payload, Segments):
            cuts = (payload.n_near, payload.near_bits, payload.far_bits)
            payload = (_content(payload.table), *cuts)
        elif isinstance(payload, float):
            payload = payload.hex()
        elif dataclasses.is_dataclass(payload):
            # Its words may leave out what tells it from another.
            message = f"a hash must take all of a {type(payload).__name__}; got {payload}."
            raise TypeError(message)
        args = ",".join(str(numbers[arg]) for arg in each.args)
        write(f"{each.op.name}|{each.type.value}|{payload}|{args}\n".encode())
    wanted = ",".join(str(numbers[root]) for root in roots)
    write(f"roots|{wanted}\n".encode())


def _content(table: Table) -> str:
    return hashlib.sha256(table.data).hexdigest()


def check_streams(roots: Iterable[Node]) -> None:
    """Refuse two sources of randomness that would draw the same numbers.

    Raises
    ------
    TraceError
        If two noises, or a noise and an input, have one name, or two names one stream.
    """
    users: dict[str, set[int]] = {}
    for each in topological(roots):
        if each.op.name == "tail":
            loop = each.args[0].payload.identity if each.args else 0
            users.setdefault(each.payload, set()).add(loop)
    streams: dict[int, str] = {}
    for name, loops in users.items():
        if len(loops) > 1:
            message = (
                "each source of randomness must have a name of its own; "
                f"{len(loops)} are called {name!r} and would draw the same numbers.\n"
                'hint: name them, as in `mc.scan(..., noise={"demand": mc.Normal()})`.'
            )
            raise TraceError(message)
        other = streams.setdefault(stream_of(name), name)
        if other != name:
            message = (
                f"names must have different streams; {other!r} and {name!r} both have "
                f"stream {stream_of(name):#010x}.\nhint: rename one of them."
            )
            raise TraceError(message)
