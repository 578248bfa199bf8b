"""A model at many points: each as alone, paired with the first, compiled once."""

import math
from typing import Any

import numpy as np
import pytest

import mclib as mc
from mclib.engines.llvm.engine import LlvmEngine
from mclib.errors import ArgumentError
from mclib.testing import assert_within_standard_errors

ENGINE = LlvmEngine(1)


@mc.model
def shop(demand=mc.Normal(100, 20), ordered=100.0, price=5.0):
    return {"profit": price * mc.minimum(demand, ordered) - 3.0 * ordered}


@mc.model
def portfolio(a=mc.Normal(0.05, 0.1), b=mc.Normal(0.08, 0.2), share=0.5):
    return {"gain": (1.0 - share) * a + share * b}


def test_each_point_is_what_a_run_of_its_own_gives() -> None:
    values = {"ordered": [80, 90, 100, 110], "price": [4.0, 5.0, 6.0]}
    sweep = mc.sweep(shop, values, 10_001, seed=3, engine=ENGINE)
    table = sweep.to_frame("profit")

    assert len(sweep) == 12
    for ordered, price in sweep.points:
        changes = {"ordered": ordered, "price": price}
        alone = mc.simulate(shop, 10_001, seed=3, parameters=changes)["profit"]
        line = table.loc[(ordered, price)]
        assert line["mean"] == alone.mean.value
        assert line["standard_error"] == alone.mean.standard_error
        assert line["P95"] == alone.quantile(0.95).value


def test_differences_from_the_first_point_are_paired() -> None:
    sweep = mc.sweep(shop, {"ordered": range(80, 121, 2)}, 50_000, seed=3, engine=ENGINE)
    first, last = (
        mc.simulate(shop, 50_000, seed=3, parameters={"ordered": each})["profit"].sample()
        for each in (80, 120)
    )

    apart = sweep.difference(20, "profit").mean

    assert apart.value == pytest.approx((last - first).mean(), abs=1e-9)
    error = (last - first).std(ddof=1) / math.sqrt(50_000)
    assert apart.standard_error == pytest.approx(error, rel=1e-9)
    assert sweep.to_frame("profit")["difference"].iloc[0] == 0.0


def test_a_program_is_compiled_once_for_all_points() -> None:
    compiled: list[Any] = []

    class Counting(LlvmEngine):
        def compile(self, plan: Any) -> Any:
            compiled.append(plan)
            return super().compile(plan)

    mc.sweep(shop, {"ordered": np.linspace(50, 150, 30)}, 2_000, engine=Counting(1))

    # The first point alone, and seven points with it; moments, and values of the last
    # trials that fill no block.
    assert len(compiled) == 4


def test_points_may_be_distributions() -> None:
    demands = [mc.Normal(100, 20), mc.Normal(110, 20)]
    sweep = mc.sweep(shop, {"demand": demands}, 200_000, seed=1)

    # E min(X, k) = k - s E(z - t)+ with t = (m - k) / s, here at t = 0 and 1/2.
    exact = 5.0 * (100.0 - 20.0 * 0.1977965574) - 300.0
    assert_within_standard_errors(sweep.output(1, "profit").mean, exact)


def test_the_frontier_begins_at_the_least_variance() -> None:
    shares = np.linspace(0.0, 1.0, 21)
    sweep = mc.sweep(portfolio, {"share": shares}, 200_000, seed=4, engine=ENGINE)

    frontier = sweep.frontier("gain")

    # The least variance lies at 0.1**2 / (0.1**2 + 0.2**2).
    kept = frontier.index.get_level_values("share").to_numpy()
    assert kept == pytest.approx(shares[shares > 0.19])
    assert frontier["mean"].is_monotonic_increasing
    assert len(sweep.frontier("gain", highest=[], lowest="standard_deviation")) == 1


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({}, "`values` must be numbers by name"),
        ({"price": 3}, "must be a list of numbers; got 3"),
        ({"price": []}, "must have at least one number"),
        ({"prize": [3]}, "did you mean `price`"),
        (
            {"demand.standard_deviation": [3, -1]},
            "`standard_deviation` must be above 0; got -1",
        ),
        ({"price": range(1000), "ordered": range(1000)}, "at most 100,000 combinations"),
    ],
)
def test_what_cannot_be_swept_is_refused(values: Any, sentence: str) -> None:
    with pytest.raises(ArgumentError, match=sentence):
        mc.sweep(shop, values, 1_000)


def test_what_a_sweep_does_not_have_is_refused() -> None:
    sweep = mc.sweep(shop, {"price": [3, 4]}, 1_000, seed=1)

    with pytest.raises(ArgumentError, match="be another one than the first"):
        sweep.difference(0, "profit")
    with pytest.raises(ArgumentError, match="`point` must be from 0 to 1; got 2"):
        sweep.output(2, "profit")
    with pytest.raises(ArgumentError, match="`name` must be one of profit; got 'loss'"):
        sweep.output(0, "loss")
    with pytest.raises(ArgumentError, match="columns of the table"):
        sweep.frontier("profit", highest="median")
    with pytest.raises(ArgumentError, match="`model` must be a model"):
        mc.sweep(3, {"price": [3]})  # type: ignore[arg-type]
