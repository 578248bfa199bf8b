"""The gate before the hub: it starts when Docker and the database answer, and not before.

A hub that starts without Docker forgets every running server, and one that can't reach the
users' network stops them all. So it waits for the first, and refuses the second.

Where an environment has two hubs there is a waiting room behind the gate: a hub that has
passed stands by, with everything loaded, until it holds the lock of the active one.
"""

import os
import signal
import socket
import sys
from collections.abc import Callable
from datetime import timedelta
from typing import Any, Final, NoReturn

import docker
from docker.errors import APIError, DockerException
from docker.utils import kwargs_from_env
from requests import RequestException
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from hub.choices import Container, LocalProcess
from hub.containers import ENVIRONMENT_LABEL
from hub.database import connect, database_url
from hub.laws import refusal, require
from hub.release import color, release
from hub.settings import Settings
from hub.standby import LOST, HubLock, describe
from hub.storage import checkout, state_folder
from hub.waiting import WITHIN, make_tables, wait_for

__all__ = ["STANDS_BY", "pass_gate", "serve"]

STANDS_BY: Final = "stands-by"
"""File in the state folder of a hub that stands by, touched again and again; the image's
health check looks at its age."""

_AGAIN_WITHIN: Final = timedelta(seconds=20)
_NO_ANSWER: Final = (DockerException, RequestException, SQLAlchemyError)
_N_TRIED: Final = 5
_PORT: Final = 8888

Say = Callable[[str], None]


def serve(settings: Settings, say: Say) -> NoReturn:
    """Pass the gate and become the hub, at once or when it is this one's turn."""
    config = f"--config={checkout() / 'jupyterhub_config.py'}"
    if isinstance(settings.server.runs_as, LocalProcess):
        pass_gate(settings, say)
        say("gate: open; the hub starts")
        os.execv(sys.executable, [sys.executable, "-m", "jupyterhub", config])
    require(bool(color()), "MC_HUB_COLOR", "say which of the two hubs this is", color())
    signal.signal(signal.SIGTERM, _leave)
    _wait_for_database(settings, say, WITHIN)
    _ask_docker_and_network(settings, say, WITHIN)
    # By far the longest part of a start; whoever stands by has it behind them.
    from hub.standby.active import JupyterHub

    JupyterHub.wait_for_turn = lambda: _stand_by(settings, say)
    JupyterHub.launch_instance([config])
    sys.exit(0)


def _stand_by(settings: Settings, say: Say) -> HubLock:
    """Wait until no other hub is active, and make sure that this one can be."""
    file = state_folder() / STANDS_BY
    file.touch()
    say(f"standby: the {color()} hub of {release()} stands by")
    lock = HubLock(database_url(settings), describe(color(), release()))
    lock.wait(say, file.touch)
    lock.watch(_fence(say))
    file.unlink()
    say(f"standby: the {color()} hub of {release()} is the active one")
    # Not so long as before: the other hub may be better placed.
    _ask_docker_and_network(settings, say, _AGAIN_WITHIN)
    _upgrade(settings, say)
    return lock


def _leave(_number: int, _frame: object) -> None:
    # Nothing to clean up: JupyterHub, once it runs, has a handler of its own.
    os._exit(0)


def _fence(say: Say) -> Callable[[str], NoReturn]:
    def end(why: str) -> NoReturn:
        say(f"standby: the lock is lost, this hub ends at once: {why}")
        os._exit(LOST)

    return end


def pass_gate(settings: Settings, say: Say, within: timedelta = WITHIN) -> None:
    """Wait for what the hub needs, bring the tables up to date, look at the network.

    Parameters
    ----------
    settings : Settings
        The environment.
    say : callable
        Told a line for every part.
    within : timedelta, default 5 min
        How long to wait for each part.

    Raises
    ------
    SettingsError
        If a part doesn't answer in time, or the users' network is missing or out of reach.
    """
    _wait_for_database(settings, say, within)
    _upgrade(settings, say)
    _ask_docker_and_network(settings, say, within)


def _wait_for_database(settings: Settings, say: Say, within: timedelta) -> None:
    engine = connect(settings)

    def ask() -> None:
        with engine.connect() as connection:
            connection.execute(text("SELECT 1"))

    _wait("database", ask, say, within)
    engine.dispose()


def _upgrade(settings: Settings, say: Say) -> None:
    engine = connect(settings)
    make_tables(engine, lambda line: say(f"gate: {line}"))
    engine.dispose()
    say("gate: the tables are up to date")


def _ask_docker_and_network(settings: Settings, say: Say, within: timedelta) -> None:
    if isinstance(settings.server.runs_as, Container):
        client = _wait("Docker", _ask_docker, say, within)
        _require_network(settings, settings.server.runs_as.network, client, say)
        client.close()


def _ask_docker() -> Any:
    client = docker.APIClient(version="auto", timeout=10, **kwargs_from_env())
    client.ping()
    return client


def _wait(name: str, ask: Callable[[], Any], say: Say, within: timedelta) -> Any:
    answer = wait_for(name, ask, lambda line: say(f"gate: {line}"), within, _NO_ANSWER)
    say(f"gate: {name} answers")
    return answer


def _require_network(settings: Settings, network: str, client: Any, say: Say) -> None:
    path = f"{settings.name}.server.runs_as.network"
    try:
        client.inspect_network(network)
    except APIError as error:
        hint = "it outlives every deployment; make it once, outside compose."
        raise refusal(path, "name a network of this host", network, hint) from error
    label = f"{ENVIRONMENT_LABEL}={settings.name}"
    running = client.containers(filters={"label": label})
    addresses = [
        one["NetworkSettings"]["Networks"][network]["IPAddress"]
        for one in running
        if network in one["NetworkSettings"]["Networks"]
    ]
    tried = addresses[:_N_TRIED]
    if tried and not any(_is_reached(address) for address in tried):
        law = "lead to the servers that run: a hub that can't reach them stops them all"
        hint = f"attach the hub's container to `{network}`, or stop those servers first."
        raise refusal(path, law, f"none of {', '.join(tried)} answers", hint)
    say(f"gate: the network {network} is there; {len(addresses)} servers run on it")


def _is_reached(address: str) -> bool:
    try:
        with socket.create_connection((address, _PORT), timeout=3):
            return True
    except OSError:
        return False
