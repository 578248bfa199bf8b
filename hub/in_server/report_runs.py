"""A server that is a run of a report: it takes its work, runs it, hands in what came out.

Which run it is, its name says. It speaks to the reports service with its own token, which
may speak for this run alone. The service stops the server when the run has ended.
"""

import asyncio
import atexit
import json
import os
import re
import sys
import tempfile
from collections.abc import Awaitable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from tornado.httpclient import AsyncHTTPClient, HTTPClientError, HTTPRequest
from tornado.ioloop import IOLoop, PeriodicCallback

__all__ = ["Service", "image_of", "run_of", "watch_report_run"]

SETTING: Final = "mchub_report_last_activity"
"""Jupyter Server takes every setting that ends so for the time of an activity."""

NOTEBOOK_FAILED: Final = 3
"""Status of the command when the notebook failed, and not the command."""

_NAME: Final = re.compile(r"report-([1-9][0-9]*)-([1-9][0-9]*)")
_FILES: Final = ("page.html", "notebook.ipynb", "report.json")
_PRINTED_WITHIN: Final = 60.0
# Twenty minutes: a hub, or a store of files, may be away for as long as its upgrade takes.
_TRIES: Final = 400
_PAUSE: Final = 3.0
_MINUTES: Final = 10 * 60
_LONGEST: Final = 1_500
_MOST_TOLD: Final = 100
_LONGEST_NAME: Final = 300
_MOST: Final = 600 * 2**20


def run_of(server: str) -> tuple[int, int] | None:
    """Job and try that a server of this name is, if it is one.

    Examples
    --------
    >>> run_of("report-34-1"), run_of("app-var"), run_of("")
    ((34, 1), None, None)
    """
    found = _NAME.fullmatch(server)
    return None if found is None else (int(found[1]), int(found[2]))


def image_of(environment: Mapping[str, str]) -> dict[str, str]:
    """The image of this server and its digest, where what started it says them.

    Examples
    --------
    >>> image_of({"JUPYTER_IMAGE_SPEC": "mchub/kernel-cpu:1.2@sha256:2c26"})
    {'image': 'mchub/kernel-cpu:1.2', 'image_digest': 'sha256:2c26'}
    >>> image_of({"JUPYTER_IMAGE_SPEC": "sha256:2c26"}), image_of({})
    ({'image_digest': 'sha256:2c26'}, {})
    """
    named = environment.get("JUPYTER_IMAGE_SPEC", "")
    if named.startswith("sha256:"):
        named = f"@{named}"
    name, _, digest = named.partition("@")
    found = {"image": name, "image_digest": digest}
    return {fact: said for fact, said in found.items() if said}


class Service:
    """The reports service, asked as one try of one job.

    Parameters
    ----------
    url : str
        Address of the service.
    token : str
        The server's own token.
    run : tuple of int
        Job and try.
    """

    def __init__(self, url: str, token: str, run: tuple[int, int]) -> None:
        self._url = f"{url}/api/jobs/{run[0]}/{run[1]}"
        self._token = token

    async def tell(
        self, path: str, content: Any = None, method: str = "POST", *, tries: int = _TRIES
    ) -> Any:
        """One request, again and again while the service doesn't answer.

        Raises
        ------
        HTTPClientError
            If it refuses: the run is not wanted any more, or is too large.
        """
        body = await self._body(path, content, method, tries)
        return json.loads(body) if body else None

    async def fetch(self, path: str) -> bytes:
        """A file that the service has."""
        return await self._body(path, None, "GET", _TRIES)

    async def _body(self, path: str, content: Any, method: str, tries: int) -> bytes:
        body = content if isinstance(content, bytes) else json.dumps(content).encode()
        for left in reversed(range(tries)):
            request = HTTPRequest(
                f"{self._url}/{path}",
                method=method,
                headers={"Authorization": f"token {self._token}"}
                | ({} if method == "PUT" else {"Content-Type": "application/json"}),
                body=None if method == "GET" else body,
                connect_timeout=10,
                request_timeout=_MINUTES,
            )
            try:
                answer = await AsyncHTTPClient().fetch(request)
            except (HTTPClientError, OSError) as error:
                code = error.code if isinstance(error, HTTPClientError) else 503
                # Work may be asked for before the service knows that it was given out.
                is_early = method == "GET" and code in (404, 409)
                if left == 0 or (_is_refused(code) and not is_early):
                    raise
                await asyncio.sleep(_PAUSE)
            else:
                return answer.body
        return b""


