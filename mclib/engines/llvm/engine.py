"""The CPU engine: compiled plans and compiled answers, free of Python's lock."""

import ctypes
import os
import platform
from collections.abc import Sequence
from typing import Any

import numpy as np

from mclib.engines.base import Arguments, Array, Engine, Program, output_shape, output_type
from mclib.engines.llvm import answering, looking, sifting
from mclib.engines.llvm.compiling import address_of, compile_ir
from mclib.engines.llvm.rendering import render
from mclib.engines.plans import BLOCK, Plan
from mclib.statistics.requests import Request
from mclib.statistics.sieves import Sieve

_SLOT_BYTES = 8
_LINE = 64
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
        self._tables = [_aligned(table.values) for table in tables]
        self._pointers = np.array([each.ctypes.data for each in self._tables], np.uintp)

    def answers(
        self,
        requests: Sequence[tuple[int, Request]],
        first_block: int,
        n_blocks: int,
        n_trials: int,
        arguments: Arguments,
    ) -> list[Any] | None:
        """Answer sieves about whole blocks, without a step in Python."""
        if n_trials != n_blocks * BLOCK:
            return None
        found = self._look(requests, first_block, n_blocks, arguments, with_records=False)
        return None if found is None else found[1]

    def records_and_answers(
        self,
        requests: Sequence[tuple[int, Request]],
        first_block: int,
        n_blocks: int,
        arguments: Arguments,
    ) -> tuple[Array, list[Any]] | None:
        """Make records of what is stored and answer sieves, without a step in Python."""
        return self._look(requests, first_block, n_blocks, arguments, with_records=True)

    def _look(
        self,
        requests: Sequence[tuple[int, Request]],
        first_block: int,
        n_blocks: int,
        arguments: Arguments,
        *,
        with_records: bool,
    ) -> tuple[Array, list[Any]] | None:
        sieves = [(place, each) for place, each in requests if isinstance(each, Sieve)]
        if len(sieves) < len(requests) or not n_blocks or self.plan.records:
            return None
        slots = pack(arguments)
        return looking.look(
            address_of(self._function),
            self.plan.precision,
            self.plan.n_outputs,
            sieves,
            first_block,
            n_blocks,
            slots.ctypes.data,
            self._pointers.ctypes.data,
            with_records=with_records,
        )

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


def _aligned(values: Array) -> Array:
    """Return a copy that begins with a line of the cache, so that no row is in two."""
    room = np.empty(values.nbytes + _LINE, np.uint8)
    start = -room.ctypes.data % _LINE
    copy = room[start : start + values.nbytes].view(values.dtype)
    copy[:] = values
    return copy


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
