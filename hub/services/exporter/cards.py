"""The GPUs as their driver sees them; one that is away is shown as away, not as idle."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from typing import Any, Final

from prometheus_client.core import Metric

from hub.services.exporter.sources import gauge

__all__ = ["card_metrics"]

_READINGS: Final = {
    "mchub_gpu_utilization_ratio": "Fraction of the time that a kernel ran.",
    "mchub_gpu_memory_used_bytes": "Memory in use.",
    "mchub_gpu_memory_total_bytes": "Memory of the card.",
    "mchub_gpu_temperature_celsius": "Temperature.",
    "mchub_gpu_power_watts": "Power drawn.",
    "mchub_gpu_uncorrected_errors": "Memory errors since the driver was loaded.",
}


def card_metrics(expected: Sequence[str]) -> Iterator[Metric]:
    """Readings of every card, and which of the `expected` ones there are.

    Parameters
    ----------
    expected : sequence of str
        Ids of the cards that the settings name; none where they leave it to the driver.
    """
    readings = _read_all()
    there = {(name,): 1.0 for name in readings}
    wanted = {(name,): 1.0 for name in expected}
    presence = dict.fromkeys(wanted, 0.0) | there
    yield gauge("mchub_gpu_present", "Whether a card answers its driver.", presence, "gpu")
    yield gauge("mchub_gpu_expected", "1 for a card that settings name.", wanted, "gpu")
    yield gauge("mchub_gpus", "Cards that answer their driver.", {(): len(readings)})
    for metric, text in _READINGS.items():
        values = {
            (name,): found[metric] for name, found in readings.items() if metric in found
        }
        yield gauge(metric, text, values, "gpu")


def _read_all() -> dict[str, dict[str, float]]:
    import pynvml

    found: dict[str, dict[str, float]] = {}
    try:
        pynvml.nvmlInit()
    except pynvml.NVMLError:
        # No driver, or none that this container was given.
        return found
    try:
        for index in range(pynvml.nvmlDeviceGetCount()):
            # One that fell off the bus answers nothing at all, and so is missing.
            with suppress(pynvml.NVMLError):
                handle: Any = pynvml.nvmlDeviceGetHandleByIndex(index)
                name = pynvml.nvmlDeviceGetUUID(handle)
                memory = pynvml.nvmlDeviceGetMemoryInfo(handle)
                found[name] = _read(pynvml, handle) | {
                    "mchub_gpu_memory_used_bytes": float(memory.used),
                    "mchub_gpu_memory_total_bytes": float(memory.total),
                }
    finally:
        pynvml.nvmlShutdown()
    return found


def _read(nvml: Any, handle: Any) -> dict[str, float]:
    """Readings that not every card has."""
    asked: dict[str, Callable[[], Any]] = {
        "mchub_gpu_utilization_ratio": lambda: (
            nvml.nvmlDeviceGetUtilizationRates(handle).gpu / 100
        ),
        "mchub_gpu_temperature_celsius": lambda: nvml.nvmlDeviceGetTemperature(handle, 0),
        "mchub_gpu_power_watts": lambda: nvml.nvmlDeviceGetPowerUsage(handle) / 1000,
        "mchub_gpu_uncorrected_errors": lambda: nvml.nvmlDeviceGetTotalEccErrors(
            handle, nvml.NVML_MEMORY_ERROR_TYPE_UNCORRECTED, nvml.NVML_VOLATILE_ECC
        ),
    }
    found = {}
    for name, ask in asked.items():
        with suppress(nvml.NVMLError):
            found[name] = float(ask())
    return found
