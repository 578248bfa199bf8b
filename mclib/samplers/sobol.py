"""Sobol' sequences, scrambled anew in each replication."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from mclib.errors import law
from mclib.expressions.dtypes import Type
from mclib.expressions.expression import Expression, apply, lift
from mclib.expressions.lowering import Position
from mclib.expressions.machine import load, table_of, truncate
from mclib.expressions.nodes import Table
from mclib.expressions.philox import Draw
from mclib.samplers.sampler import Sampler, Stream
from mclib.samplers.words import key, key_of_step, mixed, widened

MOST_DIMENSIONS = 21_201
"""For so many S. Joe and F. Y. Kuo have published direction numbers."""

_BITS = 32
_BLOCK_BYTES = 3
_BYTE = 255
_HALVES = ((0x55555555, 1), (0x33333333, 2), (0x0F0F0F0F, 4), (0x00FF00FF, 8))


@final
@dataclass(frozen=True)
class SobolSequence(Sampler):
    """Points that cover all inputs together evenly, scrambled at random.

    For smooth models the error falls nearly as ``1 / n`` instead of ``1 / sqrt(n)``, and
    often faster; for others it is hardly ever larger than that of independent trials.

    Parameters
    ----------
    n_replications : int, default 16
        2, 4, 8, 16 or 32 independent scrambles, which share the trials. Standard errors
        come from the differences between them.

    Raises
    ------
    ArgumentError
        If `n_replications` is another number, the model has more than 21,201 dimensions (an
        input is one, a noise one for each step), or a replication more than 2**32 trials.

    Notes
    -----
    Best are ``n_replications`` times 1,024 times a power of two trials. Blocks of 1,024
    trials belong to the replications in turn, so that a longer run goes on where a shorter
    one ended. Inputs that come first have the better dimensions. Scrambling is Owen's, by a
    hash [2]_, with Joe and Kuo's direction numbers [3]_.

    References
    ----------
    .. [1] A. B. Owen, "Scrambled net variance for integrals of smooth functions", Ann.
       Statist. 25 (1997) 1541-1562.
    .. [2] B. Burley, "Practical hash-based Owen scrambling", J. Computer Graphics
       Techniques 9 (2020) 1-20.
    .. [3] S. Joe, F. Y. Kuo, "Constructing Sobol sequences with better two-dimensional
       projections", SIAM J. Sci. Comput. 30 (2008) 2635-2654.

    Examples
    --------
    >>> import mclib as mc
    >>> @mc.model
    ... def product(a=mc.Uniform(1, 2), b=mc.Uniform(0, 1), c=mc.Uniform(0, 1)):
    ...     return {"y": a * b * c}
    >>> result = mc.simulate(product, 65_536, seed=1, sampler=SobolSequence())
    >>> result.efficiency["y"] > 1_000
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
            hint = (
                "write `sampler=mc.LatinHypercube()`, which has no such limit, "
                "or let loops have fewer steps (`n_steps`, `most`)."
            )
            must = f"have at most {MOST_DIMENSIONS:,} dimensions for a `SobolSequence`"
            raise law("model", must, n_dimensions, hint)
        if n_trials > self.n_replications << _BITS:
            must = f"be at most {self.n_replications << _BITS:,} for a `SobolSequence`"
            raise law("n_trials", must, n_trials)

    def input_draw(self, stream: Stream, position: Position, precision: Type) -> Draw:
        """Return the scrambled coordinate of the trial's point."""
        zero = lift(0, Type.INT32)
        far = self._far(stream, position, zero)
        numbers = _reversed_numbers(stream.dimension, 1)[0]
        near = [lift(int(each), Type.INT32) for each in _combinations(numbers[:2])]
        x = far ^ apply("pick", position.row, *near)
        return _scrambled(x, self._key(stream, position, precision), precision)

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
        far = self._far(stream, position, step)
        numbers = _reversed_numbers(stream.dimension, stream.n_steps)
        near = np.array([_combinations(row[:2]) for row in numbers])
        x = far ^ load(_table(near), (step << 2) | position.row)
        own = key_of_step(self._key(stream, position, precision), step)
        return _scrambled(x, own, precision)

    def _key(self, stream: Stream, position: Position, precision: Type) -> Expression:
        return key(position.block & (self.n_replications - 1), stream.name, precision)

    def _far(self, stream: Stream, position: Position, step: Expression) -> Expression:
        """Return what all bits of the point's number but the last two contribute."""
        table = _byte_table(stream.dimension, stream.n_steps)
        own_bits = self.n_replications.bit_length() - 1
        own, base = position.block >> own_bits, step << 10
        total = lift(0, Type.INT32)
        # A replication has 2**32 trials at most, so that more bytes than these are 0.
        n_bytes = min(-(-(stream.block_bits - own_bits) // 8), _BLOCK_BYTES)
        for k in range(n_bytes):
            byte = truncate(own >> (8 * k)) & _BYTE
            total = total ^ load(table, base | ((k + 1) << 8) | byte)
        return total ^ load(table, base | position.place)


def _scrambled(x: Expression, own: Expression, precision: Type) -> Draw:
    """Return a draw of a coordinate whose bits stand in reverse.

    Each bit is turned by a hash of those above it: Laine and Karras' idea, with N.
    Vegdahl's constants. Bits below the last one of the sequence are random.
    """
    x = x ^ (x * 0x3D20ADEA)
    x = (x + own) * ((own >> 16) | 1)
    x = x ^ (x * 0x05526C56)
    x = x ^ (x * 0x53A22864)
    for mask, shift in _HALVES:
        x = ((x >> shift) & mask) | ((x & mask) << shift)
    x = (x >> 16) | (x << 16)
    return Draw(x if precision is Type.FLOAT32 else widened(x, mixed(x ^ own)))


def _combinations(two: Any) -> list[int]:
    a, b = (int(each) for each in two)
    return [0, a, b, a ^ b]


@lru_cache(64)
def _byte_table(dimension: int, n_steps: int) -> Table:
    """Return, for each dimension, what the bytes of a point's number contribute."""
    numbers = _reversed_numbers(dimension, n_steps)
    table = np.zeros((len(numbers), 4, 256), np.uint32)
    for byte in range(4):
        for bit in range(8):
            place = 2 + 8 * byte + bit
            if place < _BITS:
                has_bit = (np.arange(256) >> bit & 1).astype(bool)
                table[:, byte, has_bit] ^= numbers[:, place, None]
    return _table(table)


def _table(values: Any) -> Table:
    return table_of(np.asarray(values, np.uint32).ravel(), Type.INT32)


def _reversed_numbers(dimension: int, n_steps: int) -> NDArray[np.uint32]:
    """Return direction numbers with their bits in reverse, a line for each step."""
    rounded = 1 << max(6, (dimension + n_steps - 1).bit_length())
    numbers = direction_numbers(min(rounded, MOST_DIMENSIONS))
    some: NDArray[Any] = numbers[dimension : dimension + n_steps]
    # Steps are drawn in fours; what lies beyond the last one is computed and left.
    beyond = -n_steps % 4 if n_steps > 1 else 0
    some = np.concatenate([some, np.zeros((beyond, _BITS), np.uint32)])
    for mask, shift in (*_HALVES, (0x0000FFFF, 16)):
        some = ((some >> shift) & mask) | ((some & mask) << shift)
    return some.astype(np.uint32)


@lru_cache(4)
def direction_numbers(n_dimensions: int) -> NDArray[np.uint32]:
    """Return Joe and Kuo's direction numbers, shape (n_dimensions, 32).

    Point i of the sequence is the exclusive or of the numbers where i has a bit, over
    2**32. Their beginnings come with SciPy; the rest follows from primitive polynomials.
    """
    import scipy

    # Importing scipy.stats for it would take longer than most runs.
    path = Path(scipy.__file__).parent / "stats" / "_sobol_direction_numbers.npz"
    with np.load(path) as published:
        polynomials = published["poly"][:n_dimensions].astype(np.uint64)
        starts = published["vinit"][:n_dimensions].astype(np.uint64)
    numbers = np.zeros((n_dimensions, _BITS), np.uint64)
    numbers[0] = 1
    degrees = np.array([int(each).bit_length() - 1 for each in polynomials])
    degrees[0] = 0
    for degree in range(1, int(degrees.max(initial=0)) + 1):
        some = degrees == degree
        own, polynomial = starts[some][:, :degree], polynomials[some]
        made = np.zeros((len(own), _BITS), np.uint64)
        made[:, :degree] = own
        for j in range(degree, _BITS):
            made[:, j] = made[:, j - degree]
            for k in range(degree):
                has_term = (polynomial >> np.uint64(degree - 1 - k)) & np.uint64(1)
                made[:, j] ^= has_term * (made[:, j - k - 1] << np.uint64(k + 1))
        numbers[some] = made
    shifts = np.arange(_BITS - 1, -1, -1, dtype=np.uint64)
    return (numbers << shifts).astype(np.uint32)
