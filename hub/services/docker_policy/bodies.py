"""Bodies and filters: JSON in which every key stands once, read before anything is decided.

Docker's own reader takes the last of two equal keys, and ``privileged`` for ``Privileged``.
What is read here is never forwarded as it came: the proxy writes a new body.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any, Final

from hub.services.docker_policy.denials import Denied, demand, is_unset

__all__ = ["Reader", "read_keys", "read_object"]

DEEPEST: Final = 12
_LARGEST: Final = 2**63 - 1

# Takes the path of a value and the value; returns what is forwarded, or refuses.
Reader = Callable[[str, Any], Any]


def read_object(path: str, text: bytes | str) -> dict[str, Any]:
    """The JSON object in `text`.

    Raises
    ------
    Denied
        If it is no object, has a key twice, a number that JSON doesn't know or Docker can't
        hold, or is nested deeper than any request needs.
    """

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key, value in pairs:
            demand(key not in found, f"{path}.{key}", "stand once", key)
            found[key] = value
        return found

    def no_number(name: str) -> None:
        raise Denied(path, "hold numbers only", name)

    def whole(digits: str) -> int:
        fits = len(digits) <= 20 and abs(int(digits)) <= _LARGEST
        demand(fits, path, "hold whole numbers of 64 bits", digits)
        return int(digits)

    try:
        decoded = text if isinstance(text, str) else text.decode("utf-8")
        demand(_depth(decoded) <= DEEPEST, path, f"be at most {DEEPEST} deep", "deeper")
        found = json.loads(
            decoded, object_pairs_hook=once, parse_constant=no_number, parse_int=whole
        )
    except Denied:
        raise
    except (ValueError, RecursionError) as error:
        raise Denied(path, "be a JSON object in UTF-8", type(error).__name__) from error
    if not isinstance(found, dict):
        raise Denied(path, "be a JSON object", found)
    return found


def _depth(text: str) -> int:
    """At least the depth of the JSON in `text`; brackets within strings count too."""
    depth = deepest = 0
    for character in text:
        if character in "[{":
            depth += 1
            deepest = max(deepest, depth)
        elif character in "]}":
            depth -= 1
    return deepest


def read_keys(
    path: str,
    holder: object,
    readers: Mapping[str, Reader],
    reasons: Mapping[str, str] | None = None,
    even_empty: frozenset[str] = frozenset(),
) -> dict[str, Any]:
    """The keys of an object that are allowed, each as its reader returns it.

    Keys are matched exactly. One that isn't in the table is refused when it holds anything
    that Docker would act on, and is dropped when it doesn't.

    Parameters
    ----------
    path : str
        Path of the object; "" for the whole body.
    holder : object
        The object.
    readers : mapping
        For every allowed key, its reader.
    reasons : mapping, optional
        For keys that are known and not allowed, why.
    even_empty : frozenset of str
        Keys of which even an empty list means something to Docker: only null will do.

    Returns
    -------
    dict
        What is forwarded; values that are unset are left out.
    """
    if not isinstance(holder, dict):
        raise Denied(path, "be an object", holder)
    result = {}
    for key, value in holder.items():
        where = f"{path}.{key}" if path else key
        if key in readers:
            read = None if is_unset(value) else readers[key](where, value)
            if not is_unset(read):
                result[key] = read
            continue
        reason = (reasons or {}).get(key, "the policy does not know it")
        fits = value is None or (is_unset(value) and key not in even_empty)
        demand(fits, where, f"be left out ({reason})", value)
    return result
