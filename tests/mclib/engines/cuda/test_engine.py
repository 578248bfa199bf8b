"""The engine around its launches, on a device made of the processor."""

import functools
import math
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest

from mclib.distributions import Uniform
from mclib.engines.cuda import answering, merging, program
from mclib.engines.cuda.compiling import Compiler
from mclib.engines.cuda.devices import open_devices
from mclib.engines.cuda.engine import CudaEngine
from mclib.engines.cuda.launching import MOST_BYTES, MOST_BYTES_THERE, SECONDS_WANTED
from mclib.engines.cuda.merging import MERGE_LEVELS
from mclib.engines.cuda.program import DeviceProgram
from mclib.engines.cuda.rendering import render
from mclib.engines.llvm.engine import LlvmEngine
from mclib.engines.plans import BLOCK, Plan, argument_values, build_moments
from mclib.errors import EngineUnavailable, InsufficientMemory
from mclib.expressions.dtypes import Type
from mclib.expressions.functions import where
from mclib.expressions.loops import drawn
from mclib.statistics.blocks import to_trial_order
from mclib.statistics.keys import key_of
from mclib.statistics.records import merge_up
from mclib.statistics.requests import (
    KeyBins,
    KeysWithin,
    LinearBins,
    Request,
    TailMoments,
)
from mclib.statistics.sieves import Sieve
from tests.tools.golden_programs import GOLDEN_PROGRAMS, SEED_WORDS
from tests.tools.host_cupy import HostDevice, installed

pytestmark = pytest.mark.compiler

FIRST_BLOCK = 7


@pytest.fixture(autouse=True)
def machine_code_of_the_host(monkeypatch: pytest.MonkeyPatch) -> None:
    """The machine code of the host device is the source itself."""
    monkeypatch.setattr(Compiler, "cubin", lambda self, text, arch: text.encode())
    # What one test's device has loaded is not there on the next one's.
    fresh = functools.cache(answering.functions_on.__wrapped__)
    monkeypatch.setattr(program, "functions_on", fresh)
    fresh_merge = functools.cache(merging.merge_blocks.__wrapped__)
    monkeypatch.setattr(program, "merge_blocks", fresh_merge)


def _program(plan: Plan) -> DeviceProgram:
    source = render(plan)
    return DeviceProgram(plan, source, source.text.encode(), open_devices()[0], "sm_90")


@pytest.mark.parametrize("kind", ["values", "moments"])
@pytest.mark.parametrize("name", ["table", "uneven_scan", "many_arguments"])
def test_many_launches_give_what_one_gives(name: str, kind: str) -> None:
    golden = GOLDEN_PROGRAMS[name]
    plan = golden.plan(kind, Type.FLOAT64)
    arguments = golden.arguments(plan)

    with installed(HostDevice()) as device:
        result = _program(plan).run(FIRST_BLOCK, 30, arguments)

    assert len(device.launches) > 2
    assert sum(device.launches) == 30
    expected = LlvmEngine(1).compile(plan).run(FIRST_BLOCK, 30, arguments)
    assert np.array_equal(expected, result)


def test_launches_stay_short_on_a_slow_device() -> None:
    golden = GOLDEN_PROGRAMS["table"]
    plan = golden.plan("moments", Type.FLOAT32)

    with installed(HostDevice(seconds_per_block=SECONDS_WANTED / 6)) as device:
        _program(plan).run(0, 60, golden.arguments(plan))

    assert max(device.launches) == 6


def test_no_blocks_are_no_launch() -> None:
    golden = GOLDEN_PROGRAMS["table"]
    plan = golden.plan("values", Type.FLOAT32)

    with installed(HostDevice()) as device:
        result = _program(plan).run(0, 0, golden.arguments(plan))

    assert device.launches == []
    assert result.shape == (2, 0, 8, 4, 32)


def test_want_of_memory_makes_launches_smaller_and_changes_nothing() -> None:
    golden = GOLDEN_PROGRAMS["table"]
    plan = golden.plan("values", Type.FLOAT64)
    arguments = golden.arguments(plan)
    block_bytes = 2 * 8 * BLOCK

    with installed(HostDevice(memory_bytes=3 * block_bytes)) as device:
        result = _program(plan).run(FIRST_BLOCK, 9, arguments)

    assert max(device.launches) == 2
    expected = LlvmEngine(1).compile(plan).run(FIRST_BLOCK, 9, arguments)
    assert np.array_equal(expected, result)


