"""The audit line of each run: one line of JSON, in the state of the environment."""

import json
import os
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

__all__ = ["Journal"]


class Journal:
    """Runs of the deployer on one environment, in the order in which they ended.

    Parameters
    ----------
    state : Path
        State of the environment; the journal is its `deployer.log`.
    """

    def __init__(self, state: Path) -> None:
        self.file = state / "deployer.log"

    def append(self, line: Mapping[str, Any]) -> None:
        """Add a line, whole or not at all, and have the disk keep it."""
        now = datetime.now(UTC).isoformat(timespec="seconds")
        text = json.dumps({"at": now, "by": operator()} | dict(line))
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
        descriptor = os.open(self.file, flags, 0o600)
        try:
            os.write(descriptor, f"{text}\n".encode())
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def lines(self) -> list[dict[str, Any]]:
        """Every run that was told here."""
        if not self.file.exists():
            return []
        return [json.loads(line) for line in self.file.read_text().splitlines()]


def operator() -> str:
    """Who called: what the shell door says, as a container knows no people."""
    return os.environ.get("MC_OPERATOR") or "operator"
