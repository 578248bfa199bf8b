"""How many runs and trials a server's kernels have done, told to the platform.

mclib writes that down beside its heartbeat, a file for each process, and knows of no hub.
This side adds the files up and tells the platform's API, as the server's user.
"""

import json
import logging
import os
import secrets
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from tornado.httpclient import AsyncHTTPClient, HTTPError, HTTPRequest
from tornado.ioloop import PeriodicCallback

from hub.in_server.heartbeat import VARIABLE

__all__ = ["totals", "watch_runs"]

Totals = dict[str, dict[str, int]]

_TELL_EVERY: Final = 10_000


def totals(heartbeat: Path) -> Totals:
    """Runs and trials by engine, of all processes together since the server began.

    Parameters
    ----------
    heartbeat : Path
        The file that runs touch; theirs lie beside it.
    """
    found: Totals = {}
    for file in heartbeat.parent.glob(f"{heartbeat.name}.*"):
        for engine, counts in _read(file).items():
            mine = found.setdefault(str(engine), {"runs": 0, "trials": 0})
            for name in mine:
                mine[name] += int(counts.get(name, 0))
    return found


def _read(file: Path) -> Mapping[str, Mapping[str, int]]:
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    # What a user's own program wrote there may be anything.
    is_told = isinstance(found, dict) and all(
        isinstance(counts, dict) and all(isinstance(n, int) for n in counts.values())
        for counts in found.values()
    )
    return found if is_told else {}


def watch_runs(log: logging.Logger) -> None:
    """Tell the platform every ten seconds, if there is anything new to tell."""
    if not {"MCHUB_API_URL", "JUPYTERHUB_API_TOKEN"} <= set(os.environ):
        return
    file = Path(os.environ[VARIABLE])
    session, began = secrets.token_hex(8), time.time()
    told: Totals = {}

    async def tell() -> None:
        nonlocal told
        now = totals(file)
        if now == told:
            return
        content = {"session": session, "began": began, "engines": now}
        asked = HTTPRequest(
            f"{os.environ['MCHUB_API_URL']}/runs",
            method="POST",
            headers={
                "Authorization": f"token {os.environ['JUPYTERHUB_API_TOKEN']}",
                "Content-Type": "application/json",
            },
            body=json.dumps(content),
            request_timeout=10,
        )
        try:
            await AsyncHTTPClient().fetch(asked)
        except (HTTPError, OSError) as error:
            # All of it is told again the next time.
            log.debug("runs could not be told: %s", error)
        else:
            told = now

    PeriodicCallback(tell, _TELL_EVERY).start()
