"""How a user's server is started, and what it may use."""

import sys
from datetime import timedelta
from typing import Final

from traitlets.config import Config

from hub import pods
from hub.app_links import app_handlers
from hub.choices import Container, LocalProcess, Pod
from hub.containers import prefix
from hub.network import proxy_url, servers_hub_url
from hub.options_page import TEMPLATES
from hub.roles import REPORTS
from hub.settings import Settings

__all__ = ["apply_spawner"]

# So long may a server wait in the queue; its start itself has a shorter limit of its own.
_QUEUE_AT_MOST: Final = timedelta(days=7)


def apply_spawner(c: Config, settings: Settings) -> None:
    """Kind of server, its limits, and how many may start and run at once."""
    match settings.server.runs_as:
        case LocalProcess():
            _apply_local_process(c, settings)
        case Container() as container:
            _apply_container(c, settings, container)
        case Pod() as pod:
            _apply_pod(c, settings, pod)
    c.Spawner.default_url = "/lab"
    report_seconds = int(settings.idle.report_every.total_seconds())
    c.Spawner.environment = {
        "MC_ENVIRONMENT": settings.name,
        # What runs in the server asks the platform for notices, and says what it does.
        "MCHUB_API_URL": f"{proxy_url(settings)}/api",
        "MCHUB_REPORTS_URL": f"{proxy_url(settings)}/services/{REPORTS}",
        "JUPYTERHUB_ACTIVITY_INTERVAL": str(report_seconds),
    }
    c.Spawner.http_timeout = int(settings.server.start.answer_within.total_seconds())
    c.Spawner.debug = settings.debug
    c.JupyterHub.extra_handlers = app_handlers()
    c.JupyterHub.active_server_limit = settings.server.at_most
    # JupyterHub takes a limit of 0 for none.
    c.JupyterHub.allow_named_servers = settings.server.named_at_most > 0
    c.JupyterHub.named_server_limit_per_user = settings.server.named_at_most


def _apply_local_process(c: Config, settings: Settings) -> None:
    server = settings.server
    c.JupyterHub.spawner_class = "hub.local_server.LocalServer"
    c.LocalServer.interrupt_timeout = 10
    c.LocalServer.term_timeout = 5
    # The hub's own interpreter, so that the library and the kernels of this
    # virtual environment are found whatever PATH says.
    c.Spawner.cmd = [sys.executable, "-m", "jupyterhub.singleuser"]
    c.Spawner.mem_limit = server.limits.memory
    c.Spawner.cpu_limit = server.limits.cpus
    c.Spawner.start_timeout = int(server.start.within.total_seconds())
    c.JupyterHub.concurrent_spawn_limit = server.start.at_once


def _apply_container(c: Config, settings: Settings, container: Container) -> None:
    c.JupyterHub.spawner_class = "hub.container_server.ContainerServer"
    c.ContainerServer.settings = settings
    c.ContainerServer.network_name = container.network
    c.ContainerServer.prefix = prefix(settings)
    c.ContainerServer.pull_policy = "never"
    # A container that is started again would keep its old image, limits and device.
    c.ContainerServer.remove = True
    c.ContainerServer.client_kwargs = {"timeout": 30, "max_pool_size": 32}
    _apply_choice(c, settings)


def _apply_pod(c: Config, settings: Settings, pod: Pod) -> None:
    c.JupyterHub.spawner_class = "hub.pod_server.PodServer"
    c.PodServer.settings = settings
    for name, value in pods.of_all(settings, pod).items():
        setattr(c.PodServer, name, value)
    _apply_choice(c, settings)


def _apply_choice(c: Config, settings: Settings) -> None:
    """What all servers have that are chosen from profiles and wait for room."""
    c.Spawner.hub_connect_url = servers_hub_url(settings)
    c.Spawner.start_timeout = int(_QUEUE_AT_MOST.total_seconds())
    # Servers that wait for room count as starting; `ContainerServer` itself limits how
    # many containers start at once.
    c.JupyterHub.concurrent_spawn_limit = 0
    c.JupyterHub.cleanup_servers = False
    # A hub that takes over answers after a second, however many servers it finds; how they
    # are is asked on, and their routes are left as they were.
    c.JupyterHub.init_spawners_timeout = 1
    c.JupyterHub.template_paths = [str(TEMPLATES)]
