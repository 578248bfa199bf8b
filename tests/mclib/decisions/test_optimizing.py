"""Optima that are known in closed form, with and without constraints."""

import math
import re
from typing import Any

import numpy as np
import pytest

import mclib as mc
from mclib.engines.llvm.engine import LlvmEngine
from mclib.errors import ArgumentError, NotConverged
from mclib.testing import assert_within_standard_errors

ENGINE = LlvmEngine(1)


@mc.model
def shop(demand=mc.Normal(100, 20), ordered=100.0):
    return {"profit": 5.0 * mc.minimum(demand, ordered) - 3.0 * ordered}


@mc.model
def portfolio(a=mc.Normal(0.05, 0.1), b=mc.Normal(0.08, 0.2), share=0.5):
    return {"gain": (1.0 - share) * a + share * b}


def test_the_best_order_is_a_quantile_of_the_demand() -> None:
    best = mc.optimize(
        shop, {"ordered": (50, 150)}, "profit", n_trials=20_480, seed=3, engine=ENGINE
    )

    # The critical ratio is (5 - 3) / 5; the profit is 5 E min - 3 q.
    order = 100.0 - 20.0 * 0.2533471031
    assert best.parameters["ordered"] == pytest.approx(order, abs=1.0)
    assert_within_standard_errors(best.value, 200.0 - 100.0 * 0.3863425317)
    assert best.n_runs < 1_000
    assert "ordered = " in str(best)


def test_a_constraint_on_a_spread_is_met_where_it_binds() -> None:
    limit = mc.Constraint("gain", "standard_deviation", at_most=0.12)

    best = mc.optimize(
        portfolio,
        {"share": (0, 1)},
        "gain",
        constraints=limit,
        n_trials=20_480,
        sampler="sobol",
        seed=3,
        engine=ENGINE,
    )

    # 0.05 s**2 - 0.02 s + 0.01 is 0.12**2.
    exact = (0.02 + math.sqrt(0.0004 + 4.0 * 0.05 * 0.0044)) / 0.1
    assert best.parameters["share"] == pytest.approx(exact, abs=0.005)
    assert best.constrained[0].value == pytest.approx(0.12, abs=0.001)


def test_the_least_of_a_spread_is_found_by_minimizing() -> None:
    best = mc.optimize(
        portfolio,
        {"share": (0, 1)},
        "gain",
        goal="minimize",
        statistic="standard_deviation",
        n_trials=20_480,
        sampler="sobol",
        seed=3,
        engine=ENGINE,
    )

    assert best.parameters["share"] == pytest.approx(0.2, abs=0.01)
    assert best.value.value == pytest.approx(math.sqrt(0.008), rel=0.01)


def test_whole_numbers_stay_whole() -> None:
    best = mc.optimize(
        shop,
        {"ordered": (50, 150)},
        "profit",
        integers=["ordered"],
        n_trials=4_096,
        seed=3,
        engine=ENGINE,
    )

    assert best.parameters["ordered"].is_integer()
    assert abs(best.parameters["ordered"] - 95.0) <= 3.0


def test_what_was_chosen_for_its_luck_is_judged_by_other_draws() -> None:
    best = mc.optimize(
        shop, {"ordered": (50, 150)}, "profit", n_trials=1_024, seed=3, engine=ENGINE
    )

    assert best.result.n_trials == 102_400
    assert best.value.standard_error < best.value_in_search.standard_error / 8.0


def test_a_search_that_finds_nothing_says_so() -> None:
    limit = mc.Constraint("profit", at_least=1_000)
    arguments: dict[str, Any] = {"n_trials": 1_024, "seed": 3, "engine": ENGINE}

    with pytest.raises(NotConverged, match=r"must be met somewhere|must end within"):
        mc.optimize(
            shop,
            {"ordered": (50, 150)},
            "profit",
            constraints=[limit],
            most_runs=300,
            **arguments,
        )
    with pytest.raises(NotConverged, match="must end within 10 runs") as caught:
        mc.optimize(shop, {"ordered": (50, 150)}, "profit", most_runs=10, **arguments)
    assert caught.value.result.n_runs == 10
    assert 50 <= caught.value.result.parameters["ordered"] <= 150


