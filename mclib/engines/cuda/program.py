"""A program on one device: launches, what comes back, and what happens when it cannot."""

import contextlib
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np

from mclib.engines.base import Arguments, Array, Program, output_shape, output_type
from mclib.engines.cuda.answering import (
    LANES,
    WARPS_PER_MULTIPROCESSOR,
    Tally,
    functions_on,
    knows,
)
from mclib.engines.cuda.devices import Device, import_cupy, unavailable
from mclib.engines.cuda.launching import MOST_BYTES, MOST_BYTES_THERE, LaunchSize, pack
from mclib.engines.cuda.merging import MERGE_LEVELS, merge_blocks
from mclib.engines.cuda.sources import ENTRY, THREADS, Source
from mclib.engines.plans import BLOCK, N_LANES, Plan
from mclib.errors import InsufficientMemory
from mclib.expressions.dtypes import Type
from mclib.statistics.requests import Request

T = TypeVar("T")

UNDER_WAY = 2
"""Launches at a time: while one computes, the results of the other travel."""

_WARPS = THREADS // N_LANES

_THREAD_BLOCKS_PER_MULTIPROCESSOR = 64
"""Many more than run at a time: so the last ones end nearly together."""

_OUT_OF_MEMORY = 2
"""What the CUDA runtime answers when it cannot allocate."""


@dataclass
class _Launch:
    """A launch under way: from `began` to `ended`, to be read once `arrived`."""

    first: int
    n_blocks: int
    began: Any
    ended: Any
    arrived: Any
    on_device: Any = None
    on_host: Array | None = None


