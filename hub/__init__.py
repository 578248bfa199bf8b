"""mchub's JupyterHub: settings are nouns, environments differences, appliers blind."""

from hub.configuration import configure
from hub.environments import load
from hub.laws import SettingsError

__all__ = ["SettingsError", "configure", "load"]
