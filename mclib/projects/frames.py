"""Tables that describe projects and risks."""

from typing import Any

from mclib.errors import law


def columns_of(frame: Any) -> list[str]:
    """Return the names of a table's columns.

    Raises
    ------
    ArgumentError
        If it is no table.
    """
    if not hasattr(frame, "columns") or not hasattr(frame, "to_dict"):
        raise law("frame", "be a pandas data frame", frame, "write `pd.DataFrame(...)`.")
    return list(frame.columns)
