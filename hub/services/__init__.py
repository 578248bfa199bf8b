"""The platform's own services: small separate processes, each with a role of its own."""

import sys
from collections.abc import Mapping, Sequence

from pydantic import TypeAdapter
from traitlets.config import Config

from hub.choices import Budgets, Container, LocalProcess, Reports, SingleSignOn
from hub.database import database_url
from hub.network import (
    admin_port,
    admin_url,
    fronts,
    hub_url,
    listening_at,
    reports_port,
    reports_url,
)
from hub.roles import ADMIN, ADMIN_IN_PERSON, REPORTS, ROLES, load_roles, user_scopes
from hub.secret_files import read_secret, service_token
from hub.settings import Settings
from hub.storage import archives_folder, audit_folder, homes_folder, reports_folder

__all__ = [
    "admin_command",
    "admin_variables",
    "apply_services",
    "command_of",
    "reports_command",
    "reports_variables",
]


def apply_services(c: Config, settings: Settings) -> None:
    """Make the services known to the hub; their processes are started beside it.

    A service that the hub itself starts takes the hub down with it when it fails.
    """
    c.JupyterHub.services = [
        {"name": service, "api_token": service_token(settings, service)}
        | (_admin_pages(settings) if service == ADMIN else {})
        | (_reports_pages(settings) if service == REPORTS else {})
        for service in ROLES
    ]
    c.JupyterHub.load_roles = load_roles(settings)
    c.JupyterHub.extra_user_scopes = user_scopes(settings)


def _admin_pages(settings: Settings) -> dict[str, object]:
    """What gives the admin service pages, and a place in JupyterHub's bar."""
    return {
        "url": admin_url(settings),
        "oauth_client_allowed_scopes": list(ADMIN_IN_PERSON),
        # It is a part of the platform: to ask each admin for leave would teach to click.
        "oauth_no_confirm": True,
        # The hub waits so long for it at its start, and goes on without it.
        "timeout": 3,
    }


def _reports_pages(settings: Settings) -> dict[str, object]:
    """What gives the reports service pages; it acts in nobody's name."""
    return {
        "url": reports_url(settings),
        "oauth_no_confirm": True,
        "timeout": 3,
    }


def reports_command(settings: Settings) -> Sequence[str]:
    """Command of the reports service."""
    return (
        sys.executable,
        "-m",
        "hub.services.reports",
        f"--service={REPORTS}",
        f"--url={listening_at(settings, reports_port(settings))}",
        f"--hub={hub_url(settings)}",
        f"--public-url={settings.url}",
        *(f"--front={address}" for address in fronts(settings)),
        f"--store={reports_folder()}",
        f"--allowed={TypeAdapter(Reports).dump_json(settings.reports).decode()}",
        *((f"--audit={audit_folder()}",) if settings.audit else ()),
    )


def reports_variables(settings: Settings) -> Mapping[str, str]:
    """What must not be seen in the command: token, database, what mails and files need."""
    mails, store = settings.reports.mails, settings.reports.store
    found = dict(_kept_secret(settings, REPORTS))
    if mails is not None and mails.user:
        found["MCHUB_SMTP_PASSWORD"] = read_secret(settings, mails.password)
    if store is not None:
        found["MCHUB_STORE_KEY_ID"] = read_secret(settings, store.key_id)
        found["MCHUB_STORE_KEY"] = read_secret(settings, store.key)
    return found


def admin_command(settings: Settings) -> Sequence[str]:
    """Command of the admin service."""
    from_sign_in = isinstance(settings.login, SingleSignOn)
    return (
        sys.executable,
        "-m",
        "hub.services.admin",
        f"--service={ADMIN}",
        f"--url={listening_at(settings, admin_port(settings))}",
        f"--hub={hub_url(settings)}",
        f"--public-url={settings.url}",
        *(f"--front={address}" for address in fronts(settings)),
        f"--gpu-share={settings.gpus.share}",
        *(f"--gpu={device.name}" for device in settings.gpus.devices),
        *(("--groups-come-from-sign-in",) if from_sign_in else ()),
        f"--storage={settings.server.limits.storage}",
        *_budgets(settings),
        *((f"--audit={audit_folder()}",) if settings.audit else ()),
        *_files(settings),
    )


def _budgets(settings: Settings) -> Sequence[str]:
    if settings.budgets is None:
        return ()
    return (f"--budgets={TypeAdapter(Budgets).dump_json(settings.budgets).decode()}",)


def _files(settings: Settings) -> Sequence[str]:
    """Where users' files are, if the service reaches them."""
    if isinstance(settings.server.runs_as, LocalProcess):
        return (f"--homes={homes_folder()}", f"--archives={archives_folder()}")
    why = "homes are volumes, which no service may open"
    if isinstance(settings.server.runs_as, Container):
        why += "; on the host `python -m deploy.deployer archive-home` does it"
    return (f"--no-archive={why}",)


def admin_variables(settings: Settings) -> Mapping[str, str]:
    """What must not be seen in the command: token and address of the database."""
    return _kept_secret(settings, ADMIN)


def _kept_secret(settings: Settings, service: str) -> Mapping[str, str]:
    url = database_url(settings)
    return {
        "JUPYTERHUB_API_TOKEN": service_token(settings, service),
        "MCHUB_DATABASE": url.render_as_string(hide_password=False),
    }


def command_of(service: str) -> Sequence[str]:
    """Command of one of our services.

    Its environment comes in ``MC_ENVIRONMENT``, its token in ``JUPYTERHUB_API_TOKEN``.
    """
    return (sys.executable, "-m", "hub", "serve", service)
