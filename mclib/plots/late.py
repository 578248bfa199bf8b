"""A module that is loaded when it is asked for something, and not when it is imported.

Plotly imports nbformat to compare its version when a figure is shown by plotly's own means.
With its JSON schemas that takes as long as plotly itself, before each first chart.
"""

import contextlib
import importlib
import importlib.util
import sys
from collections.abc import Iterator
from types import ModuleType
from typing import Any


class _Late(ModuleType):
    """Stands for a module until somebody wants something of it."""

    def __getattr__(self, name: str) -> Any:
        if sys.modules.get(self.__name__) is self:
            del sys.modules[self.__name__]
        return getattr(importlib.import_module(self.__name__), name)


@contextlib.contextmanager
def late(name: str) -> Iterator[None]:
    """Let what is imported meanwhile do without a module until it wants something of it.

    Parameters
    ----------
    name : str
        Of the module. One that is there already, or isn't installed, is left alone.
    """
    if name in sys.modules or importlib.util.find_spec(name) is None:
        yield
        return
    stand_in = _Late(name)
    sys.modules[name] = stand_in
    try:
        yield
    finally:
        # What others import is the module itself.
        if sys.modules.get(name) is stand_in:
            del sys.modules[name]
