"""What a user's container is asked to be."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub import load
from hub.choices import Container, Device
from hub.containers import (
    gpu_variables,
    home_owner,
    host_config,
    labels,
    plain_name,
    user_of,
    volume_name,
)
from hub.gpus import Lease

SETTINGS = load("rehearsal", {})
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
LEASE = Lease(
    id=1, user="ada", server="", profile="gpu-slice", device="GPU-1", parts=1_250,
    since=NOON, until=NOON + timedelta(days=1),
)  # fmt: skip
assert isinstance(SETTINGS.server.runs_as, Container)
CPU, _, GPU, _ = SETTINGS.server.runs_as.profiles


# JupyterHub takes no control characters into a name, and those below 16 have one digit.
@given(st.text(st.characters(exclude_categories=["Cc", "Cs"]), min_size=1))
def test_every_name_has_a_plain_one_from_which_it_is_read_again(user: str) -> None:
    plain = plain_name(user)

    assert set(plain) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")
    assert user == user_of(plain)
    assert user == home_owner(SETTINGS, volume_name(SETTINGS, user))
    assert home_owner(SETTINGS, f"mchub-staging-home-{plain}") is None


@pytest.mark.parametrize(
    ("user", "volume"),
    [
        ("ada", "mchub-rehearsal-home-ada"),
        ("../ada", "mchub-rehearsal-home--2e-2e-2fada"),
        ("ada-", "mchub-rehearsal-home-ada-2d"),
    ],
)
def test_no_user_gets_the_home_of_another(user: str, volume: str) -> None:
    assert volume == volume_name(SETTINGS, user)


def test_a_lease_is_known_again_from_the_labels() -> None:
    found = labels(SETTINGS, "Ada", "second", GPU, LEASE)

    assert found == {
        "mchub.environment": "rehearsal",
        "mchub.user": "-41da",
        "mchub.server": "second",
        "mchub.profile": "gpu-slice",
        "mchub.gpu": "GPU-1",
        "mchub.gpu_fraction": "0.125",
    }


def test_a_server_without_a_lease_sees_no_device() -> None:
    assert "device_requests" not in host_config(SETTINGS, CPU, None)
    assert {"NVIDIA_VISIBLE_DEVICES": "void"} == gpu_variables(None, {})
    assert "mchub.gpu" not in labels(SETTINGS, "ada", "", CPU, None)


def test_a_lease_is_one_device_and_its_part_of_the_memory() -> None:
    (request,) = host_config(SETTINGS, GPU, LEASE)["device_requests"]

    variables = gpu_variables(LEASE, {"GPU-1": Device(name="GPU-1", memory="80G")})

    assert ["GPU-1"] == request["DeviceIDs"]
    assert variables == {
        "NVIDIA_VISIBLE_DEVICES": "GPU-1",
        "CUPY_GPU_MEMORY_LIMIT": str(10 * 1024**3),
        "CUDA_MPS_PINNED_DEVICE_MEM_LIMIT": "0=10240M",
        "CUDA_MPS_ACTIVE_THREAD_PERCENTAGE": "12",
    }


def test_nothing_of_the_host_is_given() -> None:
    found = host_config(SETTINGS, CPU, None)

    assert found["cap_drop"] == ["ALL"]
    assert found["security_opt"] == ["no-new-privileges"]
    assert found["read_only"]
    assert found["pids_limit"] == 512
    assert found["memswap_limit"] == 1024**3
    assert not {"binds", "privileged", "devices", "cap_add", "pid_mode"} & found.keys()
