"""Draws from a table: a quantile function cut at places that a float's bits tell.

The exponent of a uniform's tail says its octave, the first bits of its significand say the
segment there, and the others where in it: neither a logarithm nor a search is needed. Every
segment has a polynomial of degree 3, whose coefficients lie side by side.
"""

from dataclasses import dataclass

from mclib.expressions.dtypes import Type
from mclib.expressions.expression import Expression, lift
from mclib.expressions.machine import (
    bits,
    fma,
    from_bits,
    greater,
    lesser,
    load,
    shift_right_signed,
    table_of,
    truncate,
    where,
)
from mclib.expressions.nodes import Node, Table

N_OCTAVES = 63
"""Tables reach to tails of 2**-64; a float64 draw of an input is at least 2**-53."""

N_COEFFICIENTS = 4
SHIFT = 2
"""A row begins at its number moved up by so much."""

_LEAST = 2.0 ** -(N_OCTAVES + 1)


@dataclass(frozen=True, slots=True)
class Segments:
    """The payload of a draw from a table.

    Attributes
    ----------
    table : Table
        Coefficients of the segments' polynomials in the place, -1/2 to 1/2, lowest power
        first; the tail rises from segment to segment and within each. First all of the
        lower half, then all of the upper one.
    n_near : int
        Octaves next to the median that are cut more finely.
    near_bits, far_bits : int
        There are ``2**near_bits`` segments in each of those octaves, and ``2**far_bits`` in
        the others.
    """

    table: Table
    n_near: int
    near_bits: int
    far_bits: int

    @property
    def n_rows(self) -> int:
        """How many segments a half has."""
        return len(self.table) // (2 * N_COEFFICIENTS)

    def __repr__(self) -> str:
        return f"{2 * self.n_rows:,} segments"


@dataclass(frozen=True, slots=True)
class _Format:
    fraction_bits: int
    exponent_bias: int
    below_half: float


_FORMATS = {
    Type.FLOAT32: _Format(23, 127, 0.5 - 2.0**-25),
    Type.FLOAT64: _Format(52, 1023, 0.5 - 2.0**-54),
}


def tabulated(
    segments: Segments, tail: Expression, sign: Expression, *, is_drawn: bool
) -> Expression:
    """Return the quantile in a table.

    Parameters
    ----------
    segments : Segments
        The table.
    tail : Expression
        Probability from the nearer end. Below 2**-64 it gives the quantile there.
    sign : Expression
        An integer of the tail's width: its sign bit where it is the upper end.
    is_drawn : bool
        Whether `tail` is that of a draw, so that it is no NaN and in float64 below 1/2.
    """
    held = tail
    if not is_drawn or tail.type is Type.FLOAT32:
        held = lesser(greater(tail, lift(_LEAST, tail.type)), _below_half(tail.type))
    number, place = _segment(segments, held)
    upper = shift_right_signed(sign, 8 * tail.type.dtype.itemsize - 1) & segments.n_rows
    number = number + upper
    if number.type is Type.INT64:
        number = truncate(number)
    first = number << SHIFT
    table = table_of(segments.table.values, tail.type)
    total = load(table, first + (N_COEFFICIENTS - 1))
    for power in reversed(range(1, N_COEFFICIENTS - 1)):
        total = fma(total, place, load(table, first + power))
    total = fma(total, place, load(table, first))
    return total if is_drawn else where(tail == tail, total, tail)


def _below_half(type_: Type) -> Expression:
    return lift(_FORMATS[type_].below_half, type_)


def _segment(segments: Segments, tail: Expression) -> tuple[Expression, Expression]:
    """Return the number of a tail's segment, and the place in it."""
    n_far = N_OCTAVES - segments.n_near
    far, far_place = _within(tail, segments.far_bits)
    if not segments.n_near:
        return far, far_place
    near, place = _within(tail, segments.near_bits)
    # The near octaves' rows begin where the far ones end.
    near = near - ((n_far << segments.near_bits) - (n_far << segments.far_bits))
    is_near = tail >= 2.0 ** -(segments.n_near + 1)
    return where(is_near, near, far), where(is_near, place, far_place)


def _within(tail: Expression, n_bits: int) -> tuple[Expression, Expression]:
    """Return the segment, counted from 2**-64, if all octaves have ``2**n_bits``."""
    format_ = _FORMATS[tail.type]
    fraction_bits, word = format_.fraction_bits, bits(tail)
    first = (format_.exponent_bias - N_OCTAVES - 1) << n_bits
    number = (word >> (fraction_bits - n_bits)) - first
    fraction = (word << n_bits) & ((1 << fraction_bits) - 1)
    place = from_bits(fraction | (format_.exponent_bias << fraction_bits)) - 1.5
    return number, place


def row_of(load: Node) -> tuple[Node, int] | None:
    """Return where the row begins that a number is loaded from, and its place in the row.

    It is told by the form of the index, ``(r << 2) + place``; None for other loads. Engines
    may load a row at once, since the others of its numbers are there too.
    """
    if not load.type.is_float or len(load.payload) % N_COEFFICIENTS:
        return None
    index, place = load.args[0], 0
    if index.op.name == "add" and index.args[1].is_constant:
        index, place = index.args[0], int(index.args[1].payload)
    if index.op.name != "shift_left" or not index.args[1].is_constant:
        return None
    is_row = index.args[1].payload == SHIFT and place < N_COEFFICIENTS
    return (index, place) if is_row else None
