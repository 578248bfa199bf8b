"""Draws as expressions: the contract of `mclib.streams`, written over the op layer."""

import functools
from collections.abc import Iterator
from dataclasses import dataclass

from mclib import streams
from mclib.expressions.dtypes import Type
from mclib.expressions.expression import Expression, apply, lift
from mclib.expressions.machine import (
    bits,
    fma,
    from_bits,
    shift_right_signed,
    to_float,
    truncate,
    zero_extend,
)
from mclib.expressions.nodes import Subroutine, node
from mclib.expressions.subroutines import call, subroutine

Words = tuple[Expression, Expression, Expression, Expression]

_LOW_32 = 0xFFFFFFFF


def seed_words() -> tuple[Expression, Expression]:
    """Return the seed's two words, which every run supplies as named arguments."""
    low, high = (
        zero_extend(Expression(node("argument", type_=Type.INT32, payload=name)))
        for name in ("seed low", "seed high")
    )
    return low, high


def philox(counter: Words, key: tuple[Expression, Expression]) -> Iterator[Words]:
    """Yield the words of four counters after each round of Philox4x32-10.

    Words are int64 of which only the low half counts: two 32-bit numbers then multiply
    without being widened first, which is what the processors' vectors are best at.
    """
    c0, c1, c2, c3 = counter
    k0, k1 = key
    for turn in range(streams.N_ROUNDS):
        if turn:
            k0, k1 = k0 + streams.WEYL[0], k1 + streams.WEYL[1]
        p0 = (c0 & _LOW_32) * streams.MULTIPLIERS[0]
        p1 = (c2 & _LOW_32) * streams.MULTIPLIERS[1]
        c0, c1 = (p1 >> 32) ^ c1 ^ k0, p1
        c2, c3 = (p0 >> 32) ^ c3 ^ k1, p0
        yield c0, c1, c2, c3


def _words(*counter: Expression) -> tuple[Expression, ...]:
    """Return four draws' high words as int32: all that a float32 needs."""
    *_, words = philox(_four(counter), seed_words())
    return tuple(truncate(word) for word in words)


def _double_words(*counter: Expression) -> tuple[Expression, ...]:
    """Return four draws' high and low words joined to int64, for float64."""
    rounds = list(philox(_four(counter), seed_words()))
    high, low = rounds[streams.N_ROUNDS - 1], rounds[streams.N_ROUNDS_LOW - 1]
    return tuple((a << 32) | (b & _LOW_32) for a, b in zip(high, low, strict=True))


def _four(counter: tuple[Expression, ...]) -> Words:
    c0, c1, c2, c3 = counter
    return c0, c1, c2, c3


@functools.cache
def words_routine(precision: Type) -> Subroutine:
    """Return what makes four draws' words of a counter, as a precision needs them."""
    counter = [Type.INT64] * 4
    if precision is Type.FLOAT32:
        return subroutine("philox", counter, _words)
    return subroutine("philox_double", counter, _double_words)


@dataclass(frozen=True)
class Draw:
    """The random bits behind one uniform: int32 for a float32, int64 for a float64."""

    bits: Expression

    def side(self) -> Expression:
        """Return whether the uniform lies in the upper half."""
        return self.bits < 0

    def sign(self) -> Expression:
        """Return the sign bit alone, which is set where the uniform is above 1/2."""
        return self.bits & (1 << (31 if self.bits.type is Type.INT32 else 63))

    def tail(self) -> Expression:
        """Return the distance of the uniform from the nearer end, in (0, 1/2]."""
        if self.bits.type is Type.INT32:
            folded = self.bits ^ shift_right_signed(self.bits, 31)
            return fma(to_float(folded, Type.FLOAT32), 2.0**-32, 2.0**-33)
        folded = (self.bits ^ shift_right_signed(self.bits, 63)) >> 12
        # With the exponent of 2**52 the integer becomes a float; what follows is exact.
        number = from_bits(folded | bits(lift(2.0**52, Type.FLOAT64)))
        return fma(number, 2.0**-52, 2.0**-53 - 1.0)


def input_draw(stream: int, quarter: Expression, row: Expression, precision: Type) -> Draw:
    """Return the draw of trial ``4 * quarter + row`` (int64, int32) of an input."""
    counter = (quarter, quarter >> 32, lift(0, Type.INT64), lift(stream, Type.INT64))
    return Draw(apply("pick", row, *call(words_routine(precision), *counter)))


def noise_draw(
    stream: int, trial: Expression, four: Expression, place: Expression, precision: Type
) -> Draw:
    """Return a noise's draw in step ``4 * four + place`` (int32) of a trial (int64)."""
    counter = (trial, trial >> 32, zero_extend(four), lift(stream, Type.INT64))
    return Draw(apply("pick", place, *call(words_routine(precision), *counter)))
