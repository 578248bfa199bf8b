"""When a server is idle, and what is done about it.

JupyterHub knows when somebody last used a server. What it can't know is said by the server
itself (`hub.in_server`: mclib's heartbeat) and by the driver of the GPU (`gpu_use`); and
whoever forgot a server is warned before it is stopped (`arbiter`).
"""

import logging
import sys
from collections.abc import Sequence
from functools import partial
from typing import Final

from traitlets.config import Config

from hub.network import hub_url
from hub.settings import Settings
from hub.storage import checkout

__all__ = ["apply_activity", "culler_command", "say_no_tokens"]


_OF_CALLBACKS: Final = "tornado.application"


def apply_activity(c: Config, settings: Settings) -> None:
    """How often activity is read, and how finely it is kept."""
    seconds = int(settings.idle.read_every.total_seconds())
    # The same round restores the routes of a proxy that was restarted; zero would never.
    c.JupyterHub.last_activity_interval = seconds
    c.JupyterHub.activity_resolution = seconds


def culler_command(settings: Settings) -> Sequence[str]:
    """Command of the idle culler; its token comes in ``JUPYTERHUB_API_TOKEN``."""
    config = checkout() / "idle_culler_config.py"
    # The culler would go by its own rules, without a word: no warning, no work that counts.
    assert config.exists(), f"{config} must be there"
    return (
        sys.executable,
        "-m",
        "jupyterhub_idle_culler",
        f"--config={config}",
        f"--url={hub_url(settings)}/hub/api",
        f"--timeout={int(settings.idle.after.total_seconds())}",
        f"--cull-every={int(settings.idle.check_every.total_seconds())}",
    )


def say_no_tokens() -> None:
    """Have a round of the culler that fails be told by its name alone.

    What a callback is given is told with it otherwise, and the culler's is given its token.
    """
    logging.getLogger(_OF_CALLBACKS).addFilter(_by_name)


def _by_name(record: logging.LogRecord) -> bool:
    if isinstance(record.args, tuple):
        record.args = tuple(
            given.func.__qualname__ if isinstance(given, partial) else given
            for given in record.args
        )
    return True
