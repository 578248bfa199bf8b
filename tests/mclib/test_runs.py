"""A run that is stopped keeps what is done, and says that it was stopped."""

import signal
import subprocess
import sys
import threading
from typing import Any

import numpy as np
import pytest

import mclib as mc
from mclib.engines.llvm.engine import LlvmEngine
from mclib.errors import ArgumentError
from mclib.statistics.requests import TailMoments
from tests.helpers import assert_same_bits


@mc.model
def spread(x: Any = mc.Normal(0.0, 1.0), k: float = 2.0) -> Any:
    return {"y": mc.maximum(x * k, 0.0)}


INTERRUPTED = """
import mclib as mc
from tests.mclib.test_runs import spread

mc.simulate(spread, 10_000, seed=1)
print("ready", flush=True)
result = mc.simulate(spread, 10**12, seed=1, progress=False)
done = result["y"].mean.n_trials
again = mc.simulate(spread, done, seed=1, progress=False)
print(result.interrupted, done == result.n_trials, again["y"].mean == result["y"].mean)
print(result.provenance.interrupted)
"""


def test_a_real_ctrl_c_returns_what_is_done() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", INTERRUPTED],
        env={"PYTHONPATH": ":".join(sys.path)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
        threading.Timer(0.3, child.send_signal, [signal.SIGINT]).start()
        out, err = child.communicate(timeout=60)

    assert out.split() == ["True"] * 4, err


@pytest.mark.parametrize("delay", [0.01, 0.02, 0.03, 0.05])
def test_no_block_is_half_added_when_ctrl_c_comes(delay: float) -> None:
    mc.simulate(spread, 5000, seed=1)
    main = threading.main_thread().ident
    assert main is not None
    timer = threading.Timer(delay, signal.pthread_kill, [main, signal.SIGINT])

    timer.start()
    try:
        result = mc.simulate(spread, 10**12, seed=1, chunk_size=1024, progress=False)
    except KeyboardInterrupt:
        # It came before the first chunk was done.
        return

    assert result.interrupted
    assert 0 < result.n_trials == result["y"].mean.n_trials
    whole = mc.simulate(spread, result.n_trials, seed=1)
    assert repr(result["y"].mean) == repr(whole["y"].mean)
    assert result["y"].quantile(0.9).value == whole["y"].quantile(0.9).value


def _stopping_after(n_calls: int) -> mc.Model:
    calls = iter(range(n_calls))

    @mc.model(trace=False)
    def stopping(x: Any = mc.Normal(0.0, 1.0)) -> Any:
        if next(calls, None) is None:
            raise KeyboardInterrupt
        return {"y": x}

    return stopping


def test_an_interrupt_in_a_worker_returns_what_is_done() -> None:
    result = mc.simulate(
        _stopping_after(6), 20_000, seed=1, chunk_size=1024, engine=LlvmEngine(1)
    )

    assert result.interrupted
    assert result.n_trials == result["y"].mean.n_trials == 5 * 1024


def test_an_interrupt_before_anything_is_done_is_the_callers() -> None:
    with pytest.raises(KeyboardInterrupt):
        mc.simulate(_stopping_after(1), 20_000, seed=1, chunk_size=1024)


def test_an_error_of_the_function_stops_the_run() -> None:
    calls = iter(range(4))

    @mc.model(trace=False)
    def failing(x: Any = mc.Normal(0.0, 1.0)) -> Any:
        if next(calls, None) is None:
            message = "the analyst's own"
            raise ZeroDivisionError(message)
        return {"y": x}

    with pytest.raises(ZeroDivisionError, match="the analyst's own"):
        mc.simulate(failing, 20_000, seed=1, chunk_size=1024)
    assert not [each for each in threading.enumerate() if each.name.startswith("mclib")]


def test_a_run_that_went_to_its_end_is_not_interrupted() -> None:
    assert not mc.simulate(spread, 5000, seed=1).interrupted


def test_a_generator_closed_early_leaves_no_thread() -> None:
    running = mc.iterate(spread, 10**12, seed=1, interval=0.0)
    first = next(running)

    running.close()

    assert first.result["y"].mean.n_trials == first.n_trials_done
    assert not [each for each in threading.enumerate() if each.name.startswith("mclib")]


def test_progress_is_a_picture_of_its_moment() -> None:
    running = mc.iterate(spread, 200_000, seed=1, interval=0.0, chunk_size=4096)
    first = next(running)
    mean, n_trials = first.result["y"].mean, first.n_trials_done
    *_, last = running

    assert (first.result["y"].mean, first.n_trials_done) == (mean, n_trials)
    assert first.result["y"].quantile(0.9).n_trials == n_trials
    assert last.n_trials_done == 200_000
    assert last.result["y"].mean == mc.simulate(spread, 200_000, seed=1)["y"].mean


def test_any_window_of_trials_is_the_same_trials() -> None:
    result = mc.simulate(spread, 5000, seed=1)
    everything = result.to_frame(5000)

    for start, count in ((0, 1), (1023, 2), (2048, 1024), (4999, 1)):
        window = result.to_frame(count, start=start)

        assert_same_bits(everything.to_numpy()[start : start + count], window.to_numpy())


@pytest.mark.parametrize("window", [(-1, 2), (0, 5001), (5000, 1), (4990, 20)])
def test_trials_that_were_not_run_are_refused(window: tuple[int, int]) -> None:
    result = mc.simulate(spread, 5000, seed=1)

    with pytest.raises(ArgumentError, match="must"):
        result.to_frame(window[1], start=window[0])


MEMORY = """
import mclib as mc
from tests.tools.memory import peak_bytes
from tests.mclib.test_runs import spread

result = mc.simulate(spread, 200_000_000, seed=1, progress=False)
output = result["y"]
output.quantile([0.01, 0.5, 0.99])
output.histogram()
output.tail_mean(0.99)
print(peak_bytes())
"""


@pytest.mark.slow
def test_memory_does_not_grow_with_the_number_of_trials() -> None:
    ran = subprocess.run(
        [sys.executable, "-c", MEMORY],
        env={"PYTHONPATH": ":".join(sys.path)},
        capture_output=True,
        text=True,
        check=True,
    )

    assert int(ran.stdout) < 300e6


def test_the_provenance_says_what_was_run() -> None:
    provenance = mc.simulate(spread, 3000, seed=9, parameters={"k": 3.0}).provenance

    assert (provenance.seed, provenance.n_trials) == (9, 3000)
    assert provenance.parameters["k"] == 3.0
    assert (provenance.engine, provenance.precision) == ("llvm", "float64")
    assert provenance.model_hash == spread.digest(spread.parameters)
    assert set(provenance.versions) == {"mclib", "python", "numpy", "llvmlite"}
    assert provenance.versions["numpy"] == np.__version__
    assert provenance.started.tzinfo is not None
    assert provenance.elapsed.total_seconds() > 0.0


@pytest.mark.parametrize("upper", [True, False])
@pytest.mark.parametrize("n_trials", [700, 3 * 1024, 50_000])
def test_a_compiled_tail_is_the_tail_of_the_values_to_the_bit(
    n_trials: int, upper: bool
) -> None:
    @mc.model
    def wild(x: Any = mc.Normal(0.0, 1.0)) -> Any:
        return {"w": x * 2.0, "y": mc.where(x > 3.0, np.inf, mc.sqrt(x + 3.0))}

    result = mc.simulate(wild, n_trials, seed=5)
    request = TailMoments(1, 2.0, upper)

    (found,) = result._trials.sweep([request])

    values = result._trials.values(0, n_trials, ["y"])["y"]
    expected = request.finish(request.answer(values, 0))
    np.testing.assert_array_equal(found, expected)
