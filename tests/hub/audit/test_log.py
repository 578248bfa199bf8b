"""The audit log in a database: appended, verified, given out, and let go."""

import io
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, delete, update
from sqlalchemy.engine import make_url

from hub.audit import (
    FORMATS,
    Event,
    append_spilled,
    head,
    read,
    record,
    record_or_spill,
    remove_older,
    spill,
    verify,
)
from hub.audit.tables import AUDIT
from hub.database.connection import engine_at
from tests.hub.databases import run_at_once

AT = datetime(2026, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)
WRITER = """
import sys
from sqlalchemy.engine import make_url
from hub.audit import Event, record
from hub.database.connection import engine_at
engine = engine_at(make_url(sys.argv[1]))
for number in range(25):
    record(engine, Event(actor=sys.argv[2], action=f"step.{number}"))
"""


def fill(engine: Engine, n_days: int) -> None:
    for day in range(n_days):
        record(engine, Event(actor="ada", action="server.start", at=AT + day * DAY))


def test_what_is_recorded_is_read_back(engine: Engine) -> None:
    event = Event(actor="ada", action="a.b", target="é", detail={"n": 1.5}, at=AT)

    written = record(engine, event)

    assert [written] == list(read(engine))
    assert (written.id, written.detail) == (1, '{"n":1.5}')


def test_an_empty_log_is_whole(engine: Engine) -> None:
    assert verify(engine) is None
    assert head(engine) == (0, "0" * 64)


def test_processes_that_write_at_once_make_one_chain(engine: Engine) -> None:
    url = engine.url.render_as_string(hide_password=False)

    run_at_once(WRITER, [[url, f"writer-{i}"] for i in range(3)])

    assert verify(engine) is None
    assert [record.id for record in read(engine)] == list(range(1, 76))


def test_a_row_changed_in_the_database_is_found(engine: Engine) -> None:
    fill(engine, 5)
    with engine.begin() as connection:
        connection.execute(update(AUDIT).where(AUDIT.c.id == 3).values(actor="eve"))

    broken = verify(engine)

    assert broken is not None
    assert broken.id == 3


def test_a_lost_end_is_found_by_whoever_noted_it(engine: Engine) -> None:
    fill(engine, 5)
    noted = head(engine)
    with engine.begin() as connection:
        connection.execute(delete(AUDIT).where(AUDIT.c.id == 5))

    assert verify(engine) is None
    broken = verify(engine, noted)

    assert broken is not None
    assert broken.id == 4


def test_a_chain_made_anew_is_found_by_whoever_noted_the_old(engine: Engine) -> None:
    fill(engine, 2)
    noted = head(engine)
    with engine.begin() as connection:
        connection.execute(delete(AUDIT))
    with pytest.raises(LookupError, match="must hold record 2; it is empty"):
        verify(engine, noted)
    record(engine, Event(actor="eve", action="a"))
    record(engine, Event(actor="eve", action="b"))

    broken = verify(engine, noted)

    assert broken is not None
    assert broken.id == 2


def test_retention_removes_the_oldest_and_the_rest_still_verifies(engine: Engine) -> None:
    fill(engine, 10)
    noted = head(engine)

    removed = remove_older(engine, keep=3 * DAY, now=AT + 9 * DAY)

    left = list(read(engine))
    assert (removed, verify(engine), verify(engine, noted)) == (6, None, None)
    assert [record.id for record in left] == [7, 8, 9, 10, 11]
    assert json.loads(left[-1].detail)["through"] == 6
    assert remove_older(engine, keep=3 * DAY, now=AT + 9 * DAY) == 0


def test_retention_can_follow_retention(engine: Engine) -> None:
    fill(engine, 10)
    remove_older(engine, keep=5 * DAY, now=AT + 9 * DAY)

    remove_older(engine, keep=2 * DAY, now=AT + 9 * DAY)

    assert verify(engine) is None


def test_even_the_last_record_may_grow_old(engine: Engine) -> None:
    fill(engine, 2)

    removed = remove_older(engine, keep=DAY, now=AT + 30 * DAY)

    assert (removed, verify(engine)) == (2, None)
    assert [record.action for record in read(engine)] == ["audit.retention"]


def test_a_prefix_removed_by_hand_is_found(engine: Engine) -> None:
    fill(engine, 5)
    remove_older(engine, keep=3 * DAY, now=AT + 4 * DAY)
    with engine.begin() as connection:
        connection.execute(delete(AUDIT).where(AUDIT.c.id == 2))

    broken = verify(engine)

    assert broken is not None
    assert broken.id == 3


def test_a_clock_that_went_back_does_not_break_the_chain(engine: Engine) -> None:
    for at in (AT + DAY, AT, AT + 2 * DAY):
        record(engine, Event(actor="ada", action="tick", at=at))

    removed = remove_older(engine, keep=DAY, now=AT + 1.5 * DAY)

    assert (removed, verify(engine)) == (0, None)


def test_records_are_chosen_by_time_actor_and_action(engine: Engine) -> None:
    fill(engine, 4)
    record(engine, Event(actor="eve", action="sign-in", outcome="refused", at=AT + 5 * DAY))

    def ids(**chosen: object) -> list[int]:
        return [record.id for record in read(engine, **chosen)]  # type: ignore[arg-type]

    assert ids(since=AT + DAY, until=AT + 3 * DAY) == [2, 3]
    assert ids(actor="eve") == [5]
    assert ids(action="server", newest_first=True, limit=2) == [4, 3]
    assert ids(action="%") == []


def test_an_export_opens_in_a_spreadsheet_without_running_anything(engine: Engine) -> None:
    record(engine, Event(actor="=HYPERLINK(1)", action="a", detail={"x": [1]}, at=AT))
    table, lines = io.StringIO(), io.StringIO()

    assert (FORMATS["csv"](read(engine), table), FORMATS["jsonl"](read(engine), lines)) == (
        1,
        1,
    )

    assert "1,2026-01-01T00:00:00+00:00,'=HYPERLINK(1),a,,ok,," in table.getvalue()
    assert json.loads(lines.getvalue())["detail"] == {"x": [1]}


def test_what_the_database_does_not_take_waits_and_is_appended(
    engine: Engine, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file = tmp_path / "audit-spill.jsonl"
    nowhere = engine_at(make_url(f"sqlite:///{tmp_path}/empty.sqlite"))

    record_or_spill(nowhere, Event(actor="ada", action="x", at=AT), file)
    with file.open("a") as opened:
        opened.write('{"torn\n')
    n_appended = append_spilled(engine, file)

    nowhere.dispose()
    written = list(read(engine))
    assert "the audit log can't be written (OperationalError)" in caplog.text
    assert (n_appended, append_spilled(engine, file)) == (2, 0)
    assert [(r.actor, r.action, r.at >= AT) for r in written] == [
        ("ada", "x", True),
        ("", "audit.torn", True),
    ]
    assert written[0].at == AT


def test_an_event_that_can_be_kept_nowhere_is_told_whole(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    spill(Event(actor="ada", action="x", at=AT), tmp_path / "missing" / "spill")

    assert '"actor": "ada"' in caplog.text
