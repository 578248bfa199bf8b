"""Latin hypercubes and stratified inputs: blocks of 1,024 trials, a trial in each stratum.

Which stratum a trial lies in is a permutation of 10 bits, computed from the block's number:
nothing is stored or shuffled, and blocks are independent of each other.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import final

from mclib.errors import law
from mclib.expressions.dtypes import Type
from mclib.expressions.expression import Expression, apply, lift
from mclib.expressions.lowering import Position
from mclib.expressions.machine import shift_right_signed
from mclib.expressions.philox import Draw
from mclib.samplers.plain import Independent
from mclib.samplers.sampler import Sampler, Stream
from mclib.samplers.words import key, key_of_step, mixed, stratified
from mclib.streams import stream_of

N_BITS = 10
"""Bits of a trial's place in its block."""

_LOWER = 32 - N_BITS
_UPPER = ((1 << N_BITS) - 1) << _LOWER
_ROW_BITS = 2
_ROUNDS = 3
# In that field x**10 is x**3 + 1.
_FIELD = 0b1001 << _LOWER


@final
@dataclass(frozen=True)
class LatinHypercube(Sampler):
    """In each 1,024 trials every input, and every step of a noise, covers 1,024 strata.

    What an output owes to single inputs leaves no error to speak of; what it owes to
    inputs together is as random as before. Means, quantiles and tails gain, most where the
    model is nearly a sum.

    Notes
    -----
    Each block of 1,024 trials is a Latin hypercube of its own, so that a longer run goes on
    where a shorter one ended. Beyond so many strata nothing more is gained. Standard errors
    come from 32 groups of blocks: there must be two blocks at least, and better 32.

    References
    ----------
    .. [1] M. D. McKay, R. J. Beckman, W. J. Conover, "A comparison of three methods for
       selecting values of input variables", Technometrics 21 (1979) 239-245.
    .. [2] M. Stein, "Large sample properties of simulations using Latin hypercube
       sampling", Technometrics 29 (1987) 143-151.

    Examples
    --------
    >>> import mclib as mc
    >>> @mc.model
    ... def total(a=mc.Exponential(10), b=mc.Uniform(0, 1)):
    ...     return {"total": a + b * b}
    >>> result = mc.simulate(total, 65_536, seed=1, sampler=LatinHypercube())
    >>> result.efficiency["total"] > 100
    True
    """

    @property
    def n_replications(self) -> int:
        """Groups of blocks."""
        return 32

    def input_draw(self, stream: Stream, position: Position, precision: Type) -> Draw:
        """Return a draw within the stratum of the trial."""
        draw = Independent().input_draw(stream, position, precision)
        own = _key(position, stream.name, precision)
        place = permuted(position, own, key_of_step(own, lift(1, Type.INT32)))
        return stratified(draw.bits, place, N_BITS, precision)

    def noise_draw(
        self,
        stream: Stream,
        position: Position,
        four: Expression,
        place: Expression,
        precision: Type,
    ) -> Draw:
        """Return a draw within the stratum of the trial, in this step."""
        draw = Independent().noise_draw(stream, position, four, place, precision)
        own = _key(position, stream.name, precision)
        there = permuted(position, own, key_of_step(own, four * 4 + place + 1))
        return stratified(draw.bits, there, N_BITS, precision)


