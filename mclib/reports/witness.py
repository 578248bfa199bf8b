"""What a notebook's runs were, gathered where they happen while a report is made.

`begin` is called before the first cell and `leave` behind the last, in the process that
runs them. Every run is kept, whatever became of its result: what a reader is told is what
was computed, not what somebody chose to show. Files that Python opened to read are kept by
name and hash, and so are the hosts that were asked for something.
"""

import hashlib
import json
import math
import os
import re
import sys
import sysconfig
import urllib.parse
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mclib import seeds, witnesses
from mclib.engines import cache
from mclib.results.estimate import Estimate
from mclib.results.result import Result
from mclib.results.windows import read_values

RUNS_FILE = "runs.json"
MOST_RUNS = 1_000
"""Runs that are told one by one; of more, as in a sweep, only the number is told."""

MOST_TRIALS = 100_000
_MOST_FILES = 200
_MOST_NAMED = 20
_LONGEST_NAME = 60
# Trials times outputs: a larger run isn't gone through once more for quantiles that nobody
# asked for. How long it took would decide otherwise on another machine.
_MOST_FOR_QUANTILES = 50_000_000

_QUANTILES = (0.05, 0.5, 0.95)

_runs: list[Any] = []
_n_runs = 0
_files: dict[str, float] = {}
_hosts: dict[str, None] = {}
_is_watching = False


def begin(again: Sequence[int] = ()) -> None:
    """Keep every run, every file that is read and every host that is asked from now on.

    Parameters
    ----------
    again : sequence of int, optional
        Seeds that runs without one draw, in their order.
    """
    global _is_watching  # noqa: PLW0603 - a process has one report at a time
    if not _is_watching:
        _is_watching = True
        seeds.draw_again(again)
        witnesses.call(_saw)
        sys.addaudithook(_heard)


def is_watching() -> bool:
    """Whether a report of this very notebook is being made."""
    return _is_watching


def _saw(run: Any) -> None:
    global _n_runs  # noqa: PLW0603
    # A look at some of a run's trials is no run of its own.
    if run.is_conditioned:
        return
    _n_runs += 1
    if len(_runs) < MOST_RUNS:
        _runs.append(run)


def _heard(event: str, arguments: tuple[Any, ...]) -> None:
    if not _is_watching:
        return
    if event == "open":
        path, mode, flags = arguments
        is_read = not flags & (os.O_WRONLY | os.O_RDWR) and "w" not in (mode or "r")
        if is_read and isinstance(path, str | bytes | os.PathLike):
            _files.setdefault(os.path.abspath(os.fsdecode(path)), 0.0)  # noqa: PTH100
    elif event == "urllib.Request":
        _hosts.setdefault(urllib.parse.urlsplit(str(arguments[0])).netloc)
    elif event == "socket.getaddrinfo" and arguments[0]:
        _hosts.setdefault(os.fsdecode(arguments[0]))


def leave(folder: str) -> None:
    """Write down what was seen: ``runs.json``, and the trials of results as Parquet.

    Parameters
    ----------
    folder : str
        Where to; it exists.
    """
    global _is_watching  # noqa: PLW0603
    _is_watching = False
    names = dict(_named(_namespace()))
    told = {
        "n_runs": _n_runs,
        "drawn_seeds": seeds.kept(),
        "runs": [_told(run, names) for run in _runs],
        "loaded": [
            {"name": name, "provenance": result.provenance.as_dict()}
            for name, result in names.items()
            if not any(result._trials is run for run in _runs)
            and not result._trials.is_conditioned
            and not _is_of(result, _runs)
        ],
        "estimates": [
            each
            for name, result in list(names.items())[:_MOST_NAMED]
            for each in _estimates(name, result)
        ],
        "files": list(_hashed()),
        "hosts": sorted(_hosts),
    }
    there = Path(folder)
    (there / "data").mkdir(exist_ok=True)
    for name, result in list(names.items())[:_MOST_NAMED]:
        _write_trials(there / "data" / f"{_file_name(name)}.parquet", result)
    (there / RUNS_FILE).write_text(json.dumps(told, allow_nan=False), "utf-8")


def _namespace() -> Mapping[str, Any]:
    from ipykernel.zmqshell import ZMQInteractiveShell

    if not ZMQInteractiveShell.initialized():
        return {}
    shell = ZMQInteractiveShell.instance()
    named = {
        name: value
        for name, value in shell.user_ns.items()
        if not name.startswith("_") and name not in shell.user_ns_hidden
    }
    known = {id(result) for _, result in _named(named)}
    # What a cell shows and nobody has named, Jupyter keeps by the cell's number; which is
    # another where the notebook is given parameters.
    unnamed: dict[int, Result] = {
        id(each): each
        for each in shell.user_ns.get("Out", {}).values()
        if isinstance(each, Result) and id(each) not in known
    }
    return named | {f"shown {k}": each for k, each in enumerate(unnamed.values(), 1)}


