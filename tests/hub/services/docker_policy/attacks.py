"""Requests that a hub which was broken into might make; each must be refused.

Every attack is the bytes on the wire, so that the same list is replayed against the proxy
with a stand-in behind it and with Docker itself. The word before the colon of its name is
the path that the refusal must name, or one within it.
"""

import json
from typing import Any

from tests.hub.services.docker_policy.lawful import (
    LABELS,
    NAME,
    changed,
    lawful,
    lawful_gpu,
)

LIST = "/v1.41/containers/json"
CREATE = f"/v1.41/containers/create?name={NAME}"
# Docker's own containers, which stand for the platform's: they carry none of our labels.
STRANGER = "mctest-stranger"


def wire(
    method: str, target: str, body: bytes = b"", *headers: str, length: bool = True
) -> bytes:
    """One request, as it goes over the socket."""
    lines = [f"{method} {target} HTTP/1.1", "Host: docker", *headers]
    if length and (body or method == "POST"):
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode() + body


def create(body: object, target: str = CREATE, *headers: str) -> bytes:
    """A request to create a container."""
    text = body if isinstance(body, bytes) else json.dumps(body).encode()
    return wire("POST", target, text, *(headers or ("Content-Type: application/json",)))


HOST_ESCAPES: list[tuple[str, object]] = [
    ("Privileged", True),
    ("Binds", ["/:/host"]),
    ("Binds", ["/var/run/docker.sock:/var/run/docker.sock"]),
    ("Binds", ["mctest-user-home-bob:/home/jovyan:rw"]),
    ("Binds", ["mctest-user-home-ada:/home/jovyan:rw,shared"]),
    ("Binds", ["mctest-user-home-ada:/etc:rw"]),
    ("Binds", ["mctest-user-home-ada/../../..:/home/jovyan:rw"]),
    ("BlkioDeviceReadBps", [{"Path": "/dev/sda", "Rate": 1}]),
    ("CapAdd", ["SYS_ADMIN"]),
    ("CapDrop", ["NET_RAW"]),
    ("CapDrop", ["ALL", "none"]),
    ("Capabilities", ["ALL"]),
    ("Cgroup", "container:other"),
    ("CgroupParent", "/"),
    ("CgroupnsMode", "host"),
    ("ContainerIDFile", "/etc/cron.d/x"),
    ("CpuQuota", 900_000),
    ("CpuRealtimeRuntime", 95_000),
    ("CpusetCpus", "0"),
    ("DeviceCgroupRules", ["a *:* rwm"]),
    ("DeviceRequests", [{"Driver": "nvidia", "Count": -1, "Capabilities": [["gpu"]]}]),
    ("Devices", [{"PathOnHost": "/dev/sda", "PathInContainer": "/dev/sda"}]),
    ("Dns", ["10.0.0.1"]),
    ("DnsSearch", ["example.org"]),
    ("ExtraHosts", ["proxy:10.0.0.9"]),
    ("GroupAdd", ["docker"]),
    ("IpcMode", "host"),
    ("IpcMode", "container:other"),
    ("IpcMode", "shareable"),
    ("Isolation", "process"),
    ("KernelMemory", 1),
    ("Links", ["postgres:db"]),
    ("LogConfig", {"Type": "syslog", "Config": {"syslog-address": "tcp://10.0.0.9"}}),
    ("MaskedPaths", []),
    ("MaskedPaths", ["/none"]),
    ("Memory", 2**40),
    ("Memory", -1),
    ("MemorySwap", -1),
    ("MemorySwappiness", 100),
    ("Mounts", [{"Type": "bind", "Source": "/", "Target": "/home/jovyan"}]),
    ("NanoCpus", 64_000_000_000),
    ("NetworkMode", "host"),
    ("NetworkMode", "container:postgres"),
    ("NetworkMode", "bridge"),
    ("OomKillDisable", True),
    ("OomScoreAdj", -1000),
    ("PidMode", "host"),
    ("PidMode", "container:postgres"),
    ("PidsLimit", -1),
    ("PidsLimit", 100_000),
    ("PortBindings", {"8888/tcp": [{"HostIp": "0.0.0.0", "HostPort": "80"}]}),
    ("PublishAllPorts", True),
    ("ReadonlyPaths", []),
    ("ReadonlyRootfs", False),
    ("RestartPolicy", {"Name": "always"}),
    ("Runtime", "io.containerd.runtime.v1.linux"),
    ("SecurityOpt", ["seccomp=unconfined"]),
    ("SecurityOpt", ["no-new-privileges", "apparmor=unconfined"]),
    ("SecurityOpt", ["no-new-privileges:false"]),
    ("ShmSize", 2**40),
    ("StorageOpt", {"size": "10G", "overlay2.override_kernel_check": "true"}),
    ("Sysctls", {"net.ipv4.ip_forward": "1"}),
    ("Tmpfs", {"/etc": "rw,nosuid,nodev,size=1m"}),
    ("Tmpfs", {"/tmp": "rw,size=1m"}),
    ("Tmpfs", {"/tmp": "rw,nosuid,nodev"}),
    ("Tmpfs", {"/tmp": "rw,nosuid,nodev,size=1m,suid"}),
    ("Tmpfs", {"/tmp": "rw,nosuid,nodev,size=900g"}),
    ("UTSMode", "host"),
    ("Ulimits", [{"Name": "nofile", "Soft": 10**9, "Hard": 10**9}]),
    ("UsernsMode", "host"),
    ("VolumeDriver", "nfs"),
    ("VolumesFrom", ["postgres"]),
    # Docker takes keys in any case; the last of two wins.
    ("privileged", True),
    ("PRIVILEGED", True),
    ("pidmode", "host"),
    ("binds", ["/:/host"]),
    ("Privıleged", True),
    ("SomethingNew", "on"),
]
TOP_ESCAPES: list[tuple[str, object]] = [
    ("AttachStdin", True),
    ("Domainname", "example.org"),
    ("Entrypoint", ["/bin/sh", "-c"]),
    ("Entrypoint", []),
    ("Env", ["NVIDIA_VISIBLE_DEVICES"]),
    ("Env.NVIDIA_VISIBLE_DEVICES", ["NVIDIA_VISIBLE_DEVICES=all"]),
    ("Env.NVIDIA_MIG_CONFIG_DEVICES", ["NVIDIA_MIG_CONFIG_DEVICES=all"]),
    ("Env.DOCKER_RESOURCE_GPU", ["DOCKER_RESOURCE_GPU=all"]),
    ("Env.A", ["A=1", "A=2"]),
    ("ExposedPorts", {"1-65535/tcp": {}}),
    ("Healthcheck", {"Test": ["CMD", "true"]}),
    ("Hostname", "proxy"),
    ("Image", "alpine:latest"),
    ("Image", "mctest-kernel"),
    ("Image", "mctest-kernel:1 "),
    ("Labels", {**LABELS, "com.docker.compose.project": "platform"}),
    ("Labels.mchub.profile", {**LABELS, "mchub.profile": ""}),
    ("Labels.mchub.environment", {**LABELS, "mchub.environment": "production"}),
    ("Labels.mchub.user", {**LABELS, "mchub.user": "../bob"}),
    ("MacAddress", "02:42:0a:cb:30:04"),
    ("NetworkDisabled", True),
    ("OnBuild", ["RUN true"]),
    ("Shell", ["/bin/sh"]),
    ("Tty", True),
    ("User", "root"),
    ("User", "0"),
    ("User", "1000:0"),
    ("Volumes", {"/home/jovyan": {}, "/var/lib/other": {}}),
    ("WorkingDir", "/proc/self/cwd"),
    ("WorkingDir", "/home/jovyan/../.."),
    ("hostconfig", {"Privileged": True}),
    ("image", "alpine:latest"),
    ("user", "root"),
]
NETWORKING_ESCAPES: list[tuple[str, object]] = [
    ("EndpointsConfig.platform", {"EndpointsConfig": {"platform": {"Aliases": ["x"]}}}),
    (
        "EndpointsConfig.mctest-users.IPAMConfig",
        {"EndpointsConfig": {"mctest-users": {"IPAMConfig": {"IPv4Address": "10.0.0.4"}}}},
    ),
    (
        "EndpointsConfig.mctest-users.Aliases",
        {"EndpointsConfig": {"mctest-users": {"Aliases": ["proxy"]}}},
    ),
    (
        "EndpointsConfig.mctest-users.Links",
        {"EndpointsConfig": {"mctest-users": {"Links": ["postgres"]}}},
    ),
    ("endpointsconfig", {"endpointsconfig": {"platform": {"NetworkID": "platform"}}}),
]
GPU_ESCAPES: list[tuple[str, str, object]] = [
    ("HostConfig.DeviceRequests.0.DeviceIDs", "DeviceIDs", ["GPU-9999"]),
    ("HostConfig.DeviceRequests.0.DeviceIDs", "DeviceIDs", ["all"]),
    ("HostConfig.DeviceRequests.0.DeviceIDs", "DeviceIDs", ["GPU-1b2c", "GPU-1b2c"]),
    ("HostConfig.DeviceRequests.0.Count", "Count", -1),
    ("HostConfig.DeviceRequests.0.Count", "Count", 1),
    ("HostConfig.DeviceRequests.0.Capabilities", "Capabilities", [["gpu", "graphics"]]),
    ("HostConfig.DeviceRequests.0.Driver", "Driver", "other"),
    ("HostConfig.DeviceRequests.0.Options", "Options", {"visible": "all"}),
]
PATHS: list[tuple[str, str, str]] = [
    ("path", "POST", f"/v1.41/containers/{NAME}/exec"),
    ("path", "POST", "/v1.41/exec/0123456789ab/start"),
    ("path", "POST", f"/v1.41/containers/{NAME}/attach?stream=1"),
    ("path", "GET", f"/v1.41/containers/{NAME}/attach/ws"),
    ("path", "GET", f"/v1.41/containers/{NAME}/archive?path=/"),
    ("path", "PUT", f"/v1.41/containers/{NAME}/archive?path=/"),
    ("path", "POST", f"/v1.41/containers/{NAME}/copy"),
    ("path", "POST", f"/v1.41/containers/{NAME}/update"),
    ("path", "POST", f"/v1.41/containers/{NAME}/rename?name=postgres"),
    ("path", "GET", f"/v1.41/containers/{NAME}/export"),
    ("path", "POST", "/v1.41/containers/prune"),
    ("path", "POST", "/v1.41/commit?container=x"),
    ("path", "POST", "/v1.41/build"),
    ("path", "POST", "/v1.41/build?remote=http://example.org/x"),
    ("path", "POST", "/v1.41/session"),
    ("path", "POST", "/v1.41/grpc"),
    ("path", "POST", "/v1.41/images/create?fromImage=alpine"),
    ("path", "POST", "/v1.41/images/load"),
    ("path", "DELETE", "/v1.41/images/mctest-kernel:1"),
    ("path", "GET", "/v1.41/images/json"),
    ("path.image", "GET", "/v1.41/images/alpine/json"),
    ("path", "GET", "/v1.41/info"),
    ("path", "GET", "/v1.41/events"),
    ("query.type", "GET", "/v1.41/system/df"),
    ("query.type", "GET", "/v1.41/system/df?type=image"),
    ("query.type", "GET", "/v1.41/system/df?type="),
    ("query.type", "GET", "/v1.43/system/df?type=volume&type=container"),
    ("query.type", "GET", "/v1.43/system/df?type=volume&type=volume"),
    ("query.type", "GET", "/v1.43/system/df?type=Volume"),
    ("query.Type", "GET", "/v1.43/system/df?type=volume&Type=image"),
    ("query.verbose", "GET", "/v1.52/system/df?type=volume&verbose=1"),
    ("query.filters", "GET", "/v1.41/system/df?type=volume&filters=%7B%7D"),
    ("path", "POST", "/v1.41/system/df?type=volume"),
    ("path", "GET", "/v1.41/system/df/?type=volume"),
    ("path", "GET", "/v1.41/system/dial?type=volume"),
    ("path", "POST", "/v1.41/volumes/prune"),
    ("path", "GET", "/v1.41/plugins"),
    ("path", "POST", "/v1.41/swarm/init"),
    ("path", "GET", "/v1.41/secrets"),
    ("path", "GET", "/v1.41/networks"),
    ("path", "POST", "/v1.41/networks/create"),
    ("path", "POST", "/v1.41/networks/mctest-users/connect"),
    ("path.network", "GET", "/v1.41/networks/host"),
    ("path", "GET", "/v1.41/volumes"),
    ("path", "DELETE", "/v1.41/volumes/mctest-user-home-ada"),
    ("path.volume", "GET", "/v1.41/volumes/postgres-data"),
    # Old versions of the API took a whole HostConfig with a start, and share IPC.
    ("path", "POST", f"/v1.23/containers/{NAME}/start"),
    ("path", "GET", "/v1.9/version"),
    ("path", "GET", "/v1.41"),
    ("path", "GET", "//info"),
    ("path", "GET", "/_ping/../info"),
    ("path", "GET", "/_ping/%2e%2e/info"),
    ("path", "GET", "/v1.41/containers%2Fjson"),
    ("path", "GET", "/v1.41/containers/%252e%252e/json"),
    ("path", "GET", "/v1.41/containers/a%00b/json"),
    ("path", "GET", "/v1.41/containers/a%0d%0ab/json"),
    ("path", "GET", "/V1.41/version"),
    ("path", "GET", "http://docker/info"),
    ("path", "GET", "http://docker/_ping"),
    ("path", "OPTIONS", "*"),
    ("path", "CONNECT", "docker:80"),
    ("path", "TRACE", "/_ping"),
    ("path", "DELETE", "/v1.41/containers/"),
    ("query.all", "GET", f"{LIST}?all=1&all=0"),
    ("query.ALL", "GET", f"{LIST}?ALL=1"),
    ("query.size", "GET", f"{LIST}?size=1"),
    (
        "query.filters.before",
        "GET",
        f"{LIST}?filters=%7B%22before%22:%5B%5D%7D",
    ),
    ("query.filters", "GET", f"{LIST}?filters=%5B%5D"),
    ("query", "GET", f"{LIST}?%ff=1"),
    ("query", "GET", f"{LIST}?all"),
    ("query.stream", "GET", f"/v1.41/containers/{NAME}/stats"),
    ("query.stream", "GET", f"/v1.41/containers/{NAME}/stats?stream=1"),
    ("query.follow", "GET", f"/v1.41/containers/{NAME}/logs?follow=1&tail=10"),
    ("query.tail", "GET", f"/v1.41/containers/{NAME}/logs?tail=all"),
    ("query.checkpoint", "POST", f"/v1.41/containers/{NAME}/start?checkpoint=x"),
    ("query.t", "POST", f"/v1.41/containers/{NAME}/stop?t=-1"),
    ("query.signal", "POST", f"/v1.41/containers/{NAME}/kill?signal=STOP"),
    ("query.link", "DELETE", f"/v1.41/containers/{NAME}?link=1"),
    ("path.container", "GET", f"/v1.41/containers/{STRANGER}/json"),
    ("path.container", "GET", f"/v1.41/containers/{STRANGER}/logs?tail=10"),
    ("path.container", "POST", f"/v1.41/containers/{STRANGER}/stop"),
    ("path.container", "POST", f"/v1.41/containers/{STRANGER}/kill"),
    ("path.container", "POST", f"/v1.41/containers/{STRANGER}/start"),
    ("path.container", "DELETE", f"/v1.41/containers/{STRANGER}?force=1"),
]


