"""``HostConfig``: what a container may have of the host, key by key."""

import re
from collections.abc import Mapping
from functools import partial
from typing import Any, Final

from hub.services.docker_policy.asking import (
    Asking,
    one_of,
    read_mebibytes,
    texts,
    whole_number,
)
from hub.services.docker_policy.bodies import Reader, read_keys
from hub.services.docker_policy.denials import Denied, demand
from hub.services.docker_policy.gpus import read_device_requests

__all__ = ["read_host_config"]

_BILLION: Final = 1_000_000_000
_SMALLEST_MEMORY: Final = 6 * 1024**2
_TMPFS_WORDS: Final = frozenset(("rw", "nosuid", "nodev", "noexec", "exec"))

# Why a key that Docker knows is not let through; it makes the refusal readable.
_REASONS: Final = {
    "BlkioWeight": "disks are shared by all",
    "CapAdd": "no capability is given back",
    "Cgroup": "cgroups of others are theirs",
    "CgroupParent": "it would leave the limits of its group",
    "ContainerIDFile": "it writes on the host",
    "CpuShares": "processors are limited by `NanoCpus` or by `CpuQuota` and `CpuPeriod`",
    "DeviceCgroupRules": "devices come by `DeviceRequests`",
    "Devices": "devices come by `DeviceRequests`",
    "Dns": "names are resolved by Docker",
    "ExtraHosts": "it would give hosts of the platform another address",
    "GroupAdd": "groups of the host open files of the host",
    "Isolation": "there is one kind here",
    "Links": "containers don't reach each other",
    "MaskedPaths": "the masks over /proc and /sys stay",
    "OomKillDisable": "a container over its memory must end",
    "OomScoreAdj": "others would be killed in its place",
    "PidMode": "no namespace of the host or of others",
    "PortBindings": "the proxy is the only way in",
    "Privileged": "a privileged container is root on the host",
    "PublishAllPorts": "the proxy is the only way in",
    "ReadonlyPaths": "the masks over /proc and /sys stay",
    "Runtime": "the daemon's own runtime is used",
    "Sysctls": "kernel settings are the host's",
    "UTSMode": "no namespace of the host or of others",
    "Ulimits": "the daemon's own limits hold",
    "UsernsMode": "no namespace of the host or of others",
    "VolumeDriver": "volumes are plain local ones",
    "VolumesFrom": "volumes of others are theirs",
}
_EVEN_EMPTY: Final = frozenset(("MaskedPaths", "ReadonlyPaths"))
_NEEDED: Final = ("Memory", "PidsLimit", "CapDrop", "SecurityOpt", "ReadonlyRootfs")


def memory_of(body: Mapping[str, Any], ceiling: int) -> int:
    """The memory that a container asks for, within the ceiling."""
    host = body.get("HostConfig")
    value = host.get("Memory") if isinstance(host, dict) else None
    return whole_number("HostConfig.Memory", value, _SMALLEST_MEMORY, ceiling)


def read_host_config(path: str, value: object, asking: Asking) -> dict[str, Any]:
    """What is forwarded of a ``HostConfig``; refuses what breaks a law.

    What has one lawful value is filled in: no swap, a private IPC namespace, the network.
    """
    asked = read_keys(path, value, _readers(asking), _REASONS, _EVEN_EMPTY)
    for key in (*_NEEDED, "NetworkMode"):
        demand(key in asked, f"{path}.{key}", "be given", None)
    _demand_processors(path, asked, asking.policy.cpus)
    mounts = [*asked.get("Binds", ()), *asked.get("Mounts", ())]
    demand(len(mounts) <= 1, path, "mount the home once", f"{len(mounts)} mounts")
    return {"IpcMode": "private", "MemorySwap": asking.memory_bytes, **asked}


def _readers(asking: Asking) -> Mapping[str, Reader]:
    policy, memory = asking.policy, asking.memory_bytes

    def number(low: int, high: int) -> Reader:
        return lambda path, value: whole_number(path, value, low, high)

    def exactly(*allowed: object) -> Reader:
        return lambda path, value: one_of(path, value, *allowed)

    return {
        "AutoRemove": exactly(True),
        "Binds": partial(_read_binds, asking=asking),
        "CapDrop": exactly(["ALL"]),
        "CgroupnsMode": exactly("private"),
        "CpuPeriod": number(1_000, 1_000_000),
        "CpuQuota": number(1_000, _BILLION),
        "DeviceRequests": partial(read_device_requests, asking=asking),
        "Init": exactly(True),
        "IpcMode": exactly("private", "none"),
        "LogConfig": partial(_read_log_config, drivers=policy.log_drivers),
        "Memory": number(_SMALLEST_MEMORY, policy.memory_bytes),
        "MemoryReservation": number(1, memory),
        "MemorySwap": exactly(memory),
        "Mounts": partial(_read_mounts, asking=asking),
        "NanoCpus": number(1, int(policy.cpus * _BILLION)),
        "NetworkMode": exactly(policy.network),
        "PidsLimit": number(1, policy.pids),
        "ReadonlyRootfs": exactly(True),
        "RestartPolicy": _read_restart_policy,
        "SecurityOpt": _read_security,
        "ShmSize": number(1, memory),
        "StorageOpt": _read_storage,
        "Tmpfs": partial(_read_tmpfs, asking=asking),
    }


