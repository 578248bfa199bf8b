"""No secret shows anywhere, and each is exchanged for a new one while people work."""

import json
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, wait

import httpx
import pytest

from tests.integration.platform.conftest import Note
from tests.integration.platform.live import (
    PROJECT,
    LivePlatform,
    Member,
    docker,
    wait_until,
)
from tests.integration.platform.traffic import traffic

pytestmark = pytest.mark.docker

CHANGED = {
    "cookie-key": {"cookie_key 0"},
    "database-password": {"database_password 0"},
    "proxy-token": {"proxy_token 0"},
    "service-tokens": {"steward_token 0", "idle_culler_token 0"},
}


def _secrets(platform: LivePlatform) -> dict[str, str]:
    """Every value there is, by name; a key may have two."""
    folder = platform.state / "rehearsal" / "secrets"
    return {
        f"{file.name} {number}": value
        for file in folder.iterdir()
        for number, value in enumerate(file.read_text().split())
    }


def _shown(platform: LivePlatform) -> Iterator[tuple[str, str]]:
    """All that Docker tells of an environment to who may ask it, by where it stands."""
    label = f"label=com.docker.compose.project={PROJECT}"
    parts = docker("ps", "--all", "--format", "{{.Names}}", "--filter", label).split()
    servers = [one["Name"].removeprefix("/") for one in platform.servers()]
    for name in (*parts, *servers):
        told = docker("inspect", name)
        yield f"docker inspect {name}", told
        words = ["docker", "logs", name]
        logs = subprocess.run(words, capture_output=True, check=True, text=True)
        yield f"docker logs {name}", logs.stdout + logs.stderr
        image = json.loads(told)[0]["Image"]
        yield f"image of {name}", docker("image", "inspect", image)
        yield f"history of {name}", docker("history", "--no-trunc", image)
        yield f"processes of {name}", docker("top", name, "-eo", "pid,args")
    for kind in ("network", "volume"):
        found = docker(kind, "ls", "--quiet", "--filter", label).split()
        yield kind, docker(kind, "inspect", *found)


def test_no_secret_is_in_what_docker_tells(platform: LivePlatform, ada: Member) -> None:
    values = _secrets(platform)
    assert len(values) > 10

    found = [
        f"{name} in {where}"
        for where, text in _shown(platform)
        for name, value in values.items()
        if value in text
    ]

    assert found == []


def test_the_logs_of_the_deployer_hold_no_secret(platform: LivePlatform) -> None:
    folder, values = platform.state / "rehearsal", _secrets(platform)
    files = [file for file in folder.iterdir() if file.is_file()]
    assert "deployer.log" in [file.name for file in files]

    text = "".join(file.read_text() for file in files)

    assert [name for name, value in values.items() if value in text] == []


@pytest.mark.slow
@pytest.mark.timeout(300)
# The one that signs everybody out comes last.
@pytest.mark.parametrize(
    "what", ["database-password", "proxy-token", "service-tokens", "cookie-key"]
)
def test_a_server_lives_on_while_secrets_are_exchanged(
    platform: LivePlatform, ada: Member, measured: Note, what: str
) -> None:
    before, servers = _secrets(platform), [each["Id"] for each in platform.servers()]
    token = before["steward_token 0"]
    assert _answer(platform, token) == 200

    with traffic(platform, ada) as work, ThreadPoolExecutor(1) as aside:
        began = time.monotonic()
        rotation = aside.submit(platform.deployer, "rotate", what)
        while not rotation.done():
            # Who is silent for a minute is hung up on; a browser never is.
            assert what == "proxy-token" or work.lives()
            wait([rotation], timeout=2)
        rotation.result()
        took = time.monotonic() - began
    measured(f"rotate {what}: {took:.1f} s")
    work.report(f"rotate {what}", measured)

    after = _secrets(platform)
    assert {name for name in after if after[name] != before.get(name)} >= CHANGED[what]
    assert [each["Id"] for each in platform.servers()] == servers
    # A proxy that starts anew breaks every connection, once.
    assert what == "proxy-token" or work.server.failed == 0
    wait_until("the platform is well", lambda: platform.health()["status"] == "ok", 90)
    wait_until("a hub stands by", platform.has_two_hubs, 90)
    assert ada.ask("GET", "/user").is_success == (what != "cookie-key")
    if what == "cookie-key":
        ada.sign_in("ada")
    assert _answer(platform, token) == (403 if what == "service-tokens" else 200)
    assert _answer(platform, after["steward_token 0"]) == 200


def _answer(platform: LivePlatform, token: str) -> int:
    """What the hub's API says to who brings a token."""
    headers, url = {"Authorization": f"token {token}"}, f"{platform.url}/hub/api/user"
    return httpx.get(url, headers=headers, trust_env=False).status_code
