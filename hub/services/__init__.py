"""The platform's own services: small separate processes, each with a role of its own."""

import sys
from collections.abc import Sequence

from traitlets.config import Config

from hub.roles import ROLES, load_roles
from hub.secret_files import service_token
from hub.settings import Settings

__all__ = ["apply_services", "command_of"]


def apply_services(c: Config, settings: Settings) -> None:
    """Make the services known to the hub; their processes are started beside it.

    A service that the hub itself starts takes the hub down with it when it fails.
    """
    c.JupyterHub.services = [
        {"name": service, "api_token": service_token(settings, service)}
        for service in ROLES
    ]
    c.JupyterHub.load_roles = load_roles()


def command_of(service: str) -> Sequence[str]:
    """Command of one of our services.

    Its environment comes in ``MC_ENVIRONMENT``, its token in ``JUPYTERHUB_API_TOKEN``.
    """
    return (sys.executable, "-m", "hub", "serve", service)