@mc.model
def plant(demand: Any = mc.Normal(50, 10), machine=1.0, size=20.0, spare=0.0):
    # By machine: what a unit costs, and what it costs at all. No order among the three.
    cost = mc.select([machine == 1, machine == 2], [2.0, 1.0], 3.0)
    fixed = mc.select([machine == 1, machine == 2], [30.0, 60.0], 0.0)
    return {"profit": (6 - cost) * mc.minimum(demand, size) - fixed - size - spare}


def test_categories_and_sizes_are_chosen_from_lists_and_all_are_looked_at() -> None:
    sizes, machines = [20.0, 45.0, 55.0, 60.0, 90.0], [1, 2, 3]

    best = mc.optimize(
        plant,
        {"spare": (0, 2)},
        "profit",
        integers=["spare"],
        choices={"machine": machines, "size": sizes},
        n_trials=4_096,
        seed=3,
        engine=ENGINE,
    )

    looked_at = {
        (machine, size): mc.simulate(
            plant, 4_096, seed=3, parameters={"machine": machine, "size": size}
        )["profit"].mean.value
        for machine in machines
        for size in sizes
    }
    assert best.n_runs == 45
    assert (best.parameters["machine"], best.parameters["size"]) == max(
        looked_at, key=lambda key: looked_at[key]
    )
    assert best.parameters["spare"] == 0.0
    assert best.value_in_search.value == max(looked_at.values())


def test_a_list_and_a_number_between_bounds_are_searched_together() -> None:
    best = mc.optimize(
        plant,
        {"size": (20, 90)},
        "profit",
        choices={"machine": range(1, 4)},
        n_trials=2_048,
        seed=3,
        engine=ENGINE,
    )

    # The second machine gains 5 on each unit: the critical ratio is 4 / 5.
    exact = 50 + 10 * 0.8416212
    assert best.parameters["machine"] == 2.0
    assert abs(best.parameters["size"] - exact) < 1.5


def test_too_many_combinations_are_searched() -> None:
    best = mc.optimize(
        plant,
        {},
        "profit",
        choices={"size": np.arange(1_200), "machine": [1, 2]},
        n_trials=1_024,
        seed=3,
        engine=ENGINE,
    )

    assert best.n_runs < 1_200
    assert abs(best.parameters["size"] - 58.4) < 3.0


