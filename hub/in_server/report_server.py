"""A server that is there for one run of a report, and shows nothing.

It stands in for JupyterLab, which takes longer to load than many a notebook to run: `python
-m hub.in_server.report_server` begins the run at once, and meanwhile answers the hub, which
waits for an answer, that it is there. So nobody can open anything in it either, its owner
included. The service stops it when the run has ended.
"""

import asyncio
import json
import logging
import os
import signal
import tempfile
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from jupyterhub import __version__
from tornado.httpclient import AsyncHTTPClient, HTTPError, HTTPRequest
from tornado.ioloop import PeriodicCallback
from tornado.web import Application, RequestHandler

from hub.in_server.heartbeat import VARIABLE
from hub.in_server.report_runs import MOST_BYTES, Service, do_run
from hub.in_server.run_names import run_of
from hub.in_server.runs import watch_runs

__all__ = ["main"]

_LOG: Final = logging.getLogger("report-server")
_SHOWN: Final = "This server runs a report and shows nothing; the report's page shows it."
_REPORT_EVERY: Final = "300"


class _Answer(RequestHandler):
    """Who asks is told that the server is there, and nothing else."""

    def set_default_headers(self) -> None:
        self.set_header("X-JupyterHub-Version", __version__)
        self.set_header("Content-Type", "text/plain; charset=utf-8")

    def prepare(self) -> None:
        if not self.request.path.endswith("/api"):
            self.set_status(404)
        self.finish(_SHOWN)


def main() -> None:
    """Do the run that this server's name says, and answer until it is ended."""
    logging.basicConfig(format="%(name)s: %(message)s", level=logging.INFO)
    run = run_of(os.environ["JUPYTERHUB_SERVER_NAME"])
    if run is None:
        message = "JUPYTERHUB_SERVER_NAME must name a run, as report-34-1 does"
        raise SystemExit(message)
    AsyncHTTPClient.configure(None, max_body_size=MOST_BYTES)
    asyncio.run(_serve(run))


async def _serve(run: tuple[int, int]) -> None:
    url = urlsplit(os.environ["JUPYTERHUB_SERVICE_URL"])
    # In a container the hub asks from elsewhere.
    listening = Application([(r".*", _Answer)]).listen(
        url.port or 8888, url.hostname or "0.0.0.0"
    )
    ended, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, ended.set)
    with tempfile.TemporaryDirectory(prefix="mchub-heartbeat-") as folder:
        # Kernels of the run inherit it; what they write beside it is counted.
        os.environ[VARIABLE] = str(Path(folder) / "mclib-heartbeat")
        watch_runs(_LOG)
        running = asyncio.create_task(_run(run))
        await ended.wait()
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running
    listening.stop()


async def _run(run: tuple[int, int]) -> None:
    token = os.environ["JUPYTERHUB_API_TOKEN"]
    service = Service(os.environ["MCHUB_REPORTS_URL"], token, run)
    seconds = int(os.environ.get("JUPYTERHUB_ACTIVITY_INTERVAL", _REPORT_EVERY))
    # A run is use, however silent it is.
    beating = PeriodicCallback(_note_use, seconds * 1_000)
    beating.start()
    try:
        await do_run(service)
    except Exception:
        _LOG.exception("the run of a report could not be told")
    finally:
        beating.stop()


async def _note_use() -> None:
    """Tell the hub that this server is used; not that its owner is there."""
    now = datetime.now(UTC).isoformat()
    name = os.environ["JUPYTERHUB_SERVER_NAME"]
    told: dict[str, Any] = {"servers": {name: {"last_activity": now}}}
    asked = HTTPRequest(
        os.environ["JUPYTERHUB_ACTIVITY_URL"],
        method="POST",
        headers={
            "Authorization": f"token {os.environ['JUPYTERHUB_API_TOKEN']}",
            "Content-Type": "application/json",
        },
        body=json.dumps(told),
        request_timeout=10,
    )
    try:
        await AsyncHTTPClient().fetch(asked)
    except (HTTPError, OSError) as error:
        # It is told again the next time.
        _LOG.warning("the hub could not be told that this server is used: %s", error)


if __name__ == "__main__":
    main()
