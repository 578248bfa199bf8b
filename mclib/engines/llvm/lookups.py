"""Numbers looked up in tables, a place for each lane.

Of a table's row each lane's four numbers come by one load, and shuffles make vectors of
them: that takes a third of the time of a load for each number, or of a processor's gathers
(measured on a Zen 4).
"""

from collections.abc import Callable, Sequence
from typing import Protocol

from mclib.engines.llvm.operations import SCALAR
from mclib.expressions.dtypes import Type
from mclib.expressions.nodes import Node, Table
from mclib.expressions.tabulation import N_COEFFICIENTS, row_of

Emit = Callable[[str], str]
"""Writes an instruction and returns the name of its value."""

_GROUP = {Type.FLOAT64: 8, Type.FLOAT32: 16}
"""Lanes that are shuffled together: a vector of 512 bits."""

_PLACES = "%places_of_rows"


class Writer(Protocol):
    """Who writes the function: a `FunctionWriter`."""

    width: int
    allocations: list[str]

    def emit(self, text: str) -> str:
        """Write an instruction and return the name of its value."""

    def do(self, text: str) -> None:
        """Write an instruction that has no value."""

    def typed(self, each: Node) -> str:
        """Return the type and name of a node's value."""

    def vector(self, type_: Type) -> str:
        """Return the type of as many lanes as go together."""


class Lookups:
    """The loads from tables in one function.

    Parameters
    ----------
    writer : Writer
        Who writes the function.
    tables : list of Table
        Tables in the order of their pointers; new ones are appended.
    """

    def __init__(self, writer: Writer, tables: list[Table]) -> None:
        self.writer = writer
        self.tables = tables
        self._columns: dict[tuple[Table, Node], list[str]] = {}

    def load(self, each: Node) -> str:
        """Write what a `load` node means; return the name of its value."""
        row = row_of(each)
        if row is None or self.writer.width % _GROUP[each.type]:
            return self._elements(each)
        first, place = row
        key = (each.payload, first)
        if key not in self._columns:
            self._columns[key] = self._rows(each.payload, first)
        return self._columns[key][place]

    def _base(self, table: Table) -> str:
        if table not in self.tables:
            self.tables.append(table)
        place = self.tables.index(table)
        emit = self.writer.emit
        slot = emit(f"getelementptr ptr, ptr %tables, i64 {place}")
        return emit(f"load ptr, ptr {slot}, !invariant.load !0")

    def _elements(self, each: Node) -> str:
        writer, emit = self.writer, self.writer.emit
        base, wide = self._base(each.payload), writer.vector(Type.INT64)
        index = emit(f"zext {writer.typed(each.args[0])} to {wide}")
        scalar, kind = SCALAR[each.type], writer.vector(each.type)
        where = emit(f"getelementptr {scalar}, ptr {base}, {wide} {index}")
        made = f"{kind} poison"
        for lane in range(writer.width):
            pointer = emit(f"extractelement <{writer.width} x ptr> {where}, i64 {lane}")
            value = emit(f"load {scalar}, ptr {pointer}, !invariant.load !0")
            made = f"{kind} " + emit(f"insertelement {made}, {scalar} {value}, i64 {lane}")
        return made.rsplit(" ", 1)[1]

    def _rows(self, table: Table, first: Node) -> list[str]:
        """Load rows that begin at places; return the vectors of their numbers."""
        writer, emit, type_ = self.writer, self.writer.emit, table.type
        room = f"  {_PLACES} = alloca {writer.vector(Type.INT32)}, align 64"
        if room not in writer.allocations:
            writer.allocations.append(room)
        # By way of memory, which LLVM must not see through: it takes lanes out of a vector
        # by more instructions than it takes to load them.
        writer.do(f"store volatile {writer.typed(first)}, ptr {_PLACES}, align 64")
        base, pointers = self._base(table), []
        for lane in range(writer.width):
            slot = emit(f"getelementptr i32, ptr {_PLACES}, i64 {lane}")
            place = emit(f"load volatile i32, ptr {slot}")
            wide = emit(f"zext i32 {place} to i64")
            pointers.append(emit(f"getelementptr {SCALAR[type_]}, ptr {base}, i64 {wide}"))
        n = _GROUP[type_]
        groups = [
            _transposed(emit, pointers[start : start + n], type_)
            for start in range(0, writer.width, n)
        ]
        return [_joined(emit, parts, type_, n) for parts in zip(*groups, strict=True)]


def _transposed(emit: Emit, pointers: Sequence[str], type_: Type) -> list[str]:
    """Return four vectors of 512 bits, transposed by parts of 128 bits."""
    row = f"<{N_COEFFICIENTS} x {SCALAR[type_]}>"
    aligned = f"align {type_.dtype.itemsize}, !invariant.load !0"
    rows = [emit(f"load {row}, ptr {each}, {aligned}") for each in pointers]
    if type_ is Type.FLOAT64:
        return _transposed_doubles(emit, rows, type_)
    return _transposed_floats(emit, rows, type_)


def _transposed_doubles(emit: Emit, rows: Sequence[str], type_: Type) -> list[str]:
    # [r0 r2], [r1 r3], ...: a vector holds two rows, whose halves are of 128 bits.
    left, right, left_2, right_2 = (
        _joined(emit, (rows[a], rows[a + 2]), type_, 4) for a in (0, 1, 4, 5)
    )
    made = []
    for odd in (0, 1):
        pairs = [place + odd + other for place in range(0, 8, 2) for other in (0, 8)]
        near = _shuffled(emit, left, right, pairs, type_, 8)
        far = _shuffled(emit, left_2, right_2, pairs, type_, 8)
        for high in (0, 2):
            halves = [k + high for k in (0, 1, 4, 5, 8, 9, 12, 13)]
            made.append(_shuffled(emit, near, far, halves, type_, 8))
    a, c, b, d = made
    return [a, b, c, d]


def _transposed_floats(emit: Emit, rows: Sequence[str], type_: Type) -> list[str]:
    # [r0 r4 r8 r12], [r1 r5 r9 r13], ...: a vector holds four rows of 128 bits.
    vectors = []
    for first in range(4):
        halves = [
            _joined(emit, (rows[a], rows[a + 4]), type_, 4) for a in (first, first + 8)
        ]
        vectors.append(_joined(emit, halves, type_, 8))
    made = []
    for high in (0, 2):
        mixed = [k + high + other for k in range(0, 16, 4) for other in (0, 16, 1, 17)]
        left, right = (
            _shuffled(emit, vectors[a], vectors[a + 1], mixed, type_, 16) for a in (0, 2)
        )
        for place in (0, 2):
            both = [k + place + other for k in range(0, 16, 4) for other in (0, 1, 16, 17)]
            made.append(_shuffled(emit, left, right, both, type_, 16))
    return made


def _shuffled(
    emit: Emit, a: str, b: str, places: Sequence[int], type_: Type, width: int
) -> str:
    kind = f"<{width} x {SCALAR[type_]}>"
    mask = ", ".join(f"i32 {place}" for place in places)
    return emit(f"shufflevector {kind} {a}, {kind} {b}, <{len(places)} x i32> <{mask}>")


def _joined(emit: Emit, parts: Sequence[str], type_: Type, width: int) -> str:
    """Return vectors of a width one behind the other; their number is a power of two."""
    while len(parts) > 1:
        parts = [
            _shuffled(emit, parts[k], parts[k + 1], range(2 * width), type_, width)
            for k in range(0, len(parts), 2)
        ]
        width *= 2
    return parts[0]
