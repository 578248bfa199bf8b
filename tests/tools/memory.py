"""How much memory this process has held at most."""

import resource
import sys
from pathlib import Path


def peak_bytes() -> int:
    """Return the peak of the resident memory, in bytes.

    What `getrusage` says starts, on Linux, from the memory of the process that this one was
    forked from; the kernel's own account of this program does not.
    """
    status = Path("/proc/self/status")
    if status.exists():
        for line in status.read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024
