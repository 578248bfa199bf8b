"""Random words that samplers share: four draws at once, keys, and mixing."""

from mclib import streams
from mclib.expressions import philox
from mclib.expressions.dtypes import Type
from mclib.expressions.expression import Expression, lift
from mclib.expressions.machine import truncate, zero_extend
from mclib.expressions.philox import Draw
from mclib.expressions.subroutines import call

KEY_TAG = 1 << 31
"""Set in the third word of a counter, where draws have steps below 2**29."""


def four_draws(
    counter: Expression, third: Expression, name: str, precision: Type
) -> tuple[Expression, ...]:
    """Return the bits of four draws of a stream, for a 64-bit and a 32-bit counter."""
    stream = lift(streams.stream_of(name), Type.INT64)
    routine = philox.words_routine(precision)
    return call(routine, counter, counter >> 32, third, stream)


def key(counter: Expression, name: str, precision: Type) -> Expression:
    """Return a random word (int32) of a stream: the same in either precision.

    Parameters
    ----------
    counter : Expression
        What has one key: a block, a replication (int64).
    """
    word, *_ = four_draws(counter, lift(KEY_TAG, Type.INT64), name, precision)
    return truncate(word >> 32) if precision is Type.FLOAT64 else word


def key_of_step(own: Expression, step: Expression) -> Expression:
    """Return a key for a step (int32) of a noise, from that of its stream."""
    return mixed(own + step * 0x9E3779B9)


def widened(high: Expression, low: Expression) -> Expression:
    """Return an int64 of two int32."""
    return (zero_extend(high) << 32) | zero_extend(low)


def mixed(x: Expression) -> Expression:
    """Return an int32 whose every bit depends on all bits of another, one to one.

    References
    ----------
    .. [1] C. Wellons, "Prospecting for hash functions", 2018 (its "lowbias32").
    """
    x = (x ^ (x >> 16)) * 0x7FEB352D
    x = (x ^ (x >> 15)) * 0x846CA68B
    return x ^ (x >> 16)


def stratified(draw: Expression, stratum: Expression, n_bits: int, precision: Type) -> Draw:
    """Return a draw within one of ``2**n_bits`` strata of equal size (int32)."""
    if precision is Type.FLOAT32:
        return Draw((stratum << (32 - n_bits)) | (draw >> n_bits))
    return Draw((zero_extend(stratum) << (64 - n_bits)) | (draw >> n_bits))
