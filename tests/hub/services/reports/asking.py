"""The service asked without a process, as the platform's proxy would."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx

from hub.services.reports.application import reports_service
from hub.services.reports.desk import ReportsDesk
from hub.services.reports.runner import Runner

NOTEBOOK: dict[str, Any] = {
    "nbformat": 4,
    "nbformat_minor": 5,
    "metadata": {},
    "cells": [{"cell_type": "markdown", "id": "a", "metadata": {}, "source": "# Risk"}],
}
MADE = {
    "page.html": b"<!doctype html><title>Risk</title><p>42</p>",
    "notebook.ipynb": json.dumps(NOTEBOOK).encode(),
    "report.json": b'{"title": "Risk"}',
}


def ask(
    desk: ReportsDesk, token: str, method: str, path: str, **content: Any
) -> httpx.Response:
    """The service's answer to a program with a token."""
    headers = content.pop("headers", {})
    if token:
        headers = {"Authorization": f"token {token}"} | headers

    async def go() -> httpx.Response:
        transport = httpx.ASGITransport(reports_service(desk), client=("127.0.0.1", 1))
        async with httpx.AsyncClient(transport=transport, base_url="http://hub") as client:
            at = f"/services/reports{path}"
            return await client.request(method, at, headers=headers, **content)

    return asyncio.run(go())


def signed_in(desk: ReportsDesk, user: str) -> tuple[dict[str, str], str]:
    """Cookie of a browser's session, and its secret."""
    cookie = desk.sessions.open(user)
    session = desk.sessions.find(cookie)
    assert session is not None
    return {"Cookie": f"mchub-reports={cookie}"}, session.xsrf


def publish(desk: ReportsDesk, user: str, title: str = "Risk", **told: Any) -> Any:
    """Hand in a notebook; the job."""
    content = {"title": title, "notebook": NOTEBOOK, **told}
    answer = ask(desk, user, "POST", "/api/reports", json=content)
    assert answer.status_code == 202, answer.text
    return answer.json()


def begin(desk: ReportsDesk, after: timedelta = timedelta(0)) -> None:
    """Let a runner that has just started go a round."""
    go_round(desk, Runner(desk), datetime.now(UTC) + after)


def go_round(desk: ReportsDesk, runner: Runner, now: Any) -> None:
    asyncio.run(runner.go_round(now))


def hand_in(
    desk: ReportsDesk,
    job: int,
    attempt: int = 1,
    *,
    by: str = "ada",
    prints: bool = False,
    **changed: bytes,
) -> httpx.Response:
    """Be the server of a job: take the work, hand in the files, say that it is done."""
    token, at = f"{by}/report-{job}-{attempt}", f"/api/jobs/{job}/{attempt}"
    taken = ask(desk, token, "GET", f"{at}/work")
    if not taken.is_success:
        return taken
    handed = []
    for name, content in (MADE | changed).items():
        answer = ask(desk, token, "PUT", f"{at}/files/{name}", content=content)
        assert answer.is_success, answer.text
        handed.append(answer.json())
    told = {"title": "x", "files": handed, "prints": prints}
    return ask(desk, token, "POST", f"{at}/done", json=told)


def names_in(folder: Path) -> set[str]:
    return {file.name for file in folder.rglob("*") if file.is_file()}
