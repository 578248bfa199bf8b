"""The GPU engine: a program for each device, and the next piece of work to an idle one.

A piece of work is a range of blocks. A device that is faster, or less busy with other
people's work, comes back sooner and gets the next one: shares follow from measured speed,
and results do not depend on them.
"""

import queue
import threading
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from mclib.engines.base import Arguments, Array, Engine, Program
from mclib.engines.cuda.compiling import architecture, compiler
from mclib.engines.cuda.devices import Device, free_memory, open_devices
from mclib.engines.cuda.merging import MERGE_LEVELS
from mclib.engines.cuda.program import UNDER_WAY, DeviceProgram
from mclib.engines.cuda.rendering import render
from mclib.engines.plans import BLOCK, Plan
from mclib.statistics.requests import Request

T = TypeVar("T")

_MOST_ARRAY_BLOCKS = 1 << 12
"""Four million trials at once fill a device, and some of its arrays stay in its cache."""

_ARRAYS_ON_THE_WAY = 8
"""Arrays that a function may make, and CuPy keep, for each that it is given or returns."""


class CudaProgram(Program):
    """A plan on several devices; each piece of work goes to one that is idle."""

    def __init__(self, plan: Plan, devices: Sequence[Device]) -> None:
        self.plan = plan
        self._devices = devices
        self._source = render(plan)
        self._programs: dict[int, DeviceProgram] = {}
        self._compiling = threading.Lock()
        # So many pieces at a time keep a device busy while results travel.
        self._idle: queue.SimpleQueue[Device] = queue.SimpleQueue()
        for _ in range(UNDER_WAY):
            for device in devices:
                self._idle.put(device)
        self._on(devices[0])

    def run(self, first_block: int, n_blocks: int, arguments: Arguments) -> Array:
        """Run on the device that has been idle for longest."""
        return self._somewhere(lambda there: there.run(first_block, n_blocks, arguments))

    def run_merged(self, first_block: int, n_blocks: int, arguments: Arguments) -> Array:
        """Run and merge on the device that has been idle for longest."""
        return self._somewhere(
            lambda there: there.run_merged(first_block, n_blocks, arguments)
        )

    def run_there(self, first_block: int, n_blocks: int, arguments: Arguments) -> Any:
        """Run on the first device: the arrays of one call must be of one device."""
        there = self._on(self._devices[0])
        return there.run_there(first_block, n_blocks, arguments)

    def answers(
        self,
        requests: Sequence[tuple[int, Request]],
        first_block: int,
        n_blocks: int,
        n_trials: int,
        arguments: Arguments,
    ) -> list[Any] | None:
        """Answer on the device that has been idle for longest."""
        return self._somewhere(
            lambda there: there.answers(
                requests, first_block, n_blocks, n_trials, arguments
            )
        )

    def _somewhere(self, work: Callable[[DeviceProgram], T]) -> T:
        device = self._idle.get()
        try:
            return work(self._on(device))
        finally:
            self._idle.put(device)

    def _on(self, device: Device) -> DeviceProgram:
        with self._compiling:
            if device.ordinal not in self._programs:
                arch = architecture(compiler().capability_for(device.capability))
                cubin = compiler().cubin(self._source.text, arch)
                self._programs[device.ordinal] = DeviceProgram(
                    self.plan, self._source, cubin, device, arch
                )
            return self._programs[device.ordinal]


class CudaEngine(Engine):
    """NVIDIA devices: all that are visible, or some of them.

    Parameters
    ----------
    ordinals : sequence of int, optional
        Their numbers among the visible devices; all by default.

    Raises
    ------
    EngineUnavailable
        If CuPy, a driver, a device or NVRTC is missing.
    """

    name = "cuda"
    most_blocks = 1 << 18
    most_sweep_blocks = 1 << 18
    merge_levels = MERGE_LEVELS
    is_device = True
    sees_values = False

    def __init__(self, ordinals: Sequence[int] | None = None) -> None:
        self.devices = open_devices(ordinals)
        for device in self.devices:
            compiler().capability_for(device.capability)
        self.n_workers = UNDER_WAY * len(self.devices)

    @property
    def device(self) -> str:
        """Names, sizes and architectures of the devices."""
        return "; ".join(map(str, self.devices))

    def most_array_blocks(self, n_arrays: int) -> int:
        """Return how many blocks leave room for what a function makes on its way."""
        free = free_memory(self.devices[0])
        bytes_per_block = _ARRAYS_ON_THE_WAY * n_arrays * BLOCK * 8
        fitting = free // (UNDER_WAY * bytes_per_block)
        return max(1, min(_MOST_ARRAY_BLOCKS, fitting))

    def compile(self, plan: Plan) -> Program:
        """Return the plan as machine code, from disk if it was compiled before."""
        return CudaProgram(plan, self.devices)
