"""Results in files: a zip of JSON and Parquet tables, read without model or engine.

``result.json`` holds the provenance and what is known of each output; the tables
``order_statistics.parquet``, ``bins.parquet`` and, if trials are kept, ``sample.parquet``
hold what is long. ``summary.parquet`` is for readers other than mclib. Nothing in a file is
executed.
"""

import io
import json
import math
import os
import struct
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from mclib.errors import ArgumentError, law
from mclib.results.answers import Answers, Known
from mclib.results.drafts import checked_target, drafted
from mclib.results.ending import Stopping
from mclib.results.provenance import Provenance
from mclib.results.run import Trials
from mclib.statistics.bins import FineBins
from mclib.statistics.moments import Record
from mclib.statistics.non_finite import NonFinite
from mclib.statistics.replications import Shares
from mclib.statistics.requests import LinearBins, Request

if TYPE_CHECKING:
    import pandas as pd

FORMAT = 1
"""Version of the format; a file says which it has."""

KEPT_QUANTILES = (
    *(0.001, 0.005, 0.01, 0.025),
    *(k / 100 for k in range(5, 100, 5)),
    *(0.975, 0.99, 0.995, 0.999),
)
"""Orders of the quantiles that every file has, with their standard errors and intervals."""

_MUST = "name an undamaged file that `Result.save` has written"
# What reading a file can raise if its bytes aren't those that were written.
_DAMAGE = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    OSError,
    EOFError,
    LookupError,
    RuntimeError,
    TypeError,
    ValueError,
)


class StoredTrials:
    """The trials of a file: those that were kept, and no others.

    Parameters
    ----------
    provenance : Provenance
        Of the run.
    input_names, output_names : sequence of str
        Names of the run's inputs and outputs.
    kept : mapping of str to array
        Values of the first trials by name; empty if none were kept.
    stopping : Stopping, optional
        How the run ended, if it went on until a tolerance was reached.
    is_conditioned : bool, default False
        Whether trials that don't keep a condition are NaN.
    driver_names : sequence of str, optional
        The inputs of a run under a condition, where they are outputs.
    """

    def __init__(
        self,
        provenance: Provenance,
        input_names: Sequence[str],
        output_names: Sequence[str],
        kept: Mapping[str, NDArray[np.float64]],
        stopping: Stopping | None = None,
        *,
        is_conditioned: bool = False,
        driver_names: Sequence[str] = (),
    ) -> None:
        self.provenance = provenance
        self.input_names = input_names
        self.driver_names = driver_names or input_names
        self.output_names = output_names
        self.n_trials = provenance.n_trials
        self._kept = kept
        self.is_conditioned = is_conditioned
        self.stopping = stopping
        self.n_kept = len(next(iter(kept.values()), ()))

    def sweep(
        self, requests: Sequence[Request], n_trials: int | None = None
    ) -> list[NDArray[Any]]:
        """Refuse: the trials can't be gone through again."""
        message = (
            "a loaded result answers what it was asked before it was saved; "
            "anything else needs all trials, and neither a file nor a pickle has the model"
        )
        raise self._refusal(message)

    def conditioned(self, condition: Any) -> Any:
        """Refuse: the trials can't be gone through again."""
        raise self._refusal("a loaded result can't be asked about other trials")

    def values(
        self, start: int, count: int, names: Sequence[str] | None = None
    ) -> dict[str, NDArray[np.float64]]:
        """Values of trials, if they were kept."""
        if start + count > self.n_kept:
            kept = f"the first {self.n_kept:,} trials" if self.n_kept else "no trials"
            message = (
                f"a loaded result has the trials that were kept, {kept} in this file; "
                f"got trials {start:,} to {start + count - 1:,}"
            )
            wanted = min(start + count, self.n_trials)
            raise self._refusal(message, f", or save with `sample={wanted}`")
        chosen = (*self.input_names, *self.output_names) if names is None else names
        return {name: self._kept[name][start : start + count] for name in chosen}

    def _refusal(self, message: str, other_way: str = "") -> ArgumentError:
        seed, n_trials = self.provenance.seed, self.n_trials
        return ArgumentError(
            f"{message}.\nhint: run the model with `seed={seed}` and `n_trials={n_trials}` "
            f"for the same draws{other_way}."
        )


