"""A device made of this machine's processor, behind as much of CuPy as the engine uses.

Its machine code is the CUDA C itself, compiled by g++, so that everything around a launch
runs and can be compared: how blocks are shared out, what is handed over, what comes back,
and what happens when memory or the device fails.
"""

import contextlib
import sys
from collections.abc import Iterator, Sequence
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
        if len(self.launches) == self.fails_at:
            raise CUDARuntimeError(LAUNCH_FAILED, "cudaErrorLaunchFailure: unspecified")
        first, n_blocks, stride, slots, out = args
        assert all(isinstance(each, np.int64) for each in (first, n_blocks, stride))
        self.launches.append(int(n_blocks))
        by_value = isinstance(slots, np.ndarray)
        assert not by_value or slots.size == 1
        address = slots.ctypes.data if by_value else slots.data.ptr
        function(grid[0], block[0], (first, n_blocks, stride), address, out.data.ptr)


def install(patch: pytest.MonkeyPatch, device: HostDevice, **runtime: Any) -> None:
    """Put the device where `import cupy` finds it; `runtime` replaces runtime functions."""

    class Module:
        def load(self, cubin: bytes) -> None:
            self.function = build_source(cubin.decode())

        def get_function(self, name: str) -> Any:
            assert name == "program"
            return lambda grid, block, args, stream: device.launch(
                self.function, grid, block, args
            )

    class Event:
        def record(self, stream: Any) -> None:
            self.n_blocks = sum(device.launches)

        def synchronize(self) -> None:
            pass

    class Device(_Context):
        compute_capability = "90"
        attributes: ClassVar = {"MultiProcessorCount": 1}
        mem_info = (device.memory_bytes, 1 << 31)

        def __init__(self, ordinal: int = 0) -> None:
            assert ordinal == 0

        def synchronize(self) -> None:
            pass

    class Stream(_Context):
        def __init__(self, *, non_blocking: bool) -> None:
            assert non_blocking

        def synchronize(self) -> None:
            pass

    def elapsed_milliseconds(began: Event, ended: Event) -> float:
        return 1000.0 * device.seconds_per_block * (ended.n_blocks - began.n_blocks)

    functions: dict[str, Any] = {
        "CUDARuntimeError": CUDARuntimeError,
        "getDeviceCount": lambda: 1,
        "driverGetVersion": lambda: 12080,
        "getDeviceProperties": lambda ordinal: {"name": b"host device"},
    }
    cuda = SimpleNamespace(
        Device=Device,
        Event=Event,
        Module=Module,
        Stream=Stream,
        driver=SimpleNamespace(CUDADriverError=CUDADriverError),
        get_elapsed_time=elapsed_milliseconds,
        runtime=SimpleNamespace(**(functions | runtime)),
    )
    contents: dict[str, dict[str, Any]] = {
        "cupy": {
            "cuda": cuda,
            "empty": device.empty,
            "asarray": lambda array: HostArray(np.array(array)),
        },
        "cupyx": {"empty_pinned": np.empty},
    }
    for name, content in contents.items():
        module = ModuleType(name)
        module.__spec__ = ModuleSpec(name, None)
        vars(module).update(content)
        patch.setitem(sys.modules, name, module)


@contextlib.contextmanager
def installed(device: HostDevice, **runtime: Any) -> Iterator[HostDevice]:
    """Hold the device in place of CuPy for a while."""
    with pytest.MonkeyPatch.context() as patch:
        install(patch, device, **runtime)
        yield device
