"""A device made of this machine's processor, behind as much of CuPy as the engine uses.

Its machine code is the CUDA C itself, compiled by g++, so that everything around a launch
runs and can be compared: how blocks are shared out, what is handed over, what comes back,
and what happens when memory or the device fails.
"""

import contextlib
import functools
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from importlib.machinery import ModuleSpec
from types import ModuleType, SimpleNamespace
from typing import Any, ClassVar, Self

import numpy as np
import pytest

from tests.tools.host_programs import HostFunction, build_kernels, build_source

OUT_OF_MEMORY, NO_DRIVER, NO_DEVICE, LAUNCH_FAILED = 2, 35, 100, 719


class CUDARuntimeError(RuntimeError):
    """What the CUDA runtime answers."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


class CUDADriverError(RuntimeError):
    """What the CUDA driver answers."""


class _Context(contextlib.AbstractContextManager[Any]):
    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        return None


class HostArray:
    """Memory of the device, which a program does not touch before the launch."""

    def __init__(self, content: np.ndarray[Any, Any]) -> None:
        self.content = content
        self.size = content.size
        self.data = SimpleNamespace(ptr=content.ctypes.data)

    def get(
        self,
        *,
        stream: Any,
        out: np.ndarray[Any, Any] | None = None,
        blocking: bool = True,
    ) -> np.ndarray[Any, Any]:
        """Copy to the host, at once."""
        if out is None:
            return self.content.copy()
        assert not blocking
        assert self.content.shape == out.shape
        out[...] = self.content
        return out


class HostDevice:
    """A device and what it was asked to do.

    Parameters
    ----------
    memory_bytes : int
        The largest array that it has room for.
    pinned_bytes : int
        The largest array that the host has room for where the device can reach it.
    n_devices : int
        How many there are of it, with one memory.
    seconds_per_block : float
        How slow it pretends to be.
    fails_at : int, optional
        The number of the launch that fails, from 0.

    Attributes
    ----------
    launches : list of int
        Blocks of each launch.
    used : set of int
        The devices on which something was launched.
    """

    def __init__(
        self,
        memory_bytes: int = 1 << 30,
        seconds_per_block: float = 1e-4,
        fails_at: int | None = None,
        n_devices: int = 1,
        pinned_bytes: int = 1 << 30,
    ) -> None:
        self.pinned_bytes = pinned_bytes
        self.memory_bytes = memory_bytes
        self.n_devices = n_devices
        self.seconds_per_block = seconds_per_block
        self.fails_at = fails_at
        self.launches: list[int] = []
        self.used: set[int] = set()
        self.current = threading.local()
        # Fibers belong to one thread at a time.
        self.alone = threading.Lock()

    def empty(self, shape: tuple[int, ...], dtype: Any) -> HostArray:
        """Return memory, if there is so much."""
        made = np.empty(shape, dtype)
        if made.nbytes > self.memory_bytes:
            message = f"out of memory allocating {made.nbytes} bytes"
            raise MemoryError(message)
        made.view(np.uint8)[...] = 0xA5
        return HostArray(made)

    def empty_pinned(self, shape: tuple[int, ...], dtype: Any) -> np.ndarray[Any, Any]:
        """Return memory of the host, if there is so much."""
        made = np.empty(shape, dtype)
        if made.nbytes > self.pinned_bytes:
            raise CUDARuntimeError(
                OUT_OF_MEMORY, "cudaErrorMemoryAllocation: out of memory"
            )
        return made

    def launch(
        self,
        function: HostFunction,
        grid: tuple[int],
        block: tuple[int],
        args: Sequence[Any],
    ) -> None:
        """Run a program at once."""
        first, n_blocks, stride, slots, out = args
        assert all(isinstance(each, np.int64) for each in (first, n_blocks, stride))
        by_value = isinstance(slots, np.ndarray)
        assert not by_value or slots.size == 1
        address = slots.ctypes.data if by_value else slots.data.ptr
        with self.alone:
            if len(self.launches) == self.fails_at:
                raise CUDARuntimeError(LAUNCH_FAILED, "cudaErrorLaunchFailure: unspecified")
            self.launches.append(int(n_blocks))
            self.used.add(self.current.ordinal)
            function(grid[0], block[0], (first, n_blocks, stride), address, out.data.ptr)


class _Device(_Context):
    compute_capability = "90"
    attributes: ClassVar = {"MultiProcessorCount": 1}

    def __init__(self, ordinal: int = 0, *, host: HostDevice) -> None:
        assert 0 <= ordinal < host.n_devices
        self.mem_info = (host.memory_bytes, 1 << 31)
        self.ordinal = ordinal
        self.host = host

    def __enter__(self) -> Self:
        self.host.current.ordinal = self.ordinal
        return self

    def synchronize(self) -> None:
        """Wait for nothing: a launch is over when it returns."""


class _Stream(_Context):
    def __init__(self, *, non_blocking: bool) -> None:
        assert non_blocking

    def synchronize(self) -> None:
        """Wait for nothing: a launch is over when it returns."""


class _Event:
    def __init__(self, host: HostDevice) -> None:
        self.host = host

    def record(self, stream: _Stream) -> None:
        self.seconds = self.host.seconds_per_block * sum(self.host.launches)

    def synchronize(self) -> None:
        """Wait for nothing: a launch is over when it returns."""


class _Module:
    def __init__(self, host: HostDevice) -> None:
        self.host = host

    def load(self, cubin: bytes) -> None:
        self.text = cubin.decode()

    def get_function(self, name: str) -> Callable[..., None]:
        return self._program() if name == "program" else self._kernel(name)

    def _program(self) -> Callable[..., None]:
        function = build_source(self.text)

        def launch(
            grid: tuple[int], block: tuple[int], args: Any, *, stream: _Stream
        ) -> None:
            self.host.launch(function, grid, block, args)

        return launch

    def _kernel(self, name: str) -> Callable[..., None]:
        function = build_kernels(self.text)(name)

        def launch(
            grid: tuple[int], block: tuple[int], args: Any, *, stream: _Stream
        ) -> None:
            assert block == (32,)
            handed = [
                np.uint64(each.data.ptr) if isinstance(each, HostArray) else each
                for each in args
            ]
            assert all(each.nbytes == 8 for each in handed)
            with self.host.alone:
                function(grid[0], handed)

        return launch


def _cuda(host: HostDevice, runtime: dict[str, Any]) -> SimpleNamespace:
    functions: dict[str, Any] = {
        "CUDARuntimeError": CUDARuntimeError,
        "getDeviceCount": lambda: host.n_devices,
        "driverGetVersion": lambda: 12080,
        "getDeviceProperties": lambda ordinal: {"name": b"host device"},
    }
    return SimpleNamespace(
        Device=functools.partial(_Device, host=host),
        Event=functools.partial(_Event, host),
        Module=functools.partial(_Module, host),
        Stream=_Stream,
        driver=SimpleNamespace(CUDADriverError=CUDADriverError),
        get_elapsed_time=lambda began, ended: 1000.0 * (ended.seconds - began.seconds),
        runtime=SimpleNamespace(**(functions | runtime)),
    )


@contextlib.contextmanager
def installed(host: HostDevice, **runtime: Any) -> Iterator[HostDevice]:
    """Hold the device where `import cupy` finds it; `runtime` replaces its functions."""
    contents: dict[str, dict[str, Any]] = {
        "cupy": {
            "cuda": _cuda(host, runtime),
            "empty": host.empty,
            "zeros": lambda shape, dtype: HostArray(np.zeros(shape, dtype)),
            "asarray": lambda array: HostArray(np.array(array)),
        },
        "cupyx": {"empty_pinned": host.empty_pinned},
    }
    with pytest.MonkeyPatch.context() as patch:
        for name, content in contents.items():
            module = ModuleType(name)
            module.__spec__ = ModuleSpec(name, None)
            vars(module).update(content)
            patch.setitem(sys.modules, name, module)
        yield host
