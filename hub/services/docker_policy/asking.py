"""Who a container is asked for, and the small laws that several readers share."""

import re
from dataclasses import dataclass
from typing import Any, Final

from hub.services.docker_policy.denials import Denied, demand
from hub.services.docker_policy.policy import USER, Labels, Policy

__all__ = [
    "Asking",
    "one_of",
    "read_labels",
    "read_mebibytes",
    "texts",
    "whole_number",
]

_SIZE: Final = re.compile(r"([1-9][0-9]{0,12})([kmg]?)b?", re.IGNORECASE)
_UNITS: Final = {"": 1, "k": 1024, "m": 1024**2, "g": 1024**3}
_OWN_LABEL: Final = re.compile(r"mchub\.[a-z][a-z0-9_.-]{0,60}")


@dataclass(frozen=True, kw_only=True)
class Asking:
    """A container that is asked for: the policy, its name, its labels and its memory."""

    policy: Policy
    name: str
    labels: dict[str, str]
    memory_bytes: int

    @property
    def user(self) -> str:
        """The user whose container it will be, as names spell it."""
        return self.labels[Labels.USER]

    @property
    def volume(self) -> str:
        """The one volume that it may mount."""
        return self.policy.volume_of(self.user)


def whole_number(path: str, value: object, low: int, high: int) -> int:
    """A whole number between two bounds, both included."""
    fits = isinstance(value, int) and not isinstance(value, bool)
    if not fits or not low <= value <= high:  # type: ignore[operator]
        raise Denied(path, f"be a whole number between {low} and {high}", value)
    return value  # type: ignore[return-value]


def one_of(path: str, value: object, *allowed: object) -> Any:
    """One of the few values that are allowed, of the same type."""
    fits = any(value == one and type(value) is type(one) for one in allowed)
    law = f"be {' or '.join(repr(one) for one in allowed)}"
    demand(fits, path, law, value)
    return value


def texts(path: str, value: object, at_most: int, longest: int = 32_768) -> list[str]:
    """A list of texts, without the character at which C stops to read."""
    fits = isinstance(value, list) and all(isinstance(text, str) for text in value)
    if not fits:
        raise Denied(path, "be a list of texts", value)
    found: list[str] = list(value)  # type: ignore[call-overload]
    demand(len(found) <= at_most, path, f"hold at most {at_most} texts", value)
    whole = all(len(text) <= longest and "\0" not in text for text in found)
    law = f"hold texts of at most {longest} characters, none of them NUL"
    demand(whole, path, law, value)
    return found


def read_mebibytes(path: str, value: str) -> float:
    """A size such as ``512M`` or ``2g``, in MiB."""
    fits = _SIZE.fullmatch(value)
    if fits is None:
        raise Denied(path, "be a size such as `512M` or `2G`", value)
    return int(fits[1]) * _UNITS[fits[2].lower()] / 1024**2


def read_labels(path: str, value: object, policy: Policy, needed: tuple[str, ...]) -> Any:
    """Labels in our own namespace, the needed ones among them.

    By labels of others, compose's say, other programs would take the container for theirs.
    """
    if not isinstance(value, dict):
        raise Denied(path, "be an object", value)
    for key, text in value.items():
        law = "be labels of `mchub.`, lower-case"
        demand(_OWN_LABEL.fullmatch(key) is not None, path, law, key)
        fits = isinstance(text, str) and len(text) <= 256 and text.isprintable()
        demand(fits, f"{path}.{key}", "be a text of at most 256 characters", text)
    for key in needed:
        demand(bool(value.get(key)), f"{path}.{key}", "be given", value.get(key))
    user = value[Labels.USER]
    law = "be a user's name as DockerSpawner escapes it (`ada`, `ada-40example-2eorg`)"
    demand(re.fullmatch(USER, user) is not None, f"{path}.{Labels.USER}", law, user)
    one_of(f"{path}.{Labels.ENVIRONMENT}", value[Labels.ENVIRONMENT], policy.environment)
    return dict(value)
