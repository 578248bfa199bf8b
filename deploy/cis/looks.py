"""One look at a container for each rule: what is wrong with it, in words."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

__all__ = [
    "Inspected",
    "Look",
    "apparmor",
    "capabilities",
    "cgroup",
    "default_bridge",
    "devices",
    "every_interface",
    "health",
    "host_config",
    "limited",
    "low_ports",
    "namespace",
    "new_privileges",
    "propagation",
    "published",
    "restart",
    "seccomp",
    "sensitive_mounts",
    "socket_mounts",
]

# One entry of what `docker inspect` prints.
Inspected = Mapping[str, Any]
# What is wrong with a container; nothing when the rule holds.
Look = Callable[[Inspected], str | None]

_SENSITIVE: Final = ("/boot", "/dev", "/etc", "/lib", "/proc", "/root", "/sys", "/usr")
_SOCKETS: Final = ("docker.sock", "containerd.sock", "podman.sock", "crio.sock")
_EVERYWHERE: Final = ("", "0.0.0.0", "::")


def host_config(key: str, *wrong: object) -> Look:
    """A look that finds one of the wrong values in ``HostConfig``."""

    def look(container: Inspected) -> str | None:
        value = container["HostConfig"].get(key)
        return f"{key} is {value!r}" if value in wrong else None

    return look


def limited(*keys: str) -> Look:
    """A look that finds none of the limits set."""

    def look(container: Inspected) -> str | None:
        host = container["HostConfig"]
        set_to = [host.get(key) for key in keys]
        limited = any(isinstance(value, int) and value > 0 for value in set_to)
        return None if limited else f"no {' or '.join(keys)}"

    return look


def apparmor(container: Inspected) -> str | None:
    """AppArmor, where the host has it."""
    profile = container.get("AppArmorProfile", "")
    options = container["HostConfig"].get("SecurityOpt") or []
    # Empty where the host has no AppArmor, which is nothing that a container chose.
    off = profile == "unconfined" or "apparmor=unconfined" in options
    return "its profile is off" if off else None


def capabilities(container: Inspected) -> str | None:
    """All are dropped, and none is given back."""
    host = container["HostConfig"]
    if "ALL" not in (host.get("CapDrop") or []):
        return f"CapDrop is {host.get('CapDrop')}"
    return f"CapAdd is {host['CapAdd']}" if host.get("CapAdd") else None


def _bound(container: Inspected) -> list[tuple[str, str, str]]:
    """Published ports: the container's, the host's address, the host's."""
    ports = container["HostConfig"].get("PortBindings") or {}
    return [
        (port, binding.get("HostIp", ""), binding.get("HostPort", ""))
        for port, bindings in ports.items()
        for binding in bindings or []
    ]


def low_ports(container: Inspected) -> str | None:
    """Ports of the host that are root's."""
    low = [
        host for _, _, host in _bound(container) if host.isdecimal() and int(host) < 1024
    ]
    return f"ports {', '.join(low)} of the host" if low else None


def published(container: Inspected) -> str | None:
    """Ports that are open on the host."""
    if container["HostConfig"].get("PublishAllPorts"):
        return "all ports are published"
    bound = [port for port, _, _ in _bound(container)]
    return f"{', '.join(bound)} published" if bound else None


def every_interface(container: Inspected) -> str | None:
    """Ports that are open on all of its interfaces."""
    wide = [port for port, address, _ in _bound(container) if address in _EVERYWHERE]
    return f"{', '.join(wide)} on every interface" if wide else None


def _mounts(container: Inspected) -> Iterator[str]:
    for mount in container.get("Mounts") or []:
        if mount.get("Type") == "bind":
            yield mount.get("Source", "")


def sensitive_mounts(container: Inspected) -> str | None:
    """Folders that are the host's own."""
    found = [
        source
        for source in _mounts(container)
        if source == "/"
        or f"{source}/".startswith(tuple(f"{top}/" for top in _SENSITIVE))
        or source.startswith("/var/lib/docker")
    ]
    return f"mounts {', '.join(found)}" if found else None


def socket_mounts(container: Inspected) -> str | None:
    """The socket by which containers are made."""
    found = [source for source in _mounts(container) if source.endswith(_SOCKETS)]
    # A folder that holds the socket is as good as the socket.
    found += [source for source in _mounts(container) if source in ("/run", "/var/run")]
    return f"mounts {', '.join(found)}" if found else None


def propagation(container: Inspected) -> str | None:
    """Mounts that go on to others."""
    shared = [
        mount["Destination"]
        for mount in container.get("Mounts") or []
        if mount.get("Propagation") in ("shared", "rshared")
    ]
    return f"{', '.join(shared)} is shared" if shared else None


def restart(container: Inspected) -> str | None:
    """How often it comes back."""
    policy = container["HostConfig"].get("RestartPolicy") or {}
    name, count = policy.get("Name", ""), policy.get("MaximumRetryCount", 0)
    if name in ("", "no") or (name == "on-failure" and 1 <= count <= 5):
        return None
    return f"{name}, {count} times"


def devices(container: Inspected) -> str | None:
    """Devices of the host."""
    host = container["HostConfig"]
    if host.get("DeviceCgroupRules"):
        return f"DeviceCgroupRules is {host['DeviceCgroupRules']}"
    paths = [device["PathOnHost"] for device in host.get("Devices") or []]
    # A GPU that was asked for by its id is a lease, not a device of the host's choosing.
    many = [request for request in host.get("DeviceRequests") or [] if request.get("Count")]
    return f"{', '.join(paths)}{many or ''}" if paths or many else None


def cgroup(container: Inspected) -> str | None:
    """A cgroup that is not the default one."""
    return container["HostConfig"].get("CgroupParent") or None


def new_privileges(container: Inspected) -> str | None:
    """Whether a program can gain privileges."""
    options = container["HostConfig"].get("SecurityOpt") or []
    lawful = {"no-new-privileges", "no-new-privileges:true", "no-new-privileges=true"}
    return None if lawful & set(options) else f"SecurityOpt is {options}"


def seccomp(container: Inspected) -> str | None:
    """Whether system calls are filtered."""
    options = container["HostConfig"].get("SecurityOpt") or []
    off = [text for text in options if text.replace(":", "=") == "seccomp=unconfined"]
    return "it is off" if off or container["HostConfig"].get("Privileged") else None


def health(container: Inspected) -> str | None:
    """Whether anything asks if it is well."""
    test = (container["Config"].get("Healthcheck") or {}).get("Test") or ["NONE"]
    return "there is no check" if test[0] == "NONE" else None


def default_bridge(container: Inspected) -> str | None:
    """The bridge on which everything meets."""
    networks = (container.get("NetworkSettings") or {}).get("Networks") or {}
    mode = container["HostConfig"].get("NetworkMode")
    on_it = mode in ("default", "bridge") or "bridge" in networks
    return "it is on docker0" if on_it else None


def namespace(key: str) -> Look:
    """A look that finds the host's namespace, or that of another container."""

    def look(container: Inspected) -> str | None:
        value = container["HostConfig"].get(key) or ""
        taken = value == "host" or value.startswith("container:")
        return f"{key} is {value!r}" if taken else None

    return look
