"""Which processes make a hub on one machine, in the order in which they start."""

import os
import shutil
import sys
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from hub import roles
from hub.activity import culler_command
from hub.laws import refusal
from hub.network import hub_url, proxy_arguments
from hub.processes import Plan
from hub.secret_files import read_secret, service_token
from hub.services import command_of
from hub.settings import Settings
from hub.storage import checkout

__all__ = ["HUB", "PROXY", "plans"]

PROXY = "proxy"
HUB = "hub"


def plans(settings: Settings) -> Sequence[Plan]:
    """Proxy, hub, platform API, idle culler and steward; they end in the reverse order."""
    programs = Path(sys.executable).parent
    # The proxy's first line asks `env` for node, which lies beside this interpreter.
    path = os.pathsep.join([str(programs), os.environ.get("PATH", os.defpath)])
    public = f"http://{settings.network.address}:{settings.port}"
    quickly = timedelta(seconds=5)
    return (
        Plan(
            name=PROXY,
            command=(_proxy_program(path), *proxy_arguments(settings)),
            variables={
                "CONFIGPROXY_AUTH_TOKEN": read_secret(settings, "proxy_token"),
                "PATH": path,
            },
            answers_at=f"{public}/_chp_healthz",
            end_within=quickly,
        ),
        Plan(
            name=HUB,
            command=(
                sys.executable,
                "-m",
                "jupyterhub",
                f"--config={checkout() / 'jupyterhub_config.py'}",
            ),
            variables=_environment(settings),
            answers_at=f"{hub_url(settings)}/hub/health",
            # It ends the users' servers first, and those save what they hold.
            end_within=timedelta(seconds=40),
        ),
        Plan(
            name=roles.PLATFORM_API,
            command=command_of(roles.PLATFORM_API),
            variables=_environment(settings)
            | {"JUPYTERHUB_API_TOKEN": service_token(settings, roles.PLATFORM_API)},
            # Through the proxy: an answer also proves that the hub has set the routes.
            answers_at=f"{public}/api/version",
            end_within=quickly,
        ),
        Plan(
            name=roles.IDLE_CULLER,
            command=culler_command(settings),
            variables=_environment(settings)
            | {
                "JUPYTERHUB_API_TOKEN": service_token(settings, roles.IDLE_CULLER),
                "JUPYTERHUB_API_URL": f"{hub_url(settings)}/hub/api",
            },
            answers_at="",
            end_within=quickly,
        ),
        Plan(
            name=roles.STEWARD,
            command=command_of(roles.STEWARD),
            variables=_environment(settings)
            | {"JUPYTERHUB_API_TOKEN": service_token(settings, roles.STEWARD)},
            answers_at="",
            # A round that has begun is finished.
            end_within=timedelta(seconds=10),
        ),
    )


def _environment(settings: Settings) -> dict[str, str]:
    """What a process needs to load the same settings."""
    return {
        "MC_ENVIRONMENT": settings.name,
        "MCHUB_PORT": str(settings.port),
        "MCHUB_API_PORT": str(settings.network.api_port),
        "MCHUB_HUB_PORT": str(settings.network.hub_port),
        "MCHUB_PROXY_API_PORT": str(settings.network.proxy_api_port),
    }


def _proxy_program(path: str) -> str:
    name = "configurable-http-proxy"
    program = shutil.which(name, path=path)
    if program is None:
        needed, law = name, "be installed beside Python or be on PATH"
        raise refusal(needed, law, None, "`make setup` installs it.")
    return program
