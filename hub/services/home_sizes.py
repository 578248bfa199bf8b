"""How much users' homes hold where these are volumes: asked of Docker, and written down.

Docker walks through every file for the answer, which may take minutes. So the question has
a thread and a connection of its own beside the reconciler's rounds, and the next is asked
some time after the last was answered, never at the same time.
"""

import logging
import threading
from datetime import timedelta
from typing import Any, Final

import docker
from docker.errors import DockerException
from docker.utils import kwargs_from_env
from requests import RequestException
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from hub import containers
from hub.quotas import note_all_storage
from hub.settings import Settings

__all__ = ["home_sizes", "start_watching", "watch"]

_LOG: Final = logging.getLogger("hub.home_sizes")

EVERY: Final = timedelta(minutes=10)
AGAIN_AFTER: Final = timedelta(minutes=1)
# Newer ones spell the answer otherwise.
_NEWEST_API: Final = (1, 51)
_LONGEST_WALK: Final = 3600
_TROUBLE: Final = (DockerException, RequestException, SQLAlchemyError)


def start_watching(settings: Settings, engine: Engine) -> threading.Thread:
    """Watch the homes from a thread that ends with its process."""
    thread = threading.Thread(
        target=watch, args=(settings, engine), name="home-sizes", daemon=True
    )
    thread.start()
    return thread


def watch(
    settings: Settings,
    engine: Engine,
    every: timedelta = EVERY,
    told_to_end: threading.Event | None = None,
) -> None:
    """Measure again and again; what fails is logged, and soon tried again.

    Parameters
    ----------
    settings : Settings
        Whose homes.
    engine : Engine
        The platform's tables.
    every : timedelta
        Time between the end of one measurement and the begin of the next.
    told_to_end : threading.Event, optional
        Set to end it.
    """
    ending = told_to_end or threading.Event()
    while not ending.is_set():
        pause = min(every, AGAIN_AFTER)
        try:
            note_all_storage(engine, home_sizes(settings))
            pause = every
        except _TROUBLE as error:
            _LOG.warning("homes are not measured now, again in %s: %r", pause, error)
        except Exception:
            # A thread that ended would be missed by nobody.
            _LOG.exception("homes can't be measured, again in %s", pause)
        ending.wait(pause.total_seconds())


def home_sizes(settings: Settings) -> dict[str, int | None]:
    """Bytes in the home of each user who has one; ``None`` where Docker can't tell."""
    variables = kwargs_from_env()
    client = docker.APIClient(version="auto", timeout=_LONGEST_WALK, **variables)
    try:
        found: dict[str, Any] = _volumes_of(client)
    finally:
        client.close()
    sizes = {}
    for name, size in found.items():
        user = containers.home_owner(settings, name)
        if user is not None:
            sizes[user] = size if size >= 0 else None
    return sizes


def _volumes_of(client: Any) -> dict[str, int]:
    """Docker's volumes with their sizes; its own client asks for images and all too."""
    major, minor = map(int, client.api_version.split("."))
    version = ".".join(map(str, min((major, minor), _NEWEST_API)))
    answer = client.get(
        f"{client.base_url}/v{version}/system/df",
        params={"type": "volume"},
        timeout=_LONGEST_WALK,
    )
    answer.raise_for_status()
    volumes = answer.json()["Volumes"] or ()
    return {one["Name"]: one["UsageData"]["Size"] for one in volumes}
