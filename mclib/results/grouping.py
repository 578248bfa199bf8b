"""Drivers that consist of several inputs: who belongs to which, checked once for all."""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

import numpy as np

from mclib.errors import law

Floats = np.ndarray[Any, np.dtype[np.float64]]
Groups = Mapping[str, Sequence[str]]


def members_of(
    known: Collection[str], groups: Groups | None, kind: str
) -> dict[str, list[str]]:
    """Return who belongs to each driver: groups first, then all others alone.

    Parameters
    ----------
    known : collection of str
        Who there is, in order.
    groups : mapping of str to sequence of str, optional
        Members by the name of the group.
    kind : str
        What they are, in the plural, for messages.

    Raises
    ------
    ArgumentError
        If a group is no list of them, one is in two groups, or a group has the name of one
        that isn't in it.

    Examples
    --------
    >>> members_of(["price", "units", "rent"], {"market": ["price", "units"]}, "inputs")
    {'market': ['price', 'units'], 'rent': ['rent']}
    """
    if groups is not None and not isinstance(groups, Mapping):
        raise law("groups", "be a mapping of names to lists of inputs", groups)
    taken: set[str] = set()
    drivers: dict[str, list[str]] = {}
    names: Any
    for group, names in (groups or {}).items():
        if isinstance(names, str) or not isinstance(names, Sequence) or not names:
            raise law(f"groups[{group!r}]", f"be a list of {kind}", names)
        for name in names:
            if name not in known or name in taken:
                must = f"list {kind}, each once ({', '.join(known)})"
                raise law("groups", must, name)
            taken.add(name)
        drivers[group] = list(names)
    for name in known:
        if name not in taken:
            if name in drivers:
                must = "have names of their own, other than those of inputs alone"
                raise law("groups", must, name)
            drivers[name] = [name]
    return drivers


def grouped(
    columns: Mapping[str, Floats],
    groups: Groups | None,
    together: Callable[[list[Floats]], Floats],
) -> dict[str, Floats]:
    """Return a column for each driver.

    Parameters
    ----------
    columns : mapping of str to array of shape (n,)
        Inputs that vary.
    groups : mapping of str to sequence of str, optional
        Inputs by the name of their group.
    together : callable
        From the columns of a group to its one.

    Raises
    ------
    ArgumentError
        If `groups` is no such mapping.
    """
    drivers = members_of(columns, groups, "inputs that vary")
    return {
        name: together([columns[each] for each in own])
        if name in (groups or ())
        else columns[name]
        for name, own in drivers.items()
    }
