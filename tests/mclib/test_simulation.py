"""A run is what its arguments say: nothing else changes it, and bad ones are told so."""

import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any

import numpy as np
import pytest

import mclib as mc
from mclib.engines.llvm.engine import LlvmEngine
from mclib.errors import ArgumentError
from mclib.streams import input_words, uniforms
from tests.helpers import assert_same_bits

RAGGED = (1, 31, 1023, 1024, 1025, 5000)


@mc.model
def launch(
    units: Any = mc.Triangular(low=80.0, mode=100.0, high=150.0),
    price: Any = mc.Normal(20.0, 2.0),
    fee: float = 3.0,
) -> Any:
    revenue = units * price
    return {"revenue": revenue, "profit": mc.maximum(revenue - 1900.0 - fee * units, 0.0)}


def _answers(result: mc.Result) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, output in result.items():
        found[name] = (
            *(output.mean, output.standard_deviation, output.skewness, output.kurtosis),
            *(output.minimum, output.maximum, output.probability_above(100.0)),
            *output.quantile([0.05, 0.5, 0.95]),
            tuple(output.sample().tolist()),
        )
    return found


# Invariance


@pytest.mark.parametrize(
    ("n_trials", "precision"),
    [*((n, "float64") for n in RAGGED), (31, "float32"), (2100, "float32")],
)
def test_the_engine_changes_no_bit_of_trials_and_moments(
    n_trials: int, precision: str
) -> None:
    judged, compiled = (
        mc.simulate(launch, n_trials, seed=5, precision=precision, engine=engine)
        for engine in ("reference", "llvm")
    )

    for name in launch.inputs:
        assert_same_bits(
            judged.to_frame()[name].to_numpy(), compiled.to_frame()[name].to_numpy()
        )
    for name in judged:
        assert_same_bits(judged[name].sample(), compiled[name].sample())
        assert repr(judged[name].mean) == repr(compiled[name].mean)
        assert repr(judged[name].standard_deviation) == repr(
            compiled[name].standard_deviation
        )


def test_the_engine_changes_no_bit_of_any_answer() -> None:
    judged, compiled = (
        _answers(mc.simulate(launch, 2100, seed=5, engine=engine))
        for engine in ("reference", "llvm")
    )

    assert repr(judged) == repr(compiled)


@pytest.mark.parametrize("chunk_size", [1, 1024, 3000, 10**6])
def test_the_chunk_size_changes_no_bit(chunk_size: int) -> None:
    usual = mc.simulate(launch, 20_500, seed=5)
    chunked = mc.simulate(launch, 20_500, seed=5, chunk_size=chunk_size)

    assert repr(_answers(usual)) == repr(_answers(chunked))


@pytest.mark.parametrize("n_workers", [1, 3, 16])
def test_the_number_of_threads_changes_no_bit(n_workers: int) -> None:
    usual = mc.simulate(launch, 30_000, seed=5)
    shared = mc.simulate(
        launch, 30_000, seed=5, chunk_size=1024, engine=LlvmEngine(n_workers)
    )

    assert repr(_answers(usual)) == repr(_answers(shared))


def _revenue(model: mc.Model, **run: Any) -> Any:
    return mc.simulate(model, 3000, seed=5, **run)["revenue"].sample()


def test_added_removed_and_reordered_inputs_change_nobody_elses_draws() -> None:
    units, price = launch.inputs.values()
    others: tuple[Callable[..., Any], ...] = (
        lambda price=price, units=units: {"revenue": units * price},
        lambda extra=price, units=units, price=price: {
            "twice": extra * 2,
            "revenue": units * price,
        },
        lambda units=units, price=price, unused=units: {"revenue": units * price},
    )
    for other in others:
        assert_same_bits(_revenue(launch), _revenue(mc.model(other)))


def test_more_trials_begin_with_the_same_trials() -> None:
    few, many = (mc.simulate(launch, n, seed=5)["profit"].sample() for n in (1500, 5000))

    assert_same_bits(few, many[:1500])


def test_a_changed_parameter_leaves_the_draws() -> None:
    frame = mc.simulate(launch, 2000, seed=5).to_frame()
    changed = mc.simulate(launch, 2000, seed=5, parameters={"fee": 9.0}).to_frame()

    assert_same_bits(frame["units"].to_numpy(), changed["units"].to_numpy())
    assert (frame["profit"] > changed["profit"]).any()


def test_a_parameter_of_an_input_may_be_changed_for_a_run() -> None:
    moved = mc.simulate(launch, 2000, seed=5, parameters={"price.mean": 30.0})
    anew = mc.simulate(launch.with_parameters(price=mc.Normal(30.0, 2.0)), 2000, seed=5)

    assert repr(_answers(moved)) == repr(_answers(anew))


# Seeds