@pytest.mark.parametrize("kind", ["values", "moments"])
def test_want_of_memory_here_makes_launches_smaller_too(kind: str) -> None:
    golden = GOLDEN_PROGRAMS["table"]
    plan = golden.plan(kind, Type.FLOAT64)
    arguments = golden.arguments(plan)
    block_bytes = 2 * 8 * (BLOCK if kind == "values" else 7)

    with installed(HostDevice(pinned_bytes=3 * block_bytes)) as device:
        result = _program(plan).run(FIRST_BLOCK, 9, arguments)

    expected = LlvmEngine(1).compile(plan).run(FIRST_BLOCK, 9, arguments)
    assert max(device.launches) == 2
    assert np.array_equal(expected, result)


def test_a_device_without_room_for_one_block_says_how_much_it_needs() -> None:
    golden = GOLDEN_PROGRAMS["table"]
    plan = golden.plan("values", Type.FLOAT64)

    with (
        installed(HostDevice(memory_bytes=1000)),
        pytest.raises(InsufficientMemory, match=r"needs 16,384 bytes .* 1,000 are free"),
    ):
        _program(plan).run(0, 9, golden.arguments(plan))


def test_results_of_a_launch_never_outgrow_their_share_of_memory() -> None:
    golden = GOLDEN_PROGRAMS["many_arguments"]
    plan = golden.plan("values", Type.FLOAT64)
    n_blocks = 2 * MOST_BYTES // (8 * BLOCK)

    with installed(HostDevice(seconds_per_block=1e-9)) as device:
        made = _program(plan)
        made._size.took(n_blocks, 1e-6)
        made._size_there.took(8 * n_blocks, 1e-6)

    assert made._size_there.blocks == MOST_BYTES_THERE // (8 * BLOCK)
    assert made._size.blocks == MOST_BYTES // (8 * BLOCK)
    assert device.launches == []


def test_a_device_that_stops_in_the_middle_is_named() -> None:
    golden = GOLDEN_PROGRAMS["table"]
    plan = golden.plan("moments", Type.FLOAT64)

    with (
        installed(HostDevice(fails_at=1)),
        pytest.raises(EngineUnavailable, match=r"stopped in the middle .*LaunchFailure"),
    ):
        _program(plan).run(0, 30, golden.arguments(plan))


def test_threads_may_share_a_program() -> None:
    golden = GOLDEN_PROGRAMS["table"]
    plan = golden.plan("moments", Type.FLOAT32)
    arguments = golden.arguments(plan)

    with installed(HostDevice()), ThreadPoolExecutor(3) as threads:
        made = _program(plan)
        parts = list(threads.map(lambda k: made.run(10 * k, 10, arguments), range(6)))

    expected = LlvmEngine(1).compile(plan).run(0, 60, arguments)
    assert np.array_equal(expected, np.concatenate(parts))


@pytest.mark.parametrize("name", ["table", "uneven_scan"])
@pytest.mark.parametrize("precision", [Type.FLOAT32, Type.FLOAT64])
def test_records_are_merged_there_as_they_are_here(name: str, precision: Type) -> None:
    golden = GOLDEN_PROGRAMS[name]
    plan = golden.plan("moments", precision)
    arguments = golden.arguments(plan)

    with installed(HostDevice()) as device:
        nodes = _program(plan).run_merged(64, 128, arguments)

    assert len(device.launches) > 2
    records = LlvmEngine(1).compile(plan).run(64, 128, arguments)
    expected = merge_up(records, MERGE_LEVELS, precision.dtype)
    assert expected.shape == (4, plan.n_outputs, 7)
    assert np.array_equal(expected, nodes, equal_nan=True)


def test_a_block_that_must_be_looked_at_shows_in_what_it_was_merged_to() -> None:
    x = drawn("x", Uniform(0.0, 1.0))
    small = where(x < 1e-3, math.inf, x)
    outputs = [small.node, (x * 1e-30).node]
    plan = build_moments(outputs, Type.FLOAT32)
    arguments = argument_values(plan, SEED_WORDS)

    with installed(HostDevice()):
        nodes = _program(plan).run_merged(0, 32, arguments)

    assert not np.isfinite(nodes[0, :, 1]).any()


