"""A refusal of the proxy: the law, the value, the way out; never a secret."""

from typing import Final

from hub.laws import refusal

__all__ = ["Denied", "demand", "is_unset", "shown"]

_LONGEST: Final = 80


class Denied(ValueError):
    """A request that the policy does not let through.

    Parameters
    ----------
    path : str
        Where in the request the law is broken, as in ``HostConfig.Privileged``.
    law : str
        The law, to be read after "must".
    value : object
        What was asked for.
    hint : str, default ""
        One concrete thing to do.
    """

    def __init__(self, path: str, law: str, value: object, hint: str = "") -> None:
        self.path = shown_text(path)
        super().__init__(str(refusal(self.path, law, shown(value), hint)))


class _Told(str):
    """A text that stands in a message without quotes."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


def demand(claim: bool, path: str, law: str, value: object, hint: str = "") -> None:
    """Refuse the request unless `claim` holds."""
    if not claim:
        raise Denied(path, law, value, hint)


def shown(value: object) -> object:
    """What a message may show of a value.

    Lists and objects are named by their kind alone: tokens travel in them.
    """
    match value:
        case None | bool() | int() | float():
            return value
        case str():
            return shown_text(value)
        case list():
            return _Told(f"a list of {len(value)}")
        case dict():
            return _Told(f"an object of {len(value)}")
        case _:
            return _Told(f"`{type(value).__name__}`")


def shown_text(text: str) -> str:
    """The text, cut where it grows long."""
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def is_unset(value: object) -> bool:
    """Whether Docker takes the value as if its key had been left out."""
    # `False` stands for 0 and 0.0 too, which are equal to it.
    return value is None or value in (False, "", [], {})
