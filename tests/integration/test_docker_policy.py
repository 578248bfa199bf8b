"""The policy proxy before Docker itself: the lawful works, the rest leaves no trace."""

import asyncio
import json
import os
import re
import signal
import subprocess
import sys
import tarfile
import time
from collections.abc import Iterator
from dataclasses import asdict
from io import BytesIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

import docker as docker_py
import httpx
import pytest
from docker.errors import APIError, NotFound
from dockerspawner import DockerSpawner
from traitlets.config import Config

from deploy.cis.rules import violations
from hub.ports import free_ports
from tests.hub.services.docker_policy.attacks import (
    ATTACKS,
    MALFORMED,
    STRANGER,
    create,
    wire,
)
from tests.hub.services.docker_policy.lawful import (
    LABELS,
    NAME,
    POLICY,
    lawful,
    lawful_gpu,
)
from tests.hub.services.docker_policy.live import ask
from tests.tools.tiny_image import docker, tiny_image

pytestmark = [pytest.mark.alone, pytest.mark.docker, pytest.mark.compiler]

(IMAGE,) = POLICY.images


def _of_users() -> list[str]:
    own = "label=mchub.environment=testing"
    return docker("ps", "--all", "--quiet", "--filter", own).split()


def _remove(*containers: str) -> None:
    for container in containers:
        docker("rm", "--force", "--volumes", container, check=False)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("docker-policy")


@pytest.fixture(scope="module")
def platform(folder: Path) -> Iterator[str]:
    """Image, users' network and a container of somebody else, all taken away again."""
    with tiny_image(IMAGE, folder):
        apart = "com.docker.network.bridge.enable_icc=false"
        docker("network", "create", "--opt", apart, POLICY.network)
        stranger = docker("run", "--detach", "--name", STRANGER, IMAGE)
        try:
            yield stranger
        finally:
            _remove(STRANGER, *_of_users())
            docker("volume", "rm", "--force", POLICY.volume_of("ada"), check=False)
            docker("network", "rm", POLICY.network, check=False)


@pytest.fixture(scope="module")
def counts(folder: Path) -> str:
    """Address of the proxy's counts."""
    return f"http://127.0.0.1:{free_ports('127.0.0.1', 1)[0]}/metrics"


@pytest.fixture(scope="module")
def proxy(folder: Path, platform: str, counts: str) -> Iterator[Path]:
    """Socket of the proxy, which runs as a process of its own."""
    listen, policy, lines = folder / "docker.sock", folder / "policy.json", folder / "lines"
    policy.write_text(json.dumps(asdict(POLICY)))
    command = [sys.executable, "-m", "hub.services.docker_policy"]
    command += [
        f"--policy={policy}",
        f"--socket={listen}",
        f"--metrics={urlsplit(counts).netloc}",
    ]
    with lines.open("w") as out, subprocess.Popen(command, stdout=out) as process:
        try:
            while process.poll() is None and not listen.exists():
                time.sleep(0.1)
            assert 0o660 == listen.stat().st_mode & 0o777
            yield listen
        finally:
            process.send_signal(signal.SIGTERM)
    assert 0 == process.returncode
    assert not listen.exists()


@pytest.fixture
def client(proxy: Path) -> Iterator[docker_py.APIClient]:
    """docker-py, as DockerSpawner uses it, with the proxy for its Docker."""
    client = docker_py.APIClient(base_url=f"unix://{proxy}", version="auto", timeout=30)
    yield client
    client.close()
    _remove(*_of_users())