def _is_refused(code: int) -> bool:
    """Whether a status says no for good.

    A hub whose database is away knows no token, ours neither: 401 is asked again.
    """
    return 400 <= code < 500 and code != 401


def watch_report_run(serverapp: Any) -> None:
    """Begin the run when the server listens, if this server is one."""
    run = run_of(os.environ.get("JUPYTERHUB_SERVER_NAME", ""))
    if run is None or "MCHUB_REPORTS_URL" not in os.environ:
        return
    AsyncHTTPClient.configure(None, max_body_size=_MOST)
    service = Service(
        os.environ["MCHUB_REPORTS_URL"], os.environ["JUPYTERHUB_API_TOKEN"], run
    )

    def note() -> None:
        serverapp.web_app.settings[SETTING] = datetime.now(UTC)

    async def go() -> None:
        # A run is use, however silent it is.
        beating = PeriodicCallback(note, 2_000)
        beating.start()
        try:
            await _run(service)
        except Exception:
            serverapp.log.exception("the run of a report could not be told")
        finally:
            beating.stop()

    IOLoop.current().add_callback(go)


async def _run(service: Service) -> None:
    work = await service.tell("work", method="GET")
    try:
        # Not in a container's /tmp, which is small and of its memory.
        cache = Path.home() / ".cache"
        cache.mkdir(exist_ok=True)
        with tempfile.TemporaryDirectory(prefix="mchub-report-", dir=cache) as folder:
            await _run_in(Path(folder), service, work)
    except OSError as error:
        why = f"The server has no room for the run: {error}."
        await service.tell("failed", {"why": why})


async def _run_in(folder: Path, service: Service, work: dict[str, Any]) -> None:
    made, said = folder / "made", folder / "said.txt"
    work["facts"] = {**work["facts"], **image_of(os.environ)}
    for name in ("notebook", "parameters", "facts"):
        ending = "ipynb" if name == "notebook" else "json"
        (folder / f"{name}.{ending}").write_text(json.dumps(work[name]), encoding="utf-8")
    command = [
        *(sys.executable, "-m", "mclib.reports", "run", str(folder / "notebook.ipynb")),
        *("--into", str(made), "--parameters", str(folder / "parameters.json")),
        *("--facts", str(folder / "facts.json")),
        *(["--as-it-is"] if work["is_as_it_is"] else []),
    ]
    version = folder / "version"
    if work.get("compared"):
        await _fetch(version, work["compared"], service)
        command += ["--seeds-of", str(version / "report.json")]
    status = await _command(command, _folder_of(work["folder"]), said, service)
    if status == 0 and work.get("compared"):
        await _compare(version, made, service)
    elif status == 0:
        # A browser takes a second or two, in which all else is handed in.
        printing = asyncio.create_task(_print(made))
        try:
            await _hand_in(made, service, printing)
        finally:
            printing.cancel()
    elif status == NOTEBOOK_FAILED:
        failure = json.loads((made / "failure.json").read_text(encoding="utf-8"))
        why = "The notebook failed, so nothing was published."
        await service.tell("failed", {"why": why, "failure": failure})
    else:
        last = said.read_text(encoding="utf-8", errors="replace")[-_LONGEST:]
        why = f"The page could not be made (status {status}). {last}"
        await service.tell("failed", {"why": why})


def _folder_of(named: str) -> Path:
    """The folder below the home in which the notebook was, or else the home."""
    home = Path.home().resolve()
    folder = (home / named).resolve()
    return folder if folder.is_relative_to(home) and folder.is_dir() else home


