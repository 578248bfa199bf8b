"""Proxy, hub and an analyst's server of these images find each other."""

import json
import time
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.architecture.checkout import ROOT
from tests.images.containers import LABEL, docker, running, wait_until_healthy

pytestmark = pytest.mark.docker

NETWORK = f"mchub-test-images-{uuid.uuid4().hex[:8]}"
SOCKETS = f"{NETWORK}-sockets"
ADA = "a-token-of-ada-for-this-test-alone"
SERVER = "a-token-of-the-server-for-this-test"
# The hub's own settings are tested elsewhere; this is the least that uses the images.
CONFIGURATION = f"""
c.JupyterHub.authenticator_class = "null"
c.JupyterHub.bind_url = "http://:8000"
c.JupyterHub.hub_bind_url = "http://0.0.0.0:8081"
c.JupyterHub.hub_connect_url = "http://hub:8081"
# The hub looks its routes up this often and adds those that a new proxy lacks.
c.JupyterHub.last_activity_interval = 5
c.JupyterHub.cleanup_proxy = c.JupyterHub.cleanup_servers = False
c.ConfigurableHTTPProxy.should_start = False
c.ConfigurableHTTPProxy.api_url = "http+unix://%2Frun%2Fproxy%2Fapi.sock"
c.ConfigurableHTTPProxy.auth_token = open("/run/secrets/proxy_token").read().strip()
c.Authenticator.allow_all = True
c.JupyterHub.services = [
    {{
        "name": "server",
        "api_token": "{SERVER}",
        "url": "http://server:8888",
        "oauth_client_id": "service-server",
    }},
    {{"name": "ada", "api_token": "{ADA}"}},
]
c.JupyterHub.load_roles = [
    {{"name": "server", "services": ["server"], "scopes": ["read:users"]}},
    {{"name": "ada", "services": ["ada"], "scopes": ["access:services"]}},
]
"""
SETTINGS_FILE = ROOT / "hub/jupyter/labconfig/default_setting_overrides.json"
LAB_SETTINGS = json.loads(SETTINGS_FILE.read_text())
SERVER_VARIABLES = {
    "JUPYTERHUB_API_TOKEN": SERVER,
    "JUPYTERHUB_API_URL": "http://hub:8081/hub/api",
    "JUPYTERHUB_BASE_URL": "/",
    "JUPYTERHUB_CLIENT_ID": "service-server",
    "JUPYTERHUB_OAUTH_ACCESS_SCOPES": '["access:services!service=server"]',
    "JUPYTERHUB_SERVICE_NAME": "server",
    "JUPYTERHUB_SERVICE_PREFIX": "/services/server/",
    "JUPYTERHUB_SERVICE_URL": "http://0.0.0.0:8888/services/server/",
    "JUPYTERHUB_USER": "ada",
}


Command = tuple[str, ...]


class Platform(NamedTuple):
    """Names of the containers."""

    proxy: str
    hub: str
    server: str


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    folder = tmp_path_factory.mktemp("platform")
    (folder / "proxy_token").write_text("shared-by-hub-and-proxy\n")
    (folder / "configuration.py").write_text(CONFIGURATION)
    docker("network", "create", "--internal", "--label", LABEL, NETWORK)
    docker("volume", "create", "--label", LABEL, SOCKETS)
    try:
        with _containers(folder) as containers:
            yield containers
    finally:
        docker("network", "rm", NETWORK, check=False)
        docker("volume", "rm", SOCKETS, check=False)


@contextmanager
def _containers(folder: Path) -> Iterator[Platform]:
    token = f"--volume={folder}/proxy_token:/run/secrets/proxy_token:ro"
    configuration = f"--volume={folder}/configuration.py:/run/configuration.py:ro"
    sockets = f"--volume={SOCKETS}:/run/proxy"
    variables = [f"--env={name}={value}" for name, value in SERVER_VARIABLES.items()]
    with ExitStack() as stack:

        def start(
            kind: str, alias: str, *options: str, command: tuple[str, ...] = ()
        ) -> str:
            place = (f"--network={NETWORK}", f"--network-alias={alias}")
            name = stack.enter_context(running(kind, *place, *options, command=command))
            wait_until_healthy(name)
            return name

        target = ("--default-target=http://hub:8081",)
        start_hub = ("jupyterhub", "--config", "/run/configuration.py")
        proxy = start("proxy", "proxy", token, sockets, command=target)
        hub = start("hub", "hub", token, sockets, configuration, command=start_hub)
        platform = Platform(proxy, hub, start("cpu", "server", *variables))
        # The hub looks only every few seconds which routes the proxy lacks.
        _wait_for_an_answer(platform)
        yield platform


def _through_the_proxy(platform: Platform, path: str, token: str = ADA) -> tuple[int, str]:
    """Status and body that Ada gets, asking from inside the proxy's container."""
    address = f"http://127.0.0.1:8000/services/server/{path}"
    curl = ("curl", "-sS", "-w", "\\n%{http_code}", "-H", f"Authorization: token {token}")
    body, _, status = docker("exec", platform.proxy, *curl, address).rpartition("\n")
    return int(status), body


def _wait_for_an_answer(platform: Platform) -> None:
    deadline = time.monotonic() + 60
    while (answer := _through_the_proxy(platform, "api/status"))[0] != 200:
        assert time.monotonic() < deadline, answer
        time.sleep(1)


def test_a_server_on_a_read_only_root_answers_through_the_proxy(platform: Platform) -> None:
    status, body = _through_the_proxy(platform, "api/status")

    assert 200 == status, body
    assert "started" in json.loads(body)


def test_a_server_lets_nobody_in_whom_the_hub_does_not_know(platform: Platform) -> None:
    assert 403 == _through_the_proxy(platform, "api/status", "of-nobody")[0]


@pytest.mark.parametrize("plugin", LAB_SETTINGS)
def test_lab_starts_with_the_settings_of_the_house(platform: Platform, plugin: str) -> None:
    status, body = _through_the_proxy(platform, f"lab/api/settings/{plugin}")

    assert 200 == status, body
    properties = json.loads(body)["schema"]["properties"]
    assert LAB_SETTINGS[plugin] == {
        name: properties[name]["default"] for name in LAB_SETTINGS[plugin]
    }


def test_a_server_holds_the_notebooks_and_runs_a_python_kernel(platform: Platform) -> None:
    _, listed = _through_the_proxy(platform, "api/contents/notebooks")
    _, specs = _through_the_proxy(platform, "api/kernelspecs")

    names = {entry["name"] for entry in json.loads(listed)["content"]}
    assert "00-five-minutes.ipynb" in names
    assert "python3" == json.loads(specs)["default"]


def test_the_proxy_offers_its_interface_on_the_socket_alone(platform: Platform) -> None:
    listening = docker("exec", platform.proxy, "cat", "/proc/net/tcp", "/proc/net/tcp6")
    socket = docker("exec", platform.proxy, "stat", "-c", "%a %u:%g", "/run/proxy/api.sock")

    ports = {
        int(line.split()[1].rpartition(":")[2], 16)
        for line in listening.splitlines()
        if line.split()[3] == "0A" and not line.split()[1].startswith("0B00007F")
    }
    assert {8000} == ports
    assert "770 1101:1100\n" == socket


def test_a_proxy_that_was_killed_finds_its_old_socket_no_hindrance(
    platform: Platform,
) -> None:
    docker("kill", platform.proxy)

    docker("start", platform.proxy)

    wait_until_healthy(platform.proxy)
    _wait_for_an_answer(platform)
