"""Bodies that are let through: what is forwarded, and that nothing else ever is."""

import copy
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.services.docker_policy.bodies import read_object
from hub.services.docker_policy.creation import read_container, read_volume
from hub.services.docker_policy.denials import Denied
from tests.hub.services.docker_policy.attacks import (
    HOST_ESCAPES,
    NETWORKING_ESCAPES,
    TOP_ESCAPES,
)
from tests.hub.services.docker_policy.lawful import (
    DEVICE,
    LABELS,
    MEMORY,
    NAME,
    POLICY,
    changed,
    lawful,
    lawful_gpu,
)

HOST_KEYS = frozenset(
    (
        *("AutoRemove", "Binds", "CapDrop", "CgroupnsMode", "CpuPeriod", "CpuQuota"),
        *("DeviceRequests", "Init", "IpcMode", "LogConfig", "Memory", "MemoryReservation"),
        *("MemorySwap", "Mounts", "NanoCpus", "NetworkMode", "PidsLimit"),
        *("ReadonlyRootfs", "RestartPolicy", "SecurityOpt", "ShmSize", "StorageOpt"),
        "Tmpfs",
    )
)
TOP_KEYS = frozenset(
    (
        *("AttachStderr", "AttachStdout", "Cmd", "Env", "ExposedPorts", "HostConfig"),
        *("Hostname", "Image", "Labels", "NetworkingConfig", "User", "Volumes"),
        "WorkingDir",
    )
)


def assert_lawful(body: dict[str, Any]) -> None:
    """Every law again, told from the outside: of the body that Docker would get."""
    host, labels = body["HostConfig"], body["Labels"]
    home = f"mctest-user-home-{labels['mchub.user']}:/home/jovyan:rw"
    assert set(body) <= TOP_KEYS
    assert set(host) <= HOST_KEYS
    assert (body["Image"], body["User"]) == ("mctest-kernel:1", "1000:100")
    assert labels["mchub.environment"] == "testing"
    assert all(label.startswith("mchub.") for label in labels)
    assert host["NetworkMode"] == "mctest-users"
    assert host["CapDrop"] == ["ALL"]
    assert host["SecurityOpt"] == ["no-new-privileges"]
    assert host["ReadonlyRootfs"] is True
    assert host["IpcMode"] in ("private", "none")
    assert 0 < host["Memory"] == host["MemorySwap"] <= POLICY.memory_bytes
    assert 0 < host["PidsLimit"] <= POLICY.pids
    cpus = host.get("NanoCpus", 0) / 1e9 or host["CpuQuota"] / host["CpuPeriod"]
    assert 0 < cpus <= POLICY.cpus
    assert host.get("Binds", []) in ([], [home])
    assert len(host.get("Mounts", [])) + len(host.get("Binds", [])) <= 1
    assert all(mount["Type"] == "volume" for mount in host.get("Mounts", []))
    requests = host.get("DeviceRequests", [])
    seen = [text for text in body["Env"] if text.startswith("NVIDIA_VISIBLE_DEVICES=")]
    device = requests[0]["DeviceIDs"][0] if requests else "void"
    assert [f"NVIDIA_VISIBLE_DEVICES={device}"] == seen
    assert body.get("Hostname", NAME) == NAME
    assert set(body.get("NetworkingConfig", {})) <= {"EndpointsConfig"}


def test_what_docker_py_writes_is_let_through_and_completed() -> None:
    forwarded = read_container(lawful(), NAME, POLICY)

    assert_lawful(forwarded)
    host = forwarded["HostConfig"]
    assert (MEMORY, "private") == (host["MemorySwap"], host["IpcMode"])
    assert "1000:100" == forwarded["User"]
    assert [
        "JUPYTERHUB_API_TOKEN=secret-1234",
        "HOME=/home/jovyan",
        "NVIDIA_VISIBLE_DEVICES=void",
    ] == forwarded["Env"]


