"""Servers as real containers of a real hub: what they are, and what becomes of them."""

import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from hub import quotas
from hub.gpus import Asked, Lease, Place
from tests.integration.container_hub import ContainerHub, container_hub, docker, until

pytestmark = [pytest.mark.alone, pytest.mark.docker]

BROKEN = """
FROM mchub/kernel:0.1.0-cpu
CMD ["sh", "-c", "echo the reason why >&2; exit 3"]
"""


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ContainerHub]:
    """A hub for all tests of this module."""
    with container_hub(tmp_path_factory.mktemp("hub")) as running:
        yield running


@pytest.fixture(autouse=True)
def nothing_left(hub: ContainerHub) -> Iterator[None]:
    """Every test begins without servers, leases and places in the queue."""
    yield
    hub.docker.mode = "on"
    hub.clear()


@pytest.fixture
def everything_leased(hub: ContainerHub) -> list[Lease]:
    """All of both devices, held by servers that exist in the table alone."""
    leases, held = hub.leases, []
    for number in range(2):
        lasts = timedelta(minutes=30)
        asked = Asked(
            user=f"ghost{number}", server="", profile="gpu", parts=4_000, lasts=lasts
        )
        lease = leases.ask(asked, datetime.now(UTC))
        assert isinstance(lease, Lease)
        held.append(lease)
    return held


def _stop(hub: ContainerHub, user: str, token: str) -> None:
    answer = hub.api("DELETE", f"/users/{user}/server", token)
    assert answer.status_code in (202, 204), answer.text
    until(lambda: not hub.is_pending(user) and not hub.is_ready(user), what="the stop")


def test_a_gpu_server_is_the_container_that_its_profile_promises(hub: ContainerHub) -> None:
    token = hub.token("ada")

    told = hub.start_server("ada", token, {"profile": "gpu-slice"})

    found = hub.inspect("ada")
    device = hub.settings.gpus.devices[0].name
    variables = dict(text.split("=", 1) for text in found["Config"]["Env"])
    assert told[-1].get("ready"), told
    assert _contract(hub, device) == _compared(found)
    assert (
        variables.items()
        >= {
            "CUPY_GPU_MEMORY_LIMIT": str(8 * 1024**3),
            "CUDA_MPS_PINNED_DEVICE_MEM_LIMIT": "0=8192M",
            "CUDA_MPS_ACTIVE_THREAD_PERCENTAGE": "10",
            "NVIDIA_VISIBLE_DEVICES": device,
            "MC_ENVIRONMENT": hub.name,
            "JUPYTERHUB_API_URL": f"{hub.variables['TEST_PROXY']}/hub/api",
        }.items()
    )
    words = [event["message"] for event in told]
    assert any("the image mchub/kernel:0.1.0-gpu is there" in text for text in words)
    assert any(f"Leased 10% of the GPU {device}" in text for text in words)
    (lease,) = hub.leases.held()
    assert (lease.user, lease.device, lease.parts) == ("ada", device, 1_000)

    _stop(hub, "ada", token)

    assert () == hub.leases.held()
    assert "" == docker("ps", "-aq", "--filter", f"name={hub.prefix}-ada")


def _compared(found: Any) -> dict[str, Any]:
    host = found["HostConfig"]
    labels = found["Config"]["Labels"].items()
    return {
        "labels": {
            key: value
            for key, value in labels
            if key.startswith("mchub.") and key != "mchub.made-from"
        },
        "user": found["Config"]["User"],
        "networks": list(found["NetworkSettings"]["Networks"]),
        "running": found["State"]["Running"],
    } | {
        key: host[key]
        for key in (
            "Binds", "CapAdd", "CapDrop", "CpuPeriod", "CpuQuota", "DeviceRequests",
            "Devices", "Links", "Memory", "MemorySwap", "NetworkMode", "PidMode",
            "PidsLimit", "PortBindings", "Privileged", "ReadonlyRootfs", "SecurityOpt",
            "Tmpfs",
        )
    }  # fmt: skip


