"""Activities, what they wait for, and the critical path method.

Everything here computes with numbers and traced values alike.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mclib.errors import ArgumentError, law
from mclib.expressions.functions import maximum, minimum

_LINK = re.compile(
    r"^(?P<name>.*?)(?:\s+(?P<kind>[FS][FS]))?(?:\s*(?P<lag>[+-]\s*[\d.]+))?$"
)


@dataclass(frozen=True)
class Link:
    """What an activity waits for.

    Attributes
    ----------
    name : str
        The activity before it.
    kind : str
        Which end of that one it waits with which of its own for: ``"FS"``, it starts when
        that one has finished; ``"SS"``, it starts when that one has started; ``"FF"``, it
        finishes no sooner than that one; ``"SF"``, no sooner than that one starts.
    lag : float
        So much later, or earlier if it is negative.
    """

    name: str
    kind: str = "FS"
    lag: float = 0.0

    @classmethod
    def read(cls, text: str) -> "Link":
        """Read ``"dig"``, ``"dig FS+2"`` or ``"dig FF"``.

        Raises
        ------
        ArgumentError
            If it is nothing of that kind.
        """
        found = _LINK.match(text.strip())
        if not found or not found["name"]:
            must = 'be names of activities, as in "dig; pour FS+2; order SS+1"'
            raise law("predecessors", must, text)
        lag = float((found["lag"] or "0").replace(" ", ""))
        return cls(found["name"].strip(), found["kind"] or "FS", lag)


def ordered(links: Mapping[str, Sequence[Link]]) -> list[str]:
    """Return activities in an order in which each stands after all that it waits for.

    Parameters
    ----------
    links : mapping of str to sequence of Link
        By activity, what it waits for.

    Raises
    ------
    ArgumentError
        If an activity waits for one that isn't there, or in a circle.
    """
    for name, own in links.items():
        for link in own:
            if link.name not in links:
                message = f"`{name}` waits for {link.name!r}, which is no activity."
                hint = f"there are {', '.join(links)}."
                if "," in link.name:
                    hint = 'put a semicolon between several, as in "dig; order".'
                raise ArgumentError(f"{message}\nhint: {hint}")
    done: dict[str, None] = {}
    for first in links:
        _visit(first, links, done)
    return list(done)


def _visit(first: str, links: Mapping[str, Sequence[Link]], done: dict[str, None]) -> None:
    """Append an activity, after all that it waits for."""
    path = [first]
    waiting = [iter(links[first])]
    while path:
        link = next(waiting[-1], None)
        if link is None:
            done.setdefault(path.pop())
            waiting.pop()
        elif link.name in path:
            circle = [*path[path.index(link.name) :], link.name]
            message = (
                "activities must not wait for each other in a circle; "
                f"these do: {' ← '.join(circle)}."
            )
            raise ArgumentError(message)
        elif link.name not in done:
            path.append(link.name)
            waiting.append(iter(links[link.name]))


@dataclass(frozen=True)
class Times:
    """When activities start and finish, and by how much they may be late.

    Attributes
    ----------
    start, slack : mapping of str to number or traced value
        Earliest start, and how much later an activity may start without delaying the end.
    finish : number or traced value
        When all have finished.
    """

    start: Mapping[str, Any]
    slack: Mapping[str, Any]
    finish: Any


def critical_path(
    order: Sequence[str],
    links: Mapping[str, Sequence[Link]],
    durations: Mapping[str, Any],
) -> Times:
    """Go through a network forward and backward.

    Parameters
    ----------
    order : sequence of str
        Activities, by `ordered`.
    links : mapping of str to sequence of Link
        What each waits for.
    durations : mapping of str to number or traced value
        How long each takes.
    """
    start: dict[str, Any] = {}
    for name in order:
        waits = [
            start[link.name]
            + link.lag
            + (durations[link.name] if link.kind[0] == "F" else 0.0)
            - (durations[name] if link.kind[1] == "F" else 0.0)
            for link in links[name]
        ]
        # Nothing starts before the project does, whatever a negative lag says.
        start[name] = _extreme(maximum, [0.0, *waits]) if waits else 0.0
    finish = _extreme(maximum, [start[name] + durations[name] for name in order])
    latest: dict[str, Any] = {}
    bounds: dict[str, list[Any]] = {name: [finish - durations[name]] for name in order}
    for name in reversed(order):
        latest[name] = _extreme(minimum, bounds[name])
        for link in links[name]:
            before = latest[name] - link.lag
            before = before + (durations[name] if link.kind[1] == "F" else 0.0)
            own = durations[link.name] if link.kind[0] == "F" else 0.0
            bounds[link.name].append(before - own)
    return Times(start, {name: latest[name] - start[name] for name in order}, finish)


def _extreme(choose: Any, values: list[Any]) -> Any:
    return values[0] if len(values) == 1 else choose(*values)
