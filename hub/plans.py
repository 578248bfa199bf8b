"""Which processes make a hub on one machine, in the order in which they start."""

import os
import shutil
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Final

from hub import roles
from hub.activity import culler_command
from hub.choices import Prometheus
from hub.laws import refusal, require
from hub.logs import VARIABLE
from hub.network import (
    admin_url,
    hub_addresses,
    hub_url,
    proxy_api_url,
    proxy_arguments,
    proxy_url,
    reports_url,
)
from hub.processes import Plan
from hub.secret_files import read_secret, service_token
from hub.services import (
    admin_command,
    admin_variables,
    command_of,
    reports_command,
    reports_variables,
)
from hub.settings import Settings

__all__ = ["HUB", "PARTS", "PROXY", "plan_of", "plans"]

PROXY = "proxy"
HUB = "hub"

_QUICKLY: Final = timedelta(seconds=5)


def plans(settings: Settings) -> Sequence[Plan]:
    """Every part of a hub on this machine; they end in the reverse order."""
    return [make(settings) for name, make in _PARTS.items() if name not in _IN_CONTAINERS]


def plan_of(settings: Settings, part: str) -> Plan:
    """How one part is started, on this machine or in its container.

    Raises
    ------
    SettingsError
        If there is no such part.
    """
    require(part in PARTS, "start", f"name one of {', '.join(PARTS)}", part)
    plan = _PARTS[part](settings)
    return replace(plan, variables={**plan.variables, **_logs(settings)})


def _proxy(settings: Settings) -> Plan:
    programs = Path(sys.executable).parent
    # The proxy's first line asks `env` for node, which lies beside this interpreter.
    path = os.pathsep.join([str(programs), os.environ.get("PATH", os.defpath)])
    return Plan(
        name=PROXY,
        command=(_proxy_program(path), *proxy_arguments(settings)),
        variables={
            "CONFIGPROXY_AUTH_TOKEN": read_secret(settings, "proxy_token"),
            "PATH": path,
        },
        answers_at=f"{proxy_url(settings)}/_chp_healthz",
        end_within=_QUICKLY,
    )


def _hub(settings: Settings) -> Plan:
    return Plan(
        name=HUB,
        # It waits for what it needs, and becomes JupyterHub.
        command=command_of(HUB),
        variables=_environment(settings),
        answers_at=f"{hub_url(settings)}/hub/health",
        # It ends the users' servers first, and those save what they hold.
        end_within=timedelta(seconds=40),
    )


def _platform_api(settings: Settings) -> Plan:
    token = service_token(settings, roles.PLATFORM_API)
    return Plan(
        name=roles.PLATFORM_API,
        command=command_of(roles.PLATFORM_API),
        variables=_environment(settings) | {"JUPYTERHUB_API_TOKEN": token},
        # Through the proxy: an answer also proves that the hub has set the routes.
        answers_at=f"{proxy_url(settings)}/api/version",
        end_within=_QUICKLY,
    )


def _admin(settings: Settings) -> Plan:
    return Plan(
        name=roles.ADMIN,
        command=admin_command(settings),
        variables=admin_variables(settings),
        answers_at=f"{admin_url(settings)}/services/{roles.ADMIN}/static/pages.css",
        end_within=_QUICKLY,
    )


def _reports(settings: Settings) -> Plan:
    return Plan(
        name=roles.REPORTS,
        command=reports_command(settings),
        variables=reports_variables(settings),
        answers_at=f"{reports_url(settings)}/services/{roles.REPORTS}/static/pages.css",
        end_within=_QUICKLY,
    )


def _idle_culler(settings: Settings) -> Plan:
    return Plan(
        name=roles.IDLE_CULLER,
        command=culler_command(settings),
        variables=_environment(settings)
        | {
            "JUPYTERHUB_API_TOKEN": service_token(settings, roles.IDLE_CULLER),
            "JUPYTERHUB_API_URL": f"{hub_url(settings)}/hub/api",
        },
        answers_at="",
        end_within=_QUICKLY,
    )


