"""`reference.c`, compiled for this very processor by every compiler that is here."""

import ctypes
import functools
import math
import platform
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from mclib.streams import stream_of
from tests.benchmarks import workloads as w
from tests.benchmarks.contenders import Contender
from tests.benchmarks.ours import SEED

SOURCE = Path(__file__).with_name("reference.c")
COMPILERS = ("gcc", "clang")
FLAGS = ["-O3", "-march=native", "-ffast-math"]
if platform.machine() == "x86_64":
    # Left alone, both compilers use half of a processor's widest vectors.
    FLAGS.append("-mprefer-vector-width=512")

_MULTIPLE = 512
_SHEET = (
    *(w.PRICE, w.GROWTH, w.INTEREST),
    *((math.log(median), spread) for median, spread in (w.VOLUME, w.EXCHANGE)),
    *(w.COST, w.CAPITAL, w.FIXED, w.TAX, w.CHURN),
)
_NUMBERS = {
    "european": (w.SPOT, w.STRIKE, w.DRIFT, w.SPREAD, w.DISCOUNT),
    "asian": (w.SPOT, w.STRIKE, w.STEP_DRIFT, w.STEP_SPREAD, w.DISCOUNT),
    "sheet": tuple(number for numbers in _SHEET for number in numbers),
}
_STREAMS = {"european": ("z",), "asian": ("noise",), "sheet": tuple(w.sheet.inputs)}


def compilers() -> list[str]:
    """Name the C compilers that are here."""
    return [name for name in COMPILERS if shutil.which(name)]


def contenders(work: str, precision: str) -> Iterator[Contender]:
    """The C reference on one core, once for each compiler."""
    for name in compilers():
        run = _run(name, work, precision)
        yield Contender(f"C, {name}", work, precision, run, _MULTIPLE)


@functools.cache
def _library(name: str, precision: str) -> ctypes.CDLL:
    kind = ["-DREAL_IS_FLOAT"] if precision == "float32" else []
    with tempfile.TemporaryDirectory() as folder:
        compiled, made = Path(folder) / "reference.o", Path(folder) / "reference.so"
        # Linked with `-ffast-math`, a library has the thread that loads it flush subnormal
        # numbers to zero from then on, in everything else that it computes.
        for command in (
            [name, *FLAGS, *kind, "-fPIC", "-c", str(SOURCE), "-o", str(compiled)],
            [name, "-shared", str(compiled), "-o", str(made), "-lm"],
        ):
            subprocess.run(command, check=True, capture_output=True, text=True)
        # The loaded code outlives its file.
        return ctypes.CDLL(str(made))


def _run(name: str, work: str, precision: str) -> Callable[[int], float]:
    function = getattr(_library(name, precision), work)
    streams = np.array([stream_of(each) for each in _STREAMS[work]], np.uint32)
    numbers = np.array(_NUMBERS[work], np.float64)

    def run(n_trials: int) -> float:
        record = np.array([0.0, 0.0, np.inf, -np.inf])
        function(
            ctypes.c_uint64(SEED),
            ctypes.c_void_p(streams.ctypes.data),
            ctypes.c_void_p(numbers.ctypes.data),
            ctypes.c_int64(n_trials),
            ctypes.c_void_p(record.ctypes.data),
        )
        return float(record[0]) / n_trials

    return run
