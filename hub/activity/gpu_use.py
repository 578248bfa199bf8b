"""Which users' servers keep a GPU busy, as its driver sees it."""

from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from typing import Final

import psutil

__all__ = ["Sample", "busy_servers", "gpu_samples"]

Sample = tuple[int, float]
"""A process, and the fraction of the time that it kept a GPU busy."""

_SINCE: Final = 60 * 10**6


def gpu_samples() -> list[Sample]:
    """What processes on this machine's GPUs did in the last minute; none without one."""
    import pynvml

    samples: list[Sample] = []
    try:
        pynvml.nvmlInit()
    except pynvml.NVMLError:
        return samples
    try:
        for index in range(pynvml.nvmlDeviceGetCount()):
            device = pynvml.nvmlDeviceGetHandleByIndex(index)
            # A device on which nothing ran has no samples, and says so by an error.
            with suppress(pynvml.NVMLError):
                samples += [
                    (use.pid, use.smUtil / 100)
                    for use in pynvml.nvmlDeviceGetProcessUtilization(device, _SINCE)
                ]
    finally:
        pynvml.nvmlShutdown()
    return samples


def busy_servers(
    samples: Iterable[Sample],
    threshold: float,
    variables_of: Callable[[int], Mapping[str, str]] | None = None,
) -> set[tuple[str, str]]:
    """User and name of the servers with a process that is busier than `threshold`.

    A process is known by the variables that the hub started its server with. They are its
    user's to change; who changes them can only keep a server alive, for which its budget
    pays.
    """
    read = variables_of or _variables
    found = set()
    for pid, fraction in samples:
        if fraction > threshold:
            variables = read(pid)
            if user := variables.get("JUPYTERHUB_USER"):
                found.add((user, variables.get("JUPYTERHUB_SERVER_NAME", "")))
    return found


def _variables(pid: int) -> Mapping[str, str]:
    try:
        return psutil.Process(pid).environ()
    except (psutil.Error, OSError):
        # It ended, or belongs to an account that this one may not look into.
        return {}