class DeviceProgram(Program):
    """A plan as a device's machine code.

    Each calling thread has a CUDA stream of its own.
    """

    def __init__(
        self, plan: Plan, source: Source, cubin: bytes, device: Device, arch: str
    ) -> None:
        self.plan = plan
        self._device = device
        self._source = source
        self._arch = arch
        self._cupy = cupy = import_cupy()
        self._threads = threading.local()
        with self._named_failures(), cupy.cuda.Device(device.ordinal):
            module = cupy.cuda.Module()
            module.load(cubin)
            self._function = module.get_function(ENTRY)
            self._tables = [cupy.asarray(table.values) for table in source.tables]
            # The streams of the calling threads do not wait for this one.
            cupy.cuda.Device().synchronize()
        self._type = output_type(plan)
        self._block_bytes = self._type.itemsize * int(np.prod(output_shape(plan, 1)))
        first = _WARPS * device.n_multiprocessors
        self._size = LaunchSize(first, self._block_bytes, MOST_BYTES)
        self._size_there = LaunchSize(first, self._block_bytes, MOST_BYTES_THERE)

    def run(self, first_block: int, n_blocks: int, arguments: Arguments) -> Array:
        """Run as many launches as it takes, in the calling thread's CUDA stream."""
        return self._run(first_block, n_blocks, arguments, levels=0)

    def run_merged(self, first_block: int, n_blocks: int, arguments: Arguments) -> Array:
        """Run, and merge the records of 32 blocks each before they travel."""
        return self._run(first_block, n_blocks, arguments, levels=MERGE_LEVELS)

    def _run(
        self, first_block: int, n_blocks: int, arguments: Arguments, levels: int
    ) -> Array:
        out = np.empty(output_shape(self.plan, n_blocks >> levels), self._type)
        size = self._size_there if levels else self._size
        under_way: deque[_Launch] = deque()
        begun = 0
        with self._at_work() as stream:
            slots = self._handed(arguments)
            while begun < n_blocks or under_way:
                if begun < n_blocks and len(under_way) < UNDER_WAY:
                    wanted = min(size.whole(levels), n_blocks - begun)
                    launch = self._launch(first_block, begun, wanted, slots, stream, levels)
                    begun += launch.n_blocks
                    under_way.append(launch)
                else:
                    self._finish(under_way.popleft(), out, levels)
        return out

    def run_there(self, first_block: int, n_blocks: int, arguments: Arguments) -> Any:
        """Run one launch after the other, into memory of the device."""
        under_way: deque[_Launch] = deque()
        begun = 0
        with self._at_work() as stream:
            slots = self._handed(arguments)
            out = self._cupy.empty(output_shape(self.plan, n_blocks), self._type)
            while begun < n_blocks:
                if len(under_way) == UNDER_WAY:
                    self._learn(self._size_there, under_way.popleft())
                n_now = min(self._size_there.blocks, n_blocks - begun)
                part = out[begun:] if self.plan.records else out[:, begun:]
                launch = self._compute(
                    first_block, begun, n_now, n_blocks, slots, part, stream
                )
                launch.arrived.record(stream)
                under_way.append(launch)
                begun += n_now
            stream.synchronize()
        return out

    def answers(
        self,
        requests: Sequence[tuple[int, Request]],
        first_block: int,
        n_blocks: int,
        n_trials: int,
        arguments: Arguments,
    ) -> list[Any] | None:
        """Store a piece of the outputs on the device, count, and go on with the next."""
        if not n_blocks or not all(knows(request) for _, request in requests):
            return None
        function = functions_on(self.plan.precision, self._arch, self._device.ordinal)
        grid = WARPS_PER_MULTIPROCESSOR * self._device.n_multiprocessors
        under_way: deque[_Launch] = deque()
        begun = room = 0
        values: Any = None
        with self._at_work() as stream:
            slots = self._handed(arguments)
            tallies = [
                (place, Tally(request, function, n_blocks * BLOCK))
                for place, request in requests
            ]
            while begun < n_blocks:
                if len(under_way) == UNDER_WAY:
                    self._learn(self._size_there, under_way.popleft())
                n_now = min(self._size_there.blocks, n_blocks - begun)
                if n_now > room:
                    values = None
                    values, room = self._fitting(self._empty, n_now, self._size_there)
                    n_now = min(n_now, room)
                launch = self._compute(
                    first_block, begun, n_now, room, slots, values, stream
                )
                shown = min(n_now * BLOCK, n_trials - begun * BLOCK)
                for place, tally in tallies:
                    address = values.data.ptr + place * room * BLOCK * self._type.itemsize
                    tally.count(address, n_now * BLOCK, shown, grid, stream)
                launch.arrived.record(stream)
                under_way.append(launch)
                begun += n_now
            found = [tally.answer(stream) for _, tally in tallies]
        return None if any(each is None for each in found) else found

    @contextlib.contextmanager
    def _at_work(self) -> Iterator[Any]:
        """Make this the current device, with the calling thread's stream on it."""
        with self._named_failures(), self._cupy.cuda.Device(self._device.ordinal):
            if not hasattr(self._threads, "stream"):
                self._threads.stream = self._cupy.cuda.Stream(non_blocking=True)
            stream = self._threads.stream
            with stream:
                try:
                    yield stream
                except BaseException:
                    # Memory that the device still writes to must not be given to others.
                    with contextlib.suppress(*self._failures()):
                        stream.synchronize()
                    raise

    def _failures(self) -> tuple[type[Exception], ...]:
        cuda = self._cupy.cuda
        return cuda.runtime.CUDARuntimeError, cuda.driver.CUDADriverError

    @contextlib.contextmanager
    def _named_failures(self) -> Iterator[None]:
        """Say of a failure of CUDA that the device stopped, or has no room left."""
        try:
            yield
        except self._failures() as error:
            if getattr(error, "status", None) == _OUT_OF_MEMORY:
                raise self._no_room() from error
            reason = f"{self._device.name} stopped in the middle ({error})"
            raise unavailable(reason) from error
        except InsufficientMemory:
            raise
        except MemoryError as error:
            raise self._no_room() from error

    def _handed(self, arguments: Arguments) -> Any:
        slots = pack(arguments, [table.data.ptr for table in self._tables])
        if self._source.by_value:
            # CuPy hands an array of one element over by value, whatever its size.
            return slots.view(np.dtype((np.void, slots.nbytes)))
        return self._cupy.asarray(slots)

    def _compute(
        self,
        first_block: int,
        begun: int,
        n_blocks: int,
        room: int,
        slots: Any,
        out: Any,
        stream: Any,
    ) -> _Launch:
        """Begin to compute blocks into memory that has room for some more."""
        event = self._cupy.cuda.Event
        launch = _Launch(begun, n_blocks, event(), event(), event(), out)
        most = _THREAD_BLOCKS_PER_MULTIPROCESSOR * self._device.n_multiprocessors
        grid = min(-(-n_blocks // _WARPS), most)
        counts = (np.int64(first_block + begun), np.int64(n_blocks), np.int64(room))
        launch.began.record(stream)
        self._function((grid,), (THREADS,), (*counts, slots, out), stream=stream)
        launch.ended.record(stream)
        return launch

    def _launch(
        self,
        first_block: int,
        begun: int,
        wanted: int,
        slots: Any,
        stream: Any,
        levels: int,
    ) -> _Launch:
        from cupyx import empty_pinned

        def rooms(n_blocks: int) -> tuple[Any, Any, Array]:
            shape = output_shape(self.plan, n_blocks >> levels)
            computed = self._empty(n_blocks)
            brought = self._cupy.empty(shape, self._type) if levels else computed
            return computed, brought, empty_pinned(shape, self._type)

        size = self._size_there if levels else self._size
        (computed, brought, on_host), n_blocks = self._fitting(rooms, wanted, size, levels)
        launch = self._compute(
            first_block, begun, n_blocks, n_blocks, slots, computed, stream
        )
        if levels:
            self._merge(computed, brought, on_host.shape, stream)
        launch.on_device, launch.on_host = brought, on_host
        brought.get(stream=stream, out=launch.on_host, blocking=False)
        launch.arrived.record(stream)
        return launch

    def _merge(self, records: Any, nodes: Any, shape: Sequence[int], stream: Any) -> None:
        """Begin to merge the records of 32 blocks each."""
        function = merge_blocks(self._arch, self._device.ordinal)
        n_nodes, n_outputs, _ = shape
        most = _THREAD_BLOCKS_PER_MULTIPROCESSOR * self._device.n_multiprocessors
        grid = min(n_nodes * n_outputs, most)
        numbers = (n_nodes, n_outputs, self.plan.precision is Type.FLOAT32)
        handed = (records, *map(np.int64, numbers), nodes)
        function((grid,), (LANES,), handed, stream=stream)

    def _empty(self, n_blocks: int) -> Any:
        """Return memory there for the results of so many blocks."""
        return self._cupy.empty(output_shape(self.plan, n_blocks), self._type)

    def _fitting(
        self, make: Callable[[int], T], wanted: int, size: LaunchSize, levels: int = 0
    ) -> tuple[T, int]:
        """Make what so many blocks need, or as many as there is room for; say how many."""
        while True:
            try:
                return make(wanted), wanted
            except (MemoryError, self._cupy.cuda.runtime.CUDARuntimeError) as error:
                if getattr(error, "status", _OUT_OF_MEMORY) != _OUT_OF_MEMORY:
                    raise
                if wanted <= 1 << levels or not size.halve():
                    raise self._no_room() from error
                wanted = min(wanted, size.whole(levels))

    def _no_room(self) -> InsufficientMemory:
        free, _ = self._cupy.cuda.Device(self._device.ordinal).mem_info
        message = (
            f"a block of {BLOCK:,} trials needs {self._block_bytes:,} bytes on the device; "
            f"{free:,} are free.\n"
            'hint: end other programs on the device, or write `engine="llvm"`.'
        )
        return InsufficientMemory(message)

    def _finish(self, launch: _Launch, out: Array, levels: int) -> None:
        self._learn(self._size_there if levels else self._size, launch)
        end = launch.first + launch.n_blocks
        if self.plan.records:
            out[launch.first >> levels : end >> levels] = launch.on_host
        else:
            out[:, launch.first : end] = launch.on_host

    def _learn(self, size: LaunchSize, launch: _Launch) -> None:
        launch.arrived.synchronize()
        milliseconds = self._cupy.cuda.get_elapsed_time(launch.began, launch.ended)
        size.took(launch.n_blocks, milliseconds / 1000.0)
