"""What compose is told: which files, which variables, and the commands themselves."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from deploy.deployer.commands import Command
from hub.display import compose_variables
from hub.settings import Settings

__all__ = ["DOCKER_SOCKET", "compose", "variables"]

DOCKER_SOCKET: Final = Path("/var/run/docker.sock")

_IMAGES: Final = {
    "MC_BASE_IMAGE": "mchub/base",
    "MC_HUB_IMAGE": "mchub/hub",
    "MC_PROXY_IMAGE": "mchub/proxy",
    "MC_POSTGRES_IMAGE": "mchub/postgres",
    "MC_LOGIN_IMAGE": "mchub/login",
    "MC_DEPLOYER_IMAGE": "mchub/deployer",
}
"""Images by the variable that names another instead."""

_KEPT: Final = ("PATH", "HOME", "DOCKER_CONFIG", "DOCKER_HOST", "XDG_RUNTIME_DIR", "LANG")


def variables(settings: Settings, state: Path, version: str) -> dict[str, str]:
    """Environment variables of compose: the settings', the images', where things lie."""
    found = {name: os.environ[name] for name in _KEPT if name in os.environ}
    lines = (line.split("=", 1) for line in compose_variables(settings).splitlines())
    found |= dict(lines)
    for name, image in _IMAGES.items():
        found[name] = os.environ.get(name) or f"{image}:{version}"
    return found | {
        "MC_STATE": str(state),
        "MC_SECRETS": str(state / "parts"),
        "MC_DOCKER_GROUP": str(DOCKER_SOCKET.stat().st_gid),
    }


def compose(
    settings: Settings,
    told: Mapping[str, str],
    words: Sequence[str],
    *,
    within: float = 600.0,
) -> Command:
    """`docker compose` for an environment: the base, and what differs there."""
    files = ("deploy/compose.yaml", f"deploy/compose.{settings.name}.yaml")
    named = [word for file in files for word in ("--file", file)]
    return Command(
        words=("docker", "compose", *named, *words), variables=told, within=within
    )
