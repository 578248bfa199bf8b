"""Runs that make versions, and postmen that have just started."""

import asyncio
from datetime import UTC, datetime, timedelta

from hub.services.reports.desk import ReportsDesk
from hub.services.reports.postman import Postman
from hub.services.reports.runner import Runner
from tests.hub.services.reports.asking import ask, hand_in


def run(desk: ReportsDesk, job: int) -> None:
    asyncio.run(Runner(desk).go_round(datetime.now(UTC)))
    assert hand_in(desk, job).is_success
    asyncio.run(Runner(desk).go_round(datetime.now(UTC)))


def run_again(desk: ReportsDesk, report: int, job: int = 2) -> None:
    ask(desk, "ada", "POST", f"/api/reports/{report}/versions/1/runs", json={})
    run(desk, job)


def send(desk: ReportsDesk, after: timedelta = timedelta(0)) -> None:
    """Let a postman that has just started go a round."""
    assert desk.reports.mails is not None
    postman = Postman(desk, desk.reports.mails)
    asyncio.run(postman.go_round(datetime.now(UTC) + after))
