"""The database: where it is, what a moment is, how tables come about."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Column, Engine, Integer, MetaData, Table, inspect
from sqlalchemy.exc import StatementError

from hub import load
from hub.database import METADATA, Instant, connect, database_url, upgrade
from hub.database.migrating import VERSION_TABLE
from hub.gpus.tables import LEASES, QUEUE
from hub.notices.board import NOTICES
from hub.services.admin.reports import OFFBOARDINGS
from hub.services.reports.schedule_tables import SCHEDULES
from hub.services.reports.tables import JOBS
from hub.sign_on.identities import IDENTITIES

MOMENTS = Table("moments", MetaData(), Column("id", Integer), Column("at", Instant))


@pytest.fixture
def engine() -> Iterator[Engine]:
    """The database of a development hub."""
    engine = connect(load("development", {}))
    yield engine
    engine.dispose()


def test_a_file_lies_in_the_state_folder(state: Path) -> None:
    url = database_url(load("development", {}))

    assert url.render_as_string() == f"sqlite:///{state}/jupyterhub.sqlite"


def test_a_moment_is_read_as_utc_whatever_its_time_zone_was(engine: Engine) -> None:
    noon = datetime(2026, 1, 1, 12, tzinfo=timezone(timedelta(hours=2)))

    with engine.begin() as connection:
        MOMENTS.create(connection)
        connection.execute(MOMENTS.insert(), [{"id": 1, "at": noon}, {"id": 2, "at": None}])
        read = connection.execute(MOMENTS.select().order_by(MOMENTS.c.id)).all()

    assert [row.at for row in read] == [datetime(2026, 1, 1, 10, tzinfo=UTC), None]


def test_a_moment_without_a_time_zone_is_refused(engine: Engine) -> None:
    with engine.begin() as connection:
        MOMENTS.create(connection)
        with pytest.raises(StatementError, match="a moment must have a time zone"):
            connection.execute(MOMENTS.insert(), {"id": 1, "at": datetime(2026, 1, 1)})  # noqa: DTZ001


def test_upgrading_twice_is_upgrading_once(engine: Engine) -> None:
    upgrade(engine)
    upgrade(engine)

    names = set(inspect(engine).get_table_names())
    assert {VERSION_TABLE, *METADATA.tables} == names


def test_the_steps_lead_to_the_tables_that_the_modules_declare(engine: Engine) -> None:
    assert METADATA.tables.keys() >= {
        table.name
        for table in (LEASES, QUEUE, NOTICES, OFFBOARDINGS, JOBS, SCHEDULES, IDENTITIES)
    }

    upgrade(engine)

    with engine.connect() as connection:
        options = {"version_table": VERSION_TABLE}
        context = MigrationContext.configure(connection, opts=options)
        assert [] == compare_metadata(context, METADATA)


def test_tables_of_the_platform_are_told_from_jupyterhubs() -> None:
    assert [name for name in METADATA.tables if not name.startswith("mchub_")] == []
