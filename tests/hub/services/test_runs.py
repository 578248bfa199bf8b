"""Runs of mclib: written down by mclib, added up by the server, counted by the platform."""

import asyncio
import json
import os
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

import mclib as mc
from hub.in_server.runs import totals
from hub.services.identities import Identity
from hub.services.runs import Counts, RunCounts, Told, runs_and_metrics
from mclib.heartbeat import VARIABLE


def told(session: str, trials: int, began: float = 100.0, engine: str = "llvm") -> Told:
    engines = {engine: Counts(runs=1, trials=trials)}
    return Told(session=session, began=began, engines=engines)


def sums(counts: RunCounts) -> dict[tuple[str, ...], float]:
    return {
        (sample.name, *sample.labels.values()): sample.value
        for metric in counts.collect()
        for sample in metric.samples
    }


TRIALS = "mchub_mclib_trials_total"


def test_totals_are_counted_once_however_often_they_are_told() -> None:
    counts = RunCounts(began=50.0)

    for trials in (1_000, 1_000, 5_000):
        counts.add("ada", told("one", trials))
    counts.add("ada", told("two", 10))

    assert sums(counts)[TRIALS, "ada", "llvm"] == 5_010


def test_what_an_older_server_did_before_was_counted_by_another_process() -> None:
    counts = RunCounts(began=200.0)

    counts.add("ada", told("old", 1_000_000, began=100.0))
    counts.add("ada", told("old", 1_000_500, began=100.0))

    assert sums(counts)[TRIALS, "ada", "llvm"] == 500


def test_no_server_can_make_labels_of_its_own() -> None:
    counts = RunCounts(began=50.0)

    for number in range(100):
        counts.add("eve", told("one", number, engine=f"engine-{number}"))

    assert {key[2] for key in sums(counts)} == {"other"}


def test_a_total_that_falls_counts_nothing_back() -> None:
    counts = RunCounts(began=50.0)

    counts.add("eve", told("one", 100))
    counts.add("eve", told("one", 10))

    assert sums(counts)[TRIALS, "eve", "llvm"] == 100


@mc.model
def total(a: float = mc.Uniform(0, 1), b: float = mc.Uniform(0, 1)) -> float:
    return a + b


def test_a_run_of_mclib_is_found_beside_its_heartbeat(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, str(tmp_path / "beat"))
    before = totals(tmp_path / "beat").get("llvm", {"runs": 0, "trials": 0})

    mc.simulate(total, 100_000, seed=1, engine="llvm")

    # Counted since the process began: other tests run in it too.
    after = totals(tmp_path / "beat")["llvm"]
    assert after["trials"] - before["trials"] >= 100_000
    assert after["runs"] > before["runs"]
    assert (tmp_path / f"beat.{os.getpid()}").exists()


def test_what_a_user_wrote_there_breaks_nothing(tmp_path: Path) -> None:
    wrong = ("[", "[1]", '{"llvm": 1}', '{"a": {"b": "c"}}')
    for number, text in enumerate(wrong, start=10):
        (tmp_path / f"beat.{number}").write_text(text)
    (tmp_path / "beat.5").write_text(json.dumps({"llvm": {"runs": 1, "trials": 7}}))

    assert totals(tmp_path / "beat") == {"llvm": {"runs": 1, "trials": 7}}


@pytest.fixture
def api() -> FastAPI:
    async def identify(token: str) -> Identity | None:
        kinds = {"ada": "user", "steward": "service"}
        if token not in kinds:
            return None
        return Identity(kind=kinds[token], name=token, groups=(), is_admin=False)

    api = FastAPI()
    for router in runs_and_metrics(identify, RunCounts(began=50.0)):
        api.include_router(router)
    return api


def ask(api: FastAPI, method: str, path: str, **content: Any) -> httpx.Response:
    async def asked() -> httpx.Response:
        transport = httpx.ASGITransport(api)
        async with httpx.AsyncClient(transport=transport, base_url="http://api") as client:
            return await client.request(method, path, **content)

    return asyncio.run(asked())


@pytest.mark.parametrize(
    ("token", "status"), [("ada", 204), ("steward", 403), ("nobody", 401), ("", 401)]
)
def test_only_a_users_server_may_tell(api: FastAPI, token: str, status: int) -> None:
    content = told("one", 42).model_dump()
    headers = {"Authorization": f"token {token}"}

    answer = ask(api, "POST", "/api/runs", json=content, headers=headers)

    assert answer.status_code == status
    is_counted = (
        f'{TRIALS}{{engine="llvm",user="ada"}} 42.0' in ask(api, "GET", "/metrics").text
    )
    assert is_counted == (status == 204)


def test_what_is_no_count_is_refused(api: FastAPI) -> None:
    content = told("one", 42).model_dump()
    content["engines"]["llvm"]["trials"] = -1

    answer = ask(
        api, "POST", "/api/runs", json=content, headers={"Authorization": "token ada"}
    )

    assert answer.status_code == 422
