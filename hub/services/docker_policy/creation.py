"""Bodies of ``containers/create`` and ``volumes/create``, read key by key and written anew.

What comes out is made of values that were looked at, never the bytes that came in.
"""

import re
from functools import partial
from typing import Any, Final

from hub.services.docker_policy.asking import Asking, one_of, read_labels, texts
from hub.services.docker_policy.bodies import Reader, read_keys
from hub.services.docker_policy.denials import Denied, demand
from hub.services.docker_policy.gpus import read_gpu_variables
from hub.services.docker_policy.host_config import memory_of, read_host_config
from hub.services.docker_policy.policy import Labels, Policy

__all__ = ["read_container", "read_volume"]

_NEEDED_LABELS: Final = (Labels.USER, Labels.PROFILE, Labels.ENVIRONMENT)
_VARIABLE: Final = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)=(.*)", re.DOTALL)
_REASONS: Final = {
    "AttachStdin": "nobody types into a server",
    "Entrypoint": "the image's own is used",
    "Healthcheck": "the image's own is used",
    "MacAddress": "Docker gives it",
    "NetworkDisabled": "the server must be reached",
    "OnBuild": "nothing is built",
    "OpenStdin": "nobody types into a server",
    "Shell": "nothing is built",
    "Tty": "nobody types into a server",
}


def read_container(body: dict[str, Any], name: str, policy: Policy) -> dict[str, Any]:
    """The body to forward for a container that may be created.

    Parameters
    ----------
    body : dict
        What was asked for, as `read_object` returns it.
    name : str
        The container's name.
    policy : Policy
        What is allowed.

    Returns
    -------
    dict
        The body to forward.

    Raises
    ------
    Denied
        If the policy doesn't allow it; the message begins with the key's path.
    """
    labels = read_labels("Labels", body.get("Labels"), policy, _NEEDED_LABELS)
    user = labels[Labels.USER]
    own = f"{policy.prefix}-{user}"
    law = f"be `{own}`, or `{own}--` and the name of a server"
    demand(policy.is_name_of(name, user), "query.name", law, name)
    asking = Asking(
        policy=policy,
        name=name,
        labels=labels,
        memory_bytes=memory_of(body, policy.memory_bytes),
    )
    asked = read_keys("", body, _readers(asking), _REASONS, frozenset(("Entrypoint",)))
    for key in ("Image", "HostConfig"):
        demand(key in asked, key, "be given", None)
    requests = asked["HostConfig"].get("DeviceRequests")
    device = requests[0]["DeviceIDs"][0] if requests else None
    variables = read_gpu_variables(asked.get("Env", {}), asking, device)
    asked["Env"] = [f"{key}={value}" for key, value in variables.items()]
    return {**asked, "User": policy.user}


def _readers(asking: Asking) -> dict[str, Reader]:
    policy = asking.policy

    def exactly(*allowed: object) -> Reader:
        return lambda path, value: one_of(path, value, *allowed)

    return {
        "AttachStderr": exactly(True),
        "AttachStdout": exactly(True),
        "Cmd": lambda path, value: texts(path, value, 64),
        "Env": _read_variables,
        "ExposedPorts": _read_ports,
        "HostConfig": partial(read_host_config, asking=asking),
        # Docker's name server knows containers by their host names too.
        "Hostname": exactly(asking.name),
        "Image": exactly(*policy.images),
        "Labels": lambda _path, _value: asking.labels,
        "NetworkingConfig": partial(_read_networking, network=policy.network),
        "User": exactly(policy.user),
        "Volumes": partial(_read_volume_points, home=policy.home),
        "WorkingDir": partial(_read_folder, home=policy.home),
    }


def _read_variables(path: str, value: object) -> dict[str, str]:
    variables: dict[str, str] = {}
    for text in texts(path, value, 200):
        found = _VARIABLE.fullmatch(text)
        if found is None:
            # A name alone takes away what the image sets. The text may hold a secret.
            raise Denied(path, "hold texts of the form `NAME=value`", [text])
        name = found[1]
        demand(name not in variables, f"{path}.{name}", "stand once", name)
        variables[name] = found[2]
    return variables


def _read_ports(path: str, value: object) -> dict[str, Any]:
    fits = (
        isinstance(value, dict)
        and len(value) == 1
        and all(re.fullmatch(r"[1-9][0-9]{0,4}/tcp", port) for port in value)
        and all(inner in ({}, None) for inner in value.values())
    )
    if not fits:
        raise Denied(path, "name one TCP port, as in `8888/tcp`", value)
    return {port: {} for port in value}  # type: ignore[attr-defined]


def _read_networking(path: str, value: object, *, network: str) -> dict[str, Any]:
    # A chosen address, alias or MAC address could be the proxy's.
    def endpoint(where: str, found: object) -> dict[str, Any]:
        return read_keys(where, found, {})

    def endpoints(where: str, found: object) -> dict[str, Any]:
        read_keys(where, found, {network: endpoint})
        return {network: {}}

    return read_keys(path, value, {"EndpointsConfig": endpoints})


def _read_volume_points(path: str, value: object, *, home: str) -> dict[str, Any]:
    fits = value == {home: {}}
    demand(fits, path, f"be `{home}` alone", value)
    return {home: {}}


def _read_folder(path: str, value: object, *, home: str) -> str:
    fits = isinstance(value, str) and re.fullmatch(
        rf"{re.escape(home)}(?:/[A-Za-z0-9_-][A-Za-z0-9._-]*)*", value
    )
    demand(bool(fits), path, f"lie in `{home}`", value)
    return str(value)


def read_volume(body: dict[str, Any], policy: Policy) -> dict[str, Any]:
    """The body to forward for a user's volume: a plain local one."""

    def labels(path: str, value: object) -> Any:
        return read_labels(path, value, policy, (Labels.USER, Labels.ENVIRONMENT))

    asked = read_keys(
        "",
        body,
        {
            "Driver": lambda path, value: one_of(path, value, "local"),
            "Labels": labels,
            "Name": lambda _path, value: value,
        },
        {"DriverOpts": "a volume with options can be any folder of the host"},
    )
    demand("Labels" in asked, "Labels", "be given", None)
    one_of("Name", asked.get("Name"), policy.volume_of(asked["Labels"][Labels.USER]))
    return asked
