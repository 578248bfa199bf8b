"""When a model asks for one truth.

A traced value has one value per trial, so Python's ``if`` cannot look at it. If it depends
on parameters only, it has one value after all: then the trace takes it, remembers which
parameters were looked at, and is made anew when one of them changes. Otherwise the message
names the line and says what to write instead.
"""

import contextlib
import linecache
import os
import sys
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from pathlib import Path
from typing import Any

import numpy as np

from mclib.errors import TraceError
from mclib.expressions.hints import way_out
from mclib.expressions.nodes import Node

Resolver = Callable[[Node], Any]

_resolver: ContextVar[Resolver | None] = ContextVar("resolver", default=None)
_PASSED_OVER = (
    str(Path(__file__).resolve().parent.parent) + os.sep,
    str(Path(np.__file__).resolve().parent) + os.sep,
)
"""Where the analyst's own lines are not."""


@contextlib.contextmanager
def resolving(resolver: Resolver) -> Iterator[None]:
    """Let `resolver` answer for nodes that are the same in every trial, for a while."""
    token = _resolver.set(resolver)
    try:
        yield
    finally:
        _resolver.reset(token)


def concrete(node: Node, deed: str) -> Any:
    """Return the one value of `node`, or raise `TraceError` if it has none."""
    if node.is_constant:
        return node.payload
    resolver = _resolver.get()
    if node.is_uniform and resolver is not None:
        return resolver(node)
    raise refusal(deed, way_out(deed, _culprit()[2]))


def refusal(deed: str, hint: str) -> TraceError:
    """Return the error that says where a model did `deed` to a traced value."""
    name, place, text = _culprit()
    source = f": `{text}`" if text else ""
    message = (
        f"`{name}` {deed} a traced value at {place}{source}. "
        "A traced value stands for every trial at once and has no single truth."
    )
    return TraceError(f"{message}\nhint: {hint}")


def _culprit() -> tuple[str, str, str]:
    frame = sys._getframe(1)
    while frame.f_back is not None and frame.f_code.co_filename.startswith(_PASSED_OVER):
        frame = frame.f_back
    code = frame.f_code
    text = linecache.getline(code.co_filename, frame.f_lineno).strip()
    place = f"{Path(code.co_filename).name}:{frame.f_lineno}"
    return code.co_name, place, text
