"""Independent trials, and pairs of opposite ones."""

from dataclasses import dataclass
from typing import final

from mclib.expressions import philox
from mclib.expressions.dtypes import Type
from mclib.expressions.expression import Expression, apply, lift
from mclib.expressions.lowering import Position
from mclib.expressions.machine import where, zero_extend
from mclib.expressions.philox import Draw
from mclib.samplers.sampler import Sampler, Stream
from mclib.samplers.words import four_draws
from mclib.streams import stream_of


@final
@dataclass(frozen=True)
class Independent(Sampler):
    """Each trial by itself: plain Monte Carlo.

    Examples
    --------
    >>> Independent()
    Independent()
    """

    @property
    def n_replications(self) -> int:
        """None: trials are independent."""
        return 0

    def __str__(self) -> str:
        return "independent"

    def input_draw(self, stream: Stream, position: Position, precision: Type) -> Draw:
        """Return the draw of the contract of `mclib.streams`."""
        name = stream_of(stream.name)
        return philox.input_draw(name, position.quarter, position.row, precision)

    def noise_draw(
        self,
        stream: Stream,
        position: Position,
        four: Expression,
        place: Expression,
        precision: Type,
    ) -> Draw:
        """Return the draw of the contract of `mclib.streams`."""
        name = stream_of(stream.name)
        return philox.noise_draw(name, position.trial, four, place, precision)


@final
@dataclass(frozen=True)
class Antithetic(Sampler):
    """Pairs of trials, the second of which has 1 - u where the first has u.

    What depends on an input in one direction cancels in part: a mean is known better, up
    to exactly for a linear model. Trial 2 k has the draws that trial k of independent
    trials has.

    Notes
    -----
    Standard errors come from 32 groups of blocks: there must be two blocks of 1,024 trials
    at least, and better 32. An output that is symmetric in its inputs, such as a square,
    becomes worse: half of its trials are copies. `Result.efficiency` tells.

    References
    ----------
    .. [1] J. M. Hammersley, K. W. Morton, "A new Monte Carlo technique: antithetic
       variates", Proc. Cambridge Phil. Soc. 52 (1956) 449-475.

    Examples
    --------
    >>> import mclib as mc
    >>> @mc.model
    ... def total(a=mc.Normal(10, 2), b=mc.Uniform(0, 1)):
    ...     return {"total": a + b}
    >>> result = mc.simulate(total, 65_536, seed=1, sampler=Antithetic())
    >>> result["total"].mean.standard_error < 1e-9
    True
    """

    @property
    def n_replications(self) -> int:
        """Groups of blocks."""
        return 32

    def input_draw(self, stream: Stream, position: Position, precision: Type) -> Draw:
        """Return the bits of the pair, turned round in odd trials."""
        pair = position.quarter >> 1
        zero = lift(0, Type.INT64)
        a, b, c, d = four_draws(pair, zero, stream.name, precision)
        is_even = (position.quarter & 1) == 0
        first, second = where(is_even, a, c), where(is_even, b, d)
        four = (first, first ^ -1, second, second ^ -1)
        return Draw(apply("pick", position.row, *four))

    def noise_draw(
        self,
        stream: Stream,
        position: Position,
        four: Expression,
        place: Expression,
        precision: Type,
    ) -> Draw:
        """Return the bits of the pair's step, turned round in odd trials."""
        words = four_draws(position.trial >> 1, zero_extend(four), stream.name, precision)
        word = apply("pick", place, *words)
        keeps, turns = lift(0, word.type), lift(-1, word.type)
        turn = apply("pick", position.row, keeps, turns, keeps, turns)
        return Draw(word ^ turn)
