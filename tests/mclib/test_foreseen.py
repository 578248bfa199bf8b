"""What is asked in advance is what would be found later, and takes no pass of its own."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

import mclib as mc
from mclib.engines.llvm.engine import LlvmEngine
from mclib.errors import ArgumentError
from mclib.results.result import Result
from mclib.runs import SimulationRun
from mclib.statistics import foreseen

ORDERS = (0.01, 0.05, 0.5, 0.95)


@mc.model
def loss(x: Any = mc.Normal(0.0, 1.0), n: Any = mc.Poisson(2.0), k: float = 2.0) -> Any:
    return {
        "smooth": mc.exp(x * k),
        "floored": mc.maximum(x, 0.3) * n,
        "broken": mc.where(x < -1.5, mc.log(x), mc.where(x > 2.0, 1.0 / (n * 0.0), x)),
    }


@mc.model(trace=False)
def array_loss(x: Any = mc.Normal(0.0, 1.0)) -> Any:
    return {"smooth": np.exp(x), "floored": np.maximum(x, 0.3), "broken": np.log(x)}


@pytest.fixture
def sweeps(monkeypatch: pytest.MonkeyPatch) -> list[int | None]:
    """How many trials each pass goes through; None for all."""
    seen: list[int | None] = []
    sweep = SimulationRun.sweep

    def watched(run: SimulationRun, requests: Any, n_trials: int | None = None) -> Any:
        seen.append(n_trials)
        return sweep(run, requests, n_trials)

    monkeypatch.setattr(SimulationRun, "sweep", watched)
    return seen


def told(result: Result, orders: Sequence[float] = ORDERS) -> list[Any]:
    """Every number that an answer has, of every output."""
    return [
        (each.value, each.standard_error, each.n_trials, each.interval())
        for output in result.values()
        for each in (output.mean, output.kurtosis, *output.quantile(list(orders)))
    ]


@pytest.mark.parametrize("model", [loss, array_loss], ids=["traced", "arrays"])
@pytest.mark.parametrize("precision", ["float64", "float32"])
@pytest.mark.parametrize("n_trials", [700, 50_000, 150_007])
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_it_is_what_would_be_found_later(
    model: mc.Model, precision: str, n_trials: int, sweeps: list[int | None]
) -> None:
    options: dict[str, Any] = {"seed": 5, "engine": "llvm", "precision": precision}
    later = told(mc.simulate(model, n_trials, **options))
    sweeps.clear()

    result = mc.simulate(model, n_trials, quantiles=ORDERS, **options)
    found = [each for output in result.values() for each in output.quantile(list(ORDERS))]

    assert len(found) == len(ORDERS) * len(result)
    assert None not in sweeps
    assert later == told(result)


@pytest.mark.parametrize("chunk_size", [1024, 70_000, 1_000_000])
def test_chunks_and_threads_change_nothing(chunk_size: int) -> None:
    usual = told(mc.simulate(loss, 150_000, seed=5, engine="llvm"))

    for n_workers in (1, 3):
        result = mc.simulate(
            loss,
            150_000,
            seed=5,
            quantiles=ORDERS,
            engine=LlvmEngine(n_workers),
            chunk_size=chunk_size,
        )
        assert usual == told(result)


@pytest.mark.parametrize("sampler", ["antithetic", "latin hypercube", "sobol"])
def test_samplers_have_the_same_quantiles(sampler: str) -> None:
    options: dict[str, Any] = {"seed": 5, "engine": "llvm", "sampler": sampler}

    later = told(mc.simulate(loss, 131_072, **options))

    assert later == told(mc.simulate(loss, 131_072, quantiles=ORDERS, **options))


def test_the_judge_finds_the_same(sweeps: list[int | None]) -> None:
    found, expected = (
        told(mc.simulate(loss, 3_000, seed=5, engine=engine, quantiles=(0.5,)), [0.5])
        for engine in ("reference", "llvm")
    )

    assert expected == found
    assert len(found) == 9


def test_a_summary_of_what_was_asked_in_advance_takes_no_pass(
    sweeps: list[int | None],
) -> None:
    asked = mc.simulate(loss, 200_000, seed=5, engine="llvm", quantiles=(0.05, 0.5, 0.95))

    table = asked.summary()

    assert sweeps == [16_384]
    assert table.equals(mc.simulate(loss, 200_000, seed=5, engine="llvm").summary())


def test_a_picture_on_the_way_has_the_quantiles_of_its_trials() -> None:
    pictures = [
        progress.result
        for progress in mc.iterate(
            loss, 400_000, seed=5, engine="llvm", chunk_size=40_000, interval=0.0,
            quantiles=ORDERS,
        )
    ]  # fmt: skip

    for result in (pictures[1], pictures[-1]):
        assert told(mc.simulate(loss, result.n_trials, seed=5, engine="llvm")) == told(
            result
        )


def test_a_run_that_goes_on_finds_what_one_go_finds() -> None:
    until = mc.Tolerance("smooth", relative=0.05, statistic="quantile", order=0.5)

    result = mc.simulate(loss, seed=5, engine="llvm", until=until, quantiles=ORDERS)

    again = mc.simulate(loss, result.n_trials, seed=5, engine="llvm")
    assert told(again) == told(result)


def test_a_condition_is_asked_about_its_own_trials() -> None:
    asked, plain = (
        mc.simulate(loss, 100_000, seed=5, engine="llvm", quantiles=orders)
        for orders in (ORDERS, ())
    )

    found, expected = (
        result.where(lambda trial: trial["smooth"] > 1.0)["smooth"].quantile(0.5)
        for result in (asked, plain)
    )

    assert expected == found


def test_too_many_keys_are_left_to_a_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(foreseen, "MOST_KEYS", 1000)

    result = mc.simulate(loss, 200_000, seed=5, engine="llvm", quantiles=ORDERS)

    assert told(mc.simulate(loss, 200_000, seed=5, engine="llvm")) == told(result)


def test_an_engine_far_from_its_values_is_asked_later(sweeps: list[int | None]) -> None:
    far = LlvmEngine(1)
    far.sees_values = False

    result = mc.simulate(loss, 100_000, seed=5, engine=far, quantiles=ORDERS)

    assert sweeps == []
    assert told(mc.simulate(loss, 100_000, seed=5, engine="llvm")) == told(result)


def test_an_order_that_cannot_be_is_refused() -> None:
    with pytest.raises(ArgumentError, match="`quantiles` must be strictly between 0 and"):
        mc.simulate(loss, 1000, quantiles=(0.05, 95))
