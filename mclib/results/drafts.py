"""Files that are written whole or not at all, and never over another by mistake."""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mclib.errors import law


def checked_target(path: str | os.PathLike[str], *, overwrite: bool) -> Path:
    """Return where a file may be written.

    Raises
    ------
    ArgumentError
        If there is a file already and it may not be replaced, or its folder is missing.
    """
    target = Path(path)
    if not target.parent.is_dir():
        raise law("path", "lie in a folder that exists", str(path))
    if target.is_dir() or (target.exists() and not overwrite):
        hint = "pass `overwrite=True` to replace the file."
        raise law("path", "name no file that exists", str(path), hint)
    return target


@contextmanager
def drafted(target: Path) -> Iterator[Path]:
    """Give the path of a draft, which takes the target's place when the block is done.

    It lies beside the target and is then renamed: a reader never sees half a file.
    """
    draft = target.with_name(f".{target.name}.{secrets.token_hex(4)}")
    try:
        yield draft
        draft.replace(target)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