def test_a_gpu_container_with_limits_that_agree_is_let_through() -> None:
    forwarded = read_container(lawful_gpu(), NAME, POLICY)

    assert_lawful(forwarded)
    assert [
        {"Driver": "nvidia", "DeviceIDs": [DEVICE], "Capabilities": [["gpu"]]}
    ] == forwarded["HostConfig"]["DeviceRequests"]


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("HostConfig/AutoRemove", False),
        ("HostConfig/Binds", ["mctest-user-home-ada:/home/jovyan"]),
        ("HostConfig/CgroupnsMode", "private"),
        ("HostConfig/Init", None),
        ("HostConfig/IpcMode", "none"),
        ("HostConfig/LogConfig", {"Type": "json-file", "Config": {"max-size": "10m"}}),
        ("HostConfig/MemoryReservation", 1024**2),
        ("HostConfig/MemorySwap", MEMORY),
        ("HostConfig/RestartPolicy", {"Name": "no", "MaximumRetryCount": 0}),
        ("HostConfig/SecurityOpt", ["no-new-privileges:true"]),
        ("HostConfig/ShmSize", 64 * 1024**2),
        ("HostConfig/StorageOpt", {"size": "10G"}),
        ("HostConfig/Tmpfs", {"/run": "rw,noexec,nosuid,nodev,size=8m,mode=1777"}),
        ("HostConfig/Privileged", False),
        ("HostConfig/privileged", False),
        ("HostConfig/SomethingNew", 0),
        ("HostConfig/MaskedPaths", None),
        ("Entrypoint", None),
        ("ExposedPorts", {"8888/tcp": {}}),
        ("Hostname", NAME),
        ("Labels", {**LABELS, "mchub.server": "two"}),
        ("NetworkingConfig", {"EndpointsConfig": {"mctest-users": None}}),
        ("NetworkingConfig", {"EndpointsConfig": {"mctest-users": {"Aliases": []}}}),
        ("User", "1000:100"),
        ("WorkingDir", "/home/jovyan/work"),
    ],
)
def test_lawful_wishes_are_let_through(path: str, value: object) -> None:
    assert_lawful(read_container(changed(path, value), NAME, POLICY))


def test_the_home_may_be_mounted_the_newer_way() -> None:
    mount = {
        "Type": "volume",
        "Source": "mctest-user-home-ada",
        "Target": "/home/jovyan",
        "ReadOnly": False,
    }
    body = changed("HostConfig/Binds", [])
    body["HostConfig"]["Mounts"] = [mount]

    forwarded = read_container(body, NAME, POLICY)["HostConfig"]

    assert [{key: text for key, text in mount.items() if text}] == forwarded["Mounts"]


@pytest.mark.parametrize(
    ("name", "value", "law"),
    [
        ("CUDA_MPS_ACTIVE_THREAD_PERCENTAGE", "26", "be a whole number from 1 to 25"),
        ("CUDA_MPS_ACTIVE_THREAD_PERCENTAGE", "0", "be a whole number from 1 to 25"),
        ("CUDA_MPS_ACTIVE_THREAD_PERCENTAGE", "²", "be a whole number from 1 to 25"),
        ("CUDA_MPS_PINNED_DEVICE_MEM_LIMIT", "0=4097M", "be at most 4096 MiB"),
        ("CUDA_MPS_PINNED_DEVICE_MEM_LIMIT", "0=5G", "be at most 4096 MiB"),
        ("CUDA_MPS_PINNED_DEVICE_MEM_LIMIT", "1=1G", "begin with `0=`"),
        ("CUDA_MPS_PINNED_DEVICE_MEM_LIMIT", "0=1G,1=9G", "be a size such as"),
        ("CUPY_GPU_MEMORY_LIMIT", "26%", "be from 1% to 25%"),
        ("CUPY_GPU_MEMORY_LIMIT", "0", "be a size such as"),
        ("CUPY_GPU_MEMORY_LIMIT", "5368709120", "be at most 4096 MiB"),
        ("NVIDIA_VISIBLE_DEVICES", "all", "be 'GPU-1b2c'"),
        ("NVIDIA_DRIVER_CAPABILITIES", "all", "be `compute`, `utility` or both"),
        ("CUDA_MPS_ENABLE_PER_CTX_DEVICE_MULTIPROCESSOR_PARTITIONING", "1", "be left out"),
    ],
)
def test_limits_above_the_claim_are_refused(name: str, value: str, law: str) -> None:
    body = lawful_gpu()
    kept = [text for text in body["Env"] if not text.startswith(f"{name}=")]
    body["Env"] = [*kept, f"{name}={value}"]

    with pytest.raises(Denied, match=rf"^Env\.{name}: must {law}"):
        read_container(body, NAME, POLICY)


@pytest.mark.parametrize(
    ("fraction", "law"),
    [
        ("0.61", "be above 0 and at most the environment's share, 0.6"),
        ("1", "be above 0 and at most the environment's share, 0.6"),
        ("0.0", "be above 0"),
        ("25%", "be a fraction such as `0.25`"),
        ("1/4", "be a fraction such as `0.25`"),
        ("", "be a fraction such as `0.25`"),
    ],
)
def test_a_claim_beyond_the_share_is_refused(fraction: str, law: str) -> None:
    with pytest.raises(Denied, match=rf"^Labels\.mchub\.gpu_fraction: must {law}"):
        read_container(lawful_gpu(fraction), NAME, POLICY)


