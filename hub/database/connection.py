"""Where the database is, and a connection to it."""

from typing import Any

from sqlalchemy import URL, Engine, create_engine, event
from traitlets.config import Config

from hub.choices import Postgres, Sqlite
from hub.secret_files import read_secret
from hub.settings import Settings
from hub.storage import state_folder

__all__ = ["apply_database", "connect", "database_url"]

_NAME = "mchub"

# A database that went away is noticed in seconds and not in hours.
_PATIENCE = {
    "connect_timeout": "3",
    "keepalives_idle": "5",
    "keepalives_interval": "2",
    "keepalives_count": "2",
    "tcp_user_timeout": "6000",
}


def database_url(settings: Settings) -> URL:
    """Address of the database, its password included."""
    match settings.database:
        case Sqlite(file=file):
            return URL.create("sqlite", database=str(state_folder() / file))
        case Postgres(hosts=hosts, password=password):
            return URL.create(
                "postgresql+psycopg2",
                username=_NAME,
                password=read_secret(settings, password),
                database=_NAME,
                # All of them are asked, in this order, until one lets its data be changed:
                # so a new connection finds the primary, wherever it went.
                query={**_PATIENCE, "host": hosts, "target_session_attrs": "read-write"},
            )


def connect(settings: Settings) -> Engine:
    """Engine for the platform's own tables; make one for each process.

    A connection that broke while it lay idle is replaced before it is used.
    """
    return engine_at(database_url(settings))


def engine_at(url: URL) -> Engine:
    """Engine for a database, whose transactions see each other as a whole or not at all."""
    if url.get_backend_name() == "sqlite":
        engine = create_engine(url, connect_args={"timeout": 30})
        _lock_from_the_beginning(engine)
        return engine
    return create_engine(url, pool_pre_ping=True)


def _lock_from_the_beginning(engine: Engine) -> None:
    # The driver's own BEGIN comes late and locks nothing: two processes could both read
    # that a GPU is free before either writes that it has taken it.
    @event.listens_for(engine, "connect")
    def _(connection: Any, _record: Any) -> None:
        connection.isolation_level = None

    @event.listens_for(engine, "begin")
    def _(connection: Any) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")


def apply_database(c: Config, settings: Settings) -> None:
    """Where the hub keeps users, tokens and running servers."""
    c.JupyterHub.db_url = database_url(settings).render_as_string(hide_password=False)
    # After an update of JupyterHub. A file is copied before it is changed; a deployment
    # makes a backup of PostgreSQL first.
    c.JupyterHub.upgrade_db = True
