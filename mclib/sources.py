"""The source text of a function, read once."""

import inspect
import textwrap
from collections.abc import Callable
from types import FunctionType
from typing import Any
from weakref import WeakKeyDictionary

# To read one takes a millisecond, and every step of a dashboard's slider asks for it.
_SOURCES: WeakKeyDictionary[Callable[..., Any], str] = WeakKeyDictionary()


def source_of(function: Callable[..., Any]) -> str:
    """Return the source text of a function, or what stands for it where there is none."""
    if not isinstance(function, FunctionType):
        return _read_source(function)
    if function not in _SOURCES:
        _SOURCES[function] = _read_source(function)
    return _SOURCES[function]


def _read_source(function: Callable[..., Any]) -> str:
    try:
        return textwrap.dedent(inspect.getsource(function))
    except (OSError, TypeError):
        code = getattr(function, "__code__", None)
        return repr(function) if code is None else code.co_code.hex()
