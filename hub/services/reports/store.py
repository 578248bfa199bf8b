"""The files of reports, each under the digest of what it holds, and never changed.

A digest is all that leads to a file: no name that somebody sent is ever part of a path.
"""

import hashlib
import os
import re
import secrets
from collections.abc import Callable, Set
from pathlib import Path
from typing import Final

__all__ = ["Store"]

_DIGEST: Final = re.compile(r"[0-9a-f]{64}")


class Store:
    """Files by their SHA-256, in a folder.

    Parameters
    ----------
    folder : Path
        Where they lie; made if missing. It may be shared by several processes.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    def put(self, content: bytes) -> str:
        """Keep `content`; its digest. What is there already is not written again."""
        digest = hashlib.sha256(content).hexdigest()
        file = self._file(digest)
        if file.exists():
            # So that no sweep takes it before it is named again.
            file.touch()
        else:
            file.parent.mkdir(mode=0o700, exist_ok=True)
            draft = file.with_name(f".{digest}.{secrets.token_hex(4)}")
            with draft.open("wb") as opened:
                opened.write(content)
                opened.flush()
                os.fsync(opened.fileno())
            draft.replace(file)
        return digest

    def get(self, digest: str) -> bytes:
        """What has this digest.

        Raises
        ------
        FileNotFoundError
            If there is nothing of it.
        """
        return self.path(digest).read_bytes()

    def path(self, digest: str) -> Path:
        """The file of a digest, to be read."""
        return self._file(digest)

    def sweep(self, kept: Set[str], is_old: Callable[[Path], bool]) -> int:
        """Remove files that nothing names any more; how many.

        Parameters
        ----------
        kept : set of str
            The digests that something names.
        is_old : callable
            Whether a file is so old that nobody is just about to name it.
        """
        n_removed = 0
        for file in self._folder.glob("*/*"):
            if file.name not in kept and is_old(file):
                file.unlink(missing_ok=True)
                n_removed += 1
        return n_removed

    def _file(self, digest: str) -> Path:
        if _DIGEST.fullmatch(digest) is None:
            message = f"a digest must be 64 hexadecimal digits; got {digest!r}."
            raise ValueError(message)
        return self._folder / digest[:2] / digest
