"""Every attack is refused by the law that it breaks, and Docker never hears of it."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import web

from tests.hub.services.docker_policy.attacks import ATTACKS, MALFORMED, STRANGER, create
from tests.hub.services.docker_policy.lawful import NAME, POLICY, lawful
from tests.hub.services.docker_policy.live import ask, proxy

OURS = {
    "Id": "a" * 64,
    "Name": f"/{NAME}",
    "Config": {"Labels": lawful()["Labels"]},
    "State": {"Running": True},
}
OTHERS = {"Id": "b" * 64, "Name": f"/{STRANGER}", "Config": {"Labels": {}}}


@asynccontextmanager
async def stand_in(socket: Path) -> AsyncIterator[list[str]]:
    """Stands in Docker's place with two containers, and keeps what it was asked."""
    asked: list[str] = []

    async def answer(request: web.BaseRequest) -> web.Response:
        asked.append(f"{request.method} {request.raw_path}")
        name = request.path.split("/")[-2]
        if request.path.endswith("/json") and name in (NAME, STRANGER):
            return web.json_response(OURS if name == NAME else OTHERS)
        return web.json_response({"Id": "c" * 64}, status=201)

    runner = web.ServerRunner(web.Server(answer))
    await runner.setup()
    await web.UnixSite(runner, str(socket)).start()
    try:
        yield asked
    finally:
        await runner.cleanup()


def refused(folder: Path, request: bytes) -> tuple[int, str, list[str], str]:
    """Status, message, what Docker was asked besides inspections, and the journal."""

    async def run() -> tuple[int, str, list[str], str]:
        docker, listen = folder / "docker", folder / "proxy"
        async with stand_in(docker) as asked, proxy(POLICY, docker, listen) as (_, lines):
            status, said = await ask(listen, request)
        acts = [line for line in asked if not line.endswith("/json")]
        return status, said.get("message", ""), acts, lines.getvalue()

    return asyncio.run(run())


def test_the_list_is_long_enough_to_mean_something() -> None:
    assert len(ATTACKS) >= 200
    assert len({request for _, request in ATTACKS}) == len(ATTACKS)


IDS = [f"{index}-{law}" for index, (law, _) in enumerate(ATTACKS)]


@pytest.mark.parametrize(("law", "request_bytes"), ATTACKS, ids=IDS)
def test_an_attack_is_refused_by_its_law_and_logged(
    law: str, request_bytes: bytes, tmp_path: Path
) -> None:
    status, message, acts, lines = refused(tmp_path, request_bytes)

    assert 403 == status
    assert [] == acts
    (event,) = [json.loads(line) for line in lines.splitlines()]
    assert "denied" == event["event"]
    assert f"{event['law']}.".startswith(f"{law}.")
    assert message.startswith(f"docker policy: {event['law']}: must ")


@pytest.mark.parametrize(("name", "request_bytes"), MALFORMED)
def test_what_is_not_http_goes_no_further(
    name: str, request_bytes: bytes, tmp_path: Path
) -> None:
    status, _, acts, _ = refused(tmp_path, request_bytes)

    assert status in (400, 403), name
    assert [] == acts


def test_the_same_bodies_unchanged_are_let_through(tmp_path: Path) -> None:
    status, _, acts, _ = refused(tmp_path, create(lawful()))

    assert 201 == status
    assert [f"POST /v1.41/containers/create?name={NAME}"] == acts