def _bodies() -> list[tuple[str, bytes]]:
    found = [
        (f"HostConfig.{key}", create(changed(f"HostConfig/{key}", value)))
        for key, value in HOST_ESCAPES
    ]
    found += [
        (path, create(changed(path.split(".")[0], value))) for path, value in TOP_ESCAPES
    ]
    found += [
        (f"NetworkingConfig.{path}", create(changed("NetworkingConfig", value)))
        for path, value in NETWORKING_ESCAPES
    ]
    for path, key, value in GPU_ESCAPES:
        body = lawful_gpu()
        body["HostConfig"]["DeviceRequests"][0][key] = value
        found.append((path, create(body)))
    for key in ("Memory", "PidsLimit", "CapDrop", "SecurityOpt", "ReadonlyRootfs"):
        body = lawful()
        del body["HostConfig"][key]
        found.append((f"HostConfig.{key}", create(body)))
    without = lawful()
    del without["HostConfig"]["CpuQuota"]
    found.append(("HostConfig", create(without)))
    twice = lawful()
    twice["HostConfig"]["Mounts"] = [
        {"Type": "volume", "Source": "mctest-user-home-ada", "Target": "/home/jovyan"}
    ]
    found.append(("HostConfig", create(twice)))
    return found


def _forms() -> list[tuple[str, bytes]]:
    good, kind = json.dumps(lawful()).encode(), "Content-Type: application/json"
    upgrade = (kind, "Upgrade: tcp", "Connection: Upgrade")
    doubled = good.replace(b'"ReadonlyRootfs"', b'"Privileged":false,"Privileged":true,"X"')
    return [
        ("body", create(b"[]")),
        ("body", create(b"null")),
        ("body", create(b'"text"')),
        ("body", create(b"")),
        ("body", create(good[:-1])),
        ("body", create(good + good)),
        ("body", create(b"\xff\xfe" + good)),
        ("body", create(b'{"a": NaN}')),
        ("body", create(b'{"a": Infinity}')),
        ("body", create(b'{"a": ' + b"9" * 400 + b"}")),
        ("body", create(b'{"a":' * 500 + b"1" + b"}" * 500)),
        ("body", create(b"[" * 200_000)),
        ("body.Privileged", create(doubled)),
        ("body", create(b" " * (1024**2 + 1))),
        ("headers.Content-Type", create(good, CREATE, "Content-Type: text/plain")),
        ("headers.Content-Type", create(good, CREATE, "Accept: */*")),
        (
            "headers.Upgrade",
            create(good, CREATE, *upgrade),
        ),
        ("headers.Connection", create(good, CREATE, kind, "Connection: x-hop")),
        ("headers.Content-Encoding", create(good, CREATE, kind, "Content-Encoding: gzip")),
        ("headers.Expect", create(good, CREATE, kind, "Expect: 100-continue")),
        ("query.name", create(good, "/v1.41/containers/create")),
        ("query.name", create(good, "/v1.41/containers/create?name=postgres")),
        ("query.name", create(good, "/v1.41/containers/create?name=mctest-user-bob")),
        ("query.name", create(good, f"{CREATE}&name=mctest-user-bob")),
        ("query.Name", create(good, f"{CREATE}&Name=mctest-user-bob")),
        ("query.platform", create(good, f"{CREATE}&platform=linux/arm64")),
        ("body", wire("POST", f"/v1.41/containers/{NAME}/start", good, kind)),
        ("body", wire("GET", "/_ping", b"{}")),
        ("headers.Content-Length", wire("GET", "/_ping", b"", f"Content-Length: {10**13}")),
        (
            "headers.Transfer-Encoding",
            wire(
                "POST",
                CREATE,
                b"0\r\n\r\n",
                kind,
                "Transfer-Encoding: chunked",
                length=False,
            ),
        ),
    ]


