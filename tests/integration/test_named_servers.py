"""Named servers of one user: beside the one without a name, with the same home."""

import time
from collections.abc import Iterator

import pytest

from hub.environments.shared import NAMED_AT_MOST
from tests.integration.live_hub import Kernel, LiveHub, Person, running_hub

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveHub]:
    with running_hub(tmp_path_factory.mktemp("hub") / "state") as hub:
        yield hub


@pytest.fixture(scope="module")
def ada(hub: LiveHub) -> Iterator[Person]:
    with Person(hub, "ada") as ada:
        ada.sign_in(hub.secret("user_password"))
        yield ada


def wait_for(ada: Person, names: set[str]) -> None:
    """Wait until these servers of ada's, and no others, are ready."""
    until = time.monotonic() + 90
    while time.monotonic() < until:
        servers = ada.ask("GET", "/users/ada").json()["servers"]
        if {name for name, server in servers.items() if server["ready"]} == names:
            return
        time.sleep(0.2)
    message = f"{names} were not ready in time; there are {servers}"
    raise AssertionError(message)


def test_a_users_servers_share_the_home_and_nothing_else(hub: LiveHub, ada: Person) -> None:
    ada.start_server()
    answer = ada.ask("POST", "/users/ada/servers/app-var", json={})
    assert answer.status_code in (201, 202)
    wait_for(ada, {"", "app-var"})
    token = ada.token()

    with Kernel(hub, "ada", token) as first, Kernel(hub, "ada/app-var", token) as second:
        first.run("open('shared.txt', 'w').write('by the first')")
        shared = second.run("print(open('shared.txt').read())")
        named = second.run("import os; print(os.environ['JUPYTERHUB_SERVER_NAME'])")
        beats = [
            kernel.run("import os; print(os.environ['MCLIB_HEARTBEAT_FILE'])")
            for kernel in (first, second)
        ]

    assert (shared, named) == ("by the first\n", "app-var\n")
    # A run on one is no use of the other.
    assert beats[0] != beats[1]
    logs = {log.name for log in (hub.state / "logs").glob("server-*.log")}
    assert logs == {"server-ada.log", "server-ada.app-var.log"}


def test_the_end_of_one_is_the_end_of_no_other(ada: Person) -> None:
    wait_for(ada, {"", "app-var"})

    ended = ada.ask("DELETE", "/users/ada/servers/app-var", json={"remove": True})

    assert ended.status_code in (202, 204)
    wait_for(ada, {""})


@pytest.mark.parametrize("name", ["App", "a--b", "../eve", "a" * 64])
def test_a_name_that_could_be_taken_for_another_is_refused(ada: Person, name: str) -> None:
    answer = ada.ask("POST", f"/users/ada/servers/{name}", json={})

    assert answer.status_code in (400, 403, 404)


def test_more_of_them_than_the_settings_say_are_refused(ada: Person) -> None:
    path = "/users/ada/servers"
    made = [f"app-{number}" for number in range(NAMED_AT_MOST)]
    for name in made:
        assert ada.ask("PUT", f"{path}/{name}", json={}).status_code == 201

    refused = ada.ask("POST", f"{path}/one-more", json={})

    for name in made:
        ada.ask("DELETE", f"{path}/{name}", json={"remove": True})
    assert refused.status_code == 400
    assert f"maximum of {NAMED_AT_MOST} named servers" in refused.json()["message"]
