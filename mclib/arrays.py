"""NumPy or CuPy? The one place that asks, so that models need not."""

from typing import Any

import numpy as np

from mclib.errors import law

Array = np.ndarray[Any, np.dtype[Any]]


def to_host(value: Any) -> Any:
    """Return a NumPy array with the numbers of a CuPy array; anything else as it is."""
    return value.get() if hasattr(value, "__cuda_array_interface__") else value


def floats(name: str, value: Any, must: str) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Return an argument as an array of float64, or say what it must be.

    Parameters
    ----------
    name : str
        Of the argument.
    value : object
        What was given.
    must : str
        What it must be, for the message.

    Raises
    ------
    ArgumentError
        If it has something else than numbers, or rows of several lengths.
    """
    try:
        return np.asarray(value, np.float64)
    except (TypeError, ValueError):
        raise law(name, must, value) from None
