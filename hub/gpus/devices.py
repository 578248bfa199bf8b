"""Which GPUs this host has: those the settings name, or those the driver reports."""

from collections.abc import Sequence

import pynvml

from hub.choices import Device, Gpus

__all__ = ["find_devices"]


def find_devices(gpus: Gpus) -> Sequence[Device]:
    """The devices of this host.

    Parameters
    ----------
    gpus : Gpus
        If it names devices, they are those; else the driver is asked.

    Returns
    -------
    sequence of Device
        None where there is no driver.
    """
    return gpus.devices or _reported()


def _reported() -> Sequence[Device]:
    try:
        pynvml.nvmlInit()
    except pynvml.NVMLError:
        # No driver, or one without a device: servers without a GPU are all there is.
        return ()
    try:
        return tuple(_device(index) for index in range(pynvml.nvmlDeviceGetCount()))
    finally:
        pynvml.nvmlShutdown()


def _device(index: int) -> Device:
    handle = pynvml.nvmlDeviceGetHandleByIndex(index)
    mebibytes = pynvml.nvmlDeviceGetMemoryInfo(handle).total // 1024**2
    return Device(name=pynvml.nvmlDeviceGetUUID(handle), memory=f"{mebibytes}M")
