"""JupyterHub starts here. Every decision is in hub/; this file only applies it."""

import os

from hub import SettingsError, configure, load

c = get_config()  # type: ignore[name-defined]  # noqa: F821 - JupyterHub provides it
try:
    configure(c, load(os.environ.get("MC_ENVIRONMENT")))
except SettingsError as error:
    raise SystemExit(str(error)) from error
