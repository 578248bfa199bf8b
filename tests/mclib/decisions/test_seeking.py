"""Goal seek: roots that are known, with the error that noise gives them."""

import math
from typing import Any

import pytest
from scipy.stats import norm

import mclib as mc
from mclib.engines.llvm.engine import LlvmEngine
from mclib.errors import ArgumentError
from mclib.testing import assert_within_standard_errors, standard_errors_from

ENGINE = LlvmEngine(1)


@mc.model
def shop(demand=mc.Normal(100, 20), price=5.0):
    return {"profit": price * demand - 300.0}


CASES: dict[str, tuple[dict[str, Any], float, float]] = {
    # Arguments, the root, and its standard error times the root of the trials.
    "mean": (
        {"parameter": "price", "target": 100.0, "bounds": (1, 9)},
        4.0,
        4.0 * 20.0 / 100.0,
    ),
    "quantile": (
        {
            "parameter": "demand.mean",
            "target": 100.0,
            "statistic": "quantile",
            "order": 0.05,
            "bounds": (50, 200),
        },
        80.0 + 20.0 * 1.6448536270,
        20.0 * math.sqrt(0.05 * 0.95) / float(norm.pdf(1.6448536270)),
    ),
    "probability": (
        {
            "parameter": "demand.mean",
            "target": 0.9,
            "statistic": "probability_above",
            "threshold": 100.0,
            "bounds": (60, 140),
        },
        80.0 + 20.0 * 1.2815515655,
        20.0 * math.sqrt(0.09) / float(norm.pdf(1.2815515655)),
    ),
    "standard deviation": (
        {
            "parameter": "demand.standard_deviation",
            "target": 50.0,
            "statistic": "standard_deviation",
            "bounds": (1, 100),
        },
        10.0,
        10.0 / math.sqrt(2.0),
    ),
    "expected shortfall": (
        {
            "parameter": "demand.mean",
            "target": 0.0,
            "statistic": "lower_tail_mean",
            "order": 0.05,
            "bounds": (50, 200),
        },
        60.0 + 20.0 * 2.0627128075,
        math.nan,
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_roots_are_where_they_should_be_with_the_error_that_they_should_have(
    name: str,
) -> None:
    arguments, exact, error = CASES[name]

    goal = mc.goal_seek(
        shop, output="profit", n_trials=100_000, seed=3, engine=ENGINE, **arguments
    )

    assert_within_standard_errors(goal.value, exact)
    if not math.isnan(error):
        found = goal.value.standard_error * math.sqrt(100_000)
        assert found == pytest.approx(error, rel=0.1)
    assert goal.reached.value == pytest.approx(arguments["target"], rel=1e-3, abs=1e-3)
    assert goal.n_runs <= 40


def test_the_error_of_the_root_is_honest() -> None:
    scores = []
    for seed in range(60):
        arguments = CASES["mean"][0]
        goal = mc.goal_seek(
            shop, output="profit", n_trials=2_048, seed=seed, engine=ENGINE, **arguments
        )
        scores.append(standard_errors_from(goal.value, 4.0))

    # The sum of 60 squared standard normals lies here but for once in a million.
    assert 20.0 < sum(z * z for z in scores) < 130.0


def test_other_parameters_may_be_given_and_the_answer_is_said() -> None:
    goal = mc.goal_seek(
        shop,
        parameter="price",
        output="profit",
        target=100,
        bounds=(1, 9),
        parameters={"demand.mean": 200},
        seed=1,
        n_trials=50_000,
    )

    assert_within_standard_errors(goal.value, 2.0)
    assert str(goal).startswith("price = 1.998")
    assert "where mean of profit is 100" in str(goal)
    assert goal.result.parameters["price"] == goal.value.value


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"bounds": (5, 9)}, "`bounds` must have mean of profit pass 100 between them"),
        ({"bounds": (9, 5)}, "be two numbers, the lower one first"),
        ({"bounds": 5}, "be two numbers, the lower one first"),
        ({"target": math.nan}, "`target` must be a finite number"),
        ({"statistic": "median"}, "`statistic` must be one of mean"),
        ({"statistic": "quantile"}, "`order` must be given for a quantile"),
        ({"statistic": "probability_above"}, "`threshold` must be given"),
        (
            {"threshold": 3.0},
            "for a probability, and for nothing else",
        ),
        ({"parameter": "prize"}, "did you mean `price`"),
        ({"output": "loss"}, "be an output of the model"),
    ],
)
def test_what_cannot_be_sought_is_refused(changes: dict[str, Any], sentence: str) -> None:
    given: dict[str, Any] = {"parameter": "price", "output": "profit", "target": 100}
    given |= {"bounds": (1, 9), "n_trials": 2_000, "seed": 1, **changes}

    with pytest.raises(ArgumentError, match=sentence):
        mc.goal_seek(shop, **given)
