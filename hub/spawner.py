"""How a user's server is started, and what it may use."""

import sys

from traitlets.config import Config

from hub.choices import LocalProcess
from hub.laws import refusal
from hub.network import proxy_url
from hub.settings import Settings

__all__ = ["apply_spawner"]


def apply_spawner(c: Config, settings: Settings) -> None:
    """Kind of server, its limits, and how many may start and run at once."""
    server = settings.server
    match server.runs_as:
        case LocalProcess():
            c.JupyterHub.spawner_class = "hub.local_server.LocalServer"
            c.LocalServer.interrupt_timeout = 10
            c.LocalServer.term_timeout = 5
            # The hub's own interpreter, so that the library and the kernels of this
            # virtual environment are found whatever PATH says.
            c.Spawner.cmd = [sys.executable, "-m", "jupyterhub.singleuser"]
        case other:
            path = f"{settings.name}.server.runs_as"
            law = "be `LocalProcess` for a hub started by this version"
            raise refusal(path, law, other)
    c.Spawner.default_url = "/lab"
    report_seconds = int(settings.idle.report_every.total_seconds())
    c.Spawner.environment = {
        "MC_ENVIRONMENT": settings.name,
        # What runs in the server asks the platform for notices, and says what it does.
        "MCHUB_API_URL": f"{proxy_url(settings)}/api",
        "JUPYTERHUB_ACTIVITY_INTERVAL": str(report_seconds),
    }
    c.Spawner.mem_limit = server.limits.memory
    c.Spawner.cpu_limit = server.limits.cpus
    c.Spawner.start_timeout = int(server.start.within.total_seconds())
    c.Spawner.http_timeout = int(server.start.answer_within.total_seconds())
    c.Spawner.debug = settings.debug
    c.JupyterHub.concurrent_spawn_limit = server.start.at_once
    c.JupyterHub.active_server_limit = server.at_most
