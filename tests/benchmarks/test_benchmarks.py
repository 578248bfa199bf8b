"""The benchmarks themselves: run whole by `make bench`, in part by the tests.

`MC_BENCHMARKS` names a folder that keeps the tables and the numbers.
"""

import json
import os
import sys
from pathlib import Path

import pytest

from tests.benchmarks import contenders, costs, mixture, requirements, speed, tables
from tests.benchmarks.contenders import Contender
from tests.benchmarks.workloads import MODELS


@pytest.mark.benchmark
@pytest.mark.timeout(1_800)
def test_speed_and_memory_are_what_is_required(tmp_path: Path) -> None:
    folder = Path(os.environ.get("MC_BENCHMARKS") or tmp_path)
    host = tables.machine()

    speeds = speed.measure()
    others = costs.everything()

    reached = requirements.check(speeds, others)
    text = tables.markdown(speeds, others, reached, host)
    sys.stdout.write(f"\n{text}\n")
    (folder / "benchmarks.md").write_text(f"{text}\n")
    numbers = tables.plain(speeds, others, reached, host)
    (folder / "benchmarks.json").write_text(json.dumps(numbers, indent=1) + "\n")
    assert [
        f"{each.law}; measured {each.measured}" for each in reached if not each.holds
    ] == []


@pytest.mark.parametrize("work", MODELS)
def test_mclib_and_numpy_compute_the_same_workload(work: str) -> None:
    from tests.benchmarks import ours, plain_numpy

    for precision in speed.PRECISIONS:
        pair = (
            next(ours.contenders(work, precision)),
            next(plain_numpy.contenders(work, precision)),
        )

        speed.check(pair)


def test_all_who_add_up_the_mixture_have_the_same_answer() -> None:
    mixture.check(mixture.available(), 100_000)


def test_the_mixture_is_measured_in_time_and_memory(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(mixture, "N_TRIALS", 100_000)
    monkeypatch.setattr(mixture, "available", lambda: [mixture.IN_ADVANCE, mixture.NUMPY])

    found = mixture.measure(costs.mixture_megabytes, n_turns=1)

    assert [mixture.IN_ADVANCE, mixture.NUMPY] == list(found)
    assert all(0.0 < each.seconds and 20.0 < each.megabytes for each in found.values())


@pytest.mark.compiler
@pytest.mark.parametrize("work", MODELS)
def test_the_c_reference_computes_the_very_same_trials(work: str) -> None:
    from tests.benchmarks import c_reference, ours

    for precision, digits in (("float64", 1e-9), ("float32", 2e-4)):
        expected = next(ours.contenders(work, precision)).run(1 << 12)

        for reference in c_reference.contenders(work, precision):
            assert reference.run(1 << 12) == pytest.approx(expected, rel=digits)


def test_contenders_take_turns() -> None:
    said: list[str] = []

    def slow(name: str) -> Contender:
        def run(n_trials: int) -> float:
            said.append(name)
            return float(n_trials)

        return Contender(name, "sheet", "float64", run, contenders.MOST_TRIALS)

    timings = contenders.take_turns([slow("a"), slow("b")], n_turns=3, seconds=1e-9)

    assert ["a", "b"] * 3 == said[-6:]
    assert [3, 3] == [len(timing.seconds) for timing in timings]


def test_a_contender_that_computes_something_else_is_refused() -> None:
    wrong = Contender("wrong", "european", "float64", lambda n_trials: 10.0)

    with pytest.raises(AssertionError, match="wrong misses the mean of european"):
        speed.check([wrong])
