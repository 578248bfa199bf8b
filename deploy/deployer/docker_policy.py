"""What the hub of an environment may ask of Docker: the policy proxy's file."""

from typing import Any

from hub.choices import Container
from hub.laws import n_bytes
from hub.settings import Settings

__all__ = ["docker_policy"]

_MOST_PROCESSES = 512


def docker_policy(settings: Settings) -> dict[str, Any]:
    """The policy in the form that `hub.services.docker_policy` reads."""
    runs_as, limits = settings.server.runs_as, settings.server.limits
    assert isinstance(runs_as, Container)
    return {
        "environment": settings.name,
        "prefix": f"mchub-{settings.name}",
        "images": sorted({profile.image for profile in runs_as.profiles}),
        "network": runs_as.network,
        "memory_bytes": n_bytes(limits.memory),
        "cpus": limits.cpus,
        "pids": _MOST_PROCESSES,
        "user": "1000:1000",
        "home": "/home/analyst",
        "gpus": [
            {"id": device.name, "memory_mib": n_bytes(device.memory) // 1024**2}
            for device in settings.gpus.devices
        ],
        "gpu_share": settings.gpus.share,
    }