def _contract(hub: ContainerHub, device: str) -> dict[str, Any]:
    gigabyte = 1024**3
    return {
        "labels": {
            "mchub.environment": hub.name,
            "mchub.gpu": device,
            "mchub.gpu_fraction": "0.1",
            "mchub.profile": "gpu-slice",
            "mchub.server": "",
            "mchub.user": "ada",
        },
        "user": "1000:1000",
        "networks": [hub.name],
        "running": True,
        "Binds": [f"{hub.prefix}-home-ada:/home/analyst:rw"],
        "CapAdd": None,
        "CapDrop": ["ALL"],
        "CpuPeriod": 100_000,
        "CpuQuota": 100_000,
        "DeviceRequests": [
            {
                "Driver": "nvidia",
                "Count": 0,
                "DeviceIDs": [device],
                "Capabilities": [["gpu"]],
                "Options": {},
            }
        ],
        "Devices": None,
        "Links": None,
        "Memory": gigabyte,
        "MemorySwap": gigabyte,
        "NetworkMode": hub.name,
        "PidMode": "",
        "PidsLimit": 512,
        "PortBindings": None,
        "Privileged": False,
        "ReadonlyRootfs": True,
        "SecurityOpt": ["no-new-privileges"],
        "Tmpfs": {"/tmp": "rw,nosuid,nodev,exec,size=256m"},
    }


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (
            {"profile": "no-such"},
            "`profile` must be one of cpu-small, cpu-large, gpu-slice",
        ),
        ({"profile": "gpu-large"}, "got 'gpu-large'"),
        ({"profile": ["cpu-small"]}, "`profile` must be one of"),
        (
            {"image": "debian:trixie"},
            "must hold `profile`, `app` and nothing else; got ['image']",
        ),
        ({"profile": "x" * 5_000}, "x…"),
        ({"profile": "absent"}, "is not on this host"),
    ],
)
def test_a_program_that_asks_for_what_is_not_offered_is_told_what_is(
    hub: ContainerHub, options: dict[str, Any], sentence: str
) -> None:
    token = hub.token("eve")

    told = hub.start_server("eve", token, options)

    assert told[-1]["failed"]
    assert sentence in told[-1]["message"]
    assert len(told[-1]["message"]) < 500


@pytest.mark.parametrize("body", [[], "text", 3, [1, {"a": 2}]])
def test_options_that_are_no_object_are_refused_and_harm_nobody(
    hub: ContainerHub, body: object
) -> None:
    token = hub.token("eve")

    for _ in range(3):
        hub.api("POST", "/users/eve/server", token, json={"user_options": body})
        until(lambda: not hub.is_pending("eve"), what="the end of the start")
    told = hub.start_server("eve", token, {"profile": "cpu-small"})

    assert told[-1].get("ready"), told
    _stop(hub, "eve", token)


def test_a_server_that_ends_at_once_leaves_its_last_words_on_the_page(
    hub: ContainerHub,
) -> None:
    subprocess.run(
        ["docker", "build", "--quiet", "--tag", f"{hub.name}:broken", "-"],
        input=BROKEN.encode(), check=True, capture_output=True,
    )  # fmt: skip
    token = hub.token("eve")

    told = hub.start_server("eve", token, {"profile": "broken"})

    docker("image", "rm", "--force", f"{hub.name}:broken")
    assert "The server ended while it was starting" in told[-1]["message"]
    assert "the reason why" in told[-1]["message"]


def test_the_queue_outlives_the_hub_and_serves_in_its_order(
    hub: ContainerHub, everything_leased: list[Lease]
) -> None:
    token = hub.token("ben")
    hub.api(
        "POST", "/users/ben/server", token, json={"user_options": {"profile": "gpu-slice"}}
    )
    (place,) = until(hub.leases.waiting, what="the queue")

    hub.end("hub", 9)
    hub.start_hub()
    after = hub.leases.waiting()
    done = hub.reconcile()
    until(lambda: hub.is_pending("ben"), what="the start")
    hub.leases.end(everything_leased[0])
    until(lambda: hub.is_ready("ben"), what="the server")

    assert [place.since] == [one.since for one in after]
    assert "Resume" in done
    assert () == hub.leases.waiting()
    assert "ben" in {lease.user for lease in hub.leases.held()}
    _stop(hub, "ben", token)


@pytest.mark.parametrize("moment", ["looked at", "known to nobody", "asked for again"])
def test_who_leaves_the_queue_after_the_hub_was_ended_has_left(
    hub: ContainerHub, everything_leased: list[Lease], moment: str
) -> None:
    token = hub.token("ben")
    choice = {"user_options": {"profile": "gpu-slice"}}
    hub.api("POST", "/users/ben/server", token, json=choice)
    until(hub.leases.waiting, what="the queue")
    hub.end("hub", 9)
    # Docker's answer is what the hub waits for when it looks at what an earlier one left.
    hub.docker.mode = "later" if moment == "looked at" else "on"
    hub.start_hub()
    if moment == "asked for again":
        until(lambda: not hub.is_active("ben"), what="the end of the hub's look")
        hub.api("POST", "/users/ben/server", hub.tokens["reconciler_token"])
        until(lambda: hub.is_pending("ben"), what="the start")

    with ThreadPoolExecutor() as beside:
        asked = beside.submit(hub.api, "DELETE", "/users/ben/server", token)
        time.sleep(2 if moment == "looked at" else 0)
        hub.docker.mode = "on"
        assert asked.result().is_success, asked.result().text
    until(lambda: not hub.is_active("ben"), what="the end")

    assert () == hub.leases.waiting()
    assert "Resume" not in hub.reconcile()


