"""A chunk gone through in compiled code: outputs stored, their records, what sieves ask.

The values of a few blocks at a time are stored where a core's own cache holds them, and are
looked at there, by the functions that also stand alone (`recording`, `sifting`). No step of
it comes back to Python.
"""

import ctypes
import functools
from collections.abc import Sequence
from typing import Any

import numpy as np

from mclib.engines.base import Array
from mclib.engines.llvm import recording, sifting
from mclib.engines.llvm.compiling import compile_ir
from mclib.engines.plans import BLOCK
from mclib.expressions.dtypes import Type
from mclib.statistics.moments import FIELDS
from mclib.statistics.sieves import Sieve, Sifted

_BYTES = 1 << 14
"""Of stored values at a time: half of a core's own first cache."""

_MODULE = f"""\
%sieve = type {{{{ i64, i64, ptr, ptr, ptr, ptr, ptr, ptr, ptr }}}}

define void @look(ptr %plan, ptr %records, ptr %sift, i64 %first_block, i64 %n_blocks, \
i64 %step, i64 %n_outputs, ptr %arguments, ptr %tables, ptr %values, ptr %out, \
i64 %n_sieves, ptr %sieves) {{{{
entry:
  %stride = mul i64 %step, {BLOCK}
  %has_records = icmp ne ptr %records, null
  %record_size = mul i64 %n_outputs, {len(FIELDS)}
  br label %steps
steps:
  %begun = phi i64 [ 0, %entry ], [ %following, %done ]
  %left = sub i64 %n_blocks, %begun
  %is_short = icmp ult i64 %left, %step
  %n_now = select i1 %is_short, i64 %left, i64 %step
  %block = add i64 %first_block, %begun
  call void %plan(i64 %block, i64 %n_now, i64 %step, ptr %arguments, ptr %tables, \
ptr %values)
  br i1 %has_records, label %recording, label %asking
recording:
  %field = mul i64 %begun, %record_size
  %record = getelementptr double, ptr %out, i64 %field
  call void %records(i64 %n_now, i64 %n_outputs, i64 %stride, ptr %values, ptr %record)
  br label %asking
asking:
  %n_values = mul i64 %n_now, {BLOCK}
  %some = icmp ne i64 %n_sieves, 0
  br i1 %some, label %sifting, label %done
sifting:
  %k = phi i64 [ 0, %asking ], [ %next_k, %sifting ]
  %output_at = getelementptr %sieve, ptr %sieves, i64 %k
  %n_ranges_at = getelementptr %sieve, ptr %sieves, i64 %k, i32 1
  %lows_at = getelementptr %sieve, ptr %sieves, i64 %k, i32 2
  %highs_at = getelementptr %sieve, ptr %sieves, i64 %k, i32 3
  %kept_at = getelementptr %sieve, ptr %sieves, i64 %k, i32 4
  %below_at = getelementptr %sieve, ptr %sieves, i64 %k, i32 5
  %within_at = getelementptr %sieve, ptr %sieves, i64 %k, i32 6
  %found_at = getelementptr %sieve, ptr %sieves, i64 %k, i32 7
  %n_found_at = getelementptr %sieve, ptr %sieves, i64 %k, i32 8
  %output = load i64, ptr %output_at
  %n_ranges = load i64, ptr %n_ranges_at
  %lows = load ptr, ptr %lows_at
  %highs = load ptr, ptr %highs_at
  %kept = load ptr, ptr %kept_at
  %below = load ptr, ptr %below_at
  %within = load ptr, ptr %within_at
  %found = load ptr, ptr %found_at
  %n_found = load ptr, ptr %n_found_at
  %place = mul i64 %output, %stride
  %own = getelementptr {{scalar}}, ptr %values, i64 %place
  call void %sift(ptr %own, i64 %n_values, i64 %n_ranges, ptr %lows, ptr %highs, \
ptr %kept, ptr %below, ptr %within, ptr %found, ptr %n_found)
  %next_k = add i64 %k, 1
  %more = icmp ult i64 %next_k, %n_sieves
  br i1 %more, label %sifting, label %done
done:
  %following = add i64 %begun, %step
  %goes_on = icmp ult i64 %following, %n_blocks
  br i1 %goes_on, label %steps, label %end
end:
  ret void
}}}}
"""


class _Asked:
    """A sieve with room for what a chunk answers."""

    def __init__(self, place: int, sieve: Sieve, n_values: int, dtype: Any) -> None:
        self.place, n_ranges = place, len(sieve.ranges)
        self.lows, self.highs = np.array(sieve.ranges).T.copy()
        self.kept = -np.array(sieve.kept, np.int32)
        self.counts = np.zeros((2, n_ranges), np.uint64)
        self.found = np.empty(n_values, dtype)
        self.n_found = np.zeros(1, np.int64)

    def words(self) -> list[int]:
        """Return what the compiled code is told."""
        arrays = (self.lows, self.highs, self.kept, *self.counts, self.found, self.n_found)
        return [self.place, len(self.lows), *(each.ctypes.data for each in arrays)]

    def answer(self) -> Sifted:
        """Return what was found."""
        return sifting.sifted(self.counts, self.found, self.n_found)


def look(
    plan: int,
    precision: Type,
    n_outputs: int,
    sieves: Sequence[tuple[int, Sieve]],
    first_block: int,
    n_blocks: int,
    arguments: int,
    tables: int,
    *,
    with_records: bool,
) -> tuple[Array, list[Sifted]]:
    """Compute blocks; return their records, if asked for, and what sieves ask.

    Parameters
    ----------
    plan, arguments, tables : int
        Addresses of the machine code of a plan that stores outputs, and of what it takes.
    precision : Type
        Of the outputs.
    n_outputs : int
        How many the plan stores.
    sieves : sequence of (int, Sieve)
        Questions, each about the output in that place of the plan.
    first_block, n_blocks : int
        Which blocks; at least one.
    with_records : bool
        Whether records are wanted.

    Returns
    -------
    records : array of shape (n_blocks, n_outputs, 7)
        Or of no blocks, where none are wanted.
    answers : list of Sifted
        One for each sieve.
    """
    dtype = precision.dtype
    step = max(1, _BYTES // (BLOCK * dtype.itemsize * n_outputs))
    values = np.empty(n_outputs * step * BLOCK, dtype)
    records = np.empty((n_blocks if with_records else 0, n_outputs, len(FIELDS)))
    asked = [_Asked(*each, n_blocks * BLOCK, dtype) for each in sieves]
    told = np.array([each.words() for each in asked], np.int64)
    _function(precision)(
        plan,
        recording.address(precision) if with_records else None,
        sifting.address(precision),
        first_block,
        n_blocks,
        step,
        n_outputs,
        arguments,
        tables,
        values.ctypes.data,
        records.ctypes.data,
        len(asked),
        told.ctypes.data,
    )
    return records, [each.answer() for each in asked]


@functools.cache
def _function(precision: Type) -> Any:
    scalar = "float" if precision is Type.FLOAT32 else "double"
    compiled = compile_ir(_MODULE.format(scalar=scalar), ("look",))
    integer, pointer = ctypes.c_int64, ctypes.c_void_p
    types = [*[pointer] * 3, *[integer] * 4, *[pointer] * 4, integer, pointer]
    return compiled.function("look", *types)
