"""NumPy or CuPy? The one place that asks, so that models need not."""

from typing import Any

import numpy as np

Array = np.ndarray[Any, np.dtype[Any]]


def to_host(value: Any) -> Any:
    """Return a NumPy array with the numbers of a CuPy array; anything else as it is."""
    return value.get() if hasattr(value, "__cuda_array_interface__") else value
