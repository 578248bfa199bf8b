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
    "pandas",
    "plotly",
    "pyarrow",
    "scipy",
    "hub",
)
LIMIT_SECONDS = 0.3


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


def test_importing_mclib_takes_less_than_a_third_of_a_second() -> None:
    # Processor time, and the best of five: a busy machine must not fail this test.
    program = (
        "import time\n"
        "start = time.process_time()\n"
        "import mclib\n"
        "print(time.process_time() - start)"
    )

    seconds = min(float(_python(program)) for _ in range(5))

    assert seconds < LIMIT_SECONDS
