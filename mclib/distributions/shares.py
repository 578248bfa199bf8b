"""Probability shared among values, found by a guide table."""

import math
from dataclasses import dataclass

import numpy as np

from mclib.distributions.laws import Floats
from mclib.expressions.expression import Expression
from mclib.expressions.functions import floor, where
from mclib.expressions.probability import Probability
from mclib.expressions.tables import lookup


@dataclass(frozen=True)
class Shares:
    """Different values in order, and how the probability is shared among them.

    Attributes
    ----------
    values : array of shape (n,)
        Increasing.
    up_to, beyond : array of shape (n + 1,)
        Probability of the first k values, and of all others.
    """

    values: Floats
    up_to: Floats
    beyond: Floats

    @classmethod
    def of(cls, data: Floats, weights: Floats) -> "Shares":
        """Share the probability by weight; drop values without."""
        has_weight = weights > 0.0
        values, places = np.unique(data[has_weight], return_inverse=True)
        # Summed in long double: a million shares would gather rounding in double.
        shares = np.zeros(values.size, np.longdouble)
        np.add.at(shares, places, weights[has_weight].astype(np.longdouble))
        shares /= shares.sum()
        up_to = np.concatenate([[0.0], np.cumsum(shares)]).astype(np.float64)
        beyond = np.concatenate([np.cumsum(shares[::-1])[::-1], [0.0]]).astype(np.float64)
        up_to[-1] = beyond[0] = 1.0
        return cls(values, up_to, beyond)

    def draw(self, p: Probability) -> Expression:
        """Return the quantile function at `p`.

        From below the draw is value number ``count(up_to < u)``, from above, counted from
        the last, number ``count(beyond <= q)``. The guide says how many lie below the slot
        of the tail; halving steps find those within the slot.
        """
        # a <= q is the same as (the float before a) < q.
        from_above = np.nextafter(self.beyond[-2::-1], -1.0)
        halves = [(self.up_to[1:], self.values), (from_above, self.values[::-1])]
        n_slots = 1 << max(4, math.ceil(math.log2(self.values.size)))
        guides = [_guide(limits, n_slots) for limits, _ in halves]
        n_steps = max(int(np.diff(guide).max()) for guide in guides).bit_length()
        limits, values, starts = _joined(halves, 1 << n_steps)
        offset = where(p.side, float(starts[1]), 0.0)
        slot = floor(p.tail * float(2 * n_slots)) + where(p.side, float(n_slots + 1), 0.0)
        place = lookup(np.concatenate([guide[:-1] for guide in guides]), slot) + offset
        for step in reversed(range(n_steps)):
            further = place + float(1 << step)
            place = where(lookup(limits, further - 1.0) < p.tail, further, place)
        return lookup(values, place)  # type: ignore[no-any-return]


def _guide(limits: Floats, n_slots: int) -> Floats:
    """Return how many limits lie below the start of each slot of the tail, 0 to 1/2."""
    edges = np.arange(n_slots + 2) / (2.0 * n_slots)
    edges[-1] = np.nextafter(0.5, 1.0)
    return np.searchsorted(limits, edges, side="left").astype(np.float64)


def _joined(
    halves: list[tuple[Floats, Floats]], n_pads: int
) -> tuple[Floats, Floats, list[int]]:
    """Join the halves as far as tails reach, with limits behind that no tail exceeds."""
    limits, values, starts, behind = [], [], [], 0
    for each_limits, each_values in halves:
        # The last limit is 1, so that there is one of 1/2 or more.
        reach = int(np.searchsorted(each_limits, 0.5)) + 1
        limits += [each_limits[:reach], np.full(n_pads, 2.0)]
        values += [each_values[:reach], np.full(n_pads, each_values[reach - 1])]
        starts.append(behind)
        behind += reach + n_pads
    return np.concatenate(limits), np.concatenate(values), starts
