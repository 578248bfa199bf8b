"""mchub's JupyterHub: settings are nouns, environments differences, appliers blind."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hub.configuration import configure
    from hub.environments import load
    from hub.laws import SettingsError

__all__ = ["SettingsError", "configure", "load"]

_FROM = {"configure": "configuration", "load": "environments", "SettingsError": "laws"}


def __getattr__(name: str) -> Any:
    # When it is asked for: users' servers import `hub.in_server`, and nothing of a hub.
    if name not in _FROM:
        message = f"module 'hub' has no attribute {name!r}"
        raise AttributeError(message)
    return getattr(import_module(f"hub.{_FROM[name]}"), name)
