"""Halton sequences, their digits scrambled anew in each replication."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, final

import numpy as np

from mclib.errors import law
from mclib.expressions.dtypes import Type
from mclib.expressions.expression import Expression, lift
from mclib.expressions.lowering import Position
from mclib.expressions.machine import load, table_of, truncate, zero_extend
from mclib.expressions.philox import Draw
from mclib.samplers.sampler import Sampler, Stream
from mclib.samplers.words import key, key_of_step

MOST_DIMENSIONS = 1_000

_INDEX_BITS = 31
_LARGEST_PRIME = 7_919
_LOW_32 = 0xFFFFFFFF


@final
@dataclass(frozen=True)
class HaltonSequence(Sampler):
    """Points whose coordinates count in different prime bases, digits in reverse.

    They cover all inputs together evenly for any number of trials, where a `SobolSequence`
    wants a power of two. Sobol' points have the smaller errors as a rule, and take less
    time.

    Parameters
    ----------
    n_replications : int, default 16
        2, 4, 8, 16 or 32 independent scrambles, which share the trials. Standard errors
        come from the differences between them.

    Raises
    ------
    ArgumentError
        If `n_replications` is another number, the model has more than 1,000 dimensions (an
        input is one, a noise one for each step), or a replication more than 2**31 trials.

    Notes
    -----
    Digit d of base p becomes ``(a d + b) mod p``, with a and b drawn for each digit, input
    and replication: each uniform is exactly one, and the bases of later inputs lose the
    pattern that they have together [2]_. Remainders are taken by multiplication, in
    integers of 64 bits, which are the same on every engine.

    References
    ----------
    .. [1] J. H. Halton, "On the efficiency of certain quasi-random sequences of points",
       Numerische Mathematik 2 (1960) 84-90.
    .. [2] A. B. Owen, "A randomized Halton algorithm in R", arXiv:1706.02808, 2017.

    Examples
    --------
    >>> import mclib as mc
    >>> @mc.model
    ... def product(a=mc.Uniform(1, 2), b=mc.Uniform(0, 1), c=mc.Uniform(0, 1)):
    ...     return {"y": a * b * c}
    >>> result = mc.simulate(product, 65_536, seed=1, sampler=HaltonSequence())
    >>> result.efficiency["y"] > 100
    True
    """

    n_replications: int = 16

    def __post_init__(self) -> None:
        if self.n_replications not in (2, 4, 8, 16, 32):
            raise law("n_replications", "be 2, 4, 8, 16 or 32", self.n_replications)

    def check(self, streams: Iterable[Stream], n_trials: int) -> None:
        """Raise if there are too many dimensions or trials."""
        n_dimensions = sum(each.n_steps for each in streams)
        if n_dimensions > MOST_DIMENSIONS:
            must = f"have at most {MOST_DIMENSIONS:,} dimensions for a `HaltonSequence`"
            hint = "write `sampler=mc.SobolSequence()`, which has up to 21,201."
            raise law("model", must, n_dimensions, hint)
        most = self.n_replications << _INDEX_BITS
        if n_trials > most:
            raise law("n_trials", f"be at most {most:,} for a `HaltonSequence`", n_trials)

    def input_draw(self, stream: Stream, position: Position, precision: Type) -> Draw:
        """Return the scrambled coordinate of the trial's point."""
        base = _bases()[stream.dimension]
        numbers = [lift(each, Type.INT64) for each in base.numbers(base.n_digits)]
        own = self._key(stream, position, precision)
        return self._draw(stream, position, own, numbers, base, precision)

    def noise_draw(
        self,
        stream: Stream,
        position: Position,
        four: Expression,
        place: Expression,
        precision: Type,
    ) -> Draw:
        """Return the scrambled coordinate of a step."""
        step = four * 4 + place
        bases = _bases()[stream.dimension : stream.dimension + stream.n_steps]
        # The steps of the last four beyond the last are drawn, and nobody looks at them.
        bases = (*bases, *bases[:1] * (-stream.n_steps % 4))
        n_digits = bases[0].n_digits
        rows = np.array([each.numbers(n_digits) for each in bases], np.uint64)
        numbers = [load(table_of(row, Type.INT64), step) for row in rows.T]
        own = key_of_step(self._key(stream, position, precision), step)
        return self._draw(stream, position, own, numbers, bases[0], precision)

    def _key(self, stream: Stream, position: Position, precision: Type) -> Expression:
        return key(position.block & (self.n_replications - 1), stream.name, precision)

    def _draw(
        self,
        stream: Stream,
        position: Position,
        own: Expression,
        numbers: Sequence[Expression],
        smallest: "_Base",
        precision: Type,
    ) -> Draw:
        """Return the reversed digits of the point's number, scrambled.

        Parameters
        ----------
        stream, position, precision
            As for `input_draw`.
        own : Expression
            A key (int32) that decides the scramble.
        numbers : sequence of Expression
            What `_Base.numbers` holds.
        smallest : _Base
            No base of the stream has more digits.
        """
        p, factor, shift, last, *weights = numbers
        own_bits = self.n_replications.bit_length() - 1
        rest = (position.block >> own_bits) << 10
        rest = rest | zero_extend((position.place << 2) | position.row)
        n_bits = min(_INDEX_BITS, stream.block_bits + 10 - own_bits)
        n_used = smallest.n_digits_of(n_bits)
        x = (_word(own, 0) * last) >> 32
        for k, weight in enumerate(weights):
            digit = (_word(own, 2 * k + 1) * p) >> 32
            if k < n_used:
                quotient = ((rest & _LOW_32) * factor) >> shift
                multiplier = 1 + ((_word(own, 2 * k + 2) * (p - 1)) >> 32)
                digit = digit + multiplier * (rest - quotient * p)
                digit = digit - (((digit & _LOW_32) * factor) >> shift) * p
                rest = quotient
            x = x + digit * weight
        return Draw(truncate(x >> 32) if precision is Type.FLOAT32 else x)


