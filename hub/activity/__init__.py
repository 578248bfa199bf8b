"""When a server is idle, and what is done about it.

JupyterHub knows when somebody last used a server. What it can't know is said by the server
itself (`hub.in_server`: mclib's heartbeat) and by the driver of the GPU (`gpu_use`); and
whoever forgot a server is warned before it is stopped (`arbiter`).
"""

import sys
from collections.abc import Sequence

from traitlets.config import Config

from hub.network import hub_url
from hub.settings import Settings
from hub.storage import checkout

__all__ = ["apply_activity", "culler_command"]


def apply_activity(c: Config, settings: Settings) -> None:
    """How often activity is read, and how finely it is kept."""
    seconds = int(settings.idle.read_every.total_seconds())
    # The same round restores the routes of a proxy that was restarted; zero would never.
    c.JupyterHub.last_activity_interval = seconds
    c.JupyterHub.activity_resolution = seconds


def culler_command(settings: Settings) -> Sequence[str]:
    """Command of the idle culler; its token comes in ``JUPYTERHUB_API_TOKEN``."""
    return (
        sys.executable,
        "-m",
        "jupyterhub_idle_culler",
        f"--config={checkout() / 'idle_culler_config.py'}",
        f"--url={hub_url(settings)}/hub/api",
        f"--timeout={int(settings.idle.after.total_seconds())}",
        f"--cull-every={int(settings.idle.check_every.total_seconds())}",
    )
