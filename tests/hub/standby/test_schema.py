"""The tables of two releases on a real PostgreSQL: up, back down, and up again."""

import json
import threading
import time
from collections.abc import Iterator

import pytest
from jupyterhub.orm import new_session_factory
from sqlalchemy import create_engine, inspect, text

from hub.__main__ import main
from hub.database import upgrade
from hub.release import release
from hub.schema import Revisions, lead, newest, present, rehearse
from hub.standby import HubLock, describe
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


def test_the_command_leads_the_tables_down_while_no_hub_is_active(
    server: Postgres, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("MC_ENVIRONMENT", "rehearsal")
    monkeypatch.setattr("hub.database.database_url", lambda _: server.url)
    hub = HubLock(server.url, describe("blue", "1.0"))
    hub.wait(lambda _: None)
    to = ["--to", f"{OLDER.mchub}:{OLDER.jupyterhub}"]
    leading = threading.Thread(target=main, args=(["schema", "downgrade", *to],))
    leading.start()
    said = ""
    while "waits for the lock before every hub" not in said:
        said += capsys.readouterr().out
        time.sleep(0.05)
    assert present(server.url) == newest()

    hub.release()
    leading.join(timeout=60)

    assert present(server.url) == OLDER
    assert json.loads(capsys.readouterr().out.splitlines()[-1]) == OLDER.in_json()


def test_a_rehearsal_on_the_database_itself_is_refused(
    server: Postgres, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("MC_ENVIRONMENT", "rehearsal")
    monkeypatch.setattr("hub.database.database_url", lambda _: server.url)

    status = main(["schema", "rehearse", "--database=mchub", "--to=0003:x"])

    assert status == 1
    assert "must be the name of a copy" in capsys.readouterr().err
    assert present(server.url) == newest()


def test_a_release_says_its_revisions(capsys: pytest.CaptureFixture[str]) -> None:
    main(["schema", "heads"])

    told = json.loads(capsys.readouterr().out)
    assert told == {"release": release(), **newest().in_json()}
