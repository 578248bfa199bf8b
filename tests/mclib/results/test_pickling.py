"""Estimates and results in pickles, opened in a process that knows nothing of the model."""

import copy
import os
import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import mclib as mc
from mclib.errors import ArgumentError
from mclib.results.estimate import Estimate

LEVELS = (0.5, 0.95, 0.999)

OPENED = """
import pickle, sys
given = pickle.load(open(sys.argv[1], "rb"))
assert not any(name.startswith(("llvmlite", "mclib.engines.llvm")) for name in sys.modules)
"""


@mc.model
def sales(units=mc.Triangular(80, 100, 150), price=mc.Normal(20, 2), tax=0.25):
    """Return revenue and profit, of a function that no other process can import."""
    return {"revenue": units * price, "profit": units * (price - 12) * (1 - tax)}


@pytest.fixture(scope="module", params=["independent", "sobol"])
def result(request: Any) -> mc.Result:
    return mc.simulate(sales, 16_384, seed=7, sampler=request.param)


def _elsewhere(folder: Path, given: object, asked: str) -> Any:
    """Return what an expression of `given` is in a fresh process."""
    path, answer = folder / "given.pickle", folder / "answer.pickle"
    path.write_bytes(pickle.dumps(given))
    program = f"{OPENED}\npickle.dump({asked}, open(sys.argv[2], 'wb'))"
    home = Path(mc.__file__).parents[1]
    subprocess.run(
        [sys.executable, "-c", program, path, answer],
        check=True,
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(home)},
    )
    return pickle.loads(answer.read_bytes())


def _estimates(result: mc.Result) -> dict[str, Estimate]:
    profit = result["profit"]
    return {
        "mean": profit.mean,
        "standard deviation": profit.standard_deviation,
        "probability": profit.probability_below(500.0),
        "sure probability": profit.probability_below(-1e9),
        "tail mean": profit.tail_mean(0.95),
        "minimum": profit.minimum,
        "share": result.share,
    }


def test_estimates_keep_their_intervals_of_every_level(
    result: mc.Result, tmp_path: Path
) -> None:
    expected = _estimates(result)

    made = _elsewhere(
        tmp_path,
        expected,
        f"{{n: (x, [x.interval(q) for q in {LEVELS}], str(x)) for n, x in given.items()}}",
    )

    for name, each in expected.items():
        intervals = [each.interval(level) for level in LEVELS]
        assert (each, intervals, str(each)) == made[name], name


def test_an_estimate_of_a_quantile_keeps_the_interval_of_95_percent(
    result: mc.Result,
) -> None:
    expected = result["profit"].quantile(0.9)

    made = pickle.loads(pickle.dumps(expected))

    assert made == expected
    assert made.interval() == expected.interval()
    assert (str(made), made.half_width) == (str(expected), expected.half_width)
    message = (
        r"`level` must be 0.95 of an estimate that was pickled; got 0.5.\nhint: ask for"
    )
    with pytest.raises(ArgumentError, match=message):
        made.interval(0.5)
    assert pickle.loads(pickle.dumps(made)).interval() == expected.interval()


def test_a_copied_estimate_loses_nothing(result: mc.Result) -> None:
    expected = result["profit"].quantile(0.9)

    for made in (copy.copy(expected), copy.deepcopy(expected)):
        assert made.interval(0.5) == expected.interval(0.5)


def test_a_rare_estimate_is_pickled() -> None:
    rare = mc.importance(sales, 1_000, upper={"units": 2}, seed=7)
    expected = rare["profit"].quantile(0.999)

    made = pickle.loads(pickle.dumps(expected))

    assert (made, made.interval()) == (expected, expected.interval())


ANSWERS = """{
    "mean": given["profit"].mean,
    "quantile": given["profit"].quantile(0.05),
    "asked": given["profit"].probability_above(700.0),
    "summary": given.summary(),
    "provenance": given.provenance,
    "bins": given["revenue"].histogram().counts.tolist(),
}"""


def test_a_result_answers_what_it_was_asked_without_the_model(
    result: mc.Result, tmp_path: Path
) -> None:
    result["profit"].probability_above(700.0)
    expected = eval(ANSWERS, {"given": result})

    made = _elsewhere(tmp_path, result, ANSWERS)

    assert made.pop("summary").equals(expected.pop("summary"))
    assert made == expected


@pytest.mark.parametrize(
    ("ask", "words"),
    [
        (lambda made: made["profit"].quantile(0.123), "asked before it was saved"),
        (
            lambda made: made["profit"].probability_above(523.25),
            "neither a file nor a pickle",
        ),
        (lambda made: made.trial(3), "the first .*trials|no trials"),
        (lambda made: made.where(lambda trial: trial["profit"] > 0), "about other trials"),
    ],
)
def test_a_pickled_result_refuses_what_needs_its_trials(
    result: mc.Result, ask: Any, words: str
) -> None:
    made = pickle.loads(pickle.dumps(result))

    with pytest.raises(ArgumentError, match=words) as caught:
        ask(made)
    assert "hint: run the model with `seed=7` and `n_trials=16384`" in str(caught.value)


def test_a_loaded_result_is_pickled_with_its_trials(
    result: mc.Result, tmp_path: Path
) -> None:
    result.save(tmp_path / "kept.mcresult", sample=5, overwrite=True)
    loaded = mc.load_result(tmp_path / "kept.mcresult")

    made = pickle.loads(pickle.dumps(loaded))

    assert made.to_frame().equals(loaded.to_frame())
    assert made.trial(4).outputs == loaded.trial(4).outputs


def test_a_conditioned_result_still_tells_its_share(
    result: mc.Result, tmp_path: Path
) -> None:
    poor = result.where(lambda trial: trial["profit"] < 500)
    poor.save(tmp_path / "poor.mcresult", overwrite=True)

    for made in (
        pickle.loads(pickle.dumps(poor)),
        mc.load_result(tmp_path / "poor.mcresult"),
    ):
        assert 0.0 < made.share.value < 1.0
        assert (made.share, made["price"].mean) == (poor.share, poor["price"].mean)