@pytest.mark.parametrize("seed", [0, 1, 2**32, 2**63, 2**64 - 1, np.uint64(2**64 - 1)])
def test_seeds_of_every_size_draw_by_the_contract(seed: Any) -> None:
    model = mc.model(lambda u=mc.Uniform(0.0, 1.0): {"out": u + 0.0})

    found = mc.simulate(model, 1500, seed=seed)

    assert_same_bits(
        uniforms(input_words(int(seed), "u", np.arange(1500))), found["out"].sample()
    )
    assert found.seed == int(seed)


def test_a_seed_that_is_not_given_is_drawn_and_told() -> None:
    first, second = (mc.simulate(launch, 1000) for _ in range(2))

    assert first.seed != second.seed
    again = mc.simulate(launch, 1000, seed=first.seed)
    assert repr(_answers(first)) == repr(_answers(again))


# Arguments

WHOLE = "`{}` must be a whole number from {} to {}; got {!r}."
MOST_TRIALS = "1,125,899,906,842,624"
MOST_SEED = "18,446,744,073,709,551,615"


@pytest.mark.parametrize(
    "n_trials",
    [
        *(0, -1, 2**50 + 1, 1.5, 1e20, float("nan"), float("inf"), "100", True),
        *(np.True_, Decimal(5), [5], np.array([1, 2])),
    ],
    ids=repr,
)
def test_a_number_of_trials_that_cannot_be_is_refused(n_trials: Any) -> None:
    with pytest.raises(ArgumentError) as caught:
        mc.simulate(launch, n_trials, seed=1)

    assert str(caught.value) == WHOLE.format("n_trials", 1, MOST_TRIALS, n_trials)


def test_a_float_of_trials_is_told_how_to_write_it() -> None:
    with pytest.raises(
        ArgumentError, match=r"got 1000000\.0\.\nhint: write `n_trials=1000000`\.$"
    ):
        mc.simulate(launch, 1e6, seed=1)  # type: ignore[arg-type]


@pytest.mark.parametrize("seed", [-1, 2**64, 0.5, "7", True, (1, 2)], ids=repr)
def test_a_seed_that_is_no_64_bit_number_is_refused(seed: Any) -> None:
    with pytest.raises(ArgumentError) as caught:
        mc.simulate(launch, 1000, seed=seed)

    assert str(caught.value) == WHOLE.format("seed", 0, MOST_SEED, seed)


@pytest.mark.parametrize("chunk_size", [0, -5, 1.5, "all", True], ids=repr)
def test_a_chunk_size_that_cannot_be_is_refused(chunk_size: Any) -> None:
    with pytest.raises(ArgumentError) as caught:
        mc.simulate(launch, 1000, seed=1, chunk_size=chunk_size)

    assert str(caught.value) == WHOLE.format("chunk_size", 1, MOST_TRIALS, chunk_size)


KNOWS = (
    "`launch` has no input or parameter {!r}; it has units, price, fee, units.low, "
    "units.mode, units.high, price.mean, price.standard_deviation."
)

BAD_ARGUMENTS: dict[str, tuple[dict[str, Any], str]] = {
    "engine": (
        {"engine": "gpu"},
        "`engine` must be one of 'auto', 'llvm', 'cuda', 'reference'; got 'gpu'.",
    ),
    "precision": (
        {"precision": "double"},
        '`precision` must be "float64" or "float32"; got \'double\'.',
    ),
    "precision of another kind": (
        {"precision": ["float64"]},
        '`precision` must be "float64" or "float32"; got [\'float64\'].',
    ),
    "a list of parameters": (
        {"parameters": [("fee", 1.0)]},
        "`parameters` must be a mapping of name to number; got [('fee', 1.0)].",
    ),
    "a misspelled parameter": (
        {"parameters": {"feee": 1.0}},
        KNOWS.format("feee") + "\nhint: did you mean `fee`?",
    ),
    "an unknown parameter": ({"parameters": {"tax": 1.0}}, KNOWS.format("tax")),
    "a number for an input": (
        {"parameters": {"price": 1.0}},
        (
            "`price` must be drawn, as an input of `launch`, and not set; got 1.0.\n"
            "hint: name one of its parameters, price.mean, price.standard_deviation; "
            "`launch.with_parameters(price=...)` takes another distribution."
        ),
    ),
    "NaN": (
        {"parameters": {"fee": float("nan")}},
        "`fee` must be a finite number; got nan.",
    ),
    "infinity": (
        {"parameters": {"fee": np.inf}},
        "`fee` must be a finite number; got inf.",
    ),
    "a word": (
        {"parameters": {"fee": "3"}},
        "`fee` must be a number or a distribution; got '3'.",
    ),
    "nothing": (
        {"parameters": {"fee": None}},
        "`fee` must be a number or a distribution; got None.",
    ),
    "a negative spread": (
        {"parameters": {"price.standard_deviation": -1.0}},
        "input `price` of `launch`: `standard_deviation` must be above 0; got -1.0.",
    ),
    "a number too large for float32": (
        {"parameters": {"fee": 1e39}, "precision": "float32"},
        (
            "`fee` must be a number that a float32 can hold, up to 3.40282e+38; "
            'got 1e+39.\nhint: write `precision="float64"`.'
        ),
    ),
}


