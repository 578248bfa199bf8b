"""The tables of two releases on a real PostgreSQL: up, back down, and up again."""

from collections.abc import Iterator

import pytest
from jupyterhub.orm import new_session_factory
from sqlalchemy import create_engine, inspect, text

from hub.database import upgrade
from hub.schema import Revisions, lead, newest, present, rehearse
from tests.postgres import Postgres, running_postgres

pytestmark = pytest.mark.postgres

# What JupyterHub 5.4 had, and ours before people could be suspended.
OLDER = Revisions(mchub="0003", jupyterhub="4621fec11365")


@pytest.fixture
def server() -> Iterator[Postgres]:
    """A database with the tables of this release, as a first start makes them."""
    with running_postgres() as server:
        assert present(server.url) == Revisions(mchub="", jupyterhub="")
        engine = create_engine(server.url)
        upgrade(engine)
        engine.dispose()
        session = new_session_factory(server.url.render_as_string())()
        session.close()
        session.get_bind().dispose()
        yield server


def test_both_sets_of_tables_are_led_up_down_and_up(server: Postgres) -> None:
    assert present(server.url) == newest()
    lead(server.url, OLDER)
    engine = create_engine(server.url)
    with engine.begin() as connection:
        connection.execute(text("INSERT INTO groups (name) VALUES ('quants')"))

    stood = rehearse(server.url, OLDER)

    assert stood == [newest(), OLDER, newest()]
    assert "mchub_suspended" in inspect(engine).get_table_names()
    with engine.connect() as connection:
        names = connection.execute(text("SELECT name FROM groups")).scalars().all()
    assert names == ["quants"]
    engine.dispose()


def test_a_way_down_that_leads_elsewhere_is_refused(server: Postgres) -> None:
    with pytest.raises(Exception, match="0000"):
        rehearse(server.url, Revisions(mchub="0000", jupyterhub=newest().jupyterhub))

    assert present(server.url) == newest()
