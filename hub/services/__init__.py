"""The platform's own services: small separate processes, each with a role of its own."""

import sys
from collections.abc import Sequence

from traitlets.config import Config

from hub.network import hub_url, listening_at, proxy_url
from hub.roles import ROLES, load_roles, user_scopes
from hub.secret_files import service_token
from hub.settings import Settings
from hub.storage import state_folder

__all__ = ["apply_services", "platform_api_command"]


def apply_services(c: Config, settings: Settings) -> None:
    """Make the services known to the hub; their processes are started beside it.

    A service that the hub itself starts takes the hub down with it when it fails.
    """
    c.JupyterHub.services = [
        {"name": service, "api_token": service_token(settings, service)}
        for service in ROLES
    ]
    c.JupyterHub.load_roles = load_roles()
    c.JupyterHub.extra_user_scopes = user_scopes(settings)


def platform_api_command(settings: Settings) -> Sequence[str]:
    """Command of the platform's API; its token comes in ``JUPYTERHUB_API_TOKEN``."""
    return (
        sys.executable,
        "-m",
        "hub.services.platform_api",
        f"--environment={settings.name}",
        f"--url={listening_at(settings, settings.network.api_port)}",
        f"--hub={hub_url(settings)}",
        f"--proxy={proxy_url(settings)}",
        f"--state={state_folder()}",
        *(f"--origin={origin}" for origin in settings.front.origins),
    )
