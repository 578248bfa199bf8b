"""The synthetic check on a live hub: what it does, and what it says when a step fails."""

import socket
from collections.abc import Iterator
from dataclasses import replace

import httpx
import pytest

from hub.roles import CHECK_USER
from hub.services.synthetic import CheckFailed, Target, run_check
from tests.integration.live_hub import LiveHub, Person, running_hub

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveHub]:
    with running_hub(tmp_path_factory.mktemp("hub") / "state") as hub:
        yield hub


@pytest.fixture(scope="module")
def target(hub: LiveHub) -> Target:
    """The check's own user, with the service's own token."""
    with Person(hub, CHECK_USER) as person:
        person.sign_in(hub.secret("user_password"))
    token = hub.secret("synthetic_token")
    # Voilà is in the kernel image and not on every developer's machine.
    return Target(url=hub.url, token=token, dashboard="")


def servers(target: Target) -> object:
    asked = httpx.get(
        f"{target.url}/hub/api/users/{CHECK_USER}",
        headers={"Authorization": f"token {target.token}"},
        trust_env=False,
    )
    return asked.json()["servers"]


def test_a_check_runs_the_first_notebook_and_leaves_no_server(target: Target) -> None:
    said: list[str] = []

    steps = run_check(target, said.append)

    names = [step.name for step in steps]
    assert names[-4:] == ["server starts", "kernel answers", "notebook runs", "server ends"]
    assert all(step.seconds > 0 for step in steps)
    assert len(said) == len(steps)
    assert servers(target) == {}


def test_a_failure_names_its_step_and_ends_the_server(target: Target) -> None:
    wrong = replace(target, notebook="notebooks/no-such.ipynb")

    with pytest.raises(CheckFailed, match=r"^notebook runs: 404") as failed:
        run_check(wrong)

    assert failed.value.step == "notebook runs"
    assert failed.value.done[-1].name == "kernel answers"
    assert servers(target) == {}


def test_the_token_opens_the_server_of_no_other_user(hub: LiveHub, target: Target) -> None:
    with Person(hub, "ada") as ada:
        ada.sign_in(hub.secret("user_password"))

    with pytest.raises(CheckFailed, match=r"^old server ends: 404"):
        run_check(replace(target, user="ada"))


def test_the_public_name_may_lead_elsewhere(hub: LiveHub, target: Target) -> None:
    there = ("127.0.0.1", hub.port)
    far = replace(target, url="http://mc.example.org:81", connect_to=there, notebook="")

    steps = run_check(far)

    assert steps[-1].name == "server ends"


def test_a_platform_that_is_away_fails_the_first_step() -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
    target = Target(url=f"http://127.0.0.1:{port}", token="t")

    with pytest.raises(CheckFailed, match=r"^sign-in page: "):
        run_check(target)


def test_a_target_does_not_show_its_token() -> None:
    assert "hunter2" not in repr(Target(url="http://localhost", token="hunter2"))
