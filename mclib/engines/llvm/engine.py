"""The CPU engine: compiled plans and compiled answers, free of Python's lock."""

import ctypes
import os
import platform
from typing import Any

import numpy as np

from mclib.engines.base import Arguments, Array, Engine, Program, output_shape, output_type
from mclib.engines.llvm import answering, sifting
from mclib.engines.llvm.compiling import compile_ir
from mclib.engines.llvm.rendering import render
from mclib.engines.plans import Plan
from mclib.statistics.requests import Request
from mclib.statistics.sieves import Sieve

_SLOT_BYTES = 8
_INTEGER, _POINTER = ctypes.c_int64, ctypes.c_void_p


class LlvmProgram(Program):
    """A plan as machine code.

    Attributes
    ----------
    was_cached : bool
        Whether the machine code came from disk.
    """

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        text, tables = render(plan)
        compiled = compile_ir(text, ("plan",))
        self.was_cached = compiled.was_cached
        self._function = compiled.function("plan", *[_INTEGER] * 3, *[_POINTER] * 3)
        self._tables = [table.values for table in tables]
        self._pointers = np.array([each.ctypes.data for each in self._tables], np.uintp)

    def run(self, first_block: int, n_blocks: int, arguments: Arguments) -> Array:
        """Run the machine code in the calling thread."""
        out = np.empty(output_shape(self.plan, n_blocks), output_type(self.plan))
        slots = pack(arguments)
        self._function(
            first_block,
            n_blocks,
            n_blocks,
            slots.ctypes.data,
            self._pointers.ctypes.data,
            out.ctypes.data,
        )
        return out


def pack(arguments: Arguments) -> "np.ndarray[Any, np.dtype[np.uint64]]":
    """Return arguments as slots of 8 bytes, narrower ones in the low bytes."""
    parts = [np.asarray(value).tobytes() for value in arguments]
    return np.frombuffer(
        b"".join(part.ljust(_SLOT_BYTES, b"\0") for part in parts) or bytes(_SLOT_BYTES),
        np.uint64,
    )


class LlvmEngine(Engine):
    """Every core of this machine's processor."""

    name = "llvm"

    def __init__(self, n_workers: int | None = None) -> None:
        self.n_workers = n_workers or available_cores()

    @property
    def device(self) -> str:
        """The processor and the number of threads."""
        from mclib.engines.llvm.compiling import host

        return f"{host()[0]} ({platform.machine()}), {self.n_workers} threads"

    def compile(self, plan: Plan) -> Program:
        """Return the plan as machine code, from disk if it was compiled before."""
        return LlvmProgram(plan)

    def answer(
        self, request: Request, values: Array, n_trials: int, first_block: int
    ) -> Any:
        """Answer by compiled code what it knows, by NumPy what it does not."""
        is_whole = n_trials == values.size
        if is_whole and isinstance(request, Sieve):
            return sifting.sift(request, values)
        if is_whole and answering.knows(request):
            return answering.answer(request, values)
        return super().answer(request, values, n_trials, first_block)


def available_cores() -> int:
    """Return how many cores this process may use, as far as the system says."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:
        return os.cpu_count() or 1
