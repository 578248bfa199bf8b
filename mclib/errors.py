"""The exceptions of mclib.

    MclibError
    ├── ArgumentError (ValueError)        an argument breaks a law of its function
    ├── TraceError (TypeError)            a model does what has no meaning for all trials
    ├── EngineUnavailable (RuntimeError)  the engine asked for cannot run on this machine
    ├── InsufficientMemory (MemoryError)  one trial needs more memory than there is
    ├── NotConverged (RuntimeError)       the budget is spent, the tolerance not reached
    └── InternalError (RuntimeError)      our fault; the message says what to send us

A message says the law, the value it met, and, on a line of its own, the way out.
"""

from typing import Any


class MclibError(Exception):
    """Every error that mclib raises on purpose."""


class ArgumentError(MclibError, ValueError):
    """An argument breaks a law of the function it was given to."""


class TraceError(MclibError, TypeError):
    """A model does something that has no meaning for all trials at once."""


class EngineUnavailable(MclibError, RuntimeError):
    """The engine asked for cannot run on this machine."""


class InsufficientMemory(MclibError, MemoryError):
    """One trial needs more memory than there is."""


class NotConverged(MclibError, RuntimeError):
    """The budget is spent and the tolerance is not reached.

    Attributes
    ----------
    result : Result
        The result so far: nothing that was computed is lost.
    """

    def __init__(self, message: str, result: Any = None) -> None:
        super().__init__(message)
        self.result = result


class InternalError(MclibError, RuntimeError):
    """A fault of mclib itself."""


def law(name: str, must: str, value: object, hint: str | None = None) -> ArgumentError:
    """Write the house's message: the law, the value it met, the way out."""
    message = f"`{name}` must {must}; got {value!r}."
    return ArgumentError(message if hint is None else f"{message}\nhint: {hint}")