def test_a_place_whose_start_is_refused_after_the_hub_was_ended_is_given_up(
    hub: ContainerHub, everything_leased: list[Lease]
) -> None:
    token = hub.token("ben")
    choice = {"user_options": {"profile": "gpu-slice"}}
    hub.api("POST", "/users/ben/server", token, json=choice)
    until(hub.leases.waiting, what="the queue")
    hub.end("hub", 9)
    quotas.note_storage(hub.engine, "ben", 10**15)

    hub.start_hub()
    until(lambda: not hub.is_active("ben"), what="the end of the hub's look")
    hub.api("POST", "/users/ben/server", hub.tokens["reconciler_token"])
    until(lambda: not hub.is_active("ben"), what="the end after the refusal")
    quotas.note_storage(hub.engine, "ben", 0)

    assert () == hub.leases.waiting()


def test_the_page_of_a_start_says_the_place_and_stop_leaves_the_queue(
    hub: ContainerHub, everything_leased: list[Lease]
) -> None:
    token = hub.token("ben")
    hub.api(
        "POST", "/users/ben/server", token, json={"user_options": {"profile": "gpu-slice"}}
    )
    until(hub.leases.waiting, what="the queue")
    page = hub.browser("ada").get("/hub/spawn").text

    _stop(hub, "ben", token)

    assert "All is in use; one waits before you; yours starts within" in page
    assert () == hub.leases.waiting()
    assert {"ghost0", "ghost1"} == {lease.user for lease in hub.leases.held()}


def test_a_killed_hub_finds_its_servers_again_and_a_killed_server_gives_back_its_lease(
    hub: ContainerHub,
) -> None:
    token = hub.token("ada")
    hub.start_server("ada", token, {"profile": "gpu-slice"})
    before = hub.inspect("ada")["Id"]

    hub.end("hub", 9)
    hub.start_hub()
    until(lambda: hub.is_ready("ada"), what="the server")
    kept = hub.leases.held()
    after = hub.inspect("ada")["Id"]
    docker("kill", before)
    until(lambda: not hub.leases.held(), what="the end of the lease")

    assert before == after
    assert 1 == len(kept)


@pytest.mark.parametrize("mode", ["off", "500"])
def test_docker_that_does_not_answer_is_not_taken_for_servers_that_are_gone(
    hub: ContainerHub, mode: str
) -> None:
    token = hub.token("ada")
    hub.start_server("ada", token, {"profile": "gpu-slice"})
    before = hub.inspect("ada")["Id"]

    hub.docker.mode = mode
    hub.end("hub", 9)
    hub.start_hub()
    until(lambda: hub.log("hub").count("taken to run on") > 2, what="three looks")
    still = hub.is_ready("ada")
    hub.docker.mode = "on"

    assert still
    assert before == hub.inspect("ada")["Id"]
    assert 1 == len(hub.leases.held())
    _stop(hub, "ada", token)


def test_a_server_that_the_hub_forgot_is_taken_over_as_it_is(hub: ContainerHub) -> None:
    token = hub.token("ada")
    hub.start_server("ada", token, {"profile": "gpu-slice"})
    before = hub.inspect("ada")["Id"]
    hub.docker.mode = "off"
    hub.api("DELETE", "/users/ada/server", token)
    until(lambda: not hub.is_ready("ada"), what="the stop")
    hub.docker.mode = "on"

    done = hub.reconcile()
    until(lambda: hub.is_ready("ada"), what="the server")

    assert ["Adopt"] == done
    assert before == hub.inspect("ada")["Id"]
    (lease,) = hub.leases.held()
    assert "ada" == lease.user
    assert hub.browser("ada").get("/user/ada/api/status").is_success
    _stop(hub, "ada", token)


def test_a_lease_without_a_server_ends_in_the_next_round(hub: ContainerHub) -> None:
    lasts = timedelta(hours=1)
    asked = Asked(user="ada", server="", profile="gpu", parts=1_000, lasts=lasts)
    assert not isinstance(hub.leases.ask(asked, datetime.now(UTC)), Place)

    done = hub.reconcile()

    assert ["EndLease"] == done
    assert () == hub.leases.held()
