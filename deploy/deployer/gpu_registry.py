"""Which part of each GPU every environment of this host has; never more than the whole.

The registry is one file for the host, whatever folders the environments keep their state
in. Who changes it holds its lock, so that two deployments can't both take the last part.
"""

import fcntl
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from deploy.deployer.findings import Finding
from hub.gpus.shares import PARTS, fraction_text, n_parts

__all__ = ["GpuRegistry", "host_folder", "over_committed"]

Shares = Mapping[str, Mapping[str, int]]
"""Parts of each device, by environment."""

_DEFAULT: Final = Path("/var/lib/mchub")


def host_folder() -> Path:
    """Folder of what all environments of this host keep together."""
    return Path(os.environ.get("MC_HOST_STATE") or _DEFAULT)


def over_committed(shares: Shares) -> list[Finding]:
    """Devices of which the environments have more than the whole.

    Examples
    --------
    >>> found = over_committed({"staging": {"GPU-1": 6000}, "production": {"GPU-1": 8000}})
    >>> print(found[0])
    GPU-1: must be given out at most once; found production 0.8, staging 0.6: 1.4 in all.
      hint: lower `gpus.share` in a site's file, or name other devices in `gpus.devices`.
    """
    findings = []
    for device in sorted({device for devices in shares.values() for device in devices}):
        by = {name: parts[device] for name, parts in shares.items() if device in parts}
        total = sum(by.values())
        if total > PARTS:
            each = ", ".join(f"{name} {fraction_text(by[name])}" for name in sorted(by))
            findings.append(
                Finding(
                    about=device,
                    law="be given out at most once",
                    found=f"{each}: {fraction_text(total)} in all",
                    way_out="lower `gpus.share` in a site's file, or name other devices "
                    "in `gpus.devices`.",
                )
            )
    return findings


class GpuRegistry:
    """The registry in a folder of the host.

    Parameters
    ----------
    folder : Path
        `host_folder()`, or one of a test's own.
    """

    def __init__(self, folder: Path) -> None:
        self._file = folder / "gpu-shares.json"
        self._lock = folder / "gpu-shares.lock"

    def shares(self) -> dict[str, dict[str, int]]:
        """What each environment has."""
        if not self._file.exists():
            return {}
        found: dict[str, dict[str, int]] = json.loads(self._file.read_text())
        return found

    def would_break(
        self, environment: str, devices: Sequence[str], share: float
    ) -> list[Finding]:
        """What an environment's part would break, if it were taken now."""
        return over_committed(self._with(environment, devices, share))

    def take(self, environment: str, devices: Sequence[str], share: float) -> list[Finding]:
        """Take a part of devices; what that would break, in which case nothing is taken."""
        with self._locked():
            wanted = self._with(environment, devices, share)
            findings = over_committed(wanted)
            if not findings:
                self._write(wanted)
        return findings

    def give_back(self, environment: str) -> None:
        """An environment has no part of any device any more."""
        if not self._file.exists():
            return
        with self._locked():
            kept = {name: of for name, of in self.shares().items() if name != environment}
            self._write(kept)

    def _with(self, environment: str, devices: Sequence[str], share: float) -> Shares:
        own = {environment: {device: n_parts(share) for device in devices}}
        return self.shares() | (own if devices else {})

    def _write(self, shares: Shares) -> None:
        draft = self._file.with_suffix(".draft")
        draft.write_text(json.dumps(shares, indent=2, sort_keys=True) + "\n")
        draft.chmod(0o666)
        draft.replace(self._file)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        self._lock.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(self._lock, os.O_RDWR | os.O_CREAT, 0o666)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)
