import math
import subprocess
import sys

import pytest

from mclib.statistics import student
from mclib.statistics.student import two_sided_student

LEVELS = (0.5, 0.68, 0.9, 0.95, 0.99, 0.9999)


@pytest.mark.parametrize("degrees", [1, 2, 3, 4, 5, 10, 31, 62, 255, 512, 999, 1_000])
def test_quantiles_are_scipy_s(degrees: int) -> None:
    from scipy.special import stdtrit

    for level in LEVELS:
        expected = float(stdtrit(degrees, (1.0 + level) / 2.0))
        assert two_sided_student(level, degrees) == pytest.approx(expected, rel=2e-12)


@pytest.mark.parametrize("level", [1e-6, 1e-3, *LEVELS])
def test_one_and_two_degrees_have_formulas(level: float) -> None:
    cauchy = math.tan(math.pi * level / 2.0)
    two = level * math.sqrt(2.0 / (1.0 - level * level))

    assert two_sided_student(level, 1) == pytest.approx(cauchy, rel=2e-12)
    assert two_sided_student(level, 2) == pytest.approx(two, rel=2e-12)


@pytest.mark.parametrize(
    ("level", "degrees"), [(0.95, student.MOST_DEGREES), (student.HIGHEST_LEVEL, 7)]
)
def test_both_ways_agree_where_they_meet(level: float, degrees: int) -> None:
    beyond = two_sided_student(math.nextafter(level, 1.0), degrees)

    assert two_sided_student(level, degrees) == pytest.approx(beyond, rel=1e-9)


def test_an_interval_of_replications_loads_no_scipy() -> None:
    code = (
        "import sys; from mclib.statistics.replications import student_quantile; "
        "student_quantile(0.95, 32); print('scipy' in sys.modules)"
    )

    told = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert "False" == told.stdout.strip()
