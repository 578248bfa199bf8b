"""The idle culler starts here. Every decision is in hub/; this file only applies it."""

import os

from hub import SettingsError, load
from hub.activity import say_no_tokens
from hub.activity.arbiter import arbiter_for

c = get_config()  # type: ignore[name-defined]  # noqa: F821 - the culler provides it
say_no_tokens()
try:
    c.IdleCuller.cull_arbiter_hook = arbiter_for(load(os.environ.get("MC_ENVIRONMENT")))
except SettingsError as error:
    raise SystemExit(str(error)) from error