def _route_keeper(settings: Settings) -> Plan:
    return Plan(
        name=roles.ROUTE_KEEPER,
        command=(
            sys.executable,
            "-m",
            "hub.services.route_keeper",
            f"--proxy-api={proxy_api_url(settings)}",
            *(f"--hub={address}" for address in hub_addresses(settings)),
        ),
        variables={
            "CONFIGPROXY_AUTH_TOKEN": read_secret(settings, "proxy_token"),
            "JUPYTERHUB_API_TOKEN": service_token(settings, roles.ROUTE_KEEPER),
        },
        answers_at="",
        end_within=_QUICKLY,
    )


def _steward(settings: Settings) -> Plan:
    token = service_token(settings, roles.STEWARD)
    return Plan(
        name=roles.STEWARD,
        command=command_of(roles.STEWARD),
        variables=_environment(settings) | {"JUPYTERHUB_API_TOKEN": token},
        answers_at="",
        # A round that has begun is finished.
        end_within=timedelta(seconds=10),
    )


def _reconciler(settings: Settings) -> Plan:
    """Where servers are containers only: processes on one machine hold no leases."""
    return Plan(
        name=roles.RECONCILER,
        command=command_of(roles.RECONCILER),
        variables=_environment(settings),
        answers_at="",
        end_within=_QUICKLY,
    )


def _exporter(settings: Settings) -> Plan:
    return Plan(
        name=roles.EXPORTER,
        command=command_of(roles.EXPORTER),
        variables=_environment(settings),
        answers_at="",
        end_within=_QUICKLY,
    )


def _synthetic(settings: Settings) -> Plan:
    return Plan(
        name=roles.SYNTHETIC,
        command=command_of(roles.SYNTHETIC),
        variables=_environment(settings),
        answers_at="",
        end_within=_QUICKLY,
    )


def _logs(settings: Settings) -> dict[str, str]:
    """In which form a part logs: for people, unless its lines are collected."""
    is_collected = isinstance(settings.monitoring, Prometheus)
    return {VARIABLE: "json"} if is_collected else {}


def _environment(settings: Settings) -> dict[str, str]:
    """What a process needs to load the same settings."""
    network = settings.network
    ports = {
        "MCHUB_PORT": settings.port,
        "MCHUB_API_PORT": network.api_port,
        "MCHUB_HUB_PORT": network.hub_port,
        "MCHUB_PROXY_API_PORT": network.proxy_api_port,
        "MCHUB_ADMIN_PORT": network.admin_port,
        "MCHUB_REPORTS_PORT": network.reports_port,
    }
    known = {name: str(port) for name, port in ports.items() if port is not None}
    return {"MC_ENVIRONMENT": settings.name} | known


_PARTS: Final[Mapping[str, Callable[[Settings], Plan]]] = {
    PROXY: _proxy,
    # Before the hub, which at its start waits for the pages it is to lead to.
    roles.ADMIN: _admin,
    roles.REPORTS: _reports,
    HUB: _hub,
    roles.ROUTE_KEEPER: _route_keeper,
    roles.PLATFORM_API: _platform_api,
    roles.IDLE_CULLER: _idle_culler,
    roles.STEWARD: _steward,
    roles.RECONCILER: _reconciler,
    roles.EXPORTER: _exporter,
    roles.SYNTHETIC: _synthetic,
}
"""In the order in which they start."""

PARTS: Final = tuple(_PARTS)

# On one machine there are neither leases nor somebody who watches.
_IN_CONTAINERS: Final = (roles.RECONCILER, roles.EXPORTER, roles.SYNTHETIC)


def _proxy_program(path: str) -> str:
    name = "configurable-http-proxy"
    program = shutil.which(name, path=path)
    if program is None:
        needed, law = name, "be installed beside Python or be on PATH"
        raise refusal(needed, law, None, "`make setup` installs it.")
    return program