async def _command(
    command: Sequence[str], folder: Path, said: Path, service: Service
) -> int:
    """Run the command, and tell how far it has come; its status."""
    with said.open("wb") as errors:
        process = await asyncio.create_subprocess_exec(
            *command, cwd=folder, stdout=asyncio.subprocess.PIPE, stderr=errors
        )

    def end() -> None:
        with suppress(ProcessLookupError):
            process.terminate()

    # A server that is stopped takes its run with it.
    atexit.register(end)
    assert process.stdout is not None
    async for line in process.stdout:
        try:
            told = json.loads(line)
            step = {"cell": told["cell"], "of": told["of"]}
            await service.tell("progress", step, tries=1)
        except (ValueError, KeyError, TypeError):
            continue
        except (HTTPClientError, OSError) as error:
            # Nobody wants this run any more; while nobody answers, it just goes on.
            if isinstance(error, HTTPClientError) and _is_refused(error.code):
                end()
    atexit.unregister(end)
    return await process.wait()


async def _print(made: Path) -> None:
    """Make a PDF of the page, where there is a Chromium; without one there is none."""
    printing = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "mclib.reports", "pdf"),
        *(str(made / "page.html"), str(made / "page.pdf")),
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        await asyncio.wait_for(printing.wait(), _PRINTED_WITHIN)
    except TimeoutError:
        pass
    finally:
        if printing.returncode is None:
            printing.kill()
            await printing.wait()


async def _fetch(version: Path, names: Sequence[str], service: Service) -> None:
    """Bring the files of a version that are compared."""
    for name in names:
        place = version / name
        place.parent.mkdir(parents=True, exist_ok=True)
        content = await service.fetch(f"checked/{quote(name)}")
        await asyncio.to_thread(place.write_bytes, content)


async def _compare(version: Path, made: Path, service: Service) -> None:
    """Tell what differs between a version and what came out of running it anew."""
    command = ("-m", "mclib.reports", "compare", "--json", str(version), str(made))
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *command,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    said, errors = await process.communicate()
    if process.returncode != 0:
        last = errors.decode(errors="replace")[-_LONGEST:]
        why = f"The numbers could not be compared (status {process.returncode}). {last}"
        await service.tell("failed", {"why": why})
        return
    await service.tell("checked", _short(json.loads(said)))


def _short(found: dict[str, Any]) -> dict[str, Any]:
    """What was found, no more of it than is shown."""
    lists = ("parameters", "runs", "estimates", "trials")
    n_different = len(found["estimates"]) + len(found["trials"])
    first = {name: [_cut(one) for one in found[name][:_MOST_TOLD]] for name in lists}
    return found | first | {"n_different": n_different}


def _cut(told: dict[str, Any]) -> dict[str, Any]:
    return {
        name: value[:_LONGEST_NAME] if isinstance(value, str) else value
        for name, value in told.items()
    }


async def _hand_in(made: Path, service: Service, printing: Awaitable[None]) -> None:
    """Hand in the files of a report, the one that is printed meanwhile at last."""
    files = [made / name for name in _FILES]
    files += sorted((made / "data").glob("*.parquet"))
    paper, handed = made / "page.pdf", []
    try:
        handed += [await _put(file, made, service) for file in files]
        await printing
        if paper.is_file():
            handed.append(await _put(paper, made, service))
    except HTTPClientError as error:
        await service.tell("failed", {"why": _words(error)})
        return
    title = json.loads((made / "report.json").read_text(encoding="utf-8")).get("title", "")
    await service.tell("done", {"title": str(title)[:500], "files": handed})


async def _put(file: Path, made: Path, service: Service) -> Any:
    name = quote(file.relative_to(made).as_posix())
    content = await asyncio.to_thread(file.read_bytes)
    return await service.tell(f"files/{name}", content, method="PUT")


def _words(error: HTTPClientError) -> str:
    try:
        body = error.response.body if error.response is not None else b""
        return str(json.loads(body)["message"])
    except (ValueError, KeyError, TypeError):
        return f"The reports service refused: {error}."
