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

from tests.tools.host_programs import HostFunction, build_source

NO_DRIVER, NO_DEVICE, LAUNCH_FAILED = 35, 100, 719


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
        self.data = SimpleNamespace(ptr=content.ctypes.data)

    def get(self, *, stream: Any, out: np.ndarray[Any, Any], blocking: bool) -> None:
        """Copy to the host, at once."""
        assert not blocking
        assert self.content.shape == out.shape
        out[...] = self.content


class HostDevice:
    """A device and what it was asked to do.

    Parameters
    ----------
    memory_bytes : int
        The largest array that it has room for.
    seconds_per_block : float
        How slow it pretends to be.
    fails_at : int, optional
        The number of the launch that fails, from 0.

    Attributes
    ----------
    launches : list of int
        Blocks of each launch.
    """

    def __init__(
        self,
        memory_bytes: int = 1 << 30,
        seconds_per_block: float = 1e-4,
        fails_at: int | None = None,
    ) -> None:
        self.memory_bytes = memory_bytes
        self.seconds_per_block = seconds_per_block
        self.fails_at = fails_at
        self.launches: list[int] = []
        # Fibers belong to one thread at a time.
        self._alone = threading.Lock()

    def empty(self, shape: tuple[int, ...], dtype: Any) -> HostArray:
        """Return memory, if there is so much."""
        made = np.empty(shape, dtype)
        if made.nbytes > self.memory_bytes:
            message = f"out of memory allocating {made.nbytes} bytes"
            raise MemoryError(message)
        made.view(np.uint8)[...] = 0xA5
        return HostArray(made)

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
        with self._alone:
            if len(self.launches) == self.fails_at:
                raise CUDARuntimeError(LAUNCH_FAILED, "cudaErrorLaunchFailure: unspecified")
            self.launches.append(int(n_blocks))
            function(grid[0], block[0], (first, n_blocks, stride), address, out.data.ptr)


class _Device(_Context):
    compute_capability = "90"
    attributes: ClassVar = {"MultiProcessorCount": 1}

    def __init__(self, ordinal: int = 0, *, host: HostDevice) -> None:
        assert ordinal == 0
        self.mem_info = (host.memory_bytes, 1 << 31)

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
        self.function = build_source(cubin.decode())

    def get_function(self, name: str) -> Callable[..., None]:
        assert name == "program"

        def launch(
            grid: tuple[int], block: tuple[int], args: Any, *, stream: _Stream
        ) -> None:
            self.host.launch(self.function, grid, block, args)

        return launch


def _cuda(host: HostDevice, runtime: dict[str, Any]) -> SimpleNamespace:
    functions: dict[str, Any] = {
        "CUDARuntimeError": CUDARuntimeError,
        "getDeviceCount": lambda: 1,
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
            "asarray": lambda array: HostArray(np.array(array)),
        },
        "cupyx": {"empty_pinned": np.empty},
    }
    with pytest.MonkeyPatch.context() as patch:
        for name, content in contents.items():
            module = ModuleType(name)
            module.__spec__ = ModuleSpec(name, None)
            vars(module).update(content)
            patch.setitem(sys.modules, name, module)
        yield host
