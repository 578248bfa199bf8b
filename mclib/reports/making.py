"""From a notebook to a report: a folder with the page, the notebook, the data, the facts.

The folder appears when everything is in it, or not at all.
"""

import hashlib
import json
import secrets
import shutil
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from mclib.errors import law
from mclib.reports.executing import NotebookFailed, Told, execute, is_run
from mclib.reports.notebook_page import notebook_page, title_of
from mclib.reports.parameters import change, parameters_of, with_values
from mclib.reports.prose import made_ready
from mclib.reports.witness import RUNS_FILE
from mclib.results.provenance import versions

FORMAT = 1
_LONGEST_STATE = 1_000_000
FAILURE_FILE, REPORT_FILE = "failure.json", "report.json"
_NOTHING_SEEN: Mapping[str, Any] = {
    "n_runs": 0, "drawn_seeds": [], "runs": [], "loaded": [], "estimates": [],
    "files": [], "hosts": [],
}  # fmt: skip


def make(
    notebook: Path,
    folder: Path,
    *,
    parameters: Mapping[str, Any],
    facts: Mapping[str, Any],
    as_it_is: bool,
    told: Told,
    again: Sequence[int] = (),
) -> None:
    """Make a report of a notebook.

    Parameters
    ----------
    notebook : Path
        What is run, in the folder where this process is.
    folder : Path
        Where to; it is made here, or empty.
    parameters : mapping of str to bool, int, float or str
        What the notebook is run with; its own values where nothing is said.
    facts : mapping of str to str
        What isn't known here: author, image, profile; ``title`` is what it is called.
    as_it_is : bool
        Whether nothing is run: the page shows what the notebook holds, and says so.
    told : callable
        Called after each cell with the number of cells done and of all.
    again : sequence of int, optional
        Seeds that runs without one draw, in their order: those of an earlier report.

    Raises
    ------
    ArgumentError
        If there is no such notebook, something is in the folder, or a parameter is wrong.
    NotebookFailed
        If a cell fails; ``failure.json`` is all that the folder holds then.
    """
    book, digest = read_notebook(notebook)
    known = parameters_of(book)
    if as_it_is and parameters:
        hint = "leave `--as-it-is` out to run it."
        raise law("parameters", "be none where nothing is run", dict(parameters), hint)
    given = with_values(known, parameters)
    with whole_folder(folder) as draft:
        began, started = datetime.now(UTC), time.monotonic()
        seen: Mapping[str, Any] = _NOTHING_SEEN
        if not as_it_is:
            change(book, given)
            try:
                execute(book, Path.cwd(), draft, told, again, made_ready)
            except NotebookFailed as failed:
                _write(draft / FAILURE_FILE, failed.failure.as_dict())
                _alone(draft, FAILURE_FILE)
                raise
            if (draft / RUNS_FILE).is_file():
                seen = json.loads((draft / RUNS_FILE).read_text("utf-8"))
                (draft / RUNS_FILE).unlink()
        report: dict[str, Any] = {
            "format": FORMAT,
            "title": str(facts.get("title") or title_of(book, notebook.stem)),
            "rerun": not as_it_is,
            "made": began.isoformat(timespec="seconds"),
            "took": round(time.monotonic() - started, 3),
            "cells": sum(map(is_run, book.cells)),
            "parameters": [each.as_dict() for each in given],
            "facts": {
                str(name): str(each) for name, each in facts.items() if name != "title"
            },
            "source_sha256": digest,
            "versions": dict(versions()),
            "n_runs": seen["n_runs"],
            "drawn_seeds": seen["drawn_seeds"],
            "runs": seen["runs"],
            "loaded": seen["loaded"],
            "estimates": seen["estimates"],
            "files_read": seen["files"],
            "hosts": seen["hosts"],
        }
        _leave(draft, book, report)


def _leave(draft: Path, book: Any, report: dict[str, Any]) -> None:
    import nbformat

    (draft / "page.html").write_text(notebook_page(book, report), "utf-8", newline="\n")
    _without_scripts(book)
    (draft / "notebook.ipynb").write_text(nbformat.writes(book) + "\n", "utf-8")
    files = sorted(each for each in draft.rglob("*") if each.is_file())
    report["files"] = {
        each.relative_to(draft).as_posix(): {
            "sha256": hashlib.sha256(each.read_bytes()).hexdigest(),
            "bytes": each.stat().st_size,
        }
        for each in files
    }
    _write(draft / REPORT_FILE, report)


def _without_scripts(book: Any) -> None:
    """Leave out widgets that hold a library's script, 5 MB long, and show it to nobody."""
    for kept in book.metadata.get("widgets", {}).values():
        states = kept.get("state", {})
        for name in [each for each in states if _is_long(states[each])]:
            del states[name]


def _is_long(model: Mapping[str, Any]) -> bool:
    values = model.get("state", {}).values()
    return any(isinstance(each, str) and len(each) > _LONGEST_STATE for each in values)


def read_notebook(path: Path) -> tuple[Any, str]:
    """Read a notebook, whatever version it was written in; with its hash.

    Raises
    ------
    ArgumentError
        If there is none.
    """
    import nbformat

    if not path.is_file():
        raise law("notebook", "be a file", str(path))
    text = path.read_bytes()
    try:
        book = nbformat.reads(text.decode("utf-8"), as_version=4)
        nbformat.validate(book)
    except (ValueError, nbformat.ValidationError) as error:
        reason = str(error).partition("\n")[0]
        raise law("notebook", f"be a Jupyter notebook ({reason})", str(path)) from error
    return book, hashlib.sha256(text).hexdigest()


@contextmanager
def whole_folder(folder: Path) -> Iterator[Path]:
    """Give a draft that becomes `folder` when all is well, or with a failure in it.

    Raises
    ------
    ArgumentError
        If something is in the folder already, or where it would lie is no folder.
    """
    if not folder.parent.is_dir():
        raise law("folder", "lie in a folder that exists", str(folder))
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise law("folder", "be new or empty", str(folder))
    draft = folder.parent / f".{folder.name}.{secrets.token_hex(4)}"
    draft.mkdir()
    try:
        yield draft
        draft.replace(folder)
    except NotebookFailed:
        draft.replace(folder)
        raise
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _alone(draft: Path, name: str) -> None:
    for each in draft.iterdir():
        if each.is_dir():
            shutil.rmtree(each)
        elif each.name != name:
            each.unlink()


def _write(path: Path, content: Mapping[str, Any]) -> None:
    text = json.dumps(content, ensure_ascii=False, indent=1, allow_nan=False)
    path.write_text(text + "\n", "utf-8")
