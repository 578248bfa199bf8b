"""The platform's tables brought up to date, by one process at a time."""

from pathlib import Path
from typing import Final

from alembic import command
from alembic.config import Config
from sqlalchemy import Engine, text

__all__ = ["VERSION_TABLE", "upgrade"]

VERSION_TABLE: Final = "mchub_version"
"""JupyterHub keeps its own version in `alembic_version`."""

_FOLDER: Final = Path(__file__).parent / "migrations"
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
    config = Config()
    config.set_main_option("script_location", str(_FOLDER).replace("%", "%%"))
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            lock = text("SELECT pg_advisory_xact_lock(:number)")
            connection.execute(lock, {"number": _LOCK})
        config.attributes["connection"] = connection
        command.upgrade(config, to)
