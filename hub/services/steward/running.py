"""The steward as a process: a round a minute, until it is told to end."""

import logging
import os
import signal
import threading
from collections.abc import Callable, Sequence
from typing import Any, Final

from sqlalchemy.exc import SQLAlchemyError

from hub.database import connect, upgrade
from hub.logs import begin
from hub.network import hub_url
from hub.quotas import read_clocks
from hub.roles import STEWARD
from hub.services.steward.hub_client import HubClient
from hub.services.steward.rounds import Chore, Steward
from hub.services.steward.turns import Turn
from hub.settings import Settings
from hub.storage import state_folder

__all__ = ["serve"]

_LOG: Final = logging.getLogger("hub.steward")


def serve(
    settings: Settings,
    chores: Sequence[Chore] = (),
    told_to_end: threading.Event | None = None,
) -> None:
    """Go round until told to end, by a signal if by nothing else.

    Parameters
    ----------
    settings : Settings
        The environment.
    chores : sequence of callable
        What else is to be done every round.
    told_to_end : threading.Event, optional
        Set to end it.
    """
    begin(STEWARD, logging.INFO)
    # A line for every request of every round says nothing.
    logging.getLogger("httpx").setLevel(logging.WARNING)
    ending = told_to_end or _on_signals()
    engine = connect(settings)
    hub = HubClient(settings, hub_url(settings), os.environ["JUPYTERHUB_API_TOKEN"])
    steward = Steward(settings, engine, hub, chores)
    turn = Turn(engine, state_folder() / "steward.lock")
    every = min(settings.idle.check_every.total_seconds(), 60.0)
    is_ready, was_mine = False, False
    while not ending.is_set():
        try:
            if not is_ready:
                upgrade(engine)
                is_ready = True
            is_mine = turn.is_mine()
        except (SQLAlchemyError, OSError) as error:
            _LOG.warning("no turn is taken: the database doesn't answer (%s)", error)
            is_mine = False
        if is_mine != was_mine:
            _LOG.info("this steward acts" if is_mine else "another steward acts")
        was_mine = is_mine
        if is_mine:
            steward.go_round(read_clocks())
        ending.wait(every)
    turn.give_back()
    engine.dispose()


def _on_signals() -> threading.Event:
    ending = threading.Event()
    note: Callable[[int, Any], None] = lambda _number, _frame: ending.set()  # noqa: E731
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, note)
    return ending