def _named(namespace: Mapping[str, Any]) -> Iterator[tuple[str, Result]]:
    """Results by what the notebook calls them, each by its first name."""
    seen: set[int] = set()
    for name, value in list(namespace.items()):
        for called, result in _results_in(name, value):
            if id(result) not in seen and result.n_trials:
                seen.add(id(result))
                yield called, result


def _results_in(name: str, value: Any) -> Iterator[tuple[str, Result]]:
    if isinstance(value, Result):
        yield name, value
    elif isinstance(value, dict):
        for key, each in value.items():
            if isinstance(each, Result):
                yield f"{name}[{key!r}]", each


def _is_of(result: Result, runs: list[Any]) -> bool:
    """Whether it is of one of these runs, perhaps as it was before its end."""
    found = result.provenance
    return any(
        (run.started, run.seed, run.model_hash)
        == (found.started, found.seed, found.model_hash)
        for run in runs
    )


def _told(run: Any, names: Mapping[str, Result]) -> dict[str, Any]:
    own = [name for name, result in names.items() if _is_of(result, [run])]
    return {"names": own, "provenance": run.provenance.as_dict()}


def _estimates(name: str, result: Result) -> Iterator[dict[str, Any]]:
    has_quantiles = len(result) * result.provenance.n_trials <= _MOST_FOR_QUANTILES
    for output in result.values():
        found = {"mean": output.mean, "standard deviation": output.standard_deviation}
        if has_quantiles:
            found |= output.quantiles(*_QUANTILES)
        for kind, estimate in found.items():
            yield {
                "result": name,
                "output": output.name,
                "kind": kind,
                **_numbers(estimate),
                "shown": estimate.rounded(),
            }


def _numbers(estimate: Estimate) -> dict[str, Any]:
    return {
        "value": _to_json(estimate.value),
        "standard_error": _to_json(estimate.standard_error),
        "n_trials": estimate.n_trials,
    }


def _to_json(value: float) -> float | str:
    # JSON has no word for what isn't finite.
    return float(value) if math.isfinite(value) else str(float(value))


def _hashed() -> Iterator[dict[str, Any]]:
    """Files that were read, by name and hash: data, and neither programs nor caches."""
    here = Path.cwd()
    n_told = 0
    for name in _files:
        path = Path(name)
        if n_told == _MOST_FILES or not _is_data(path, here):
            continue
        with path.open("rb") as read:
            digest = hashlib.file_digest(read, "sha256").hexdigest()
        n_told += 1
        shown = path.relative_to(here) if path.is_relative_to(here) else path
        changed = datetime.fromtimestamp(path.stat().st_mtime).astimezone()
        yield {
            "name": shown.as_posix(),
            "sha256": digest,
            "bytes": path.stat().st_size,
            "changed": changed.isoformat(timespec="seconds"),
        }


_PROGRAMS = {".py", ".pyc", ".so", ".pyd", ".js", ".css", ".json5", ".pth", ".ttf"}
_SYSTEM = ("/proc", "/sys", "/dev", "/etc", "/usr", "/lib", "/bin", "/run", "/var")


def _is_data(path: Path, here: Path) -> bool:
    if path.suffix in _PROGRAMS or not path.is_file():
        return False
    if path.is_relative_to(cache.folder(".").absolute()):
        return False
    if path.is_relative_to(here):
        return not any(part.startswith(".") for part in path.relative_to(here).parts)
    installed = {sys.prefix, sys.base_prefix, *sysconfig.get_paths().values()}
    elsewhere = (*installed, *_SYSTEM, str(Path(__file__).parents[1]))
    is_hidden = any(part.startswith(".") for part in path.parts)
    return not is_hidden and not any(path.is_relative_to(each) for each in elsewhere)


def _file_name(name: str) -> str:
    """Return a name that is one on every system, as ``result`` or ``runs-low``."""
    return re.sub(r"[^A-Za-z0-9_]+", "-", name)[:_LONGEST_NAME].strip("-") or "result"


def _column(values: NDArray[Any]) -> Any:
    """A column of numbers, without those that are none.

    From its bytes: `pyarrow.array` loads pandas, which takes longer than all the rest.
    """
    import pyarrow as pa

    valid = ~np.isnan(values)
    bits = None if valid.all() else pa.py_buffer(np.packbits(valid, bitorder="little"))
    kind = pa.from_numpy_dtype(values.dtype)
    return pa.Array.from_buffers(kind, len(values), [bits, pa.py_buffer(values)])


def _write_trials(path: Path, result: Result) -> None:
    """Write the first trials, inputs and outputs; the same numbers give the same bytes."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    there = min(result.n_trials, MOST_TRIALS, result._n_kept)
    if not there:
        return
    names = result._column_names
    values = read_values(result._trials, 0, there, names)
    columns = {"trial": _column(np.arange(there))}
    columns |= {name: _column(values[name]) for name in names}
    table = pa.Table.from_arrays(list(columns.values()), list(columns))
    found = result.provenance
    facts = {"seed": found.seed, "model_hash": found.model_hash, "sampler": found.sampler}
    # Neither the time nor pandas' version: they would change the file and not the data.
    table = table.replace_schema_metadata({"mclib": json.dumps(facts)})
    pq.write_table(table, path, compression="zstd")
