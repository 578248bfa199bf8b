"""The steward's rounds: warned, stopped in time, and not by a clock that was set."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import Engine

from hub import audit, load, notices, quotas, storage
from hub.audit import Event
from hub.quotas import Reading, RunningServer
from hub.services.steward.hub_client import User
from hub.services.steward.rounds import Steward
from hub.services.steward.turns import Turn
from tests.hub.databases import run_at_once

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
REHEARSAL = load("rehearsal", {})
SLICE = RunningServer(
    user="ada", name="", started=NOON, profile="gpu-slice", gpu=0.1, cpus=1
)
TAKE_TURN = """
import sys, time
from pathlib import Path
from sqlalchemy.engine import make_url
from hub.database.connection import engine_at
from hub.services.steward.turns import Turn
turn = Turn(engine_at(make_url(sys.argv[1])), Path(sys.argv[2]))
print(turn.is_mine())
time.sleep(3)
"""


class House:
    """What the steward sees of a hub, and what it asked of it: no hub runs here."""

    def __init__(self, *servers: RunningServer, groups: tuple[str, ...] = ()) -> None:
        self.servers, self.groups = list(servers), groups
        self.stopped: list[RunningServer] = []

    def users(self, *, only_running: bool = False) -> list[User]:
        names = dict.fromkeys(server.user for server in self.servers)
        return [
            User(
                name=name,
                groups=self.groups,
                servers=tuple(server for server in self.servers if server.user == name),
            )
            for name in names
        ]

    def stop(self, server: RunningServer) -> None:
        self.stopped.append(server)
        self.servers.remove(server)


def reading(passed: timedelta, set_by: timedelta = timedelta(0)) -> Reading:
    return Reading(at=NOON + passed + set_by, boot="b", monotonic=passed.total_seconds())


@pytest.fixture
def steward(engine: Engine) -> Callable[..., Steward]:
    def steward(house: House, **changes: Any) -> Steward:
        chores = changes.pop("chores", ())
        return Steward(replace(REHEARSAL, **changes), engine, house, chores)  # type: ignore[arg-type]

    return steward


def kinds(engine: Engine, user: str = "ada") -> list[str]:
    return [notice.kind for notice in notices.current(engine, user)]


def spend(engine: Engine, hours: float, passed: timedelta) -> None:
    """GPU hours that ada used yesterday."""
    begin = NOON - 2 * timedelta(days=1)
    server = RunningServer(
        user="ada", name="old", started=begin, profile="p", gpu=1, cpus=0
    )
    quotas.meter(
        engine, [server], Reading(at=begin + hours * HOUR, boot="old", monotonic=0)
    )


def test_a_budget_is_warned_of_at_its_fraction_and_stops_after_its_grace(
    engine: Engine, steward: Callable[..., Steward]
) -> None:
    spend(engine, 15.95, timedelta(0))
    house = House(replace(SLICE, gpu=1))
    rounds = steward(house)

    told: dict[str, int] = {}
    stopped_after = None
    for minute in range(0, 300, 3):
        rounds.go_round(reading(minute * MINUTE))
        for kind in kinds(engine):
            told.setdefault(kind, minute)
        if house.stopped:
            stopped_after = minute
            break

    # 16 of 20 GPU hours after 3 minutes of a whole card; all after 243.
    assert told == {"gpu_hours.warning": 3, "gpu_hours.gone": 243}
    assert stopped_after in (243 + 15, 243 + 18)
    [record] = audit.read(engine, action="budget.stop")
    assert (record.actor, record.target) == ("steward", "ada/")


def test_who_uses_no_gpu_may_go_on_without_gpu_hours(
    engine: Engine, steward: Callable[..., Steward]
) -> None:
    spend(engine, 24, timedelta(0))
    house = House(replace(SLICE, profile="cpu-small", gpu=0))

    for minute in range(60):
        steward(house).go_round(reading(minute * MINUTE))

    assert (house.stopped, kinds(engine)) == ([], [])


def test_a_grant_ends_the_grace(engine: Engine, steward: Callable[..., Steward]) -> None:
    spend(engine, 24, timedelta(0))
    house = House(SLICE)
    steward(house).go_round(reading(MINUTE))
    before = kinds(engine)
    quotas.override(
        engine, "ada", gpu_hours=None, cpu_hours=None, by="admin", why="deadline"
    )

    for minute in range(2, 60):
        steward(house).go_round(reading(minute * MINUTE))

    assert (before, kinds(engine), house.stopped) == (["gpu_hours.gone"], [], [])


def test_restarts_of_the_steward_do_not_lengthen_the_grace(
    engine: Engine, steward: Callable[..., Steward]
) -> None:
    spend(engine, 24, timedelta(0))
    house = House(SLICE)

    passed = 0
    while not house.stopped:
        passed += 1
        steward(house).go_round(reading(passed * MINUTE))

    assert 15 <= passed <= 18


def test_a_lifetime_ends_after_a_warning(
    engine: Engine, steward: Callable[..., Steward]
) -> None:
    house = House(SLICE)
    rounds = steward(house, budgets=None)

    warned_at = None
    passed = 0
    while not house.stopped:
        passed += 1
        rounds.go_round(reading(passed * MINUTE))
        if warned_at is None and "lifetime" in kinds(engine):
            warned_at = passed

    # A slice of a GPU runs for a day at most.
    assert (warned_at, passed) == (24 * 60 - 10, 24 * 60)


def test_a_clock_set_forward_stops_nobody(
    engine: Engine, steward: Callable[..., Steward]
) -> None:
    house = House(SLICE)
    rounds = steward(house)
    rounds.go_round(reading(MINUTE))

    for minute in range(2, 30):
        rounds.go_round(reading(minute * MINUTE, set_by=timedelta(days=400)))

    assert (house.stopped, kinds(engine)) == ([], [])
    assert quotas.minutes_of(engine, SLICE) <= 30


def test_a_clock_set_forward_removes_no_audit_record(
    engine: Engine, steward: Callable[..., Steward]
) -> None:
    audit.record(engine, Event(actor="ada", action="x", at=NOON))
    rounds = steward(House(SLICE))
    rounds.go_round(reading(MINUTE))

    rounds.go_round(reading(2 * MINUTE, set_by=timedelta(days=400)))
    rounds.go_round(reading(3 * MINUTE, set_by=timedelta(days=400)))

    assert [record.action for record in audit.read(engine)] == ["x"]


def test_old_audit_records_are_removed_and_what_waits_is_appended(
    engine: Engine, steward: Callable[..., Steward]
) -> None:
    audit.record(engine, Event(actor="ada", action="old", at=NOON - 9 * 24 * HOUR))
    audit.spill(
        Event(actor="eve", action="waited", at=NOON), storage.audit_folder() / "x.jsonl"
    )

    steward(House()).go_round(reading(MINUTE))

    actions = [record.action for record in audit.read(engine)]
    assert actions == ["waited", "audit.retention"]
    assert audit.verify(engine) is None


def test_one_thing_that_fails_stops_none_of_the_others(
    engine: Engine, steward: Callable[..., Steward], caplog: pytest.LogCaptureFixture
) -> None:
    class Deaf(House):
        def users(self, *, only_running: bool = False) -> list[User]:
            message = "connection refused"
            raise httpx.ConnectError(message)

    done: list[str] = []

    def broken() -> None:
        message = "no such table"
        raise LookupError(message)

    rounds = steward(Deaf(), chores=(broken, lambda: done.append("done")))
    rounds.go_round(reading(MINUTE))

    assert done == ["done"]
    assert "the hub doesn't answer (connection refused)" in caplog.text
    assert "can't broken" in caplog.text


def test_notices_of_a_server_that_ended_are_taken_down(
    engine: Engine, steward: Callable[..., Steward]
) -> None:
    notices.post(engine, SLICE.run, "idle", "one")
    again = replace(SLICE, started=NOON + HOUR)
    notices.post(engine, again.run, "idle", "two")

    steward(House(again)).go_round(reading(2 * HOUR))

    assert [notice.text for notice in notices.current(engine, "ada")] == ["two"]


def test_storage_of_local_homes_is_measured(engine: Engine) -> None:
    home = storage.home_folder("ada")
    home.mkdir(parents=True)
    (home / "data").write_bytes(b"x" * 50_000)

    Steward(load("development", {}), engine, House(SLICE)).go_round(reading(MINUTE))  # type: ignore[arg-type]

    assert 50_000 <= quotas.storage_used(engine)["ada"][0] < 100_000


def test_full_storage_is_told_of_in_two_steps_and_stops_nothing(
    engine: Engine, steward: Callable[..., Steward], monkeypatch: pytest.MonkeyPatch
) -> None:
    house = House(SLICE)
    rounds = steward(house)
    told: dict[float, list[str]] = {}

    for minute, fraction in enumerate((0.79, 0.81, 0.99, 1.0, 3.0, 0.9, 0.5), start=1):
        _keep(engine, monkeypatch, fraction, NOON + minute * MINUTE)
        rounds.go_round(reading(minute * MINUTE))
        told[fraction] = kinds(engine)

    warning, full = ["storage.warning"], ["storage.full"]
    assert told == {
        0.79: [], 0.81: warning, 0.99: warning, 1.0: full, 3.0: full, 0.9: warning, 0.5: []
    }  # fmt: skip
    assert house.stopped == []


def test_the_notices_of_storage_say_the_numbers_and_the_way_out(
    engine: Engine, steward: Callable[..., Steward], monkeypatch: pytest.MonkeyPatch
) -> None:
    rounds = steward(House(SLICE))
    said = []

    for minute, fraction in ((1, 0.85), (2, 1.25)):
        _keep(engine, monkeypatch, fraction, NOON + minute * MINUTE)
        rounds.go_round(reading(minute * MINUTE))
        said += [(one.level, one.text) for one in notices.current(engine, "ada")]

    way_out = (
        "Delete what you don't need: `du -sh ~/* ~/.[!.]*` in a terminal shows what is "
        "large."
    )
    warning = f"Your files take 870 MB of 1 GB (measured 12:01 UTC). {way_out}"
    full = (
        "Your files take 1.2 GB of 1 GB (measured 12:02 UTC): that is all you may keep. "
        f"{way_out} Nothing is stopped or deleted, but above 120% only the smallest kind "
        "of server starts. If you need them all, ask an admin for more."
    )
    assert said == [("warning", warning), ("error", full)]


def test_an_old_measurement_of_storage_warns_of_nothing(
    engine: Engine, steward: Callable[..., Steward], monkeypatch: pytest.MonkeyPatch
) -> None:
    _keep(engine, monkeypatch, 2.0, NOON)
    rounds = steward(House(SLICE))

    rounds.go_round(reading(MINUTE))
    before = kinds(engine)
    rounds.go_round(reading(4 * HOUR))

    assert (before, kinds(engine)) == (["storage.full"], [])


def test_a_groups_budget_of_storage_is_the_one_that_is_told_of(
    engine: Engine, steward: Callable[..., Steward], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert REHEARSAL.budgets is not None
    quants = replace(REHEARSAL.budgets.groups[0], storage="10G")
    rounds = steward(
        House(SLICE, groups=("quants",)),
        budgets=replace(REHEARSAL.budgets, groups=(quants,)),
    )
    _keep(engine, monkeypatch, 2.0, NOON)

    rounds.go_round(reading(MINUTE))

    assert kinds(engine) == []


def _keep(
    engine: Engine, monkeypatch: pytest.MonkeyPatch, fraction: float, at: datetime
) -> None:
    """Note that ada keeps a fraction of rehearsal's limit, at a moment of this test."""

    class Clock(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> datetime:  # type: ignore[override]
            return at

    monkeypatch.setattr("hub.quotas.storage_use.datetime", Clock)
    quotas.note_storage(engine, "ada", int(fraction * 1024**3))


def test_one_steward_acts_at_a_time(engine: Engine, tmp_path: Path) -> None:
    url, file = engine.url.render_as_string(hide_password=False), str(tmp_path / "lock")

    said = run_at_once(TAKE_TURN, [[url, file], [url, file]])

    turn = Turn(engine, Path(file))
    assert sorted(line.strip() for line in said) == ["False", "True"]
    assert turn.is_mine()
    assert turn.is_mine()
    turn.give_back()