ANSWERED: tuple[Request, ...] = (
    LinearBins(1, -2.0, 100.0, 400),
    LinearBins(0, 0.0, 1e-3, answering.PLACES),
    KeyBins(0, key_of(-1.0), key_of(30.0), 48),
    KeyBins(1, key_of(9.0), key_of(9.0), 0),
    KeysWithin(0, key_of(0.2), key_of(0.3)),
    Sieve(0, ((-1.0, 0.2), (0.25, 0.3), (0.5, 30.0)), (False, True, True)),
    Sieve(1, ((9.0, 9.0),), (False,)),
)


@pytest.mark.parametrize("precision", [Type.FLOAT32, Type.FLOAT64])
@pytest.mark.parametrize("n_trials", [30 * BLOCK, 29 * BLOCK + 77])
def test_requests_are_answered_where_the_values_lie(precision: Type, n_trials: int) -> None:
    golden = GOLDEN_PROGRAMS["table"]
    plan = golden.plan("values", precision)
    arguments = golden.arguments(plan)
    asked = [(request.output, request) for request in ANSWERED]

    with installed(HostDevice()) as device:
        found = _program(plan).answers(asked, FIRST_BLOCK, 30, n_trials, arguments)

    assert found is not None
    assert len(device.launches) > 2
    values = LlvmEngine(1).compile(plan).run(FIRST_BLOCK, 30, arguments)
    for (place, request), answer in zip(asked, found, strict=True):
        shown = to_trial_order(values[place], n_trials).astype(np.float64)
        expected = request.finish(request.answer(shown, FIRST_BLOCK))
        assert np.array_equal(expected, request.finish(answer))
        assert expected.any()


def test_what_is_not_counted_there_is_left_to_the_processor(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    golden = GOLDEN_PROGRAMS["table"]
    plan = golden.plan("values", Type.FLOAT64)
    everything = KeysWithin(0, key_of(-1e9), key_of(1e9))

    with installed(HostDevice()):
        ask = functools.partial(_program(plan).answers, arguments=golden.arguments(plan))
        tail = ask([(0, TailMoments(0, 1.0, upper=True))], 0, 2, 2 * BLOCK)
        monkeypatch.setattr(answering, "MOST_KEYS", 100)
        too_many = ask([(0, everything)], 0, 2, 2 * BLOCK)

    assert (tail, too_many) == (None, None)


def test_want_of_memory_makes_pieces_smaller_and_answers_the_same() -> None:
    golden = GOLDEN_PROGRAMS["table"]
    plan = golden.plan("values", Type.FLOAT64)
    arguments = golden.arguments(plan)
    bins = LinearBins(1, -2.0, 100.0, 400)

    with installed(HostDevice(memory_bytes=3 * 2 * 8 * BLOCK)) as device:
        found = _program(plan).answers([(1, bins)], 0, 9, 9 * BLOCK, arguments)

    assert found is not None
    assert max(device.launches) == 2
    assert found[0].sum() == 9 * BLOCK


def test_several_devices_share_the_work_and_change_nothing() -> None:
    golden = GOLDEN_PROGRAMS["table"]
    plan = golden.plan("moments", Type.FLOAT64)
    arguments = golden.arguments(plan)
    together = threading.Barrier(3)

    def part(number: int) -> Any:
        if number < 3:
            together.wait()
        return shared.run(10 * number, 10, arguments)

    with installed(HostDevice(n_devices=3)) as device, ThreadPoolExecutor(6) as threads:
        engine = CudaEngine()
        shared = engine.compile(plan)
        parts = list(threads.map(part, range(12)))

    assert engine.n_workers == 6
    assert device.used == {0, 1, 2}
    expected = LlvmEngine(1).compile(plan).run(0, 120, arguments)
    assert np.array_equal(expected, np.concatenate(parts))


def test_the_engine_names_its_devices() -> None:
    with installed(HostDevice(n_devices=2)):
        engine = CudaEngine()

    one = "host device, 1 multiprocessors, sm_90"
    assert engine.device == f"{one}; {one}"


def test_the_engine_names_its_device() -> None:
    with installed(HostDevice()):
        engine = CudaEngine()

    assert engine.name == "cuda"
    assert engine.device == "host device, 1 multiprocessors, sm_90"
