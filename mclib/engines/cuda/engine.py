"""The GPU engine: NVRTC compiles, CuPy loads, launches and brings the results back."""

import threading
from collections import deque
from dataclasses import dataclass
from typing import Any

import numpy as np

from mclib.engines.base import Arguments, Array, Engine, Program, output_shape, output_type
from mclib.engines.cuda.compiling import architecture, compiler
from mclib.engines.cuda.devices import Device, import_cupy, open_device, unavailable
from mclib.engines.cuda.launching import LaunchSize, pack
from mclib.engines.cuda.rendering import render
from mclib.engines.cuda.sources import ENTRY, THREADS, Source
from mclib.engines.plans import BLOCK, N_LANES, Plan
from mclib.errors import InsufficientMemory

_WARPS = THREADS // N_LANES

_UNDER_WAY = 2
"""Launches at a time: while one computes, the results of the other travel."""

_THREAD_BLOCKS_PER_MULTIPROCESSOR = 64
"""Many more than run at a time: so the last ones end nearly together."""

_OUT_OF_MEMORY = 2
"""What the CUDA runtime answers when it cannot allocate."""


@dataclass
class _Launch:
    """A launch under way."""

    first: int
    n_blocks: int
    began: Any
    computed: Any
    arrived: Any
    on_device: Any
    on_host: Array


class CudaProgram(Program):
    """A plan as a device's machine code.

    Each calling thread has a CUDA stream of its own.
    """

    def __init__(self, plan: Plan, source: Source, cubin: bytes, device: Device) -> None:
        self.plan = plan
        self._device = device
        self._source = source
        self._cupy = cupy = import_cupy()
        self._threads = threading.local()
        with cupy.cuda.Device(device.ordinal):
            module = cupy.cuda.Module()
            module.load(cubin)
            self._function = module.get_function(ENTRY)
            self._tables = [cupy.asarray(table.values) for table in source.tables]
            # The streams of the calling threads do not wait for this one.
            cupy.cuda.Device().synchronize()
        block_bytes = np.empty(0, output_type(plan)).itemsize
        block_bytes *= int(np.prod(output_shape(plan, 1)))
        self._size = LaunchSize(_WARPS * device.n_multiprocessors, block_bytes)
        self._block_bytes = block_bytes

    def run(self, first_block: int, n_blocks: int, arguments: Arguments) -> Array:
        """Run as many launches as it takes, in the calling thread's CUDA stream."""
        cuda = self._cupy.cuda
        out = np.empty(output_shape(self.plan, n_blocks), output_type(self.plan))
        with cuda.Device(self._device.ordinal), self._stream() as stream:
            slots = self._handed(arguments)
            under_way: deque[_Launch] = deque()
            begun = 0
            try:
                while begun < n_blocks or under_way:
                    if begun < n_blocks and len(under_way) < _UNDER_WAY:
                        wanted = min(self._size.blocks, n_blocks - begun)
                        launch = self._launch(first_block, begun, wanted, slots, stream)
                        begun += launch.n_blocks
                        under_way.append(launch)
                    else:
                        self._finish(under_way.popleft(), out)
            except (cuda.runtime.CUDARuntimeError, cuda.driver.CUDADriverError) as error:
                raise unavailable(f"the device stopped in the middle ({error})") from error
            except BaseException:
                # Memory that the device still writes to must not be given to anyone else.
                stream.synchronize()
                raise
        return out

    def _stream(self) -> Any:
        if not hasattr(self._threads, "stream"):
            self._threads.stream = self._cupy.cuda.Stream(non_blocking=True)
        return self._threads.stream

    def _handed(self, arguments: Arguments) -> Any:
        slots = pack(arguments, [table.data.ptr for table in self._tables])
        if self._source.by_value:
            # CuPy hands an array of one element over by value, whatever its size.
            return slots.view(np.dtype((np.void, slots.nbytes)))
        return self._cupy.asarray(slots)

    def _launch(
        self, first_block: int, begun: int, wanted: int, slots: Any, stream: Any
    ) -> _Launch:
        cuda = self._cupy.cuda
        on_device, on_host = self._room(wanted)
        n_blocks = on_host.size * on_host.itemsize // self._block_bytes
        began, computed, arrived = cuda.Event(), cuda.Event(), cuda.Event()
        most = _THREAD_BLOCKS_PER_MULTIPROCESSOR * self._device.n_multiprocessors
        grid = min(-(-n_blocks // _WARPS), most)
        counts = (np.int64(first_block + begun), np.int64(n_blocks), np.int64(n_blocks))
        began.record(stream)
        self._function((grid,), (THREADS,), (*counts, slots, on_device), stream=stream)
        computed.record(stream)
        on_device.get(stream=stream, out=on_host, blocking=False)
        arrived.record(stream)
        return _Launch(begun, n_blocks, began, computed, arrived, on_device, on_host)

    def _room(self, wanted: int) -> tuple[Any, Array]:
        """Return memory there and here for so many blocks, or as many as there is room."""
        from cupyx import empty_pinned

        plan, cupy = self.plan, self._cupy
        while True:
            shape, type_ = output_shape(plan, wanted), output_type(plan)
            try:
                return cupy.empty(shape, type_), empty_pinned(shape, type_)
            except (MemoryError, cupy.cuda.runtime.CUDARuntimeError) as error:
                if getattr(error, "status", _OUT_OF_MEMORY) != _OUT_OF_MEMORY:
                    raise
                if not self._size.halve():
                    raise self._no_room() from error
                wanted = min(wanted, self._size.blocks)

    def _no_room(self) -> InsufficientMemory:
        free, _ = self._cupy.cuda.Device(self._device.ordinal).mem_info
        message = (
            f"a block of {BLOCK:,} trials needs {self._block_bytes:,} bytes on the device; "
            f"{free:,} are free.\n"
            'hint: end other programs on the device, or write `engine="llvm"`.'
        )
        return InsufficientMemory(message)

    def _finish(self, launch: _Launch, out: Array) -> None:
        launch.arrived.synchronize()
        end = launch.first + launch.n_blocks
        if self.plan.records:
            out[launch.first : end] = launch.on_host
        else:
            out[:, launch.first : end] = launch.on_host
        milliseconds = self._cupy.cuda.get_elapsed_time(launch.began, launch.computed)
        self._size.took(launch.n_blocks, milliseconds / 1000.0)


class CudaEngine(Engine):
    """One NVIDIA device.

    Parameters
    ----------
    ordinal : int, default 0
        Its number among the visible devices.

    Raises
    ------
    EngineUnavailable
        If CuPy, a driver, a device or NVRTC is missing.
    """

    name = "cuda"
    most_blocks = 1 << 18
    is_device = True
    n_workers = 2

    def __init__(self, ordinal: int = 0) -> None:
        self._device = open_device(ordinal)
        self._compiler = compiler()
        self._arch = architecture(self._compiler.capability_for(self._device.capability))

    @property
    def device(self) -> str:
        """Name, size and architecture of the device."""
        return str(self._device)

    def compile(self, plan: Plan) -> Program:
        """Return the plan as machine code, from disk if it was compiled before."""
        source = render(plan)
        cubin = self._compiler.cubin(source.text, self._arch)
        return CudaProgram(plan, source, cubin, self._device)
