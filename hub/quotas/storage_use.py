"""How much each user keeps on disk: measured now and then, and written down."""

import os
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Connection, Engine, delete, insert, select

from hub.quotas.tables import STORAGE

__all__ = ["folder_bytes", "note_all_storage", "note_storage", "storage_used"]


def folder_bytes(folder: Path) -> int:
    """Bytes on disk of all that lies in `folder`; a file with several names counts once."""
    total, seen = 0, set()
    for parent, _, names in os.walk(folder, onerror=lambda _error: None):
        for name in names:
            try:
                status = os.lstat(Path(parent, name))
            except OSError:
                # Gone since the folder was listed.
                continue
            if (status.st_dev, status.st_ino) not in seen:
                seen.add((status.st_dev, status.st_ino))
                total += 512 * status.st_blocks
    return total


def note_storage(engine: Engine, user: str, used_bytes: int) -> None:
    """Write down what `user` keeps now."""
    with engine.begin() as connection:
        _note(connection, user, used_bytes)


def note_all_storage(engine: Engine, measured: Mapping[str, int | None]) -> None:
    """Write down what everybody keeps now, and forget those who keep nothing any more.

    Parameters
    ----------
    engine : Engine
        The database.
    measured : mapping
        Bytes of every user who has a home; ``None`` where they could not be told, which
        leaves what was noted before.
    """
    with engine.begin() as connection:
        connection.execute(delete(STORAGE).where(STORAGE.c.user_name.not_in(measured)))
        for user, used_bytes in sorted(measured.items()):
            if used_bytes is not None:
                _note(connection, user, used_bytes)


def _note(connection: Connection, user: str, used_bytes: int) -> None:
    connection.execute(delete(STORAGE).where(STORAGE.c.user_name == user))
    connection.execute(
        insert(STORAGE).values(user_name=user, used_bytes=used_bytes, at=datetime.now(UTC))
    )


def storage_used(
    engine: Engine, user: str | None = None
) -> dict[str, tuple[int, datetime]]:
    """For every user that was measured, or for one: bytes, and when that was."""
    found = select(STORAGE).order_by(STORAGE.c.user_name)
    if user is not None:
        found = found.where(STORAGE.c.user_name == user)
    with engine.connect() as connection:
        rows = connection.execute(found)
        return {row.user_name: (row.used_bytes, row.at) for row in rows}
