"""The promises of the README, each as one test that a reader can follow from end to end."""

import subprocess
import sys
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytest

import mclib as mc
from mclib.engines.llvm.engine import LlvmEngine
from mclib.statistics.order_statistics import MOST_KEYS

N_TRIALS = 20_000
MEBIBYTE = 1 << 20


@mc.model
def launch(
    units=mc.Triangular(low=8_000, mode=10_000, high=15_000),
    price=mc.Normal(mean=20, standard_deviation=2),
    unit_cost=mc.PERT(low=9, mode=11, high=16),
    tax_rate=0.25,
):
    return {"profit": units * (price - unit_cost) * (1 - tax_rate)}


@mc.model
def launch_told_otherwise(
    delay=mc.Exponential(mean=3),
    unit_cost=mc.PERT(low=9, mode=11, high=16),
    price=mc.Normal(mean=20, standard_deviation=2),
    tax_rate=0.25,
    units=mc.Triangular(low=8_000, mode=10_000, high=15_000),
):
    profit = units * (price - unit_cost) * (1 - tax_rate)
    return {"delay": delay, "profit": profit}


def _bits(result: mc.Result) -> bytes:
    """Every outcome and the mean, as they lie in memory."""
    profit = result["profit"]
    return profit.sample().tobytes() + np.float64(profit.mean.value).tobytes()


VARIANTS: dict[str, Mapping[str, Any]] = {
    "NumPy": {"engine": "reference"},
    "one thread": {"engine": LlvmEngine(n_workers=1)},
    "three threads": {"engine": LlvmEngine(n_workers=3)},
    "small chunks": {"chunk_size": 1_024},
    "uneven chunks": {"chunk_size": 7_000},
    "a GPU": {"engine": "cuda"},
}


@pytest.mark.parametrize(
    "variant",
    [
        pytest.param(name, marks=pytest.mark.gpu) if name == "a GPU" else name
        for name in VARIANTS
    ],
)
def test_the_same_seed_gives_the_same_bits(variant: str, seed: int) -> None:
    seed %= 2**64
    expected = mc.simulate(launch, N_TRIALS, seed=seed, engine="llvm")

    result = mc.simulate(
        launch, N_TRIALS, seed=seed, **{"engine": "llvm", **VARIANTS[variant]}
    )

    assert _bits(expected) == _bits(result)


def test_adding_and_reordering_inputs_changes_no_other_draw(seed: int) -> None:
    seed %= 2**64
    expected = mc.simulate(launch, N_TRIALS, seed=seed)

    result = mc.simulate(launch_told_otherwise, N_TRIALS, seed=seed)

    assert _bits(expected) == _bits(result)


ANSWERS: dict[str, Callable[[Any], mc.Estimate]] = {
    "mean": lambda profit: profit.mean,
    "standard deviation": lambda profit: profit.standard_deviation,
    "skewness": lambda profit: profit.skewness,
    "kurtosis": lambda profit: profit.kurtosis,
    "minimum": lambda profit: profit.minimum,
    "maximum": lambda profit: profit.maximum,
    "median": lambda profit: profit.median,
    "quantile": lambda profit: profit.quantile(0.05),
    "tail mean": lambda profit: profit.tail_mean(0.99),
    "probability below": lambda profit: profit.probability_below(40_000),
    "probability above": lambda profit: profit.probability_above(120_000),
}


@pytest.mark.parametrize("answer", ANSWERS)
def test_no_number_comes_without_its_standard_error(answer: str) -> None:
    result = mc.simulate(launch, N_TRIALS, seed=7)

    estimate = ANSWERS[answer](result["profit"])

    assert isinstance(estimate, mc.Estimate)
    assert estimate.standard_error > 0
    assert str(estimate).endswith("(95 %)")


@pytest.mark.slow
def test_memory_does_not_grow_with_the_number_of_trials() -> None:
    program = """
import mclib as mc
from tests.tools.memory import peak_bytes

@mc.model
def small(a=mc.Normal(0, 1), b=mc.Uniform(0, 1)):
    return a + b

def peak_after(n_trials):
    output = mc.simulate(small, n_trials, seed=7, progress=False)["small"]
    output.quantiles, output.quantile(0.999), output.tail_mean(0.99), output.histogram()
    return peak_bytes()

print(peak_after(1_000_000), peak_after(100_000_000))
"""

    said = subprocess.run(
        [sys.executable, "-c", program],
        env={"PYTHONPATH": ":".join(sys.path)},
        capture_output=True,
        text=True,
        check=True,
    ).stdout

    of_a_million, of_a_hundred_million = map(int, said.split())
    assert of_a_hundred_million < 300 * MEBIBYTE
    # What a pass fetches for quantiles, at most, whatever the number of trials.
    fetched = 8 * MOST_KEYS
    assert of_a_hundred_million - of_a_million < 16 * MEBIBYTE + fetched


def _discounted(cash: Any, rate: Any) -> Any:
    """A model's formula as anybody would write it for arrays."""
    return np.where(cash > 0, cash * np.exp(-rate), cash)


def test_a_model_is_written_once_for_arrays_and_every_engine(seed: int) -> None:
    seed %= 2**64

    @mc.model
    def present_value(cash=mc.Normal(10, 8), rate=mc.Uniform(0.01, 0.09)):
        return {"value": _discounted(cash, rate)}

    result = mc.simulate(present_value, 10_000, seed=seed)
    frame = result.to_frame()
    by_arrays = _discounted(frame["cash"].to_numpy(), frame["rate"].to_numpy())

    np.testing.assert_allclose(frame["value"].to_numpy(), by_arrays, rtol=1e-14)


def test_a_result_says_everything_that_is_needed_to_repeat_it() -> None:
    first = mc.simulate(launch, N_TRIALS, parameters={"tax_rate": 0.3, "price.mean": 21})
    told = first.provenance.as_dict()

    again = mc.simulate(
        launch,
        told["n_trials"],
        seed=told["seed"],
        parameters=told["parameters"],
        engine=told["engine"],
        precision=told["precision"],
    )

    assert _bits(first) == _bits(again)
    assert told["model_hash"] == again.provenance.model_hash
    assert {"mclib", "numpy", "python"} <= set(told["versions"])


REFUSALS: dict[str, tuple[Callable[[], Any], str]] = {
    "a level in percent": (
        lambda: mc.simulate(launch, 1_000, seed=7)["profit"].mean.interval(level=95),
        r"`level` must be strictly between 0 and 1; got 95\.",
    ),
    "no trials": (
        lambda: mc.simulate(launch, n_trials=0),
        r"`n_trials` must be .*; got 0\.",
    ),
    "a negative spread": (
        lambda: mc.Normal(mean=0, standard_deviation=-1),
        r"`standard_deviation` must be .*; got -1(\.0)?\.",
    ),
    "a misspelled engine": (
        lambda: mc.simulate(launch, engine="gpu"),
        r"`engine` must be .*; got 'gpu'\.",
    ),
}


@pytest.mark.parametrize("case", REFUSALS)
def test_a_refusal_says_the_law_and_the_value(case: str) -> None:
    act, sentence = REFUSALS[case]

    with pytest.raises(mc.ArgumentError, match=sentence):
        act()


def test_a_branch_on_a_traced_value_is_refused_with_what_to_write_instead() -> None:
    def payoff(price=mc.Normal(100, 20), strike=100.0):
        if price > strike:
            return {"payoff": price - strike}
        return {"payoff": 0.0}

    with pytest.raises(mc.TraceError, match=r"(?s)test_promises\.py.*hint: .*mc\.where"):
        mc.simulate(mc.model(payoff), 1_000)
