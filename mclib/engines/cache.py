"""Compiled code on disk, named by the hash of what decides it.

The folder is ``$MCLIB_CACHE_DIR``, else ``$XDG_CACHE_HOME/mclib``, else ``~/.cache/mclib``.
A file appears whole or not at all, so that any number of processes may share the folder.
Where nothing can be written, code is compiled anew and nothing is lost but time.
"""

import contextlib
import hashlib
import os
import tempfile
from pathlib import Path

_DIGEST_BYTES = 32


def folder(kind: str) -> Path:
    """Return where compiled code of this kind is kept; it need not exist."""
    chosen = os.environ.get("MCLIB_CACHE_DIR")
    if chosen:
        return Path(chosen) / kind
    base = os.environ.get("XDG_CACHE_HOME")
    try:
        root = Path(base) if base else Path.home() / ".cache"
    except RuntimeError:
        root = Path(tempfile.gettempdir())
    return root / "mclib" / kind


def read(path: Path) -> bytes | None:
    """Return what `write` kept there, or None if there is nothing sound."""
    try:
        kept = path.read_bytes()
    except OSError:
        return None
    digest, data = kept[:_DIGEST_BYTES], kept[_DIGEST_BYTES:]
    return data if hashlib.sha256(data).digest() == digest else None


def write(path: Path, data: bytes) -> None:
    """Keep `data` there, whole or not at all; that it cannot be written is no error."""
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(hashlib.sha256(data).digest() + data)
            Path(name).replace(path)
        except OSError:
            Path(name).unlink(missing_ok=True)
