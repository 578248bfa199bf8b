"""The audit log for other programs: CSV, or JSON a line."""

import csv
import json
from collections.abc import Iterable
from dataclasses import fields
from datetime import UTC
from typing import Any, Final, TextIO

from hub.audit.chain import Record

__all__ = ["FORMATS", "write_csv", "write_json_lines"]

_NAMES: Final = tuple(field.name for field in fields(Record))
# A spreadsheet takes a cell that begins with one of these for a formula and runs it.
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


def write_csv(records: Iterable[Record], file: TextIO) -> int:
    """Write `records` as a table; how many there were."""
    writer = csv.DictWriter(file, _NAMES)
    writer.writeheader()
    n_records = 0
    for record in records:
        writer.writerow({name: _cell(value) for name, value in _plain(record).items()})
        n_records += 1
    return n_records


def _cell(value: Any) -> Any:
    is_formula = isinstance(value, str) and value.startswith(_FORMULA)
    return f"'{value}" if is_formula else value


def write_json_lines(records: Iterable[Record], file: TextIO) -> int:
    """Write `records` one a line, `detail` unfolded; how many there were."""
    n_records = 0
    for record in records:
        line = _plain(record) | {"detail": json.loads(record.detail)}
        file.write(json.dumps(line, ensure_ascii=False) + "\n")
        n_records += 1
    return n_records


def _plain(record: Record) -> dict[str, Any]:
    return vars(record) | {"at": record.at.astimezone(UTC).isoformat()}


FORMATS: Final = {"csv": write_csv, "jsonl": write_json_lines}
