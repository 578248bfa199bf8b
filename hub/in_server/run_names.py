"""Names of servers that are runs of reports."""

import re
from typing import Final

__all__ = ["run_of"]

_NAME: Final = re.compile(r"report-([1-9][0-9]*)-([1-9][0-9]*)")


def run_of(server: str) -> tuple[int, int] | None:
    """Job and try that a server of this name is, if it is one.

    Examples
    --------
    >>> run_of("report-34-1"), run_of("app-var"), run_of("")
    ((34, 1), None, None)
    """
    found = _NAME.fullmatch(server)
    return None if found is None else (int(found[1]), int(found[2]))
