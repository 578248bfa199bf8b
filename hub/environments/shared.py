"""What all environments use unchanged, or refine; never one environment's value."""

from datetime import timedelta
from typing import Final

from hub.choices import Idle, Start

__all__ = ["API_PORT", "IDLE", "START"]

# The port that the documentation names for the platform's API.
API_PORT: Final = 9090

# A first start on a busy machine takes some 15 s; four times that is no longer a start.
START: Final = Start(
    within=timedelta(seconds=60), answer_within=timedelta(seconds=60), at_once=8
)

# Routes lost with a restarted proxy come back within `read_every` at the latest.
IDLE: Final = Idle(
    after=timedelta(hours=1),
    check_every=timedelta(minutes=1),
    read_every=timedelta(seconds=30),
)
