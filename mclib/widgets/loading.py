"""What ``%load_ext mclib`` says: one line on what runs will have here."""

import importlib.metadata
from pathlib import Path

from mclib.engines.choosing import devices

_MEMORY = Path("/proc/meminfo")
_GROUP = Path("/sys/fs/cgroup")


def status_line(memory: Path = _MEMORY, group: Path = _GROUP) -> str:
    """Return version, engines with their devices, and memory that is free.

    Parameters
    ----------
    memory, group : Path
        Where the system tells of its memory, and of the container's.

    Examples
    --------
    >>> status_line().startswith("mclib ")
    True
    """
    parts = [f"mclib {importlib.metadata.version('mchub')}", *devices()]
    free = _free_bytes(memory, group)
    if free is not None:
        parts.append(f"{free / 1e9:.1f} GB of memory free")
    return " · ".join(parts)


def _free_bytes(memory: Path, group: Path) -> int | None:
    """Return what is free of the system's memory and of the container's, the lesser."""
    found = []
    try:
        lines = dict(line.split(":", 1) for line in memory.read_text().splitlines())
        found.append(1024 * int(lines["MemAvailable"].split()[0]))
    except (OSError, KeyError, ValueError):
        pass
    try:
        most = int((group / "memory.max").read_text())
        found.append(max(0, most - int((group / "memory.current").read_text())))
    except (OSError, ValueError):
        # No container, or one without a limit: "max".
        pass
    return min(found, default=None)
