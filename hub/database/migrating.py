"""The platform's tables brought up to date, by one process at a time."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from alembic import command
from alembic.config import Config
from sqlalchemy import Engine, text

__all__ = ["FOLDER", "VERSION_TABLE", "downgrade", "upgrade"]

VERSION_TABLE: Final = "mchub_version"
"""JupyterHub keeps its own version in `alembic_version`."""

FOLDER: Final = Path(__file__).parent / "migrations"
"""The revisions, in the order in which one follows another."""

# Any number will do, as long as every process takes the same.
_LOCK: Final = 0x6D63_6875


def upgrade(engine: Engine, to: str = "head") -> None:
    """Make or change the platform's tables, step by step.

    Parameters
    ----------
    engine : Engine
        The database. Processes that come at the same time take turns.
    to : str, default "head"
        The revision to stop at.
    """
    with _alone(engine) as config:
        command.upgrade(config, to)


def downgrade(engine: Engine, to: str) -> None:
    """Lead the platform's tables back, step by step; what only newer ones hold is lost.

    Parameters
    ----------
    engine : Engine
        The database. No hub may work with it meanwhile.
    to : str
        The revision to stop at.
    """
    with _alone(engine) as config:
        command.downgrade(config, to)


@contextmanager
def _alone(engine: Engine) -> Iterator[Config]:
    """The revisions, with a connection on which nobody else changes tables."""
    config = Config()
    config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            lock = text("SELECT pg_advisory_xact_lock(:number)")
            connection.execute(lock, {"number": _LOCK})
        config.attributes["connection"] = connection
        yield config
