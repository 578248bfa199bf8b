"""What homes hold: of all that Docker says of its disk, our own homes alone."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from hub.services.docker_policy.denials import Denied
from hub.services.docker_policy.targets import homes_in
from tests.hub.services.docker_policy.attacks import wire
from tests.hub.services.docker_policy.lawful import POLICY
from tests.hub.services.docker_policy.live import answering, ask, proxy

ADA = "mctest-user-home-ada"
ASKED = wire("GET", "/v1.41/system/df?type=volume")


def volume(name: object, environment: str | None = "testing", size: int = 7) -> Any:
    """A volume as `GET /system/df` describes it."""
    labels = None if environment is None else {"mchub.environment": environment}
    return {
        "Name": name,
        "Labels": labels,
        "Mountpoint": f"/var/lib/docker/volumes/{name}/_data",
        "Options": {"secret": "of another"},
        "UsageData": {"Size": size, "RefCount": 1},
    }


@asynccontextmanager
async def disk(
    socket: Path, said: object, status: int = 200, walk: asyncio.Event | None = None
) -> AsyncIterator[list[str]]:
    """Docker's place, with an answer of its own; what it was asked."""
    asked: list[str] = []

    async def answer(request: web.BaseRequest) -> web.Response:
        asked.append(f"{request.method} {request.raw_path}")
        if walk is not None:
            await walk.wait()
        return web.json_response(said, status=status)

    async with answering(socket, answer):
        yield asked


def measured(folder: Path, said: object, status: int = 200) -> tuple[int, Any, list[str]]:
    """One question through the proxy: status, answer, and what Docker was asked."""

    async def run() -> tuple[int, Any, list[str]]:
        docker, listen = folder / "docker", folder / "proxy"
        async with disk(docker, said, status) as asked, proxy(POLICY, docker, listen):
            return *(await ask(listen, ASKED)), asked

    return asyncio.run(run())


def test_nothing_is_told_but_names_and_sizes_of_own_homes(tmp_path: Path) -> None:
    said = {
        "LayersSize": 1,
        "Images": [{"Id": "sha256:1", "RepoTags": ["another:1"]}],
        "Containers": [{"Id": "c", "Names": ["/postgres"]}],
        "BuildCache": [{"ID": "b"}],
        "Volumes": [
            volume(ADA),
            volume("mctest-user-home-bob", None),
            volume("mchub-production-home-ada", "production"),
            volume("mctest-user-home-eve", "production"),
            volume("postgres-data", None),
            volume("postgres-data", "testing"),
            volume("mctest-user-home-"),
            volume("mctest-user-home-a/../../b"),
            volume("x-mctest-user-home-ada"),
            volume(17),
            "no volume",
        ],
    }

    status, body, asked = measured(tmp_path, said)

    homes = [
        {"Name": name, "UsageData": {"Size": 7}} for name in (ADA, "mctest-user-home-bob")
    ]
    assert (200, {"Volumes": homes}) == (status, body)
    assert ["GET /v1.41/system/df?type=volume"] == asked


@pytest.mark.parametrize(
    ("usage", "size"),
    [
        ({"Size": 0}, 0),
        ({"Size": 5}, 5),
        ({"Size": -1}, -1),
        ({"Size": "5"}, -1),
        (None, -1),
    ],
)
def test_a_size_that_docker_cannot_tell_stays_unknown(usage: object, size: int) -> None:
    found = homes_in({"Volumes": [{**volume(ADA), "UsageData": usage}]}, POLICY)

    assert [{"Name": ADA, "UsageData": {"Size": size}}] == found


def test_docker_without_volumes_has_no_homes() -> None:
    assert [] == homes_in({"Volumes": None}, POLICY)


@pytest.mark.parametrize("said", [[], None, {}, {"VolumeUsage": {"Items": []}}])
def test_an_answer_of_another_form_is_not_taken_for_no_homes(said: object) -> None:
    with pytest.raises(Denied, match="answer: must list `Volumes`"):
        homes_in(said, POLICY)


def test_a_walk_that_docker_refuses_is_no_500(tmp_path: Path) -> None:
    message = {"message": "a disk usage operation is already running"}

    status, body, _ = measured(tmp_path, message, status=500)

    assert (502, message) == (status, body)


def test_one_walk_serves_all_who_ask_meanwhile_and_outlives_who_hangs_up(
    tmp_path: Path,
) -> None:
    async def run() -> tuple[list[str], list[tuple[int, Any]], list[str]]:
        docker, listen, walk = tmp_path / "docker", tmp_path / "proxy", asyncio.Event()
        said = {"Volumes": [volume(ADA)]}
        async with disk(docker, said, walk=walk) as asked, proxy(POLICY, docker, listen):
            _, hangs_up = await asyncio.open_unix_connection(str(listen))
            hangs_up.write(ASKED)
            while not asked:
                await asyncio.sleep(0.01)
            hangs_up.close()
            others = [asyncio.create_task(ask(listen, ASKED)) for _ in range(3)]
            await asyncio.sleep(0.2)
            during = list(asked)
            walk.set()
            answers = await asyncio.gather(*others)
            await ask(listen, ASKED)
            return during, answers, list(asked)

    during, answers, after = asyncio.run(run())

    assert (1, 2) == (len(during), len(after))
    homes = [{"Name": ADA, "UsageData": {"Size": 7}}]
    assert [(200, {"Volumes": homes})] * 3 == answers
    assert json.dumps(after).count("type=volume") == 2
