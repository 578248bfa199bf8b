"""What a part can't begin without is waited for, aloud, and not for ever."""

from datetime import timedelta

import pytest
from sqlalchemy import create_engine, inspect, text
from sqlalchemy.exc import OperationalError

from hub.database.migrating import VERSION_TABLE
from hub.laws import SettingsError
from hub.waiting import make_tables, wait_for
from tests.postgres import running_postgres


def _away() -> str:
    raise OperationalError("SELECT 1", {}, Exception("nobody listens"))


def test_what_does_not_answer_in_time_is_told_with_why_and_how_long() -> None:
    said: list[str] = []

    with pytest.raises(SettingsError, match=r"the database: .*0:00:00.*nobody listens"):
        wait_for("the database", _away, said.append, timedelta())
    assert said == []


def test_why_it_takes_long_is_said_at_once_and_not_at_every_try() -> None:
    said: list[str] = []
    tries = [_away, _away, lambda: "an answer"]

    def ask() -> str:
        return tries.pop(0)()

    assert wait_for("it", ask, said.append, timedelta(minutes=1)) == "an answer"
    assert len(said) == 1
    assert said[0].startswith("waiting for it: ")
    assert "nobody listens" in said[0]


def test_another_error_is_no_reason_to_wait() -> None:
    with pytest.raises(ZeroDivisionError):
        wait_for("it", lambda: 1 / 0, print, timedelta(minutes=1))


@pytest.mark.postgres
def test_tables_are_made_in_a_database_that_comes_later() -> None:
    with running_postgres() as server:
        later = create_engine(server.url.set(database="later"))
        there = create_engine(server.url, isolation_level="AUTOCOMMIT")

        def come(_why: str) -> None:
            with there.connect() as connection:
                connection.execute(text("CREATE DATABASE later"))

        make_tables(later, come, timedelta(minutes=1))

        assert inspect(later).has_table(VERSION_TABLE)
        later.dispose()
        there.dispose()
