"""How long readers of reports wait: the list of 10,000, and a page of 5 MB for 20 at once.

``python -m tests.benchmarks.report_pages`` starts the service as a process of its own, with
SQLite or, with ``--postgres``, a PostgreSQL of this machine, and asks over loopback with
a token that a stand-in for the hub knows. The times are a reader's, to the last byte; read
them beside what else the machine did, which is told too.
"""

import argparse
import json
import multiprocessing
import os
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import httpx
import uvicorn
from sqlalchemy import URL, Engine, insert, make_url

from hub.database import engine_at, upgrade
from hub.environments import load
from hub.services.reports.application import reports_service
from hub.services.reports.desk import ReportsDesk
from hub.services.reports.folder_store import FolderStore
from hub.services.reports.tables import GRANTS, JOBS, REPORTS, VERSIONS
from tests.hub.services.reports.token_hub import TokenHub
from tests.integration.live_hub import free_port
from tests.postgres import running_postgres

N_REPORTS: Final = 10_000
N_READERS: Final = 20
PAGE_BYTES: Final = 5 * 2**20
AT: Final = "/services/reports"


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, and say what was found."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.report_pages")
    parser.add_argument("--postgres", action="store_true", help="in place of SQLite")
    parser.add_argument("--times", type=int, default=50, help="of each question")
    asked = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder, _database(folder, asked) as url:
        engine = engine_at(url)
        upgrade(engine)
        fill(engine, FolderStore(Path(folder) / "store"))
        engine.dispose()
        with _service(url, Path(folder)) as address:
            _tell(f"database: {url.get_backend_name()}, load {os.getloadavg()[0]:.1f}")
            _lists(address, asked.times)
            _pages(address, asked.times)


def fill(engine: Engine, store: FolderStore) -> None:
    """Ten thousand reports of a hundred owners, of which ada may read all."""
    digest = store.put(os.urandom(PAGE_BYTES // 2).hex().encode())
    now = datetime.now(UTC)
    numbers = range(1, N_REPORTS + 1)
    owner = {number: f"owner-{number % 100}" for number in numbers}
    at = {number: now - timedelta(minutes=number) for number in numbers}
    files = json.dumps({"page.html": digest})
    with engine.begin() as connection:
        connection.execute(
            insert(REPORTS),
            [
                {
                    "id": number,
                    "owner": owner[number],
                    "title": f"Risk of desk {number % 37}, quarter {number}",
                    "created": at[number],
                    "changed": at[number],
                    "n_versions": 1,
                }
                for number in numbers
            ],
        )
        grants = [("group", "risk") if n % 3 else ("user", "ada") for n in numbers]
        connection.execute(
            insert(GRANTS),
            [
                {"report": number, "kind": kind, "name": name, "since": now}
                for number, (kind, name) in zip(numbers, grants, strict=True)
            ],
        )
        connection.execute(insert(JOBS), [_job(n, owner[n], at[n]) for n in numbers])
        connection.execute(
            insert(VERSIONS),
            [
                {
                    "report": number,
                    "number": 1,
                    "job": number,
                    "title": "Risk",
                    "by": owner[number],
                    "at": at[number],
                    "parameters": "{}",
                    "files": files,
                    "bytes": PAGE_BYTES,
                }
                for number in numbers
            ],
        )


def _job(number: int, owner: str, at: datetime) -> dict[str, object]:
    return {
        "id": number,
        "report": number,
        "owner": owner,
        "asked_by": owner,
        "notebook": "0" * 64,
        "parameters": "{}",
        "profile": "",
        "folder": "",
        "is_as_it_is": 0,
        "state": "done",
        "attempt": 1,
        "cell": 0,
        "of_cells": 0,
        "why": "",
        "failure": "",
        "asked": at,
        "due": at,
        "changed": at,
        "is_cleared": 1,
    }


@contextmanager
def _database(folder: str, asked: argparse.Namespace) -> Iterator[URL]:
    if asked.postgres:
        with running_postgres() as server:
            yield server.url
    else:
        yield make_url(f"sqlite:///{folder}/hub.sqlite")


@contextmanager
def _service(url: URL, folder: Path) -> Iterator[str]:
    port = free_port()
    told = (url.render_as_string(hide_password=False), str(folder), port)
    process = multiprocessing.get_context("spawn").Process(target=_serve, args=told)
    process.start()
    address = f"http://127.0.0.1:{port}"
    try:
        for _ in range(600):
            try:
                httpx.get(f"{address}{AT}/static/pages.css", trust_env=False)
                break
            except httpx.TransportError:
                time.sleep(0.1)
        yield address
    finally:
        process.terminate()
        process.join(20)


def _serve(url: str, folder: str, port: int) -> None:
    desk = ReportsDesk(
        client=TokenHub(groups={"ada": {"risk"}}).client(),
        engine=engine_at(make_url(url)),
        service="reports",
        token="token of the service",
        public_url=f"http://127.0.0.1:{port}",
        audit=Path(folder) / "reports.jsonl",
        store=FolderStore(Path(folder) / "store"),
        reports=load("development", {}).reports,
    )
    uvicorn.run(reports_service(desk), port=port, log_level="error")


def _asked(client: httpx.Client, path: str) -> float:
    began = time.perf_counter()
    answer = client.get(f"{AT}{path}")
    took = time.perf_counter() - began
    assert answer.status_code == 200, answer.text[:500]
    return took


def _client(address: str) -> httpx.Client:
    headers = {"Authorization": "token ada"}
    return httpx.Client(base_url=address, headers=headers, trust_env=False, timeout=60)


def _lists(address: str, times: int) -> None:
    paths = {
        "first page of the list": "/",
        "its last page": f"/?page={N_REPORTS // 50}",
        "a search": "/?search=desk+7",
        "the list for programs": "/api/reports",
    }
    with _client(address) as client:
        for what, path in paths.items():
            _asked(client, path)
            _say(what, [_asked(client, path) for _ in range(times)])


def _pages(address: str, times: int) -> None:
    """Readers who open a page of 5 MB again and again, with and without pauses."""
    for what, pause in (("one after the other", 0.0), ("one every 2 s", 2.0)):
        took: list[float] = []
        readers = [
            threading.Thread(target=_read, args=(address, number, times, pause, took))
            for number in range(N_READERS)
        ]
        for reader in readers:
            reader.start()
        for reader in readers:
            reader.join()
        _say(f"a page of 5 MB, {N_READERS} readers, {what}", took)


def _read(address: str, number: int, times: int, pause: float, took: list[float]) -> None:
    with _client(address) as client:
        time.sleep(pause * number / N_READERS)
        for turn in range(max(5, times // 5)):
            report = 1 + (number * 31 + turn) % N_REPORTS
            took.append(_asked(client, f"/r/{report}/v/1/page"))
            time.sleep(max(0.0, pause - took[-1]))


def _tell(line: str) -> None:
    sys.stdout.write(f"{line}\n")


def _say(what: str, took: Sequence[float]) -> None:
    p95 = statistics.quantiles(took, n=20)[-1]
    middle = statistics.median(took)
    n = len(took)
    _tell(f"{what:50} p50 {1e3 * middle:6.0f} ms, p95 {1e3 * p95:6.0f} ms, n {n}")


if __name__ == "__main__":
    main()
