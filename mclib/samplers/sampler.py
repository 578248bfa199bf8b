"""What every sampler can do."""

from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import final

from mclib.expressions.dtypes import Type
from mclib.expressions.expression import Expression
from mclib.expressions.graph import Graph
from mclib.expressions.lowering import Position
from mclib.expressions.nodes import Node, node, topological
from mclib.expressions.philox import Draw
from mclib.statistics.blocks import BLOCK


@dataclass(frozen=True)
class Stream:
    """One source of uniforms in a graph.

    Attributes
    ----------
    name : str
        What it is called; its stream is the name's.
    n_steps : int
        Uniforms in each trial: 1 for an input, one for each step of a noise.
    dimension : int
        How many uniforms come before its first.
    block_bits : int
        No block's number has more bits.
    """

    name: str
    n_steps: int
    dimension: int
    block_bits: int = 29


class Sampler(ABC):
    """A rule that places uniforms. Subclasses are frozen dataclasses.

    Blocks of 1,024 trials belong to `n_replications` independent repetitions in turn;
    standard errors come from the differences between those.
    """

    @property
    @abstractmethod
    def n_replications(self) -> int:
        """How many independent repetitions there are; 0 if trials are independent."""

    @abstractmethod
    def input_draw(self, stream: Stream, position: Position, precision: Type) -> Draw:
        """Return the random bits of an input in the trial at a position."""

    @abstractmethod
    def noise_draw(
        self,
        stream: Stream,
        position: Position,
        four: Expression,
        place: Expression,
        precision: Type,
    ) -> Draw:
        """Return the random bits of a noise in step ``4 * four + place`` of a trial."""

    def check(self, streams: Iterable[Stream], n_trials: int) -> None:
        """Raise `ArgumentError` if the sampler can't place so much."""
        del streams, n_trials

    def __str__(self) -> str:
        return repr(self)

    @final
    def placed(self, graph: Graph, n_trials: int) -> Graph:
        """Return the same graph with uniforms that this sampler places."""
        streams = {each.name: each for each in streams_of(graph.roots)}
        self.check(streams.values(), n_trials)
        # In steps, so that a few more trials find the program compiled.
        bits = 5 + 8 * -(-max((n_trials // BLOCK).bit_length() - 5, 1) // 8)
        streams = {name: replace(each, block_bits=bits) for name, each in streams.items()}
        leaves: dict[Node, Node] = {}
        for each in topological(graph.roots):
            args = tuple(leaves[arg] for arg in each.args)
            payload = each.payload
            if each.op.name in {"tail", "side"}:
                payload = Placed(self, streams[payload])
            leaves[each] = node(each.op.name, *args, type_=each.type, payload=payload)
        return Graph(
            inputs={name: leaves[each] for name, each in graph.inputs.items()},
            outputs={name: leaves[each] for name, each in graph.outputs.items()},
            fixed=graph.fixed,
        )


@dataclass(frozen=True)
class Placed:
    """The payload of a uniform that a sampler places.

    Attributes
    ----------
    sampler : Sampler
        Who places it.
    stream : Stream
        Which uniform it is.
    """

    sampler: Sampler
    stream: Stream

    def input_draw(self, position: Position, precision: Type) -> Draw:
        """Return the bits of the trial at a position."""
        return self.sampler.input_draw(self.stream, position, precision)

    def noise_draw(
        self, position: Position, four: Expression, place: Expression, precision: Type
    ) -> Draw:
        """Return the bits of a step of the trial at a position."""
        return self.sampler.noise_draw(self.stream, position, four, place, precision)


def streams_of(roots: Iterable[Node]) -> list[Stream]:
    """Return the sources of uniforms below `roots`, in the order in which they are met."""
    lengths: dict[str, int] = {}
    for each in topological(roots):
        if each.op.name in {"tail", "side"}:
            n_steps = each.args[0].payload.n_steps if each.args else 1
            lengths[each.payload] = max(n_steps, lengths.get(each.payload, 0))
    streams, dimension = [], 0
    for name, n_steps in lengths.items():
        streams.append(Stream(name, n_steps, dimension))
        dimension += n_steps
    return streams
