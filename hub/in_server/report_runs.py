"""A run of a report in a server of its own: the work is taken, run, and handed in.

It speaks to the reports service with the server's own token, which may speak for this run
alone. The page is printed when the version is there: no reader waits for that.
"""

import asyncio
import json
import os
import sys
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from tornado.httpclient import AsyncHTTPClient, HTTPClientError, HTTPRequest

__all__ = ["MOST_BYTES", "Service", "do_run", "image_of"]

MOST_BYTES: Final = 600 * 2**20
"""Of an answer of the service: what a check compares may be so large."""

NOTEBOOK_FAILED: Final = 3
"""Status of the command when the notebook failed, and not the command."""

_FILES: Final = ("page.html", "notebook.ipynb", "report.json")
_PRINTED_WITHIN: Final = 60.0
_ENDED_WITHIN: Final = 8.0
# Twenty minutes: a hub, or a store of files, may be away for as long as its upgrade takes.
_TRIES: Final = 400
_PAUSE: Final = 3.0
_MINUTES: Final = 10 * 60
_LONGEST: Final = 1_500
_MOST_TOLD: Final = 100
_LONGEST_NAME: Final = 300


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


async def do_run(service: Service) -> None:
    """Take the work, run it, and hand in what came out.

    Raises
    ------
    HTTPClientError
        If the service refuses: the run is not wanted any more.
    """
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
    if work.get("only_prints"):
        made.mkdir()
        await _fetch(made / "page.html", "page", service)
        await _print(made, service)
        return
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
        for name in work["compared"]:
            await _fetch(version / name, f"checked/{quote(name)}", service)
        command += ["--seeds-of", str(version / "report.json")]
    status = await _command(command, _folder_of(work["folder"]), said, service)
    if status == 0 and work.get("compared"):
        await _compare(version, made, service)
    elif status == 0:
        await _hand_in(made, service)
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

    assert process.stdout is not None
    try:
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
        return await process.wait()
    finally:
        # A server that is stopped takes its run with it, and the run its kernel.
        if process.returncode is None:
            end()
            with suppress(TimeoutError):
                await asyncio.wait_for(process.wait(), _ENDED_WITHIN)


async def _print(made: Path, service: Service) -> None:
    """Hand in a PDF of the page of a version, or say that there is none: no Chromium."""
    paper, handed = made / "page.pdf", None
    await _print_page(made / "page.html", paper)
    if paper.is_file():
        # One for which there is no room is none.
        with suppress(HTTPClientError):
            handed = await _put(paper, made, service)
    await service.tell("printed", {"file": handed})


async def _print_page(page: Path, paper: Path) -> None:
    printing = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "mclib.reports", "pdf"),
        *(str(page), str(paper)),
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


async def _fetch(place: Path, path: str, service: Service) -> None:
    """Bring a file that the service has."""
    place.parent.mkdir(parents=True, exist_ok=True)
    content = await service.fetch(path)
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


async def _hand_in(made: Path, service: Service) -> None:
    """Hand in the files of a report, which makes its version; then print its page."""
    files = [made / name for name in _FILES]
    files += sorted((made / "data").glob("*.parquet"))
    try:
        handed = [await _put(file, made, service) for file in files]
    except HTTPClientError as error:
        await service.tell("failed", {"why": _words(error)})
        return
    title = json.loads((made / "report.json").read_text(encoding="utf-8")).get("title", "")
    told = {"title": str(title)[:500], "files": handed, "prints": True}
    await service.tell("done", told)
    await _print(made, service)


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