def _demand_processors(path: str, asked: Mapping[str, Any], cpus: float) -> None:
    by_quota = "CpuQuota" in asked and "CpuPeriod" in asked
    law = "limit processors by `NanoCpus`, or by `CpuQuota` and `CpuPeriod`"
    half = ("CpuQuota" in asked) != ("CpuPeriod" in asked)
    fits = by_quota != ("NanoCpus" in asked) and not half
    demand(fits, path, law, ", ".join(key for key in asked if "Cpu" in key) or None)
    if by_quota:
        asked_cpus = asked["CpuQuota"] / asked["CpuPeriod"]
        demand(
            asked_cpus <= cpus,
            f"{path}.CpuQuota",
            f"give at most {cpus:g} CPUs",
            asked_cpus,
        )


def _read_security(path: str, value: object) -> list[str]:
    found = texts(path, value, 1)
    lawful = ("no-new-privileges", "no-new-privileges:true", "no-new-privileges=true")
    fits = len(found) == 1 and found[0] in lawful
    hint = "Docker's own seccomp and AppArmor profiles stay as they are."
    demand(fits, path, "be `no-new-privileges` and nothing else", ", ".join(found), hint)
    return ["no-new-privileges"]


def _read_binds(path: str, value: object, *, asking: Asking) -> list[str]:
    found, own = texts(path, value, 8), f"{asking.volume}:{asking.policy.home}"
    for bind in found:
        demand(bind in (own, f"{own}:rw"), path, f"be `{own}:rw`", bind)
    return [f"{own}:rw" for _ in found]


def _read_mounts(path: str, value: object, *, asking: Asking) -> list[dict[str, Any]]:
    if not isinstance(value, list):
        raise Denied(path, "be a list", value)
    readers: Mapping[str, Reader] = {
        "Type": lambda where, kind: one_of(where, kind, "volume"),
        "Source": lambda where, volume: one_of(where, volume, asking.volume),
        "Target": lambda where, target: one_of(where, target, asking.policy.home),
    }
    mounts = []
    for index, mount in enumerate(value):
        read = read_keys(f"{path}.{index}", mount, readers)
        for key in readers:
            demand(key in read, f"{path}.{index}.{key}", "be given", None)
        mounts.append(read)
    return mounts


def _read_tmpfs(path: str, value: object, *, asking: Asking) -> dict[str, str]:
    if not isinstance(value, dict):
        raise Denied(path, "be an object", value)
    for folder, options in value.items():
        lawful = asking.policy.tmpfs
        demand(folder in lawful, path, f"lie at {', '.join(lawful)}", folder)
        _demand_tmpfs_options(f"{path}.{folder}", options, asking.memory_bytes)
    return dict(value)


def _demand_tmpfs_options(path: str, options: object, memory_bytes: int) -> None:
    if not isinstance(options, str):
        raise Denied(path, "be a text", options)
    words = options.split(",")
    size = None
    for word in words:
        name, _, value = word.partition("=")
        if name == "size":
            demand(size is None, path, "give one `size`", options)
            size = read_mebibytes(path, value)
        elif name in ("mode", "uid", "gid"):
            # No set-uid bit, which `nosuid` would make idle anyway.
            fits = re.fullmatch(r"1?[0-7]{3}" if name == "mode" else r"[0-9]{1,9}", value)
            demand(fits is not None, path, f"give a plain `{name}`", word)
        else:
            demand(word in _TMPFS_WORDS, path, "have options of a plain tmpfs", word)
    for word in ("nosuid", "nodev"):
        demand(word in words, path, f"say `{word}`", options)
    fits_memory = size is not None and size * 1024**2 <= memory_bytes
    demand(fits_memory, path, "say a `size` within the memory", options)


def _read_restart_policy(path: str, value: object) -> dict[str, Any]:
    # A container that Docker starts again would be one that the hub knows nothing of.
    return read_keys(path, value, {"Name": lambda where, name: one_of(where, name, "no")})


def _read_log_config(
    path: str, value: object, *, drivers: tuple[str, ...]
) -> dict[str, Any]:
    def settings(where: str, found: object) -> dict[str, Any]:
        def plain(key: str, text: object) -> str:
            fits = isinstance(text, str) and re.fullmatch(r"[0-9]{1,6}[kmg]?", text)
            demand(bool(fits), key, "be a number or a size", text)
            return str(text)

        return read_keys(where, found, {"max-size": plain, "max-file": plain})

    return read_keys(
        path,
        value,
        {"Type": lambda where, name: one_of(where, name, *drivers), "Config": settings},
    )


def _read_storage(path: str, value: object) -> dict[str, Any]:
    def size(where: str, text: object) -> str:
        fits = isinstance(text, str) and re.fullmatch(r"[1-9][0-9]{0,6}[mgMG]", text)
        demand(bool(fits), where, "be a size such as `10G`", text)
        return str(text)

    return read_keys(path, value, {"size": size})