def test_a_constraint_holds_among_lists_too() -> None:
    limit = mc.Constraint("profit", "quantile", order=0.05, at_least=1e6)

    with pytest.raises(NotConverged, match="must be met somewhere"):
        mc.optimize(
            plant,
            {},
            "profit",
            choices={"machine": [1, 2]},
            constraints=limit,
            n_trials=1_024,
            seed=3,
        )


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: mc.optimize(shop, {}, "profit"), "`bounds` must be two numbers by name"),
        (lambda: mc.optimize(shop, {"ordered": (3, 1)}, "profit"), "the lower one first"),
        (lambda: mc.optimize(shop, {"ordered": 3}, "profit"), "first; got 3"),
        (
            lambda: mc.optimize(shop, {"ordered": (1, 3)}, "profit", goal="most"),
            '`goal` must be "maximize" or "minimize"',
        ),
        (
            lambda: mc.optimize(shop, {"ordered": (1, 3)}, "profit", constraints=[3]),
            "`constraints` must be constraints; got 3",
        ),
        (
            lambda: mc.optimize(shop, {"ordered": (1, 3)}, "profit", integers=["price"]),
            "`integers` must be among `bounds`",
        ),
        (
            lambda: mc.optimize(shop, {"ordered": (1, 3)}, "profit", integers="ordered"),
            "`integers` must be a list of names; got 'ordered'",
        ),
        (
            lambda: mc.optimize(
                shop, {"ordered": (1.2, 1.8)}, "profit", integers=["ordered"]
            ),
            "must have a whole number between them",
        ),
        (
            lambda: mc.optimize(shop, {"ordered": (1, 3)}, "profit", most_runs=0),
            "`most_runs` must be a whole number of at least 1; got 0",
        ),
        # What a run says comes through the search as it is.
        (
            lambda: mc.optimize(shop, {"ordered": (1, 3)}, "gain", n_trials=64),
            "`name` must be an output of the model",
        ),
        (
            lambda: mc.optimize(shop, {"stock": (1, 3)}, "profit", n_trials=64),
            "stock",
        ),
        (
            lambda: mc.optimize(shop, {}, "profit", choices={"ordered": [3, 3]}),
            "must be two different numbers at least",
        ),
        (
            lambda: mc.optimize(shop, {}, "profit", choices=["ordered"]),
            "`choices` must be lists of numbers by name",
        ),
        (
            lambda: mc.optimize(shop, {}, "profit", choices={"ordered": [3, math.inf]}),
            "must be a finite number; got inf",
        ),
        (
            lambda: mc.optimize(
                shop, {"ordered": (1, 3)}, "profit", choices={"ordered": [1, 2]}
            ),
            "`choices` must name no parameter that `bounds` names",
        ),
        (lambda: mc.Constraint("profit"), "`at_least, at_most` must be given"),
        (
            lambda: mc.Constraint("profit", at_least=3, at_most=1),
            "`at_least` must be no more than `at_most`",
        ),
    ],
)
def test_what_cannot_be_optimized_is_refused(call: Any, sentence: str) -> None:
    with pytest.raises(ArgumentError, match=sentence):
        call()


def _broken_off_after(n_runs: int) -> tuple[mc.Model, dict[float, float]]:
    """A model whose runs are those of one chunk, the last of which breaks off."""
    seen: dict[float, float] = {}

    @mc.model(trace=False)
    def broken_off(demand=mc.Uniform(50, 150), ordered=100.0):
        if len(seen) == n_runs and ordered not in seen:
            seen[math.inf] = math.nan
            raise KeyboardInterrupt
        profit = 5.0 * np.minimum(demand, ordered) - 3.0 * ordered
        if math.inf not in seen:
            seen[ordered] = float(np.mean(profit))
        return {"profit": profit}

    return broken_off, seen


def test_an_interrupted_search_has_the_best_so_far() -> None:
    model, seen = _broken_off_after(12)

    best = mc.optimize(
        model, {"ordered": (50, 150)}, "profit", n_trials=1_024, seed=3, engine=ENGINE
    )

    del seen[math.inf]
    assert best.interrupted
    assert best.n_runs == len(seen) == 12
    assert best.parameters["ordered"] == max(seen, key=lambda at: seen[at])
    assert best.value_in_search.value == pytest.approx(max(seen.values()), rel=1e-12)
    # Judged by other draws, as ever.
    assert best.value.n_trials == 102_400
    assert str(best).endswith("; interrupted after 12 runs")


def test_an_interrupt_before_the_constraints_are_met_is_the_callers() -> None:
    model, _ = _broken_off_after(12)

    with pytest.raises(KeyboardInterrupt):
        mc.optimize(
            model,
            {"ordered": (50, 150)},
            "profit",
            constraints=mc.Constraint("profit", at_least=1_000),
            n_trials=1_024,
            seed=3,
            engine=ENGINE,
        )


def test_a_search_tells_its_runs_and_the_best_value(
    capsys: pytest.CaptureFixture[str],
) -> None:
    arguments: dict[str, Any] = {"n_trials": 1_024, "seed": 3, "engine": ENGINE}
    mc.optimize(shop, {"ordered": (50, 150)}, "profit", progress=True, **arguments)
    told = capsys.readouterr().err
    # How fast a machine is decides how many of its runs are told; the first one is.
    assert re.search(r"\b1\.00 runs .*best -?\d", told)

    mc.optimize(shop, {"ordered": (50, 150)}, "profit", progress=False, **arguments)
    assert not capsys.readouterr().err