def test_a_server_lives_and_ends_through_the_proxy(client: docker_py.APIClient) -> None:
    assert client.inspect_image(IMAGE)["Config"]["Cmd"] == ["/tiny", "serve", "8888"]
    body = lawful(command=["/tiny", "serve", "8888"], host={"auto_remove": False})

    created = client.create_container_from_config(body, NAME)["Id"]
    client.start(created)

    found = client.inspect_container(NAME)
    host = found["HostConfig"]
    assert found["State"]["Running"]
    assert found["NetworkSettings"]["Networks"][POLICY.network]["IPAddress"]
    assert (found["Config"]["User"], host["IpcMode"]) == ("1000:100", "private")
    assert (host["CapDrop"], host["SecurityOpt"]) == (["ALL"], ["no-new-privileges"])
    assert "NVIDIA_VISIBLE_DEVICES=void" in found["Config"]["Env"]
    assert "JUPYTERHUB_API_TOKEN=secret-1234" in found["Config"]["Env"]
    # The tests' own image has no check of its health; kernel-image's tests ask for one.
    assert [] == violations(found, {"5.26": "the image brings it"})
    assert client.logs(created, tail=10) == b"serving\n"
    assert client.stats(created, stream=False)["id"] == created
    client.stop(created, timeout=5)
    assert 0 == client.inspect_container(created)["State"]["ExitCode"]
    client.remove_container(created, v=True)
    with pytest.raises(NotFound):
        client.inspect_container(created)


def test_the_list_shows_the_environments_own_containers_alone(
    client: docker_py.APIClient,
) -> None:
    created = client.create_container_from_config(lawful(), NAME)["Id"]

    listed = client.containers(all=True, filters={"status": ["created", "running"]})

    assert [created] == [container["Id"] for container in listed]


def test_the_platforms_containers_can_be_neither_seen_nor_touched(
    client: docker_py.APIClient, platform: str
) -> None:
    for act in (
        client.inspect_container,
        client.stop,
        client.kill,
        client.remove_container,
    ):
        for name in (STRANGER, platform, platform[:12]):
            with pytest.raises(
                APIError, match="be one of the containers of users"
            ) as denied:
                act(name)
            assert 403 == denied.value.status_code

    assert "true" == docker("inspect", "--format", "{{.State.Running}}", STRANGER)


@pytest.fixture
def volumes() -> Iterator[dict[str, str]]:
    """A home, one of another environment, and a volume of the platform's; 30 MB in each."""
    found = {
        "ours": POLICY.volume_of("eve"),
        "others": "mctest-others-home-eve",
        "platform": "mctest-database",
    }
    for kind, name in found.items():
        environment = "testing" if kind == "ours" else "production"
        docker("volume", "create", "--label", f"mchub.environment={environment}", name)
        holder = docker("create", "--volume", f"{name}:/home/jovyan", IMAGE)
        docker("cp", "-", f"{holder}:/home/jovyan", stdin=_packed(30_000_000))
        docker("rm", holder)
    yield found
    docker("volume", "rm", "--force", *found.values(), check=False)


def _packed(size: int) -> bytes:
    packed = BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        inside = tarfile.TarInfo("data")
        inside.size = size
        archive.addfile(inside, BytesIO(bytes(size)))
    return packed.getvalue()


def test_the_homes_of_the_environment_are_measured_and_no_other_volume(
    proxy: Path, volumes: dict[str, str]
) -> None:
    request = wire("GET", "/v1.41/system/df?type=volume")

    status, body = asyncio.run(ask(proxy, request))

    assert 200 == status
    told = {one["Name"]: one["UsageData"]["Size"] for one in body["Volumes"]}
    assert 30_000_000 <= told.pop(volumes["ours"]) < 31_000_000
    # The home that the other tests of this module made, and nothing else.
    assert {POLICY.volume_of("ada")} >= set(told)
    assert all({"Name", "UsageData"} == set(one) for one in body["Volumes"])
    assert {"Volumes"} == set(body)


def _everything() -> list[str]:
    """All that Docker holds, with the state of each container."""
    return [
        docker("ps", "--all", "--no-trunc", "--format", "{{.ID}} {{.Names}} {{.State}}"),
        docker("images", "--all", "--format", "{{.ID}} {{.Repository}}:{{.Tag}}"),
        docker("volume", "ls", "--format", "{{.Name}}"),
        docker("network", "ls", "--no-trunc", "--format", "{{.ID}}"),
    ]


