"""The NVIDIA device that programs run on, or the reason why there is none."""

import importlib
import importlib.util
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from mclib.errors import EngineUnavailable

_NO_DEVICE = 100
"""What the CUDA runtime answers on a machine with a driver and no device."""


@dataclass(frozen=True)
class Device:
    """An NVIDIA device.

    Attributes
    ----------
    ordinal : int
        Its number among the visible ones.
    name : str
        What its maker calls it.
    capability : int
        Compute capability, as 10 * major + minor.
    n_multiprocessors : int
        How many; a slice of a shared device has fewer than the whole.
    """

    ordinal: int
    name: str
    capability: int
    n_multiprocessors: int

    def __str__(self) -> str:
        return (
            f"{self.name}, {self.n_multiprocessors} multiprocessors, sm_{self.capability}"
        )


def unavailable(reason: str, way_out: str = "") -> EngineUnavailable:
    """Write why the engine cannot run, and what to do."""
    cpu = "leave `engine` out to run on the CPU; the draws will be the same."
    hint = f"{way_out}, or {cpu}" if way_out else cpu
    return EngineUnavailable(f"engine `cuda` is not available: {reason}.\nhint: {hint}")


def import_cupy() -> Any:
    """Return the module `cupy`.

    Raises
    ------
    EngineUnavailable
        If it is not installed or cannot be imported.
    """
    if importlib.util.find_spec("cupy") is None:
        reason = "CuPy is not installed"
        raise unavailable(reason, "install `mchub[gpu]` (or `mchub[gpu13]` for CUDA 13)")
    try:
        return importlib.import_module("cupy")
    except ImportError as error:
        first = next(iter(str(error).strip().splitlines()), "no reason given")
        reason = f"CuPy is installed, but cannot be imported ({first.rstrip('.')})"
        raise unavailable(reason) from error


def open_devices(ordinals: Sequence[int] | None = None) -> tuple[Device, ...]:
    """Return devices of this machine.

    Parameters
    ----------
    ordinals : sequence of int, optional
        Their numbers among the visible devices; all by default, which is one at least.

    Raises
    ------
    EngineUnavailable
        If CuPy, a driver or a device is missing.
    """
    cuda = import_cupy().cuda
    try:
        n_devices = cuda.runtime.getDeviceCount()
    except cuda.runtime.CUDARuntimeError as error:
        raise unavailable(_reason(cuda, error)) from error
    chosen = range(max(1, n_devices)) if ordinals is None else ordinals
    return tuple(_open(cuda, ordinal, n_devices) for ordinal in chosen)


def free_memory(device: Device) -> int:
    """Return the bytes that may still be taken of a device, by its limit or by others."""
    cupy = import_cupy()
    with cupy.cuda.Device(device.ordinal):
        free, _ = cupy.cuda.runtime.memGetInfo()
        pool = cupy.get_default_memory_pool()
        free += pool.free_bytes()
        limit = pool.get_limit()
    return int(min(free, limit - pool.used_bytes()) if limit else free)


def describe_devices() -> tuple[str, ...]:
    """Return a line for each visible device: its number, what it is, how much is free.

    Raises
    ------
    EngineUnavailable
        If CuPy, a driver or a device is missing.
    """
    cuda = import_cupy().cuda
    lines = []
    for device in open_devices():
        free, whole = cuda.Device(device.ordinal).mem_info
        memory = f"{free / 2**30:.1f} of {whole / 2**30:.1f} GiB free"
        lines.append(f"{device.ordinal}, {device}, {memory}")
    return tuple(lines)


def _open(cuda: Any, ordinal: int, n_devices: int) -> Device:
    if not 0 <= ordinal < n_devices:
        # Without any device, an older runtime counts to zero instead of answering an error.
        which = f"only {n_devices} of them" if n_devices else "none"
        reason = f"device {ordinal} was asked for, but the NVIDIA driver shows {which}"
        raise unavailable(reason)
    found = cuda.Device(ordinal)
    return Device(
        ordinal=ordinal,
        name=cuda.runtime.getDeviceProperties(ordinal)["name"].decode(),
        capability=int(found.compute_capability),
        n_multiprocessors=found.attributes["MultiProcessorCount"],
    )


def _reason(cuda: Any, error: Any) -> str:
    if error.status == _NO_DEVICE:
        return "CuPy is installed, but no NVIDIA device was found"
    driver = cuda.runtime.driverGetVersion()
    if not driver:
        return "CuPy is installed, but no NVIDIA driver was found"
    first = str(error).rstrip(".")
    return (
        f"the NVIDIA driver (for CUDA {driver // 1000}.{driver % 1000 // 10}) said {first}"
    )
