"""The platform's health: every part's state, fast, whatever hangs."""

import asyncio
import time
from pathlib import Path

import httpx
import pytest
from sqlalchemy.exc import OperationalError

from hub.services.health import (
    Look,
    Part,
    State,
    Watch,
    ask_database,
    ask_hub,
    ask_proxy,
    look_at_cpu,
    look_at_disk,
    look_at_memory,
)
from hub.services.platform_api import platform_api


def found(state: State, detail: str = "") -> Look:
    async def look() -> tuple[State, str]:
        return state, detail

    return look


async def hangs() -> tuple[State, str]:
    await asyncio.sleep(60)
    return "ok", "never said"


async def breaks() -> tuple[State, str]:
    message = "no route to host"
    raise OSError(message)


def ask_health(looks: dict[str, Look], **headers: str) -> tuple[httpx.Response, float]:
    """The API's answer when its parts look so, and how many seconds it took."""
    api = platform_api(Watch(looks), "development", ["*"])

    async def ask() -> tuple[httpx.Response, float]:
        transport = httpx.ASGITransport(api)
        async with (
            api.router.lifespan_context(api),
            httpx.AsyncClient(transport=transport, base_url="http://hub") as client,
        ):
            started = time.perf_counter()
            answer = await client.get("/api/health", headers=headers)
            return answer, time.perf_counter() - started

    return asyncio.run(ask())


@pytest.mark.parametrize(
    ("looks", "whole", "code"),
    [
        ({"hub": "ok", "disk": "ok"}, "ok", 200),
        ({"hub": "ok", "disk": "degraded"}, "degraded", 200),
        ({"hub": "ok", "disk": "down"}, "degraded", 200),
        ({"hub": "degraded", "disk": "ok"}, "degraded", 200),
        ({"hub": "down", "disk": "ok"}, "down", 503),
        ({"proxy": "down"}, "down", 503),
        ({"database": "down"}, "down", 503),
    ],
)
def test_the_platform_is_as_well_as_its_parts(
    looks: dict[str, State], whole: State, code: int
) -> None:
    answer, _ = ask_health({name: found(state) for name, state in looks.items()})

    assert answer.status_code == code
    assert answer.json()["status"] == whole
    assert {name: part["state"] for name, part in answer.json()["parts"].items()} == looks


def test_an_answer_takes_no_longer_when_a_part_hangs() -> None:
    answer, seconds = ask_health({"hub": hangs, "disk": found("ok")})

    assert seconds < 0.5
    assert answer.json()["parts"]["hub"]["detail"] == "no answer within 2 s"


def test_a_part_that_breaks_says_why() -> None:
    answer, _ = ask_health({"hub": breaks})

    part = answer.json()["parts"]["hub"]
    assert part["state"] == "down"
    assert part["detail"] == "no route to host"


def test_what_goes_wrong_with_one_part_ends_no_look_at_the_others() -> None:
    states = iter(["first", "second"])

    async def goes_wrong() -> tuple[State, str]:
        raise OperationalError("SELECT 1", {}, Exception("the server went away"))

    async def changes() -> tuple[State, str]:
        return "ok", next(states)

    watch = Watch({"connections": goes_wrong, "disk": changes})
    for _ in range(2):
        asyncio.run(watch.look())

    parts = watch.parts()
    assert parts["disk"].detail == "second"
    assert parts["connections"].state == "down"
    assert parts["connections"].detail.startswith("OperationalError: ")
    assert "the server went away" in parts["connections"].detail


def test_an_old_finding_says_nothing_about_now() -> None:
    part = Part(
        state="ok", detail="answers", milliseconds=1.0, looked_at=9.9e8, counted=1_000.0
    )

    assert part.now(1_005.0).state == "ok"
    assert part.now(1_060.0).state == "down"
    assert part.now(1_060.0).detail == "not looked at for 60 s"


def test_pages_from_elsewhere_may_read_where_settings_allow_it() -> None:
    answer, _ = ask_health({"hub": found("ok")}, Origin="https://example.org")

    assert answer.headers["access-control-allow-origin"] == "*"
    assert "access-control-allow-credentials" not in answer.headers


@pytest.mark.parametrize(("status", "state"), [(200, "ok"), (500, "down"), (403, "down")])
def test_the_hub_the_proxy_and_the_database_are_asked_by_http(
    status: int, state: State
) -> None:
    asked: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(status)

    async def look() -> list[State]:
        async with httpx.AsyncClient(transport=httpx.MockTransport(answer)) as client:
            looks = (
                ask_hub(client, "http://hub"),
                ask_proxy(client, "http://proxy"),
                ask_database(client, "http://hub", "secret"),
            )
            return [(await look())[0] for look in looks]

    states = asyncio.run(look())

    paths = [request.url.path for request in asked]
    assert states == [state] * 3
    assert paths == ["/hub/health", "/_chp_healthz", "/hub/api/user"]
    assert asked[2].headers["authorization"] == "token secret"


def test_the_machine_is_looked_at(tmp_path: Path) -> None:
    async def look() -> list[tuple[State, str]]:
        looks = (look_at_disk(tmp_path), look_at_memory(), look_at_cpu())
        return [await look() for look in looks]

    disk, memory, cpu = asyncio.run(look())

    assert "GB free" in disk[1]
    assert "GB free" in memory[1]
    assert cpu[1].startswith("load ")