@pytest.mark.parametrize("name", BAD_ARGUMENTS)
def test_an_argument_that_breaks_its_law_is_told_the_law(name: str) -> None:
    arguments, expected = BAD_ARGUMENTS[name]

    with pytest.raises(ArgumentError) as caught:
        mc.simulate(launch, 1000, seed=1, **arguments)

    assert expected == str(caught.value)


def test_a_wrong_order_of_parameters_is_told_by_input() -> None:
    with pytest.raises(
        ArgumentError, match=r"^input `units` of `launch`: `.*` must .*; got "
    ):
        mc.simulate(launch, 1000, seed=1, parameters={"units.high": 90.0})


@pytest.mark.parametrize("run", [mc.simulate, mc.iterate], ids=lambda each: each.__name__)
@pytest.mark.parametrize("model", [len, None, "launch", 3], ids=repr)
def test_what_is_no_model_is_refused(model: Any, run: Callable[..., Any]) -> None:
    with pytest.raises(ArgumentError) as caught:
        run(model, 1000)

    assert str(caught.value) == (
        f"`model` must be a model; got {model!r}.\n"
        "hint: put `@mc.model` above the function."
    )


@pytest.mark.parametrize("interval", [-1, float("nan"), "often", None], ids=repr)
def test_an_interval_that_cannot_be_is_refused_before_anything_runs(interval: Any) -> None:
    with pytest.raises(ArgumentError, match="`interval` must be at least 0 seconds; got "):
        mc.iterate(launch, 1000, interval=interval)


# What is not a finite number


@pytest.mark.parametrize("precision", ["float64", "float32"])
@pytest.mark.parametrize("n_trials", [1000, 5000])
def test_trials_without_a_finite_number_are_counted_and_left_out(
    n_trials: int, precision: str
) -> None:
    @mc.model
    def wild(u: Any = mc.Uniform(0.0, 1.0)) -> Any:
        value = mc.where(u < 0.1, np.nan, mc.where(u < 0.15, np.inf, u))
        return {"value": mc.where(u > 0.98, -np.inf, value), "tame": u * 2}

    result = mc.simulate(wild, n_trials, seed=5, precision=precision)
    values = result["value"].sample()
    finite = values[np.isfinite(values)]
    counts = result["value"].non_finite

    assert counts.nan == np.isnan(values).sum() > 0
    assert counts.positive_infinity == (values == np.inf).sum() > 0
    assert counts.negative_infinity == (values == -np.inf).sum() > 0
    assert counts.first_trial == np.flatnonzero(~np.isfinite(values))[0]
    assert not np.isfinite(result.trial(counts.first_trial).outputs["value"])
    assert result["value"].mean.n_trials == finite.size
    assert result["value"].mean.value == pytest.approx(finite.mean(), rel=1e-6)
    assert result["value"].quantile(0.5).value == np.quantile(
        finite, 0.5, method="inverted_cdf"
    )
    assert result["tame"].non_finite.total == 0
    assert "gave NaN" in str(result)


# Threads and processes


def test_two_runs_at_a_time_are_two_runs() -> None:
    def answers(seed: int) -> str:
        model = mc.model(lambda u=mc.Uniform(0.0, 1.0), k=2.0: {"out": mc.exp(u) * k})
        result = mc.simulate(model, 20_000, seed=seed, chunk_size=2048)
        return repr(_answers(result))

    alone = [answers(seed) for seed in range(4)]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(answers, range(4)))

    assert alone == together


def test_one_model_may_run_in_many_threads() -> None:
    expected = repr(_answers(mc.simulate(launch, 20_000, seed=5)))

    with ThreadPoolExecutor(4) as pool:
        runs = [pool.submit(mc.simulate, launch, 20_000, seed=5) for _ in range(4)]

    assert {repr(_answers(run.result())) for run in runs} == {expected}


def test_a_run_leaves_no_thread_behind() -> None:
    before = threading.active_count()

    mc.simulate(launch, 50_000, seed=1)["profit"].quantile(0.5)

    assert threading.active_count() == before


CHILDREN = """
import multiprocessing, os, warnings
import mclib as mc
from tests.mclib.test_simulation import launch

def mean(seed):
    return mc.simulate(launch, 5000, seed=seed)["profit"].mean.value

if __name__ == "__main__":
    here = mean(3)
    for method in ("fork", "spawn"):
        with multiprocessing.get_context(method).Pool(2) as pool:
            print(pool.map(mean, [3, 3]) == [here, here])
"""


def test_processes_forked_or_spawned_after_a_run_can_run(tmp_path: Any) -> None:
    script = tmp_path / "children.py"
    script.write_text(CHILDREN)

    ran = subprocess.run(
        [sys.executable, str(script)],
        env={"PYTHONPATH": ":".join(sys.path)},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )

    assert ran.stdout.split() == ["True", "True"], ran.stderr
