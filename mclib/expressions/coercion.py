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

from mclib.errors import TraceError
from mclib.expressions.nodes import Node

Resolver = Callable[[Node], Any]

_resolver: ContextVar[Resolver | None] = ContextVar("resolver", default=None)
_LIBRARY = str(Path(__file__).resolve().parent.parent) + os.sep


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
    raise refusal(deed, _way_out(deed))


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
    while frame.f_back is not None and frame.f_code.co_filename.startswith(_LIBRARY):
        frame = frame.f_back
    code = frame.f_code
    text = linecache.getline(code.co_filename, frame.f_lineno).strip()
    place = f"{Path(code.co_filename).name}:{frame.f_lineno}"
    return code.co_name, place, text


def _way_out(deed: str) -> str:
    text = _culprit()[2]
    if deed != "branches on":
        return (
            "compute with the value itself (`mc.floor`, `mc.scan`, `mc.lookup`), "
            "or use `@mc.model(trace=False)`."
        )
    if text.startswith(("while ", "while(")):
        return "write `mc.scan(step, start, n_steps=...)` with a fixed number of steps."
    condition = text.removeprefix("el").removeprefix("if ").rstrip(":").strip()
    if any(word in text for word in (" and ", " or ", "not ")):
        return (
            "join conditions with `&`, `|`, `~`, each in its own brackets, "
            "and choose with `mc.where(condition, a, b)`."
        )
    if text.startswith(("if ", "elif ")):
        return f"write `mc.where({condition}, value_if_true, value_if_false)`."
    if "min(" in text or "max(" in text:
        return "write `mc.minimum(a, b)` or `mc.maximum(a, b)`."
    return "write `mc.where(condition, value_if_true, value_if_false)`."
