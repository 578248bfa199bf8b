"""Schedules made by the API, and runners that have just started."""

import asyncio
from datetime import datetime
from typing import Any

from hub.services.reports.desk import ReportsDesk
from hub.services.reports.runner import Runner
from tests.hub.services.reports.asking import ask

HOURLY = {"cron": "0 * * * *", "zone": "UTC", "parameters": {"rate": 0.03}}


def look(desk: ReportsDesk, now: datetime) -> None:
    """Let a runner that has just started go a round."""
    asyncio.run(Runner(desk).go_round(now))


def plan(desk: ReportsDesk, report: int, **told: Any) -> Any:
    at = f"/api/reports/{report}/schedules"
    answer = ask(desk, "ada", "POST", at, json=HOURLY | told)
    assert answer.status_code == 201, answer.text
    return answer.json()
