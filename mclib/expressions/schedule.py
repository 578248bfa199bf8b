"""In which loop, and in which order, each node of a graph is computed.

A node is computed in the innermost loop that it depends on, so that what does not change in
a loop is computed before it. Every engine follows the same schedule.
"""

from collections.abc import Iterable

from mclib.expressions.nodes import CALLER, TRIAL, Node, topological

OUTSIDE = 0
"""The region outside all loops."""

_NOT_LOOPS = frozenset({TRIAL, CALLER})

Schedule = dict[int, list[Node]]
"""For each region (a loop's identity, or `OUTSIDE`) its nodes in order."""


def schedule(roots: Iterable[Node]) -> Schedule:
    """Return the nodes below `roots` by region, arguments before their users."""
    order = list(topological(roots))
    loops = {each.payload.identity: each for each in order if each.op.name == "loop"}
    depths = {OUTSIDE: 0}

    def depth(identity: int) -> int:
        if identity not in depths:
            around = loops[identity].scope - _NOT_LOOPS
            depths[identity] = 1 + max(map(depth, around), default=0)
        return depths[identity]

    regions: Schedule = {OUTSIDE: []}
    for each in order:
        inside = each.scope - _NOT_LOOPS
        region = max(inside, key=depth) if inside else OUTSIDE
        regions.setdefault(region, []).append(each)
    return regions
