"""Secrets of a running platform: exchanged while people work, and told to nobody."""

import subprocess
from contextlib import suppress
from pathlib import Path

import httpx
import pytest

from hub.roles import ROLES
from tests.integration.platform.conftest import Note
from tests.integration.platform.live import (
    PROJECT,
    SETTINGS,
    LivePlatform,
    Member,
    docker,
    wait_until,
)
from tests.integration.platform.traffic import traffic

pytestmark = [
    pytest.mark.alone,
    pytest.mark.docker,
    pytest.mark.slow,
    pytest.mark.thorough,
    pytest.mark.timeout(600),
]

# Some names are values too, as that of a user of the database.
SHORTEST = 16
NOTED = "SELECT target FROM mchub_audit WHERE action = 'secret.rotate' ORDER BY id"
TOKENS = {f"{service.replace('-', '_')}_token" for service in ROLES}


def _kept(platform: LivePlatform) -> dict[str, str]:
    """Every secret by its name, as the deployer keeps them."""
    folder = Path(platform.state, SETTINGS.name, "secrets")
    return {file.name: file.read_text().strip() for file in folder.iterdir()}


def _changed(before: dict[str, str], now: dict[str, str]) -> set[str]:
    return {name for name in now if now[name] != before.get(name)}


def _is_well(platform: LivePlatform) -> bool:
    # The one who is asked starts anew too, and then nobody answers.
    with suppress(httpx.HTTPError, ValueError):
        return bool(platform.health()["status"] != "down")
    return False


def _ask(platform: LivePlatform, path: str, token: str) -> int:
    headers = {"Authorization": f"token {token}"}
    url = f"{platform.url}/hub/api{path}"
    return httpx.get(url, headers=headers, trust_env=False, timeout=10).status_code


@pytest.mark.parametrize(
    ("what", "names"),
    [
        ("state-key", {"state_key"}),
        ("database-password", {"database_password"}),
        ("service-tokens", TOKENS),
    ],
)
def test_an_exchange_is_noticed_by_nobody(
    platform: LivePlatform, ada: Member, measured: Note, what: str, names: set[str]
) -> None:
    before = _kept(platform)
    with traffic(platform, ada) as work:
        platform.deployer("rotate", what)

        assert work.lives()
    work.report(f"{what} exchanged", measured)
    now = _kept(platform)
    assert _changed(before, now) == names
    assert work.server.failed == 0
    # A hub that hands over is away for a moment, for the pages that are its own.
    assert work.hub.longest < 5
    assert ada.ask("GET", "/user").is_success
    assert platform.sql(NOTED)[-1] == [what]
    wait_until("all parts are well", lambda: _is_well(platform), 60)
    if what == "service-tokens":
        assert _ask(platform, "/users", before["reconciler_token"]) == 403
        assert _ask(platform, "/users", now["reconciler_token"]) == 200
    if what == "state-key":
        assert now["state_key"].split()[1] == before["state_key"].split()[0]


def test_a_new_cookie_key_signs_people_out_and_leaves_their_work(
    platform: LivePlatform, ada: Member
) -> None:
    with traffic(platform, ada) as work:
        platform.deployer("rotate", "cookie-key")

        assert work.lives()
        assert work.server.failed == 0
        assert ada.ask("GET", "/user").status_code == 403
        ada.client.cookies.clear()
        ada.sign_in("ada")
        assert ada.ask("GET", "/user").is_success


def test_a_new_token_of_the_proxy_breaks_connections_once(
    platform: LivePlatform, ada: Member, measured: Note
) -> None:
    servers = {each["Id"] for each in platform.servers("ada")}
    with traffic(platform, ada) as work:
        platform.deployer("rotate", "proxy-token")
        wait_until("the server is reached", lambda: work.server.answers["200"] > 0, 60)
        # Routes are back, and so is a new connection to the kernels.
        wait_until("the hub answers", lambda: ada.ask("GET", "/user").is_success, 60)
    with traffic(platform, ada) as again:
        assert again.lives()
    work.report("proxy-token exchanged", measured)
    assert servers == {each["Id"] for each in platform.servers("ada")}
    assert work.server.longest < 30


def test_no_secret_is_in_what_docker_tells_or_parts_log(
    platform: LivePlatform, ada: Member
) -> None:
    values = {
        value
        for text in _kept(platform).values()
        for value in text.split()
        if len(value) >= SHORTEST
    }
    label = f"label=com.docker.compose.project={PROJECT}"
    parts = docker("ps", "--all", "--quiet", "--filter", label).split()
    servers = [each["Id"] for each in platform.servers()]

    found = []
    for container in [*parts, *servers]:
        told = docker("inspect", container) + _logged(container)
        found += [f"{container}: {told.count(each)}" for each in values if each in told]

    assert len(values) > len(ROLES)
    assert len(parts) > 10
    assert found == []


def _logged(container: str) -> str:
    asked = ["docker", "logs", container]
    return subprocess.run(
        asked, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=True
    ).stdout
