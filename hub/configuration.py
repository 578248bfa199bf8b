"""From settings to JupyterHub's configuration: the appliers, in order.

Every applier sets and none appends or mutates, so applying twice is applying once. They
never ask in which environment they are.
"""

from traitlets.config import Config

from hub.activity import apply_activity
from hub.authentication import apply_authentication
from hub.bookkeeping import apply_bookkeeping
from hub.choices import Prometheus
from hub.database import apply_database
from hub.logs import in_traitlets
from hub.network import apply_network
from hub.pages import apply_pages
from hub.release import color
from hub.secret_files import read_secret
from hub.services import apply_services
from hub.settings import Settings
from hub.spawner import apply_spawner

__all__ = ["configure"]


def configure(c: Config, settings: Settings) -> None:
    """Configure JupyterHub for `settings`.

    Parameters
    ----------
    c : traitlets.config.Config
        JupyterHub's configuration, changed in place.
    settings : Settings
        What to apply.

    Raises
    ------
    SettingsError
        If the settings choose something that this version can't start, a port is still
        open, or a secret is missing.
    """
    apply_authentication(c, settings)
    apply_spawner(c, settings)
    apply_database(c, settings)
    apply_network(c, settings)
    apply_services(c, settings)
    apply_activity(c, settings)
    apply_pages(c)
    apply_bookkeeping(c, settings)
    _apply_keys(c, settings)
    c.JupyterHub.log_level = "DEBUG" if settings.debug else "INFO"
    if isinstance(settings.monitoring, Prometheus):
        c.JupyterHub.logging_config = in_traitlets(f"hub-{color()}" if color() else "hub")


def _apply_keys(c: Config, settings: Settings) -> None:
    # Kept from start to start: a new cookie key would sign everybody out.
    c.JupyterHub.cookie_secret = bytes.fromhex(read_secret(settings, "cookie_key"))
