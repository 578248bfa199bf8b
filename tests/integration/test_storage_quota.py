"""A user's volume fills up: measured through the policy proxy, told of, and refused."""

import json
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from deploy.deployer.docker_policy import docker_policy
from hub import audit, notices, quotas
from hub.services.home_sizes import watch
from hub.services.steward.hub_client import HubClient
from hub.services.steward.rounds import Steward
from tests.integration.container_hub import ContainerHub, container_hub, docker, until

pytestmark = [pytest.mark.alone, pytest.mark.docker]

MEGABYTE = 1024**2


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ContainerHub]:
    """A hub whose users may keep 25 MB."""
    with container_hub(tmp_path_factory.mktemp("hub"), TEST_STORAGE="25M") as running:
        yield running


@pytest.fixture
def policy_proxy(hub: ContainerHub, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Docker as the reconciler finds it in a deployment."""
    policy, socket = hub.folder / "policy.json", hub.folder / "policy.sock"
    policy.write_text(json.dumps(docker_policy(hub.settings)))
    command = [sys.executable, "-m", "hub.services.docker_policy"]
    command += [f"--policy={policy}", f"--socket={socket}"]
    monkeypatch.setenv("DOCKER_HOST", f"unix://{socket}")
    with subprocess.Popen(command) as process:
        try:
            until(socket.exists, what="the policy proxy")
            yield socket
        finally:
            process.terminate()


@pytest.fixture
def measure(hub: ContainerHub, policy_proxy: Path) -> Iterator[Callable[[], int]]:
    """Wait until the reconciler's watch has measured anew; bytes of ada's then."""
    ending, every = threading.Event(), timedelta(milliseconds=200)
    arguments = (hub.settings, hub.engine, every, ending)
    watching = threading.Thread(target=watch, args=arguments)
    watching.start()

    def measured() -> int:
        # Of two that end from now on, the second began from now on.
        for _ in range(2):
            before = quotas.storage_used(hub.engine, "ada").get("ada")
            until(lambda before=before: _noted(hub) != before, what="a measurement")
        return _noted(hub)[0]

    yield measured
    ending.set()
    watching.join(60)


def _noted(hub: ContainerHub) -> tuple[int, object]:
    return quotas.storage_used(hub.engine, "ada").get("ada", (0, None))


@pytest.fixture
def steward(
    hub: ContainerHub, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Iterator[Callable[[], list[str]]]:
    """One round of the steward; the notices that ada reads then."""
    monkeypatch.setenv("MCHUB_STATE", str(tmp_path))
    settings, token = hub.settings, hub.tokens["steward_token"]
    client = HubClient(settings, hub.variables["TEST_HUB"], token)
    rounds = Steward(settings, hub.engine, client)

    def round_of() -> list[str]:
        rounds.go_round(quotas.read_clocks())
        found = notices.current(hub.engine, "ada", "")
        return [f"{notice.kind}: {notice.text}" for notice in found]

    yield round_of
    client._client.close()


def _in_server(hub: ContainerHub, command: str) -> None:
    # By Docker's own socket: the policy proxy, rightly, lets nobody do that.
    own = ("--host", "unix:///var/run/docker.sock")
    docker(*own, "exec", f"{hub.prefix}-ada", "sh", "-c", command)


def _write(hub: ContainerHub, megabytes: int) -> None:
    _in_server(hub, f"head -c {megabytes * MEGABYTE} /dev/zero > ~/data.bin")


def _stop(hub: ContainerHub, token: str) -> None:
    hub.api("DELETE", "/users/ada/server", token)
    until(lambda: not hub.is_active("ada"), what="the stop")


def test_a_volume_that_fills_up_is_measured_told_of_and_refused_until_it_is_cleared(
    hub: ContainerHub, measure: Callable[[], int], steward: Callable[[], list[str]]
) -> None:
    token = hub.token("ada")
    assert hub.start_server("ada", token, {"profile": "cpu-large"})[-1].get("ready")
    assert measure() < 20 * MEGABYTE
    assert [] == steward()

    _write(hub, 22)
    assert 22 * MEGABYTE <= measure() < 25 * MEGABYTE
    (warned,) = steward()
    _write(hub, 30)
    assert 31_000_000 < 30 * MEGABYTE <= measure() < 33 * MEGABYTE
    (full,) = steward()

    assert warned.startswith("storage.warning: Your files take 2")
    assert "of 25 MB" in warned
    assert full.startswith("storage.full: Your files take 3")
    assert "above 120% only the smallest kind of server starts" in full
    # Nothing is stopped for it.
    assert hub.is_ready("ada")

    _stop(hub, token)
    hub.start_server("ada", token, {"profile": "gpu-slice"})
    # JupyterHub says nothing of a refusal while it still clears up behind it.
    refused = until(lambda: hub.progress("ada", token), what="the refusal")
    assert refused[-1]["failed"]
    assert "of 25 MB" in refused[-1]["message"]
    assert "starts and `GPU, a tenth of a card` doesn't" in refused[-1]["message"]
    assert () == hub.leases.held()
    record = next(audit.read(hub.engine, action="server.start", newest_first=True))
    assert ("ada/", "refused") == (record.target, record.outcome)

    assert hub.start_server("ada", token, {"profile": "cpu-small"})[-1].get("ready")
    _in_server(hub, "rm ~/data.bin")
    assert measure() < 20 * MEGABYTE
    assert [] == steward()
    _stop(hub, token)
    assert hub.start_server("ada", token, {"profile": "gpu-slice"})[-1].get("ready")
    _stop(hub, token)