@final
@dataclass(frozen=True, init=False)
class Stratified(Sampler):
    """In each 1,024 trials some inputs together cover a grid of 1,024 cells.

    What an output owes to these inputs, also to all of them together, leaves little error.
    All other inputs are independent.

    Parameters
    ----------
    *names : str
        One to ten inputs, the most important ones first; 1,024 strata for one, 32 × 32 for
        two, 16 × 8 × 8 for three.

    Raises
    ------
    ArgumentError
        If there are none or more than ten, one comes twice, or isn't an input of the model.

    Examples
    --------
    >>> import mclib as mc
    >>> @mc.model
    ... def product(a=mc.Normal(10, 2), b=mc.Uniform(1, 2), c=mc.Uniform(0, 1)):
    ...     return {"y": a * b + 0.01 * c}
    >>> result = mc.simulate(product, 65_536, seed=1, sampler=Stratified("a", "b"))
    >>> result.efficiency["y"] > 100
    True
    """

    names: tuple[str, ...]

    @property
    def n_replications(self) -> int:
        """Groups of blocks."""
        return 32

    def __init__(self, *names: str) -> None:
        if not 1 <= len(names) <= N_BITS:
            raise law("names", f"be one to {N_BITS} inputs", names)
        if len(set(names)) != len(names) or not all(isinstance(x, str) for x in names):
            raise law("names", "be different inputs by name", names)
        object.__setattr__(self, "names", names)

    def check(self, streams: Iterable[Stream], n_trials: int) -> None:
        """Raise unless all names are inputs."""
        known = [each.name for each in streams if each.n_steps == 1]
        for name in self.names:
            if name not in known:
                raise law("names", f"be inputs of the model ({', '.join(known)})", name)

    def _cut(self, name: str) -> tuple[int, int]:
        """Return where an input's bits begin in a cell's number, and how many it has."""
        share, rest = divmod(N_BITS, len(self.names))
        sizes = [share + (k < rest) for k in range(len(self.names))]
        k = self.names.index(name)
        return sum(sizes[:k]), sizes[k]

    def input_draw(self, stream: Stream, position: Position, precision: Type) -> Draw:
        """Return a draw within the cell of the trial, or an independent one."""
        draw = Independent().input_draw(stream, position, precision)
        if stream.name not in self.names:
            return draw
        own = _key(position, "cells", precision)
        start, n_bits = self._cut(stream.name)
        cell = permuted(position, own, key_of_step(own, lift(1, Type.INT32))) >> start
        return stratified(draw.bits, cell & ((1 << n_bits) - 1), n_bits, precision)

    def noise_draw(
        self,
        stream: Stream,
        position: Position,
        four: Expression,
        place: Expression,
        precision: Type,
    ) -> Draw:
        """Return an independent draw."""
        return Independent().noise_draw(stream, position, four, place, precision)


def permuted(position: Position, own: Expression, key_of_rounds: Expression) -> Expression:
    """Return where a permutation takes a trial's place in its block, a number of 10 bits.

    The place is multiplied by a number of the field of 1,024 elements, and another one is
    added: any two places go to any two others equally often, as in a permutation drawn at
    random. All that is linear, so that its parts are the same for many trials, and computed
    once for those. Rounds of multiplying and folding follow; they leave pairs as evenly
    spread, and nothing linear.

    Parameters
    ----------
    position : Position
        Where the trial lies.
    own : Expression
        A key (int32) of the block; it decides what is linear.
    key_of_rounds : Expression
        A key (int32) that decides the rounds.
    """
    # Numbers stand in the upper bits, so that products overflow as they should.
    column = ((((own & 0xFFFF) * 1023) >> 16) + 1) << _LOWER
    x = (own >> 16) << _LOWER
    near = [lift(0, Type.INT32)]
    for k in range(N_BITS):
        if k < _ROW_BITS:
            near += [each ^ column for each in near]
        else:
            bit = (position.place >> (k - _ROW_BITS)) & 1
            x = x ^ (-bit & column)
        column = (column << 1) ^ (shift_right_signed(column, 31) & _FIELD)
    x = x ^ apply("pick", position.row, *near)
    x = x + (key_of_rounds & _UPPER)
    for k in range(_ROUNDS):
        x = x * ((key_of_rounds >> (k * (N_BITS - 1))) | 1)
        x = (x ^ (x >> (N_BITS // 2))) & _UPPER
    return (x + (key_of_rounds << _LOWER)) >> _LOWER


def _key(position: Position, name: str, precision: Type) -> Expression:
    """Return a key of the block for a name; one call of Philox serves all names."""
    shared = key(position.block, "strata", precision)
    return mixed(shared ^ stream_of(name))