def _word(own: Expression, number: int) -> Expression:
    """Return a random word of 32 bits, as int64."""
    return zero_extend(key_of_step(own, lift(number, Type.INT32)))


@dataclass(frozen=True)
class _Base:
    """A prime that coordinates count in."""

    prime: int

    @property
    def n_digits(self) -> int:
        """Digits that tell 2**32 points from each other."""
        return self.n_digits_of(32)

    def n_digits_of(self, n_bits: int) -> int:
        """Return how many digits numbers of so many bits have."""
        n_digits = 1
        while self.prime**n_digits < 1 << n_bits:
            n_digits += 1
        return n_digits

    def numbers(self, n_digits: int) -> list[int]:
        """Return the prime, what divides by it, and what digits weigh in 2**-64.

        Parameters
        ----------
        n_digits : int
            Of how many digits; those beyond its own have no weight.

        Returns
        -------
        list of int
            The prime; a factor and a shift, whose product and quotient is the number
            divided by the prime, for any number below 2**31; the weight of what comes
            behind the last digit, and of each digit.
        """
        p = self.prime
        length = _INDEX_BITS + (p - 1).bit_length()
        own = [(1 << 64) // p ** (k + 1) for k in range(self.n_digits)]
        none = [0] * (n_digits - self.n_digits)
        return [p, -((-1 << length) // p), length, own[-1], *own, *none]


@lru_cache(maxsize=1)
def _bases() -> tuple[_Base, ...]:
    is_prime = np.ones(_LARGEST_PRIME + 1, bool)
    is_prime[:2] = False
    for k in range(2, int(_LARGEST_PRIME**0.5) + 1):
        is_prime[k * k :: k] &= not is_prime[k]
    primes: Any = np.flatnonzero(is_prime)
    return tuple(_Base(int(each)) for each in primes)
