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
_refused: ContextVar[list[TraceError] | None] = ContextVar("refused", default=None)
_PASSED_OVER = (
    str(Path(__file__).resolve().parent.parent) + os.sep,
    str(Path(np.__file__).resolve().parent) + os.sep,
)
"""Where the analyst's own lines are not."""


@contextlib.contextmanager
def resolving(resolver: Resolver) -> Iterator[None]:
    """Let `resolver` answer for nodes that are the same in every trial, for a while.

    A refusal met on the way is raised at the end even if the model, or NumPy, has caught
    it: what follows a refusal that nobody heard would be one branch for all trials.
    """
    refused: list[TraceError] = []
    tokens = _resolver.set(resolver), _refused.set(refused)
    try:
        yield
    except Exception as error:
        if refused and error is not refused[0]:
            raise refused[0] from error
        raise
    finally:
        _resolver.reset(tokens[0])
        _refused.reset(tokens[1])
    if refused:
        raise refused[0]


def concrete(node: Node, deed: str) -> Any:
    """Return the one value of `node`, or raise `TraceError` if it has none."""
    if node.is_constant:
        return node.payload
    resolver = _resolver.get()
    if node.is_uniform and resolver is not None:
        return resolver(node)
    raise final(refusal(deed, way_out(deed, _culprit()[2])))


def final(error: TraceError) -> TraceError:
    """Make a refusal one that cannot be caught by the model; return it."""
    refused = _refused.get()
    if refused is not None:
        refused.append(error)
    return error


def refusal(deed: str, hint: str) -> TraceError:
    """Return the error that says where a model did `deed` to a traced value."""
    name, place, text = _culprit()
    source = f": `{text}`" if text else ""
    message = (
        f"`{name}` {deed} a traced value at {place}{source}. "
        "A traced value stands for every trial at once and has no single truth."
    )
    return TraceError(f"{message}\nhint: {hint}")


def no_key() -> TraceError:
    """Return the error of a model that looks a traced value up in a dict or a set."""
    error = refusal(
        "looks up, in a dict or a set,",
        "look numbers up with `mc.lookup(table, i)`, choose with `mc.where`, and write "
        "`(x == 1) | (x == 2)` for `x in {1, 2}`.",
    )
    return final(error)


def refuse_distribution(value: Any) -> None:
    """Say where a distribution belongs, if `value` is one."""
    if hasattr(value, "draw") and hasattr(value, "quantile"):
        message = (
            f"a model computes with draws, not with distributions; got {value!r}.\n"
            "hint: make it an input, as in `def model(x=mc.Normal(0.0, 1.0))`, or the "
            "noise of `mc.scan`."
        )
        raise TraceError(message)


def _culprit() -> tuple[str, str, str]:
    frame = sys._getframe(1)
    while frame.f_back is not None and frame.f_code.co_filename.startswith(_PASSED_OVER):
        frame = frame.f_back
    code = frame.f_code
    text = linecache.getline(code.co_filename, frame.f_lineno).strip()
    place = f"{Path(code.co_filename).name}:{frame.f_lineno}"
    return code.co_name, place, text
