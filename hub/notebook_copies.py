"""Copies of the project's notebooks in a user's folder, which never cost the user a change.

What the user has not touched follows the project; what was edited stays, and the newer
version is laid beside it as ``name.new.ipynb``; what was deleted stays deleted. A record of
the digests delivered tells these cases apart.
"""

import hashlib
import json
import logging
import secrets
from collections.abc import Iterator
from pathlib import Path

__all__ = ["copy_notebooks"]

_log = logging.getLogger(__name__)

Delivered = dict[str, str]


def copy_notebooks(source: Path, target: Path, record: Path) -> None:
    """Bring the copies of `source` in `target` up to date.

    Parameters
    ----------
    source : Path
        Folder of the project's notebooks; nothing happens where there is none.
    target : Path
        Folder of the user's copies, made if missing.
    record : Path
        File with the digest of every file delivered, kept from one call to the next. Where
        it is missing or unreadable, every file found in `target` counts as the user's own.
    """
    delivered = _read(record)
    for file in _files(source):
        name = file.relative_to(source).as_posix()
        try:
            _deliver(file.read_bytes(), target / name, name, delivered)
        except OSError as error:
            # A user's own folder may hold anything; the server must start all the same.
            _log.warning("could not copy %s to %s: %s", name, target, error.strerror)
    _write(record, delivered)


def _deliver(content: bytes, target: Path, name: str, delivered: Delivered) -> None:
    version, before = _digest(content), delivered.get(name)
    if not target.exists():
        if before is not None:
            return
        _replace(target, content)
    elif (found := _digest(target.read_bytes())) == before:
        if version != before:
            _replace(target, content)
    elif version not in (found, before):
        _lay_beside(content, target, name, delivered)
    delivered[name] = version


def _lay_beside(content: bytes, target: Path, name: str, delivered: Delivered) -> None:
    beside = target.with_name(f"{target.stem}.new{target.suffix}")
    beside_name = f"{name} (new)"
    if not beside.exists() or _digest(beside.read_bytes()) == delivered.get(beside_name):
        _replace(beside, content)
        delivered[beside_name] = _digest(content)


def _files(source: Path) -> Iterator[Path]:
    for file in sorted(source.rglob("*")):
        parts = file.relative_to(source).parts
        if file.is_file() and not any(part.startswith((".", "__")) for part in parts):
            yield file


def _digest(content: bytes) -> str:
    return hashlib.sha256(_told_apart_by(content)).hexdigest()


def _told_apart_by(content: bytes) -> bytes:
    """What makes two versions differ: of a notebook, its cells and what they printed.

    JupyterLab writes its own notes into a notebook that was merely opened, and saves it;
    that doesn't touch it.
    """
    try:
        cells = json.loads(content)["cells"]
        told = [
            [cell["cell_type"], "".join(cell["source"]), cell.get("outputs", [])]
            for cell in cells
        ]
    except (ValueError, KeyError, TypeError):
        return content
    return json.dumps(told, sort_keys=True).encode()


def _replace(target: Path, content: bytes) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    # Two servers of one user may start at once, in containers with the same process ids.
    draft = target.with_name(f".{target.name}.{secrets.token_hex(4)}")
    draft.write_bytes(content)
    draft.replace(target)


def _read(record: Path) -> Delivered:
    try:
        known = json.loads(record.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        _log.warning(
            "could not read %s, so every file counts as the user's: %s", record, error
        )
        return {}
    return known if isinstance(known, dict) else {}


def _write(record: Path, delivered: Delivered) -> None:
    _replace(record, json.dumps(delivered, indent=1, sort_keys=True).encode())
