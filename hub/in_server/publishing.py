"""A notebook published from JupyterLab: handed in by the server that it lies in.

A page of the Lab knows no token of its server's. It names a notebook, and the library's own
command does the rest, as it does at a terminal.
"""

import asyncio
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from jupyter_server.base.handlers import APIHandler
from jupyter_server.utils import url_path_join
from tornado.web import HTTPError, authenticated

__all__ = ["command_of", "serve_publishing"]

PATH: Final = "mchub/publish"

_WITHIN: Final = 120.0
_LONGEST: Final = 500


class PublishHandler(APIHandler):
    """Takes what the Lab asks for."""

    @authenticated
    async def get(self) -> None:
        """Say that notebooks can be published here."""
        self.finish(json.dumps({"reports": os.environ["MCHUB_REPORTS_URL"]}))

    @authenticated
    async def post(self) -> None:
        """Hand in a notebook; where its report will be."""
        asked = self.get_json_body()
        root = Path(self.settings["serverapp"].root_dir)
        try:
            command = command_of(root, asked)
        except (ValueError, TypeError, KeyError) as error:
            raise HTTPError(400, str(error)) from error
        process = await asyncio.create_subprocess_exec(
            *command,
            cwd=root,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        try:
            said, complaints = await asyncio.wait_for(process.communicate(), _WITHIN)
        except TimeoutError as error:
            process.kill()
            message = f"the reports service must answer within {_WITHIN:.0f} s."
            raise HTTPError(504, message) from error
        if process.returncode != 0:
            words = complaints.decode(errors="replace").strip()
            self.set_status(400)
            self.finish(json.dumps({"message": words[-_LONGEST:]}))
            return
        self.finish(said)


def command_of(root: Path, asked: Any) -> list[str]:
    """The command that does what is asked.

    Parameters
    ----------
    root : Path
        The folder that JupyterLab shows.
    asked : mapping
        ``path`` below `root`; ``title``, ``groups``, ``users``, ``as_it_is``, if any.

    Raises
    ------
    ValueError
        If it names no notebook below `root`, or what should be names aren't.
    """
    path = (root / str(asked["path"])).resolve()
    if not path.is_relative_to(root.resolve()) or not path.is_file():
        message = f"path must name a notebook of this server; got {asked['path']!r}."
        raise ValueError(message)
    title = str(asked.get("title") or "")
    return [
        *(sys.executable, "-m", "mclib.reports", "publish", "--json"),
        *([f"--title={title}"] if title else []),
        *(f"--group={name}" for name in _names("groups", asked.get("groups", []))),
        *(f"--user={name}" for name in _names("users", asked.get("users", []))),
        *(["--as-it-is"] if asked.get("as_it_is") else []),
        *("--", str(path)),
    ]


def _names(what: str, given: Any) -> Sequence[str]:
    if not isinstance(given, list) or not all(isinstance(each, str) for each in given):
        message = f"{what} must be a list of names; got {given!r}."
        raise ValueError(message)
    return given


def serve_publishing(serverapp: Any) -> None:
    """Answer the Lab, where there is a reports service to hand in to."""
    if "MCHUB_REPORTS_URL" in os.environ and "JUPYTERHUB_API_TOKEN" in os.environ:
        route = url_path_join(serverapp.web_app.settings["base_url"], PATH)
        serverapp.web_app.add_handlers(".*$", [(route, PublishHandler)])
