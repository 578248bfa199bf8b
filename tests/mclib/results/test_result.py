"""A run's answers together: by name, as tables, trial by trial."""

from datetime import timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest

import mclib as mc
from mclib.errors import ArgumentError
from mclib.results import windows
from mclib.results.result import Result
from tests.mclib.array_run import ArrayRun

N_TRIALS = 20_000


@pytest.fixture
def run(seed: int) -> ArrayRun:
    generator = np.random.default_rng(seed)
    price, cost = (
        generator.normal(20.0, 2.0, N_TRIALS),
        generator.normal(11.0, 1.0, N_TRIALS),
    )
    outputs = {"revenue": 1000 * price, "profit": 1000 * (price - cost)}
    return ArrayRun(outputs, {"price": price, "cost": cost})


@pytest.fixture
def result(run: ArrayRun) -> Result:
    return Result(run)


def test_it_is_a_mapping_of_its_outputs(result: Result) -> None:
    assert ["revenue", "profit"] == list(result) == list(result.keys())
    assert len(result) == 2
    assert "profit" in result
    assert "price" not in result
    assert {"revenue": "revenue", "profit": "profit"} == {
        name: output.name for name, output in result.items()
    }
    assert [result["revenue"], result["profit"]] == list(result.values())
    assert ["revenue", "profit"] == result._ipython_key_completions_()


def test_it_says_where_its_numbers_come_from(result: Result) -> None:
    assert (N_TRIALS, 7) == (result.n_trials, result.seed)
    assert ("llvm", "float64", False) == (
        result.engine,
        result.precision,
        result.interrupted,
    )
    assert {"tax_rate": 0.25} == result.parameters
    assert timedelta(seconds=0.84) == result.elapsed
    assert result.provenance.model_hash.startswith("3f2a9c01")


def test_a_wrong_name_is_answered_with_a_near_one(result: Result) -> None:
    message = (
        r"`name` must be an output of the model \(revenue, profit\); got 'proft'\.\n"
        r"hint: did you mean `profit`\?"
    )
    with pytest.raises(ArgumentError, match=message):
        result["proft"]


def test_the_summary_has_a_line_for_each_output(result: Result, run: ArrayRun) -> None:
    frame = result.summary()

    names = ["mean", "standard_error", "standard_deviation", "minimum"]
    assert [*names, "P5", "P50", "P95", "maximum"] == list(frame.columns)
    assert ["revenue", "profit"] == list(frame.index)
    profit = run.columns["profit"]
    assert profit.mean() == pytest.approx(frame.loc["profit", "mean"], rel=1e-13)
    assert np.quantile(profit, 0.05, method="inverted_cdf") == frame.loc["profit", "P5"]
    assert profit.max() == frame.loc["profit", "maximum"]


def test_a_display_takes_one_pass(run: ArrayRun) -> None:
    str(Result(run))

    assert run.n_sweeps == 1


def test_a_frame_has_inputs_and_outputs_by_trial(result: Result, run: ArrayRun) -> None:
    frame = result.to_frame(50, start=100)

    expected = pd.DataFrame(
        {
            name: run.columns[name][100:150]
            for name in ("price", "cost", "revenue", "profit")
        },
        index=pd.RangeIndex(100, 150, name="trial"),
    )
    pd.testing.assert_frame_equal(expected, frame)


def test_a_frame_is_the_first_trials_unless_told_otherwise(
    result: Result, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert len(result.to_frame()) == N_TRIALS

    monkeypatch.setattr("mclib.results.result._FRAME_ROWS", 300)
    assert list(result.to_frame().index) == list(range(300))


def test_a_frame_is_read_in_pieces(
    result: Result, run: ArrayRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(windows, "_AT_ONCE", 777)

    frame = result.to_frame()

    assert np.array_equal(run.columns["cost"], frame["cost"])


def test_a_frame_that_is_too_large_is_refused_with_its_size(
    result: Result, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(windows, "MOST_BYTES", 320_000)
    message = (
        r"`n` must keep the table within 0.00032 GB, 10,000 trials of 4 columns; "
        r"got 20000\.\nhint: 20,000 trials take 0\.0 GB; quantiles"
    )
    with pytest.raises(ArgumentError, match=message):
        result.to_frame(20_000)


def test_a_trial_is_replayed(result: Result, run: ArrayRun) -> None:
    trial = result.trial(1234)

    assert {"price", "cost"} == set(trial.inputs)
    assert run.columns["price"][1234] == trial.inputs["price"] == trial["price"]
    assert run.columns["profit"][1234] == trial.outputs["profit"] == trial["profit"]
    assert ["price", "cost", "revenue", "profit"] == list(trial) == list(dict(trial))
    assert (4, True, False) == (len(trial), "cost" in trial, "tax" in trial)


def test_a_trial_knows_no_other_names(result: Result) -> None:
    message = r"`name` must be an input or an output of the model \(price, .*; got 'tax'\."
    with pytest.raises(ArgumentError, match=message):
        result.trial(0)["tax"]


@pytest.mark.parametrize("index", [-1, N_TRIALS, 1.5, "3", None])
def test_a_trial_must_be_one_of_the_run(result: Result, index: object) -> None:
    with pytest.raises(ArgumentError, match=r"`index` must be a trial .* 0 to 19,999; got"):
        result.trial(index)


@pytest.mark.parametrize("n", [0, -5, 2.5, N_TRIALS + 1])
def test_a_frame_must_be_of_trials_of_the_run(result: Result, n: int) -> None:
    with pytest.raises(ArgumentError, match=r"`n` must be from 1 to 20,000, the trials"):
        result.to_frame(n)


def test_whole_numbers_of_numpy_will_do(result: Result) -> None:
    assert result.trial(np.int64(5)).index == 5
    assert len(result.to_frame(np.int32(5))) == 5


def test_an_input_that_is_also_an_output_is_one_column(seed: int) -> None:
    price = np.random.default_rng(seed).normal(size=100)

    result = Result(ArrayRun({"price": price}, {"price": price}))

    assert ["price"] == list(result.to_frame().columns)
    assert len(result.trial(3)) == 1


def test_its_representation_is_one_line(result: Result) -> None:
    assert repr(result) == "Result(revenue, profit: 20,000 trials, seed 7)"


def test_quantiles_of_all_outputs_are_one_table(seed: int) -> None:
    random = np.random.default_rng(seed)
    result = Result(ArrayRun({"a": random.normal(size=5_000), "b": random.random(5_000)}))

    table = result.quantiles(0.1, 0.9)

    assert ["P10", "P90"] == list(table.columns)
    for name in ("a", "b"):
        assert [each.value for each in result[name].quantile([0.1, 0.9])] == list(
            table.loc[name]
        )


def test_an_input_is_no_output_and_its_draws_are_in_the_table() -> None:
    @mc.model
    def one(price: Any = mc.Normal(20, 2)) -> Any:
        return {"revenue": 3.0 * price}

    result = mc.simulate(one, 1_000, seed=5)

    with pytest.raises(mc.ArgumentError, match="hint: draws of an input stand in"):
        _ = result["price"]
    np.testing.assert_allclose(3.0 * result.to_frame()["price"], result["revenue"].sample())
