"""The types a node may have.

A model is traced in `REAL` and `BOOLEAN`. Lowering decides what a real number is (`FLOAT32`
or `FLOAT64`) and adds the integers that draws and portable mathematics are made of.
Integers have no sign of their own: the op says how their bits are read.
"""

import enum

import numpy as np


class Type(enum.Enum):
    """What the bits of a value mean."""

    REAL = "real"
    BOOLEAN = "boolean"
    INT32 = "int32"
    INT64 = "int64"
    FLOAT32 = "float32"
    FLOAT64 = "float64"

    def __repr__(self) -> str:
        return self.value

    @property
    def is_float(self) -> bool:
        """Whether values of this type are real numbers."""
        return self in FLOATS

    @property
    def is_integer(self) -> bool:
        """Whether values of this type are machine integers."""
        return self in INTEGERS

    @property
    def dtype(self) -> "np.dtype[np.generic]":
        """The NumPy type that holds such values (integers unsigned, so that they wrap)."""
        return _DTYPES[self]

    @property
    def bits_type(self) -> "Type":
        """The integer as wide as this float."""
        return Type.INT32 if self is Type.FLOAT32 else Type.INT64


FLOATS = frozenset({Type.REAL, Type.FLOAT32, Type.FLOAT64})
INTEGERS = frozenset({Type.INT32, Type.INT64})

_DTYPES: dict[Type, "np.dtype[np.generic]"] = {
    Type.REAL: np.dtype(np.float64),
    Type.BOOLEAN: np.dtype(np.bool_),
    Type.INT32: np.dtype(np.uint32),
    Type.INT64: np.dtype(np.uint64),
    Type.FLOAT32: np.dtype(np.float32),
    Type.FLOAT64: np.dtype(np.float64),
}
