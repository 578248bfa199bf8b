"""Schemas of two releases: which revision each stands at, and the way from one to another.

Two sets of tables lie in one database, JupyterHub's and the platform's own, and each has a
line of revisions of its own. A release knows its own revisions and those before; so it is
always the newer one that leads there and back.
"""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from jupyterhub import dbutil
from sqlalchemy import URL, text

from hub.database import FOLDER, downgrade, engine_at, upgrade

__all__ = ["Revisions", "lead", "newest", "present", "rehearse"]

_TABLES: Final = {"mchub": "mchub_version", "jupyterhub": "alembic_version"}


@dataclass(frozen=True, kw_only=True)
class Revisions:
    """Where the two sets of tables stand; empty where there are none yet."""

    mchub: str
    jupyterhub: str

    @classmethod
    def parse(cls, words: str) -> "Revisions":
        """From ``mchub:jupyterhub``, as the deployer passes them on."""
        mchub, _, jupyterhub = words.partition(":")
        return cls(mchub=mchub, jupyterhub=jupyterhub)

    def in_json(self) -> dict[str, str]:
        """For `python -m hub schema`."""
        return asdict(self)


def newest() -> Revisions:
    """The revisions of this release."""
    return Revisions(mchub=_head(FOLDER), jupyterhub=_head(Path(dbutil.ALEMBIC_DIR)))


def present(url: URL) -> Revisions:
    """The revisions of a database."""
    engine = engine_at(url)
    found = {}
    with engine.connect() as connection:
        tables = set(engine.dialect.get_table_names(connection))
        for name, table in _TABLES.items():
            asked = text(f"SELECT version_num FROM {table}")
            is_there = table in tables
            found[name] = connection.execute(asked).scalar() if is_there else ""
    engine.dispose()
    return Revisions(mchub=found["mchub"] or "", jupyterhub=found["jupyterhub"] or "")


def lead(url: URL, to: Revisions) -> None:
    """Lead a database to revisions that this release knows, up or down."""
    now = present(url)
    engine = engine_at(url)
    if now.mchub != to.mchub:
        is_up = _is_behind(FOLDER, now.mchub, to.mchub)
        (upgrade if is_up else downgrade)(engine, to.mchub)
    engine.dispose()
    if now.jupyterhub != to.jupyterhub:
        folder = Path(dbutil.ALEMBIC_DIR)
        with dbutil._temp_alembic_ini(url.render_as_string(hide_password=False)) as ini:
            is_up = _is_behind(folder, now.jupyterhub, to.jupyterhub)
            act = command.upgrade if is_up else command.downgrade
            act(Config(ini), to.jupyterhub)


def rehearse(url: URL, back_to: Revisions) -> list[Revisions]:
    """Lead a copy of a database up, back down and up again; where it stood each time.

    Raises
    ------
    RuntimeError
        If it did not get where it should.
    """
    stood = []
    for to in (newest(), back_to, newest()):
        lead(url, to)
        stood.append(present(url))
        if stood[-1] != to:
            message = f"the tables must stand at {to}; they stand at {stood[-1]}."
            raise RuntimeError(message)
    return stood


def _head(folder: Path) -> str:
    return _scripts(folder).get_current_head() or ""


def _is_behind(folder: Path, now: str, to: str) -> bool:
    """Whether the way from `now` to `to` leads up."""
    if not now:
        return True
    steps = _scripts(folder).walk_revisions("base", to)
    return now in {each.revision for each in steps}


def _scripts(folder: Path) -> ScriptDirectory:
    config = Config()
    config.set_main_option("script_location", str(folder).replace("%", "%%"))
    return ScriptDirectory.from_config(config)
