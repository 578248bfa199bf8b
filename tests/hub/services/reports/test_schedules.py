"""Schedules: every time comes once, whoever looks and whatever was away."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, func, select, update

from hub.database import upgrade
from hub.database.connection import engine_at
from hub.services.reports import jobs, library, schedules
from hub.services.reports.desk import ReportsDesk
from hub.services.reports.jobs import Wanted
from hub.services.reports.schedule_tables import MAILS, SCHEDULES, TIMES
from hub.services.reports.schedules import Schedule
from hub.services.reports.tables import JOBS
from hub.services.reports.timetable import Timetable
from hub.suspension import resume, suspend
from tests.hub.services.reports.asking import ask, hand_in
from tests.hub.services.reports.planning import look, plan
from tests.hub.services.reports.token_hub import TokenHub
from tests.postgres import running_postgres

MINUTE = timedelta(minutes=1)


def due(planned: Any) -> datetime:
    return datetime.fromisoformat(planned["next"])


def history(desk: ReportsDesk, report: int, number: int = 1) -> list[Any]:
    at = f"/api/reports/{report}/schedules/{number}"
    answer = ask(desk, "ada", "GET", f"{at}/times")
    return [(one["state"], one["attempt"], one["why"]) for one in answer.json()]


def job(desk: ReportsDesk, number: int) -> jobs.Job:
    with desk.engine.begin() as connection:
        found = jobs.job_of(connection, number)
    assert found is not None
    return found


def end(desk: ReportsDesk, number: int, now: datetime, **how: Any) -> None:
    """Be the server of a job: take the work, and fail."""
    with desk.engine.begin() as connection:
        attempt = jobs.job_of(connection, number).attempt  # type: ignore[union-attr]
        jobs.begin(connection, number, attempt, now)
        jobs.fail(connection, number, attempt, "It broke.", now, **how)


def count(engine: Engine, table: Any) -> int:
    with engine.connect() as connection:
        return connection.scalar(select(func.count()).select_from(table)) or 0


def test_a_due_time_becomes_one_job_with_the_schedules_own_parameters(
    desk: ReportsDesk, report: int
) -> None:
    planned = plan(desk, report)
    look(desk, due(planned) - MINUTE)
    assert history(desk, report) == []

    for _ in range(3):
        look(desk, due(planned) + MINUTE)

    assert [("running", 1, "")] == history(desk, report)
    made = job(desk, 2)
    assert made.parameters == {"rate": 0.03, "days": 5}
    assert (made.owner, made.asked_by, made.state) == ("ada", "ada", "starting")
    assert hand_in(desk, 2).is_success
    look(desk, due(planned) + 2 * MINUTE)
    assert [("done", 1, "")] == history(desk, report)
    assert ask(desk, "ada", "GET", f"/api/reports/{report}").json()["versions"] == 2
    at = f"/api/reports/{report}/schedules/1"
    following = ask(desk, "ada", "GET", at).json()
    assert due(following) == due(planned) + timedelta(hours=1)


def test_many_missed_times_are_made_up_for_by_one(desk: ReportsDesk, report: int) -> None:
    planned = plan(desk, report)

    look(desk, due(planned) + timedelta(hours=7, minutes=5))

    why = "It stands for the times before it that were missed, too."
    assert [("running", 1, why)] == history(desk, report)
    with desk.engine.connect() as connection:
        came = connection.scalar(select(TIMES.c.due))
        following = connection.scalar(select(SCHEDULES.c.next))
    assert (came, following) == (
        due(planned) + timedelta(hours=7),
        due(planned) + timedelta(hours=8),
    )


def test_a_time_that_was_missed_by_more_than_a_day_is_skipped_and_said(
    desk: ReportsDesk, report: int
) -> None:
    planned = plan(desk, report, cron="0 0 1 * *")

    look(desk, due(planned) + timedelta(days=1, minutes=1))

    assert [("skipped", 0, "It was missed by more than a day.")] == history(desk, report)
    assert count(desk.engine, JOBS) == 1


def test_a_time_is_skipped_while_the_run_before_it_goes_on(
    desk: ReportsDesk, report: int
) -> None:
    planned = plan(desk, report)
    look(desk, due(planned))

    # Its server lives: the runner asks the hub, and gives no try up.
    look(desk, due(planned) + timedelta(hours=1))

    why = "The run of the time before had not come to its end."
    assert [("skipped", 0, why), ("running", 1, "")] == history(desk, report)
    assert count(desk.engine, JOBS) == 2


def test_a_failed_run_is_tried_again_with_growing_waits_and_then_told(
    desk: ReportsDesk, report: int
) -> None:
    planned = plan(desk, report, cron="0 0 * * *")
    now = due(planned)
    look(desk, now)

    for number, wait in ((2, 20), (3, 80), (4, 300)):
        end(desk, number, now)
        look(desk, now)
        assert history(desk, report)[0][:2] == ("waiting", number - 1)
        look(desk, now + timedelta(seconds=wait - 1))
        assert history(desk, report)[0][0] == "waiting"
        now += timedelta(seconds=wait)
        look(desk, now)
        assert history(desk, report)[0][:2] == ("running", number)
    assert count(desk.engine, MAILS) == 0
    end(desk, 5, now)
    look(desk, now)
    look(desk, now + timedelta(hours=1))

    assert [("failed", 4, "It broke. This was try 4 of 4.")] == history(desk, report)
    with desk.engine.connect() as connection:
        told = connection.execute(select(MAILS.c.kind, MAILS.c.user_name)).all()
    assert [("failure", "ada")] == told


def test_a_notebook_that_fails_is_tried_only_once_more(
    desk: ReportsDesk, report: int
) -> None:
    planned = plan(desk, report, cron="0 0 * * *")
    now = due(planned)
    look(desk, now)
    end(desk, 2, now, failure={"cell": 1, "text": "1 / 0"})
    look(desk, now)
    now += timedelta(seconds=20)
    look(desk, now)

    end(desk, 3, now, failure={"cell": 1, "text": "1 / 0"})
    look(desk, now)

    assert [("failed", 2, "It broke. This was try 2 of 2.")] == history(desk, report)


def test_a_run_that_its_owner_ends_is_not_tried_again(
    desk: ReportsDesk, report: int
) -> None:
    planned = plan(desk, report)
    look(desk, due(planned))

    assert ask(desk, "ada", "DELETE", "/api/jobs/2").status_code == 204
    look(desk, due(planned) + MINUTE)

    assert [("canceled", 1, "ada ended it.")] == history(desk, report)


def test_a_paused_schedule_rests_and_goes_on_with_later_times(
    desk: ReportsDesk, report: int
) -> None:
    planned, at = plan(desk, report), f"/api/reports/{report}/schedules/1"
    for _ in range(2):
        assert ask(desk, "ada", "POST", f"{at}/pause").status_code == 204

    look(desk, due(planned) + MINUTE)
    assert history(desk, report) == []
    paused = ask(desk, "ada", "GET", at).json()
    assert (paused["state"], paused["next"]) == ("paused", None)
    for _ in range(2):
        assert ask(desk, "ada", "POST", f"{at}/resume").status_code == 204

    assert due(ask(desk, "ada", "GET", at).json()) == due(planned)


def test_a_try_that_waits_ends_with_the_pause(desk: ReportsDesk, report: int) -> None:
    planned = plan(desk, report)
    look(desk, due(planned))
    end(desk, 2, due(planned))
    look(desk, due(planned))

    ask(desk, "ada", "POST", f"/api/reports/{report}/schedules/1/pause")

    look(desk, due(planned) + MINUTE)
    [(state, _, why)] = history(desk, report)
    assert (state, why) == ("canceled", "Its schedule was paused before another try.")


@pytest.mark.parametrize("how", ["suspended", "removed"])
def test_the_schedule_of_somebody_who_may_not_run_anything_stops(
    desk: ReportsDesk, hub: TokenHub, report: int, how: str
) -> None:
    planned = plan(desk, report)
    groups = hub.groups["ada"]
    if how == "suspended":
        suspend(desk.engine, "ada", "olivia")
    else:
        del hub.groups["ada"]

    look(desk, due(planned) + MINUTE)

    hub.groups["ada"] = groups
    resume(desk.engine, "ada")
    look(desk, due(planned) + 2 * MINUTE)
    stopped = ask(desk, "ada", "GET", f"/api/reports/{report}/schedules/1").json()
    assert stopped["state"] == "stopped"
    assert stopped["why"] in ("ada is suspended.", "ada is no user any more.")
    assert (history(desk, report), count(desk.engine, JOBS)) == ([], 1)


def test_while_the_hub_is_away_a_time_waits(
    desk: ReportsDesk, hub: TokenHub, report: int
) -> None:
    planned = plan(desk, report)
    hub.is_away = True
    look(desk, due(planned))
    hub.is_away = False

    look(desk, due(planned) + MINUTE)

    assert [("running", 1, "")] == history(desk, report)


def test_a_deleted_schedule_is_gone_with_its_history_and_so_is_a_reports(
    desk: ReportsDesk, report: int
) -> None:
    plan(desk, report)
    later = plan(desk, report)
    look(desk, due(later) + MINUTE)
    at = f"/api/reports/{report}/schedules"

    assert ask(desk, "ada", "DELETE", f"{at}/1").status_code == 204

    assert [one["id"] for one in ask(desk, "ada", "GET", at).json()] == [2]
    assert ask(desk, "ada", "GET", f"{at}/1/times").status_code == 404
    for number in (2, 3):
        ask(desk, "ada", "DELETE", f"/api/jobs/{number}")
    for minutes in (2, 3):
        look(desk, due(later) + minutes * MINUTE)
    assert ask(desk, "ada", "DELETE", f"/api/reports/{report}").status_code == 204
    assert (count(desk.engine, SCHEDULES), count(desk.engine, TIMES)) == (0, 0)


def test_old_times_are_forgotten(desk: ReportsDesk, report: int) -> None:
    plan(desk, report)
    began = datetime(2026, 1, 1, tzinfo=UTC)
    rows = [
        {"schedule": 1, "due": began + i * MINUTE, "state": "skipped", "attempt": 0}
        | {"job": None, "again": None, "why": "", "changed": began}
        for i in range(205)
    ]
    with desk.engine.begin() as connection:
        connection.execute(TIMES.insert(), rows)
        assert schedules.forget_old_times(connection) == 5

    assert count(desk.engine, TIMES) == 200


DATABASES = ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)]


@pytest.fixture(params=DATABASES)
def shared(request: pytest.FixtureRequest, engine: Engine) -> Iterator[Engine]:
    """A database at which several services look."""
    if request.param == "sqlite":
        yield engine
        return
    with running_postgres() as server:
        made = engine_at(server.url)
        upgrade(made)
        yield made
        made.dispose()


def test_a_time_that_many_services_see_comes_once(shared: Engine) -> None:
    now, n_services, n_rounds = datetime(2026, 1, 1, tzinfo=UTC), 4, 5
    number = _planned(shared, now)
    gate = threading.Barrier(n_services)
    began: list[int | None] = []

    def take(schedule: Schedule, at: datetime) -> None:
        gate.wait()
        with shared.begin() as connection:
            began.append(schedules.come_due(connection, schedule, at))

    for _ in range(n_rounds):
        with shared.begin() as connection:
            [schedule] = schedules.due_schedules(connection, now + timedelta(days=1))
        assert schedule.next is not None
        takers = [
            threading.Thread(target=take, args=(schedule, schedule.next))
            for _ in range(n_services)
        ]
        for one in takers:
            one.start()
        for one in takers:
            one.join()
        with shared.begin() as connection:
            connection.execute(update(TIMES).values(state="done"))

    assert len([job for job in began if job is not None]) == n_rounds
    assert (count(shared, TIMES), count(shared, JOBS)) == (n_rounds, n_rounds + 1)
    with shared.connect() as connection:
        assert {time.schedule for time in schedules.times_of(connection, number)} == {
            number
        }


def _planned(engine: Engine, now: datetime) -> int:
    """A schedule of a report that has a version."""
    wanted = {"owner": "ada", "asked_by": "ada", "notebook": "0" * 64, "parameters": {}}
    with engine.begin() as connection:
        report = library.create(connection, "ada", "Risk", now)
        made = jobs.submit(connection, Wanted(report=report, **wanted), now)  # type: ignore[arg-type]
        jobs.take_next(connection, now, of_one=1, of_all=1)
        jobs.begin(connection, made, 1, now)
        done: dict[str, Any] = {"title": "Risk", "files": {}, "n_bytes": 1}
        jobs.finish(connection, made, 1, **done, now=now)
        return schedules.add(connection, report, Timetable("0 * * * *", "UTC"), {}, now)
