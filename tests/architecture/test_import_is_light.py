"""`import mclib` stays light: it works on a laptop, and in a notebook it isn't felt."""

import subprocess
import sys

HEAVY = (
    "anywidget",
    "cupy",
    "dask",
    "ipywidgets",
    "llvmlite",
    "numba",
    "openpyxl",
    "pandas",
    "plotly",
    "pyarrow",
    "scipy",
    "hub",
)
MOST_TIMES_NUMPY = 4.0
"""NumPy takes about 0.1 s; the measured time of mclib is in mclib/README.md."""


def _python(program: str) -> str:
    outcome = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    return outcome.stdout.strip()


def test_importing_mclib_imports_nothing_heavy() -> None:
    program = (
        "import sys, mclib\n"
        f"print(*sorted(set({HEAVY!r}) & {{name.split('.')[0] for name in sys.modules}}))"
    )

    loaded = _python(program)

    assert "" == loaded


def _processor_seconds(module: str) -> float:
    program = (
        "import time\n"
        "start = time.process_time()\n"
        f"import {module}\n"
        "print(time.process_time() - start)"
    )
    return float(_python(program))


def test_importing_mclib_costs_a_few_times_what_numpy_does() -> None:
    # A ratio of neighbours, best of five: a busy machine must not fail this test.
    ratio = min(_processor_seconds("mclib") / _processor_seconds("numpy") for _ in range(5))

    assert ratio < MOST_TIMES_NUMPY
