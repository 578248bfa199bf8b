"""What may be asked for: numbers that a table holds, and texts that are kept and read.

A NUL character, which PostgreSQL keeps in no text, is refused wherever one is typed.
"""

import unicodedata
from typing import Annotated, Final

from fastapi import Path
from pydantic import AfterValidator

__all__ = ["MOST_NUMBER", "Line", "Number", "Text", "is_line", "number_in"]

MOST_NUMBER: Final = 2**31 - 1
"""Of a report, version, job and their like: what PostgreSQL calls an integer."""

# Ends of lines, and what turns the direction of the text behind it.
_UNREAD: Final = frozenset({"Cc", "Zl", "Zp"})
_TURNING: Final = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def is_line(text: str) -> bool:
    r"""Whether a text is one line with something to read, and turns no other text.

    Examples
    --------
    >>> is_line("Q3 risk"), is_line(" "), is_line("a\nb"), is_line("\u202eksir")
    (True, False, False, False)
    """
    unread = any(one in _TURNING or unicodedata.category(one) in _UNREAD for one in text)
    return bool(text.strip()) and not unread


def number_in(text: str) -> int:
    """The number that a form names; 0, which nothing has, for what is none.

    Examples
    --------
    >>> number_in("12"), number_in("-1"), number_in("99999999999"), number_in("x")
    (12, 0, 0, 0)
    """
    is_short = text.isdecimal() and len(text) <= len(str(MOST_NUMBER))
    return int(text) if is_short and int(text) <= MOST_NUMBER else 0


def _line(text: str) -> str:
    text = text.strip()
    if not is_line(text):
        message = "must be one line with something to read"
        raise ValueError(message)
    return text


def _text(text: str) -> str:
    if "\0" in text:
        message = "must hold no NUL character"
        raise ValueError(message)
    return text


Number = Annotated[int, Path(ge=1, le=MOST_NUMBER)]
"""Of a report, version, job and their like, in a path."""

Line = Annotated[str, AfterValidator(_line)]
"""A title, or a name."""

Text = Annotated[str, AfterValidator(_text)]
"""What has many lines, or may be empty."""