def test_no_attack_changes_anything_in_docker(proxy: Path, counts: str) -> None:
    # The target of attacks on a user's own container must be there.
    body = lawful(command=["/tiny", "serve", "8888"], host={"auto_remove": False})
    status, _ = asyncio.run(ask(proxy, create(body)))
    assert 201 == status
    before = _ours_in(_everything())

    async def replay() -> list[int]:
        return [(await ask(proxy, request))[0] for _, request in ATTACKS]

    statuses = asyncio.run(replay())
    malformed = {asyncio.run(ask(proxy, request))[0] for _, request in MALFORMED}

    assert {403} == set(statuses)
    assert malformed <= {400, 403}
    assert before == _ours_in(_everything())
    said = httpx.get(counts).text
    denied = re.findall(r'requests_total\{outcome="denied".*\} (\d+)', said)
    assert len(ATTACKS) <= sum(map(int, denied))


def _ours_in(everything: list[str]) -> list[list[str]]:
    # Others may use the same Docker meanwhile.
    return [
        sorted(line for line in lines.splitlines() if "mctest" in line)
        for lines in everything
    ]


def test_the_share_of_a_device_is_not_given_out_twice(client: docker_py.APIClient) -> None:
    for server in ("one", "two"):
        client.create_container_from_config(lawful_gpu("0.25"), f"{NAME}--{server}")

    with pytest.raises(APIError) as denied:
        client.create_container_from_config(lawful_gpu("0.25"), f"{NAME}--three")

    law = "must fit beside what is taken of `GPU-1b2c`: 0.5 of the environment's 0.6"
    assert law in str(denied.value)
    requests = client.inspect_container(f"{NAME}--one")["HostConfig"]["DeviceRequests"]
    assert [["GPU-1b2c"]] == [request["DeviceIDs"] for request in requests]
    client.remove_container(f"{NAME}--one")
    client.create_container_from_config(lawful_gpu("0.25"), f"{NAME}--three")


def test_dockerspawner_with_hardened_settings_is_let_through(
    proxy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(DockerSpawner, "_client", None)
    c = Config()
    c.DockerSpawner.image = IMAGE
    c.DockerSpawner.prefix = POLICY.prefix
    c.DockerSpawner.network_name = POLICY.network
    c.DockerSpawner.use_internal_ip = True
    c.DockerSpawner.remove = True
    c.DockerSpawner.pull_policy = "never"
    c.DockerSpawner.client_kwargs = {"base_url": f"unix://{proxy}"}
    c.DockerSpawner.volumes = {"{prefix}-home-{username}": POLICY.home}
    c.DockerSpawner.mem_limit = "512M"
    c.DockerSpawner.cpu_limit = 1.0
    c.DockerSpawner.cmd = ["/tiny", "serve", "8888"]
    c.DockerSpawner.args = ["8889"]
    c.DockerSpawner.extra_create_kwargs = {"labels": LABELS}
    c.DockerSpawner.extra_host_config = {
        "cap_drop": ["ALL"],
        "security_opt": ["no-new-privileges"],
        "pids_limit": 256,
        "read_only": True,
        "tmpfs": {"/tmp": "rw,nosuid,nodev,size=64m"},
        "init": True,
    }

    found = asyncio.run(_spawned(c))

    assert found["Name"] == f"/{NAME}"
    assert found["State"]["Running"]
    assert [f"{POLICY.volume_of('ada')}:{POLICY.home}:rw"] == found["HostConfig"]["Binds"]


async def _spawned(c: Config) -> dict[str, Any]:
    """What Docker says of a server that DockerSpawner started, and then stopped."""
    user = SimpleNamespace(name="ada", url="/user/ada/", escaped_name="ada", settings={})
    spawner = DockerSpawner(config=c, user=user)
    spawner.get_env = lambda: {"JUPYTERHUB_API_TOKEN": "secret", "PATH": os.defpath}
    address, port = await spawner.start()
    found: dict[str, Any] = await spawner.get_object()
    assert (address, port) == (
        found["NetworkSettings"]["Networks"][POLICY.network]["IPAddress"],
        8888,
    )
    assert await spawner.poll() is None
    await spawner.stop()
    spawner.client.close()
    return found