def write_result(
    path: str | os.PathLike[str],
    trials: Trials,
    answers: Answers,
    summary: "pd.DataFrame",
    sample: "pd.DataFrame | None",
    overwrite: bool,
) -> None:
    """Write what is known about a run to a file, all of it or nothing."""
    target = checked_target(path, overwrite=overwrite)
    with drafted(target) as draft:
        _write(draft, trials, answers, summary, sample)


def packed_result(
    trials: Trials,
    answers: Answers,
    summary: "pd.DataFrame",
    sample: "pd.DataFrame | None",
) -> bytes:
    """Return what `write_result` would write."""
    buffer = io.BytesIO()
    _write(buffer, trials, answers, summary, sample)
    return buffer.getvalue()


def _write(
    file: Path | io.BytesIO,
    trials: Trials,
    answers: Answers,
    summary: "pd.DataFrame",
    sample: "pd.DataFrame | None",
) -> None:
    head = {
        "format": FORMAT,
        "provenance": trials.provenance.as_dict(),
        "is_conditioned": trials.is_conditioned,
        "stopping": None if trials.stopping is None else trials.stopping.as_dict(),
        "input_names": list(trials.input_names),
        "output_names": list(trials.output_names),
        "driver_names": list(trials.driver_names),
        "outputs": [_to_json(known) for known in answers.known],
    }
    tables: dict[str, Mapping[str, Any]] = {
        "summary": _columns(summary.reset_index()),
        "order_statistics": _order_table(trials.output_names, answers.known),
        "bins": _bin_table(trials.output_names, answers.known),
    }
    if sample is not None:
        tables["sample"] = _columns(sample)
    with zipfile.ZipFile(file, "x", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("result.json", json.dumps(head, indent=1, allow_nan=False))
        for name, columns in tables.items():
            archive.writestr(f"{name}.parquet", _to_parquet(columns))


def read_result(path: str | os.PathLike[str]) -> tuple[StoredTrials, Answers]:
    """Read what `write_result` has written."""
    if not Path(path).is_file():
        raise law("path", "name a file that exists", str(path))
    return _read(Path(path), str(path))


def unpacked_result(content: bytes) -> tuple[StoredTrials, Answers]:
    """Read what `packed_result` has returned."""
    return _read(io.BytesIO(content), "a pickle")


def _read(file: Path | io.BytesIO, path: str) -> tuple[StoredTrials, Answers]:
    try:
        with zipfile.ZipFile(file) as archive:
            head = json.loads(archive.read("result.json"))
            if head["format"] > FORMAT:
                hint = "upgrade mclib to read it."
                raise law("path", f"have format {FORMAT} or below", head["format"], hint)
            return _restored(head, archive)
    except ArgumentError:
        raise
    except _DAMAGE as error:
        message = f"{law('path', _MUST, path)}\n({type(error).__name__}: {error})"
        raise ArgumentError(message) from error


def _restored(
    head: Mapping[str, Any], archive: zipfile.ZipFile
) -> tuple[StoredTrials, Answers]:
    known = [_from_json(each) for each in head["outputs"]]
    places = {name: place for place, name in enumerate(head["output_names"])}
    order = _from_parquet(archive, "order_statistics")
    rows = zip(*(order[name].tolist() for name in ("output", "rank", "value")), strict=True)
    for name, rank, value in rows:
        known[places[name]].order[rank] = value
    bins = _from_parquet(archive, "bins")
    for name, place in places.items():
        request = head["outputs"][place]["bins"]
        if request is not None:
            counts = bins["count"][bins["output"] == name].astype(np.uint64)
            known[place].bins = FineBins(LinearBins(place, **request), counts)
    has_sample = "sample.parquet" in archive.namelist()
    stopping = head.get("stopping")
    trials = StoredTrials(
        Provenance.from_dict(head["provenance"]),
        head["input_names"],
        head["output_names"],
        _from_parquet(archive, "sample") if has_sample else {},
        None if stopping is None else Stopping.from_dict(stopping),
        is_conditioned=head.get("is_conditioned", False),
        driver_names=head.get("driver_names", ()),
    )
    return trials, Answers(trials, known)


def _to_json(known: Known) -> dict[str, Any]:
    """Return what is known about an output, but for the tables."""
    request = known.bins.request if known.bins is not None else None
    return {
        "record": [_plain(each) for each in known.record],
        "non_finite": asdict(known.non_finite),
        "shape_errors": [_plain(each) for each in known.shape_errors or (np.nan,) * 2],
        "bins": None
        if request is None
        else {"low": request.low, "scale": request.scale, "n_bins": request.n_bins},
        "beside": [[threshold, *counts] for threshold, counts in known.beside.items()],
        "tails": [
            [pivot, upper, *map(_plain, record)]
            for (pivot, upper), record in known.tails.items()
        ],
        "replications": None
        if known.replications is None
        else [list(map(_plain, each)) for each in known.replications],
        "controlled": None if known.controlled is None else _to_json(known.controlled),
        "shares": [
            [pivot, *(list(map(_plain, row)) for row in asdict(shares).values())]
            for pivot, shares in known.shares.items()
        ],
    }


def _from_json(plain: Mapping[str, Any]) -> Known:
    skewness, kurtosis = (float(each) for each in plain["shape_errors"])
    return Known(
        record=Record(*(float(each) for each in plain["record"])),
        non_finite=NonFinite(**plain["non_finite"]),
        shape_errors=(skewness, kurtosis),
        beside={threshold: (below, above) for threshold, below, above in plain["beside"]},
        tails={
            (pivot, upper): Record(*(float(each) for each in record))
            for pivot, upper, *record in plain["tails"]
        },
        replications=_replications(plain.get("replications")),
        controlled=None
        if plain.get("controlled") is None
        else _from_json(plain["controlled"]),
        shares={
            pivot: Shares(*(np.array(row, np.float64) for row in rows))
            for pivot, *rows in plain.get("shares", ())
        },
    )


def _replications(rows: Sequence[Sequence[float | str]] | None) -> Record | None:
    if rows is None:
        return None
    return Record(*(np.array([float(each) for each in row]) for row in rows))


def _plain(value: float) -> float | str:
    # JSON has no word for what isn't finite.
    return float(value) if math.isfinite(value) else str(float(value))


def _columns(frame: "pd.DataFrame") -> dict[str, Any]:
    return {str(name): frame[name].to_numpy() for name in frame.columns}


def _order_table(names: Sequence[str], known: Sequence[Known]) -> dict[str, Any]:
    rows = [
        (name, rank, value)
        for name, each in zip(names, known, strict=True)
        for rank, value in sorted(each.order.items())
    ]
    return {
        "output": [name for name, _, _ in rows],
        "rank": np.array([rank for _, rank, _ in rows], np.int64),
        "value": np.array([value for _, _, value in rows], np.float64),
    }


def _bin_table(names: Sequence[str], known: Sequence[Known]) -> dict[str, Any]:
    outputs: list[str] = []
    lows, highs, counts = [np.empty(0)], [np.empty(0)], [np.empty(0, np.int64)]
    for name, each in zip(names, known, strict=True):
        if each.bins is not None:
            request = each.bins.request
            edges = request.low + np.arange(request.n_bins + 1) / request.scale
            outputs += [name] * len(each.bins.counts)
            lows.append(np.concatenate([[-np.inf], edges]))
            highs.append(np.concatenate([edges, [np.inf]]))
            counts.append(each.bins.counts.astype(np.int64))
    return {
        "output": outputs,
        "low": np.concatenate(lows),
        "high": np.concatenate(highs),
        "count": np.concatenate(counts),
    }


def _to_parquet(columns: Mapping[str, Any]) -> bytes:
    import pyarrow as pa
    import pyarrow.parquet as pq

    buffer = io.BytesIO()
    pq.write_table(pa.table(dict(columns)), buffer, compression="zstd")
    return buffer.getvalue()


def _from_parquet(archive: zipfile.ZipFile, name: str) -> dict[str, NDArray[Any]]:
    import pyarrow.parquet as pq

    table = pq.read_table(io.BytesIO(archive.read(f"{name}.parquet")))
    return {each: table[each].to_numpy() for each in table.column_names}
