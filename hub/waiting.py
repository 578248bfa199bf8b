"""Waiting for what a part can't begin without: aloud, and not for ever."""

import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from hub.database import upgrade
from hub.laws import refusal

__all__ = ["WITHIN", "make_tables", "wait_for"]

WITHIN: Final = timedelta(minutes=5)

_EVERY: Final = timedelta(seconds=1)
_SAY_EVERY: Final = timedelta(seconds=15)


def wait_for(
    name: str,
    ask: Callable[[], Any],
    say: Callable[[str], None],
    within: timedelta,
    errors: tuple[type[Exception], ...] = (SQLAlchemyError,),
) -> Any:
    """Ask until there is an answer, and return it.

    Parameters
    ----------
    name : str
        What is waited for, as people call it.
    ask : callable
        Asks once.
    say : callable
        Told why it takes so long, every 15 s.
    within : timedelta
        How long to wait.
    errors : tuple of type, default (SQLAlchemyError,)
        What `ask` raises where there is no answer yet.

    Raises
    ------
    SettingsError
        If there is no answer in time.
    """
    end = time.monotonic() + within.total_seconds()
    said_at = float("-inf")
    while True:
        try:
            return ask()
        except errors as error:
            why = str(error).splitlines()[0]
            if time.monotonic() >= end:
                raise refusal(name, f"answer within {within}", why) from error
            if time.monotonic() - said_at >= _SAY_EVERY.total_seconds():
                say(f"waiting for {name}: {why}")
                said_at = time.monotonic()
            time.sleep(_EVERY.total_seconds())


def make_tables(
    engine: Engine, say: Callable[[str], None], within: timedelta = WITHIN
) -> None:
    """Bring the tables up to date as soon as a database answers that can be changed.

    Parameters
    ----------
    engine : Engine
        The database.
    say : callable
        Told while it doesn't answer.
    within : timedelta, default 5 min
        How long to wait for it.

    Raises
    ------
    SettingsError
        If it doesn't answer in time.
    """
    wait_for("the database", lambda: upgrade(engine), say, within)
