"""What a user's container is: its names, labels, limits and variables.

Pure functions of settings, a user and a lease; nothing here talks to Docker. The Docker
policy proxy refuses what is built otherwise.
"""

import string
from collections.abc import Mapping
from typing import Any, Final

from docker.types import DeviceRequest
from escapism import escape, unescape

from hub.choices import Device, Profile
from hub.gpus import Lease
from hub.gpus.shares import PARTS, fraction_text
from hub.laws import n_bytes
from hub.settings import Settings

__all__ = [
    "DEVICE_LABEL",
    "ENVIRONMENT_LABEL",
    "FRACTION_LABEL",
    "HOME",
    "PROFILE_LABEL",
    "SERVER_LABEL",
    "USER_LABEL",
    "gpu_variables",
    "home_owner",
    "host_config",
    "labels",
    "plain_name",
    "prefix",
    "reports_volume",
    "user_of",
    "volume_name",
]

HOME: Final = "/home/analyst"
"""Home folder of the image's account."""

ENVIRONMENT_LABEL: Final = "mchub.environment"
USER_LABEL: Final = "mchub.user"
SERVER_LABEL: Final = "mchub.server"
PROFILE_LABEL: Final = "mchub.profile"
DEVICE_LABEL: Final = "mchub.gpu"
FRACTION_LABEL: Final = "mchub.gpu_fraction"

_N_PIDS: Final = 512
_TMP: Final = "rw,nosuid,nodev,exec,size=256m"
_LOGS: Final = {"type": "json-file", "config": {"max-size": "10m", "max-file": "2"}}
_PLAIN: Final = frozenset(string.ascii_lowercase + string.digits)


def prefix(settings: Settings) -> str:
    """With what the names of this environment's containers and volumes begin."""
    return f"mchub-{settings.name}"


def plain_name(user: str) -> str:
    """A user's name in letters and digits; no two users get the same one.

    Examples
    --------
    >>> plain_name("ada"), plain_name("Ada@example.org")
    ('ada', '-41da-40example-2eorg')
    """
    return str(escape(user, _PLAIN, escape_char="-")).lower()


def user_of(name: str) -> str:
    """The user whose name `plain_name` wrote so.

    Examples
    --------
    >>> user_of("-41da-40example-2eorg")
    'Ada@example.org'
    """
    return str(unescape(name, escape_char="-"))


def volume_name(settings: Settings, user: str) -> str:
    """The volume that holds a user's home, whatever server it is mounted into."""
    return f"{prefix(settings)}-home-{plain_name(user)}"


def reports_volume(settings: Settings) -> str:
    """The volume that holds the files of reports; compose names it so."""
    return f"{prefix(settings)}-reports"


def home_owner(settings: Settings, volume: str) -> str | None:
    """The user whose home is in a volume; ``None`` if it is nobody's here."""
    before = volume_name(settings, "")
    return user_of(volume.removeprefix(before)) if volume.startswith(before) else None


def labels(
    settings: Settings, user: str, server: str, profile: Profile, lease: Lease | None
) -> dict[str, str]:
    """By what a container is found again and its lease is known, whatever else is lost."""
    found = {
        ENVIRONMENT_LABEL: settings.name,
        USER_LABEL: plain_name(user),
        SERVER_LABEL: server,
        PROFILE_LABEL: profile.name,
    }
    if lease is not None:
        found[DEVICE_LABEL] = lease.device
        found[FRACTION_LABEL] = fraction_text(lease.parts)
    return found


def host_config(
    settings: Settings, profile: Profile, lease: Lease | None
) -> dict[str, Any]:
    """What a container may have of the host, beside its memory and its processors."""
    config: dict[str, Any] = {
        # A container that ended is kept until its last words have been read; the hub
        # removes it then.
        "auto_remove": False,
        "cap_drop": ["ALL"],
        "log_config": _LOGS,
        "memswap_limit": n_bytes(profile.memory),
        "network_mode": settings.server.runs_as.network,  # type: ignore[union-attr]
        "pids_limit": _N_PIDS,
        "read_only": True,
        "security_opt": ["no-new-privileges"],
        "tmpfs": {"/tmp": _TMP},
    }
    if lease is not None:
        config["device_requests"] = [
            DeviceRequest(
                driver="nvidia", device_ids=[lease.device], capabilities=[["gpu"]]
            )
        ]
    return config


def gpu_variables(lease: Lease | None, devices: Mapping[str, Device]) -> dict[str, str]:
    """What tells CuPy, and CUDA's service for shared cards, how much of a device is ours.

    A driver that can't divide a card keeps these as an agreement only; the container sees
    no other device in any case.
    """
    if lease is None:
        return {"NVIDIA_VISIBLE_DEVICES": "void"}
    memory = n_bytes(devices[lease.device].memory) * lease.parts // PARTS
    return {
        "NVIDIA_VISIBLE_DEVICES": lease.device,
        "CUPY_GPU_MEMORY_LIMIT": str(memory),
        "CUDA_MPS_PINNED_DEVICE_MEM_LIMIT": f"0={memory // 1024**2}M",
        "CUDA_MPS_ACTIVE_THREAD_PERCENTAGE": str(100 * lease.parts // PARTS),
    }