@pytest.mark.parametrize(
    "name", ["CUPY_GPU_MEMORY_LIMIT", "CUDA_MPS_ACTIVE_THREAD_PERCENTAGE"]
)
def test_every_limit_is_given_with_a_gpu(name: str) -> None:
    body = lawful_gpu()
    body["Env"] = [text for text in body["Env"] if not text.startswith(name)]

    with pytest.raises(Denied, match=rf"^Env\.{name}: must be given with a GPU"):
        read_container(body, NAME, POLICY)


def test_a_claim_without_a_device_is_refused() -> None:
    body = lawful_gpu()
    body["HostConfig"]["DeviceRequests"] = []

    with pytest.raises(Denied, match="must be left out without a device request"):
        read_container(body, NAME, POLICY)


def test_no_refusal_tells_a_secret() -> None:
    secret = "JUPYTERHUB_API_TOKEN=secret-1234"
    bodies = [
        changed("env", [secret]),
        changed("Env", [secret, secret]),
        changed("Env", ["secret-1234"]),
        changed("Env", {"JUPYTERHUB_API_TOKEN": "secret-1234"}),
        changed("HostConfig/Env", [secret]),
        changed("Entrypoint", ["sh", "-c", secret]),
    ]

    for body in bodies:
        with pytest.raises(Denied) as denied:
            read_container(body, NAME, POLICY)
        assert "secret" not in str(denied.value)


def test_a_users_home_is_a_plain_volume() -> None:
    labels = {"mchub.user": "ada", "mchub.environment": "testing"}
    body = {"Name": "mctest-user-home-ada", "Driver": "local", "DriverOpts": {}}

    forwarded = read_volume({**body, "Labels": labels}, POLICY)

    assert {
        "Name": "mctest-user-home-ada",
        "Driver": "local",
        "Labels": labels,
    } == forwarded


KEYS = sorted(
    {key for key, _ in HOST_ESCAPES + TOP_ESCAPES + NETWORKING_ESCAPES}
    | HOST_KEYS
    | TOP_KEYS
    | {key.lower() for key in HOST_KEYS | TOP_KEYS}
    | {"Type", "Source", "Target", "Name", "Config", "EndpointsConfig", "mctest-users"}
)
VALUES = [value for _, value in HOST_ESCAPES + TOP_ESCAPES + NETWORKING_ESCAPES]
PLAIN = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**63), 2**63 - 1),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=8),
    st.sampled_from(VALUES),
    st.sampled_from(["mctest-users", "mctest-user-home-ada", "1000:100", "ALL", "0=1G"]),
)
JSON = st.recursive(
    PLAIN,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(KEYS) | st.text(max_size=5), inner, max_size=4)
    ),
    max_leaves=8,
)
PLACES = st.sampled_from(
    [(), ("HostConfig",), ("NetworkingConfig",), ("Labels",), ("HostConfig", "Tmpfs")]
)
CHANGES = st.lists(st.tuples(PLACES, st.sampled_from(KEYS), JSON), min_size=1, max_size=4)


@settings(max_examples=200, deadline=None)
@given(CHANGES, st.booleans())
def test_whatever_passes_keeps_every_law_and_passes_again_unchanged(
    changes: list[tuple[tuple[str, ...], str, Any]], has_gpu: bool
) -> None:
    body = lawful_gpu() if has_gpu else lawful()
    for place, key, value in changes:
        holder = body
        for step in place:
            if not isinstance(holder.get(step), dict):
                holder[step] = {}
            holder = holder[step]
        holder[key] = copy.deepcopy(value)

    try:
        sent = read_object("body", json.dumps(body))
        forwarded = read_container(sent, NAME, POLICY)
    except Denied:
        return

    assert_lawful(forwarded)
    assert forwarded == read_container(copy.deepcopy(forwarded), NAME, POLICY)


@settings(max_examples=200, deadline=None)
@given(st.dictionaries(st.sampled_from(KEYS), JSON, max_size=8))
def test_a_body_of_any_shape_is_denied_and_breaks_nothing(body: dict[str, Any]) -> None:
    with pytest.raises(Denied):
        read_container(body, NAME, POLICY)


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=60) | st.text(max_size=60).map(str.encode))
def test_bytes_of_any_kind_are_an_object_or_denied(content: bytes) -> None:
    try:
        found = read_object("body", content)
    except Denied:
        return

    assert found == json.loads(content)
