"""Makes the copies that are due, on whichever node is the primary, and says how it went.

It runs as a thread beside the database. A failure is tried again at the next round and told
by its age; it never ends the database.
"""

import json
import subprocess
import sys
import time
import urllib.error
import urllib.request
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from deploy.database.copies import Copy, due, listed, make, prepare
from deploy.database.node import STATUS, Copies, Node
from deploy.database.roles import ask

__all__ = ["Keeper", "is_primary"]

_EVERY_SECONDS: Final = 15.0


def is_primary(node: Node) -> bool:
    """Whether this node's data may be changed now."""
    if node.name == "postgres":
        try:
            return ask("SELECT pg_is_in_recovery()") == "f"
        except (RuntimeError, subprocess.TimeoutExpired):
            return False
    try:
        with urllib.request.urlopen("http://127.0.0.1:8008/primary", timeout=3) as answer:
            return int(answer.status) == 200
    except (OSError, urllib.error.URLError):
        return False


class Keeper:
    """What is known of the copies, and the rounds in which they are made.

    Parameters
    ----------
    node : Node
        This node.
    copies : Copies
        What is to be made.
    status : Path
        The file in which it is written down.
    """

    def __init__(self, node: Node, copies: Copies, status: Path = STATUS) -> None:
        self._node = node
        self._copies = copies
        self._status = status
        self._is_prepared = False
        self._failed: dict[str, str] = {}

    def run(self) -> None:
        """Look again and again; never returns."""
        while True:
            if is_primary(self._node):
                self.look()
                time.sleep(_EVERY_SECONDS)
            else:
                # Another node may have been given another database meanwhile.
                self._is_prepared = False
                time.sleep(_EVERY_SECONDS / 3)

    def look(self) -> None:
        """One round: make what is due, and write down what there is."""
        if not self._is_prepared:
            self._is_prepared = self._tried("prepare", prepare, self._copies.repositories)
        there = self._listed()
        for repository in self._copies.repositories:
            kind = due(self._copies, there, repository, datetime.now(UTC))
            if kind:
                name, notes = f"repository {repository}", {"reason": "schedule"}
                if not self._tried(name, make, repository, kind, notes):
                    # A bucket that was emptied, or another one, knows nothing of us.
                    self._is_prepared = False
                there = self._listed()
        self._write(there)

    def _listed(self) -> list[Copy]:
        try:
            return listed()
        except (RuntimeError, OSError, subprocess.TimeoutExpired, ValueError):
            return []

    def _tried(self, name: str, act: Any, *arguments: Any) -> bool:
        try:
            act(*arguments)
        except (RuntimeError, OSError, subprocess.TimeoutExpired, ValueError) as error:
            if self._failed.get(name) != str(error):
                print(f"copies: {name}: {error}", file=sys.stderr, flush=True)
            self._failed[name] = str(error)
            return False
        self._failed.pop(name, None)
        return True

    def _write(self, there: list[Copy]) -> None:
        told = {
            "node": self._node.name,
            "looked": int(time.time()),
            "every": int(self._copies.every.total_seconds()),
            "repositories": {
                str(number): _summary([one for one in there if one.repository == number])
                for number in self._copies.repositories
            },
            "failed": self._failed,
        }
        scratch = self._status.with_name(f".{self._node.name}")
        scratch.write_text(json.dumps(told, indent=2) + "\n", encoding="utf-8")
        # Whoever watches runs under another account, and no secret is in it.
        scratch.chmod(0o644)
        scratch.replace(self._status)


def _summary(copies: list[Copy]) -> dict[str, Any]:
    full = [one for one in copies if one.kind == "full"]
    return {
        "last": asdict(copies[-1]) if copies else None,
        "last_full": asdict(full[-1]) if full else None,
        "count": len(copies),
        "n_bytes": sum(one.n_bytes for one in copies),
    }