def _volumes() -> list[tuple[str, bytes]]:
    labels = {key: text for key, text in LABELS.items() if key != "mchub.profile"}
    good: dict[str, Any] = {"Name": "mctest-user-home-ada", "Labels": labels}
    bad: list[tuple[str, dict[str, Any]]] = [
        ("DriverOpts", {"DriverOpts": {"type": "none", "o": "bind", "device": "/"}}),
        ("Driver", {"Driver": "nfs"}),
        ("Name", {"Name": "mctest-user-home-bob"}),
        ("Name", {"Name": "postgres-data"}),
        ("Labels", {"Labels": None}),
        ("ClusterVolumeSpec", {"ClusterVolumeSpec": {"Group": "x"}}),
    ]
    return [
        (path, create({**good, **change}, "/v1.41/volumes/create")) for path, change in bad
    ]


# Read by the parser of HTTP before anything of ours: refused with 400.
MALFORMED: list[tuple[str, bytes]] = [
    (
        "both lengths",
        wire("POST", CREATE, b"0\r\n\r\n", "Transfer-Encoding: chunked"),
    ),
    ("two lengths", wire("POST", CREATE, b"{}", "Content-Length: 300")),
    ("a signed length", wire("POST", CREATE, b"{}", "Content-Length: +2", length=False)),
    ("a folded header", wire("GET", "/_ping", b"", "X: a", " b: c")),
    ("a space before the colon", wire("GET", "/_ping", b"", "Content-Length : 3")),
    ("a method in small letters", wire("get", "/_ping")),
    ("no version", b"GET /_ping\r\n\r\n"),
    ("a bare line feed in a header", wire("GET", "/_ping", b"", "X: a\nUpgrade: tcp")),
]
ATTACKS: list[tuple[str, bytes]] = [
    *_bodies(),
    *_forms(),
    *_volumes(),
    *((path, wire(method, target)) for path, method, target in PATHS),
]
