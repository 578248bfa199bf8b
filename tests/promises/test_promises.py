"""The promises of the house, by number; what each rests on is tested where it lives."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import mclib as mc
from mclib.errors import MclibError
from mclib.streams import input_words, uniforms
from tests.helpers import assert_same_bits


@mc.model
def launch(
    units: Any = mc.Triangular(low=8_000.0, mode=10_000.0, high=15_000.0),
    price: Any = mc.Normal(mean=20.0, standard_deviation=2.0),
    unit_cost: Any = mc.PERT(low=9.0, mode=11.0, high=16.0),
    tax_rate: float = 0.25,
) -> Any:
    revenue = units * price
    return {"revenue": revenue, "profit": (revenue - units * unit_cost) * (1 - tax_rate)}


def _frame(model: mc.Model = launch, n_trials: int = 3000, **run: Any) -> Any:
    return mc.simulate(model, n_trials, seed=7, **run).to_frame()


def test_promise_1_the_same_seed_gives_the_same_draws_and_the_same_bits() -> None:
    usual = _frame()

    # The contract itself, in plain NumPy.
    u = uniforms(input_words(7, "units", np.arange(3000)))
    assert_same_bits(launch.inputs["units"].quantile(u), usual["units"].to_numpy())
    # Engine, chunk size, parts of a run.
    assert_same_bits(usual.to_numpy(), _frame(engine="reference").to_numpy())
    assert_same_bits(usual.to_numpy(), _frame(chunk_size=1).to_numpy())
    assert_same_bits(usual.to_numpy()[:1000], _frame(n_trials=1000).to_numpy())
    # Inputs added, removed and reordered.
    other = mc.model(
        lambda extra=mc.Uniform(0.0, 1.0), price=launch.inputs["price"]: {
            "y": price * extra
        }
    )
    assert_same_bits(usual["price"].to_numpy(), _frame(other)["price"].to_numpy())


def test_promise_2_no_number_comes_without_its_standard_error() -> None:
    output = mc.simulate(launch, 20_000, seed=7)["profit"]
    estimates = [
        *(output.mean, output.standard_deviation, output.variance, output.skewness),
        *(output.kurtosis, output.minimum, output.maximum, output.median),
        *output.quantile([0.05, 0.95]),
        *(output.probability_above(70_000.0), output.probability_below(70_000.0)),
        output.tail_mean(0.95),
    ]

    for estimate in estimates:
        low, high, _ = estimate.interval()
        assert estimate.standard_error > 0.0
        assert low < high
        assert low <= estimate.value <= high
        assert estimate.n_trials > 0
    assert re.fullmatch(r"[\d,]+ ± \d+ \(95 %\)", str(output.mean))


PEAK = """
import resource
import mclib as mc
from tests.promises.test_promises import launch

def ask(n_trials):
    output = mc.simulate(launch, n_trials, seed=7, progress=False)["profit"]
    output.quantile([0.01, 0.5, 0.99])
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

few = ask(2_000_000)
print(few, ask(10_000_000))
"""


def test_promise_3_memory_does_not_grow_with_the_number_of_trials() -> None:
    ran = subprocess.run(
        [sys.executable, "-c", PEAK],
        env={"PYTHONPATH": ":".join(sys.path)},
        capture_output=True,
        text=True,
        check=True,
    )
    few, many = (int(kilobytes) * 1024 for kilobytes in ran.stdout.split())

    # Ten million outcomes of one output would take 80 MB.
    assert many - few < 16e6
    assert many < 300e6


def test_promise_4_a_model_is_written_once() -> None:
    def plain(x: Any = mc.Normal(0.0, 1.0), strike: float = 0.5) -> Any:
        return {"value": mc.maximum(mc.exp(x) - strike, 0.0)}

    ways = [
        mc.simulate(mc.model(plain), 2000, seed=7, engine="llvm"),
        mc.simulate(mc.model(plain), 2000, seed=7, engine="reference"),
        mc.simulate(mc.model(trace=False)(plain), 2000, seed=7),
    ]
    draws = ways[0].to_frame()["x"]
    by_hand = [mc.model(plain)(x=float(x), strike=0.5)["value"] for x in draws[:20]]

    for way in ways[1:]:
        assert_same_bits(ways[0]["value"].sample(), way["value"].sample())
    assert_same_bits(ways[0]["value"].sample(20), np.array(by_hand))


def test_promise_5_a_report_says_everything_needed_to_repeat_it(tmp_path: Path) -> None:
    first = mc.simulate(launch, 5000, parameters={"tax_rate": 0.3, "price.mean": 21.0})
    first.save(tmp_path / "launch.mcresult")
    told = mc.load_result(tmp_path / "launch.mcresult").provenance

    again = mc.simulate(
        launch,
        told.n_trials,
        seed=told.seed,
        parameters=told.parameters,
        engine=told.engine,
        precision=told.precision,
    )

    assert again["profit"].mean == first["profit"].mean
    assert_same_bits(first["profit"].sample(), again["profit"].sample())
    assert told.model_hash == again.provenance.model_hash
    assert {"mclib", "python", "numpy", "llvmlite"} <= set(told.versions)
    assert told.draw_contract == 1


REFUSALS = {
    "too few trials": lambda: mc.simulate(launch, 0),
    "a seed that is a word": lambda: mc.simulate(launch, 1000, seed="7"),  # type: ignore[arg-type]
    "a negative spread": lambda: mc.Normal(0.0, -1.0),
    "a wrong order": lambda: mc.Triangular(low=3.0, mode=2.0, high=1.0),
    "an unknown parameter": lambda: mc.simulate(launch, 1000, parameters={"tax": 0.2}),
    "a branch": lambda: mc.simulate(
        mc.model(lambda x=mc.Normal(0.0, 1.0): 1.0 if x > 0 else 0.0), 1000
    ),
    "nothing returned": lambda: mc.simulate(
        mc.model(lambda x=mc.Normal(0.0, 1.0): None), 1000
    ),
    "an unknown output": lambda: mc.simulate(launch, 1000)["profits"],
    "an engine that is not there": lambda: mc.simulate(launch, 1000, engine="abacus"),
}


@pytest.mark.parametrize("what", REFUSALS)
def test_promise_8_refusals_explain_themselves(what: str) -> None:
    with pytest.raises(MclibError) as caught:
        REFUSALS[what]()

    lines = str(caught.value).split("\n")
    assert 1 <= len(lines) <= 3
    assert re.search(r"must|has no|branches on", lines[0])
    assert re.search(r"got |returned|has no|at test_promises\.py:", lines[0])
    assert lines[0].endswith((".", "?"))
    assert all(line.startswith("hint: ") for line in lines[1:])
    assert not re.search("invalid|simply|please|error:", str(caught.value), re.IGNORECASE)
