"""Two reports of a notebook: what differs, and whether their numbers are the same bits."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from mclib.errors import law

_ONCE = ("seed", "n_trials", "model_hash", "sampler", "engine", "device", "precision")
_NOTHING = "nothing"


def compared(first: Path, second: Path) -> dict[str, Any]:
    """Return what differs between two reports.

    Parameters
    ----------
    first, second : Path
        Folders that `mclib.reports` has made.

    Returns
    -------
    dict
        ``parameters``, ``runs``, ``estimates`` and ``trials``: what differs, each with
        ``name``, ``first`` and ``second``. ``n_estimates`` and ``n_trials``: how many
        numbers both have. ``same_bits``: whether all numbers are equal to the last bit, or
        None where there are none to tell by.

    Raises
    ------
    ArgumentError
        If a folder holds no report.
    """
    reports = _read("first", first), _read("second", second)
    parameters, runs, estimates = (
        (of(reports[0]), of(reports[1])) for of in (_parameters, _runs, _estimates)
    )
    trials = _Trials(first, second)
    different = list(_different(*estimates))
    unequal = list(trials.different())
    n_estimates = len(estimates[0].keys() & estimates[1].keys())
    n_numbers = n_estimates + trials.n_values
    are_equal = not different and not unequal
    return {
        "parameters": list(_different(*parameters)),
        "runs": list(_different(*runs)),
        "estimates": different,
        "trials": unequal,
        "n_estimates": n_estimates,
        "n_trials": trials.n_values,
        "same_bits": are_equal if n_numbers else (None if are_equal else False),
    }


def in_words(found: Mapping[str, Any]) -> str:
    """Say what `compared` has found."""
    lines = []
    for kind, what in (("parameters", "parameters"), ("runs", "runs")):
        if found[kind]:
            lines.append(f"{what.capitalize()} that differ:")
            lines += [_line(each) for each in found[kind]]
    numbers = f"{found['n_estimates']:,} estimates and {found['n_trials']:,} values"
    if found["same_bits"]:
        lines.append(f"The same numbers, bit for bit: {numbers} of trials.")
    elif found["same_bits"] is None:
        lines.append("There are no numbers to compare: neither report has results.")
    else:
        lines.append("Not the same numbers:")
        lines += [_line(each) for each in (*found["estimates"], *found["trials"])]
    return "\n".join(lines)


def _line(difference: Mapping[str, Any]) -> str:
    said = f"  {difference['name']}: {difference['first']} and {difference['second']}"
    apart = difference.get("standard_errors")
    return said if apart is None else f"{said} ({apart:.1f} standard errors apart)"


def _read(name: str, folder: Path) -> dict[str, Any]:
    path = folder / "report.json"
    if not path.is_file():
        raise law(name, "be a folder with a report in it", str(folder))
    read: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return read


def _parameters(report: Mapping[str, Any]) -> dict[str, Any]:
    return {
        each["name"]: each.get("value", each["default"]) for each in report["parameters"]
    }


def _runs(report: Mapping[str, Any]) -> dict[str, Any]:
    """By the place of a run and what is asked: what both must have to be the same run."""
    return {
        f"run {at} ({each['provenance']['model_name']}), {name}": each["provenance"][name]
        for at, each in enumerate(report["runs"], 1)
        for name in _ONCE
    }


def _estimates(report: Mapping[str, Any]) -> dict[str, Any]:
    return {
        f"{each['result']}: {each['output']}, {each['kind']}": _number(each)
        for each in report["estimates"]
    }


def _number(estimate: Mapping[str, Any]) -> tuple[Any, ...]:
    return (estimate["value"], estimate["standard_error"], estimate["n_trials"])


def _different(
    first: Mapping[str, Any], second: Mapping[str, Any]
) -> Iterator[dict[str, Any]]:
    for name in dict.fromkeys((*first, *second)):
        one, other = first.get(name, _NOTHING), second.get(name, _NOTHING)
        if one == other and type(one) is type(other):
            continue
        found = {"name": name, "first": _shown(one), "second": _shown(other)}
        if isinstance(one, tuple) and isinstance(other, tuple):
            apart = _apart(one, other)
            found |= {} if apart is None else {"standard_errors": apart}
        yield found


def _shown(value: Any) -> Any:
    return value[0] if isinstance(value, tuple) else value


def _apart(one: tuple[Any, ...], other: tuple[Any, ...]) -> float | None:
    """How many standard errors of their difference two estimates are apart."""
    values = (*one[:2], *other[:2])
    if not all(isinstance(each, int | float) for each in values):
        return None
    error = float((one[1] ** 2 + other[1] ** 2) ** 0.5)
    return abs(float(one[0]) - float(other[0])) / error if error else None


class _Trials:
    """Trials of both reports, column by column."""

    def __init__(self, first: Path, second: Path) -> None:
        self._folders = (first / "data", second / "data")
        self.n_values = 0

    def different(self) -> Iterator[dict[str, Any]]:
        """Yield columns whose values aren't the same bits."""
        names = {each.name for folder in self._folders for each in folder.glob("*.parquet")}
        for name in sorted(names):
            one, other = (folder / name for folder in self._folders)
            if one.is_file() and other.is_file():
                yield from self._columns(name.removesuffix(".parquet"), one, other)
            else:
                there = ("trials" if each.is_file() else _NOTHING for each in (one, other))
                yield dict(zip(("first", "second"), there, strict=True)) | {"name": name}

    def _columns(self, name: str, one: Path, other: Path) -> Iterator[dict[str, Any]]:
        import numpy as np
        import pyarrow.parquet as pq

        first, second = (pq.read_table(each) for each in (one, other))
        for column in dict.fromkeys((*first.column_names, *second.column_names)):
            if column not in first.column_names or column not in second.column_names:
                there = (column in each.column_names for each in (first, second))
                said = ("values" if each else _NOTHING for each in there)
                yield dict(zip(("first", "second"), said, strict=True)) | {
                    "name": f"{name}: {column}"
                }
                continue
            left, right = (each[column].to_numpy() for each in (first, second))
            n_both = min(len(left), len(right))
            self.n_values += n_both
            bits = [each[:n_both].view(np.int64) for each in (left, right)]
            n_unequal = int(np.count_nonzero(bits[0] != bits[1]))
            if n_unequal or len(left) != len(right):
                yield {
                    "name": f"{name}: {column}",
                    "first": f"{len(left):,} trials",
                    "second": f"{len(right):,} trials, {n_unequal:,} of other bits",
                }
