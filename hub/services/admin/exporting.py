"""Tables for other programs, as CSV that a spreadsheet can open without running it."""

import csv
import io
from collections.abc import AsyncIterable, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from fastapi.responses import StreamingResponse

__all__ = ["csv_answer", "csv_line"]

# A spreadsheet takes a cell that begins with one of these for a formula and runs it.
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


def csv_line(cells: Sequence[Any]) -> str:
    r"""One line of CSV.

    Examples
    --------
    >>> csv_line(["ada", 3, "=1+1", None])
    "ada,3,'=1+1,\r\n"
    """
    written = io.StringIO()
    csv.writer(written).writerow([_cell(cell) for cell in cells])
    return written.getvalue()


def _cell(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="seconds")
    if isinstance(value, tuple):
        value = " ".join(map(str, value))
    is_formula = isinstance(value, str) and value.startswith(_FORMULA)
    return f"'{value}" if is_formula else value


def csv_answer(
    name: str, header: Sequence[str], rows: AsyncIterable[Sequence[Any]]
) -> StreamingResponse:
    """An answer that a browser saves as ``name-DATE.csv``, sent while it is read."""

    async def lines() -> Any:
        yield csv_line(header)
        async for row in rows:
            yield csv_line(row)

    file = f"{name}-{datetime.now(UTC):%Y-%m-%d}.csv"
    return StreamingResponse(
        lines(),
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{file}"'},
    )
