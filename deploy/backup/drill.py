"""A restore that is tried aside: the state and some homes of the newest copy, read."""

import random
import time
from pathlib import Path
from typing import Any, Final

from deploy.backup.copies import contents, listed, restore
from deploy.backup.repositories import Place, Repository

__all__ = ["drill"]

# A drill must end, and all homes may be larger than what is free.
_HOMES: Final = 3


def drill(place: Place, repository: Repository, scratch: Path) -> dict[str, Any]:
    """Restore into a scratch folder, and hold what came against what the copy says.

    Raises
    ------
    RuntimeError
        If there is no copy, or a file is missing or has another size. What is in the files
        restic verifies itself.
    """
    began, there = time.monotonic(), listed(place, repository)
    if not there:
        message = f"repository {repository.number} must hold a copy; there is none."
        raise RuntimeError(message)
    copy = max(there, key=lambda one: one.ended)
    some = random.sample(copy.homes, min(_HOMES, len(copy.homes)))
    targets = {name: scratch / name for name in ("state", *some)}
    restore(place, repository, copy.label, targets, verify=True)
    n_files = 0
    for name, target in targets.items():
        wanted = contents(place, repository, copy.label, name)
        found = {
            str(file.relative_to(target)): file.stat().st_size
            for file in target.rglob("*")
            if file.is_file() and not file.is_symlink()
        }
        if found != wanted:
            differ = sorted(set(found.items()) ^ set(wanted.items()))
            message = f"{name} must come back as it was copied; {differ[:5]} differ."
            raise RuntimeError(message)
        n_files += len(found)
    return {
        "label": copy.label,
        "repository": repository.number,
        "ended": time.time(),
        "n_files": n_files,
        "seconds": time.monotonic() - began,
    }
