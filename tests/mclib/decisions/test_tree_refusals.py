"""What is no decision tree is refused: the law, the value, the way out."""

import math
from typing import Any

import pytest

import mclib as mc
from mclib.errors import ArgumentError


def _party() -> mc.Decision:
    def weather(sun: float, rain: float) -> mc.Chance:
        return mc.Chance({"sun": (0.4, sun), "rain": (0.6, rain)}, name="weather")

    return mc.Decision(
        {"outdoors": weather(100, 0), "porch": weather(90, 20), "indoors": weather(40, 50)}
    )


@mc.model
def sales(
    demand: Any = mc.Normal(mean=100, standard_deviation=30),
    cost: Any = mc.Normal(mean=5, standard_deviation=1),
) -> Any:
    return {"large": demand * 2 - 80, "small": demand + 15 - cost}


RESULT = mc.simulate(sales, n_trials=20_000, seed=7)


SAME = {"a": (0.5, 1), "b": (0.5, 0)}


def _deep() -> Any:
    tree: Any = 0
    for _ in range(101):
        tree = mc.Decision({"on": tree})
    return tree


def _bushy() -> Any:
    tree: Any = 0
    for _ in range(40):
        tree = mc.Decision({"on": tree, "off": tree})
    return tree


REFUSED: list[tuple[str, Any, str]] = [
    ("sum", lambda: mc.Chance({"a": (0.5, 1), "b": (0.4, 0)}), "add to 1; got 0.9"),
    ("negative", lambda: mc.Chance({"a": (-0.5, 1), "b": (1.5, 0)}), "from 0 to 1; got -0"),
    ("bare", lambda: mc.Chance({"a": 1}), r"be \(probability, what follows\)"),
    ("empty decision", lambda: mc.Decision({}), "be one or more, by name; got {}"),
    ("empty chance", lambda: mc.Chance({}), "be one or more, by name; got {}"),
    ("list", lambda: mc.Decision([1, 2]), "be one or more, by name"),  # type: ignore[arg-type]
    ("number as name", lambda: mc.Decision({1: 2}), "names that are text"),  # type: ignore[dict-item]
    ("infinite", lambda: mc.Decision({"a": math.inf}), "be a finite number; got inf"),
    ("nan", lambda: mc.Chance({"a": (1.0, math.nan)}), "be a finite number; got nan"),
    ("cost", lambda: mc.Decision({"a": (math.nan, 1)}), "cost of .* be a finite number"),
    ("words", lambda: mc.Decision({"a": "lots"}), "lead to a Decision, a Chance, a number"),
    ("dict", lambda: mc.Decision({"a": {"b": 1}}), "lead to a Decision"),
    ("model", lambda: mc.Decision({"a": sales}), "hint: run the model"),
    ("outputs", lambda: mc.Decision({"a": RESULT}), "end with one output"),
    ("deep", _deep, "at most 100 levels deep; got 101"),
    ("bushy", _bushy, "at most 100,000 paths"),
    (
        "again",
        lambda: mc.Chance({"a": (1.0, mc.Chance(SAME, name="x"))}, name="x"),
        "not be that of a chance further on",
    ),
    (
        "trials",
        lambda: mc.Decision(
            {"a": RESULT["large"], "b": mc.simulate(sales, 4_096, seed=7)["large"]}
        ),
        "the same number of trials; got",
    ),
    (
        "sampler",
        lambda: mc.Decision({"a": mc.simulate(sales, 4_096, sampler="sobol")["large"]}),
        "trials are independent",
    ),
    ("tolerance", lambda: _party().solve(risk_tolerance=0), "be above 0"),
    ("small", lambda: _party().solve(risk_tolerance=0.1), "at least 0.1429"),
    (
        "unknown",
        lambda: _party().perfect_information("oil"),
        r"name of a chance \(weather\)",
    ),
    ("outcome", lambda: _party().thresholds("weather", "snow"), "be one of sun, rain"),
    (
        "sure",
        lambda: mc.Chance({"a": (1.0, 1), "b": (0.0, 0)}, name="x").thresholds("x", "a"),
        "have a probability below 1",
    ),
    (
        "two events",
        lambda: mc.Decision(
            {
                "a": mc.Chance(SAME, name="x"),
                "b": mc.Chance({"a": (0.4, 1), "b": (0.6, 0)}, name="x"),
            }
        ).perfect_information("x"),
        "same branches and probabilities wherever it stands",
    ),
]


@pytest.mark.parametrize(
    ("make", "said"), [each[1:] for each in REFUSED], ids=[each[0] for each in REFUSED]
)
def test_what_is_no_tree_is_refused_in_words(make: Any, said: str) -> None:
    with pytest.raises(ArgumentError, match=said):
        make()


def test_an_output_that_is_not_finite_is_refused() -> None:
    @mc.model
    def root(x: Any = mc.Normal(0.0, 1.0)) -> Any:
        return {"y": mc.sqrt(x)}

    result = mc.simulate(root, 1_024, seed=1)

    with pytest.raises(ArgumentError, match="finite in every trial"):
        mc.Decision({"a": result["y"]})
