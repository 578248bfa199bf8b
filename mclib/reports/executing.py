"""A notebook run afresh from its first cell to its last, and watched meanwhile."""

import asyncio
import contextlib
import io
import re
import signal
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, BinaryIO

from mclib.errors import MclibError

Told = Callable[[int, int], None]
"""How many cells of code are done, and of how many."""

_BEGIN = "import mclib.reports.witness as _w; _w.begin({again!r}); del _w"
_LEAVE = "import mclib.reports.witness as _w; _w.leave({folder!r}); del _w"
_ANSI = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
_SECONDS_TO_START = 120
_MOST_WORDS = 4_000
_SIGNALS = (signal.SIGINT, signal.SIGTERM)


@dataclass(frozen=True)
class Failure:
    """The cell at which a notebook failed.

    Attributes
    ----------
    cell, of : int
        Its place among the cells of code, from 1, and how many there are.
    source : str
        What stands in it.
    name, text : str
        Of the error.
    traceback : str
        As Python tells it, without colors; the last words of a process that died.
    """

    cell: int
    of: int
    source: str
    name: str
    text: str
    traceback: str = ""

    def as_dict(self) -> dict[str, Any]:
        """Return it in the terms of JSON."""
        return asdict(self)


class NotebookFailed(MclibError):
    """A cell of the notebook raised an error; nothing is published.

    Attributes
    ----------
    failure : Failure
        Where and why.
    """

    def __init__(self, failure: Failure) -> None:
        super().__init__(f"cell {failure.cell} failed: {failure.name}: {failure.text}")
        self.failure = failure


class Stopped(MclibError):
    """The run was told to stop by a signal.

    Attributes
    ----------
    signal : int
        Which.
    """

    def __init__(self, number: int) -> None:
        super().__init__(f"stopped by {signal.Signals(number).name}")
        self.signal = number


def is_run(cell: Any) -> bool:
    """Whether it is a cell of code with something in it."""
    return cell.cell_type == "code" and bool(cell.source.strip())


def execute(
    notebook: Any,
    home: Path,
    folder: Path,
    told: Told,
    again: Sequence[int] = (),
    meanwhile: Callable[[], None] = lambda: None,
) -> None:
    """Run a notebook in a new process, and keep its outputs in it.

    Parameters
    ----------
    notebook : NotebookNode
        What is run; its outputs are replaced.
    home : Path
        The folder in which it runs.
    folder : Path
        Where what was computed is written down: ``runs.json`` and ``data/*.parquet``.
    told : callable
        Called after each cell.
    again : sequence of int, optional
        Seeds that runs without one draw, in their order.
    meanwhile : callable, optional
        What is done here, in a thread, while the notebook runs there.

    Raises
    ------
    NotebookFailed
        If a cell raises an error, or the process that runs it dies.
    Stopped
        By SIGINT or SIGTERM; the process is ended then.
    """
    asyncio.run(_executed(notebook, home, folder, told, list(again), meanwhile))


async def _executed(
    notebook: Any,
    home: Path,
    folder: Path,
    told: Told,
    again: list[int],
    meanwhile: Callable[[], None],
) -> None:
    from nbclient.exceptions import CellExecutionError, DeadKernelError

    client = _client(notebook, home)
    cells = [at for at, cell in enumerate(notebook.cells) if is_run(cell)]
    # What its process says of itself isn't the notebook's, and often of how it was ended.
    with _stoppable(client) as stopped, tempfile.TemporaryFile() as words:
        at = 0
        try:
            async with client.async_setup_kernel(cwd=str(home), stderr=words):
                # The client has set signals of its own, by which a cell just seems dead.
                stopped.listen()
                aside = asyncio.create_task(asyncio.to_thread(meanwhile))
                await _hidden(client, _BEGIN.format(again=again))
                for at, place in enumerate(cells, 1):
                    await client.async_execute_cell(
                        notebook.cells[place], place, execution_count=at
                    )
                    told(at, len(cells))
                client.set_widgets_metadata()
                await _hidden(client, _LEAVE.format(folder=str(folder)))
                await aside
        except CellExecutionError as error:
            source = notebook.cells[cells[at - 1]].source
            plain = _ANSI.sub("", error.traceback)
            failure = Failure(at, len(cells), source, error.ename, error.evalue, plain)
            raise NotebookFailed(failure) from None
        except (DeadKernelError, asyncio.CancelledError) as error:
            if stopped.by is not None:
                raise Stopped(stopped.by) from None
            source = notebook.cells[cells[at - 1]].source if at else ""
            text = "the process that ran it ended; it may have needed more memory"
            name = type(error).__name__
            failure = Failure(at, len(cells), source, name, text, _last(words))
            raise NotebookFailed(failure) from None


def _last(words: BinaryIO) -> str:
    """The last words of a process: why it ended, if it could say so."""
    words.seek(max(0, words.seek(0, io.SEEK_END) - _MOST_WORDS))
    return _ANSI.sub("", words.read().decode(errors="replace")).strip()


def _client(notebook: Any, home: Path) -> Any:
    from nbclient import NotebookClient

    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    notebook.metadata.pop("widgets", None)
    client = NotebookClient(
        notebook,
        timeout=None,
        startup_timeout=_SECONDS_TO_START,
        # How long a cell took differs from run to run, and the notebook needn't.
        record_timing=False,
        coalesce_streams=True,
        resources={"metadata": {"path": str(home)}},
    )
    named = notebook.metadata.get("kernelspec", {}).get("name", "")
    manager = client.create_kernel_manager()
    known = manager.kernel_spec_manager.find_kernel_specs()
    client.kernel_name, client.km = named if named in known else "python3", None
    if manager.ipykernel:
        # That sockets aren't encrypted on the way to the same account is no news.
        client.extra_arguments = ["--log-level=ERROR"]
    return client


async def _hidden(client: Any, code: str) -> None:
    """Run what isn't the notebook's; where it can't be run, nothing is known of runs."""
    asked = client.kc.execute(code, silent=True, store_history=False)
    reply = await client.async_wait_for_reply(asked)
    content = reply["content"] if reply else {}
    if content.get("status") == "error" and content["ename"] != "ModuleNotFoundError":
        raise MclibError(f"what was computed can't be told: {content['evalue']}")


class _Ears:
    """Signals as they are heard while a notebook runs."""

    def __init__(self, client: Any) -> None:
        self.by: int | None = None
        self._client = client
        self._loop = asyncio.get_running_loop()
        self._task = asyncio.current_task()

    def listen(self) -> None:
        for number in _SIGNALS:
            self._loop.add_signal_handler(number, self._stop, number)

    def _stop(self, number: int) -> None:
        self.by = number
        # What computes for hours doesn't hear a polite word.
        self._client.shutdown_kernel = "immediate"
        if self._task is not None:
            self._task.cancel()


@contextlib.contextmanager
def _stoppable(client: Any) -> Iterator[_Ears]:
    ears = _Ears(client)
    ears.listen()
    try:
        yield ears
    finally:
        for number in _SIGNALS:
            with contextlib.suppress(ValueError, RuntimeError):
                ears._loop.remove_signal_handler(number)
