"""What the dashboards show, against formulas."""

import json
import math
from collections.abc import Iterator
from typing import Any

import pytest
from scipy.stats import norm

import mclib as mc
from mclib.testing import assert_within_standard_errors
from mclib.widgets import Board
from tests.architecture.checkout import ROOT

FOLDER = ROOT / "notebooks" / "dashboards"
# Published: strike 100, barrier 125, a year, rate 3 %, volatility 15 %.
PUBLISHED = {90: 1.822512255945242, 100: 3.294086516281595, 110: 3.221591131246868}


def shown(name: str, board: str) -> dict[str, Any]:
    """What the cells of a dashboard have made; its board has drawn everything."""
    made: dict[str, Any] = {}
    for cell in json.loads((FOLDER / f"{name}.ipynb").read_text())["cells"]:
        if cell["cell_type"] == "code":
            exec("".join(cell["source"]), made)
    assert made[board].wait(120)
    assert "" == made[board].failure.value
    return made


@pytest.fixture(scope="module")
def desk() -> Iterator[Board]:
    board = shown("option-desk", "desk")["desk"]
    yield board
    board.close()


@pytest.fixture(scope="module")
def bakery() -> Iterator[dict[str, Any]]:
    made = shown("project-risk-register", "dashboard")
    yield made
    made["dashboard"].close()


def formula(
    spot: float = 100.0, s: float = 0.15, rate: float = 0.03, years: float = 1.0
) -> float:
    """Reiner and Rubinstein's value of the call, with the barrier above the strike."""
    strike, barrier, root = 100.0, 125.0, s * math.sqrt(years)
    bond = strike * math.exp(-rate * years)
    m = rate / s**2 + 0.5

    def leg(way: float, sign: int, power: float) -> float:
        d = math.log(way) / root + m * root
        share = spot * power**m * norm.cdf(sign * d)
        return float(share - bond * power ** (m - 1) * norm.cdf(sign * (d - root)))

    power = (barrier / spot) ** 2
    mirrored = leg(barrier**2 / (spot * strike), -1, power) - leg(barrier / spot, -1, power)
    knocked_in = leg(spot / barrier, 1, 1.0) - mirrored
    return leg(spot / strike, 1, 1.0) - knocked_in


def test_the_formula_is_the_published_one() -> None:
    assert PUBLISHED == pytest.approx(
        {spot: formula(spot) for spot in PUBLISHED}, abs=1e-12
    )


@pytest.mark.parametrize("spot", PUBLISHED)
def test_the_option_desk_meets_published_values(desk: Board, spot: int) -> None:
    result = mc.simulate(desk.model, 2**18, seed=7, parameters={"spot": float(spot)})

    assert_within_standard_errors(result["value"].mean, PUBLISHED[spot])


@pytest.mark.parametrize(
    ("greek", "expected"),
    [
        ("delta", formula(100.5) - formula(99.5)),
        ("gamma", (formula(100.5) - 2 * formula() + formula(99.5)) / 0.25),
        ("vega", (formula(s=0.151) - formula(s=0.149)) / 0.2),
        ("theta", formula(years=1 - 1 / 365) - formula()),
        ("rho", (formula(rate=0.031) - formula(rate=0.029)) / 0.2),
    ],
)
def test_greeks_are_the_formulas_differences(
    desk: Board, greek: str, expected: float
) -> None:
    estimate = desk.result[greek].mean

    assert_within_standard_errors(estimate, expected)
    # On common draws a difference is as sure as a price, and not a hundred times less.
    assert estimate.standard_error < 0.005 * abs(expected)


def test_the_ladder_is_drawn_as_it_was_run(desk: Board) -> None:
    figure = desk.parts[""]

    line = figure.data[1]
    by_place = dict(zip(line.x, line.y, strict=True))
    assert 21 == len(by_place)
    assert by_place[100.0] == desk.result["value"].mean.value
    assert 100.0 == figure.layout.shapes[0].x0


def test_a_project_costs_on_average_what_its_means_cost(bakery: dict[str, Any]) -> None:
    activities = bakery["plan"].activities
    expected = sum(
        each.fixed_cost + each.cost_per_day * each.duration.mean for each in activities
    )
    expected += sum(each.mean for each in bakery["register"].inputs.values())

    assert_within_standard_errors(bakery["dashboard"].result["cost"].mean, expected)


def test_a_promise_is_kept_where_the_curves_say_so(bakery: dict[str, Any]) -> None:
    result = bakery["dashboard"].result

    in_time, in_budget = result["in time"].mean, result["in budget"].mean
    assert in_time.value == result["finish"].probability_below(65.0).value
    assert in_budget.value == result["cost"].probability_below(100_000.0).value
    both = result["both"].mean.value
    assert (
        in_time.value + in_budget.value - 1 <= both <= min(in_time.value, in_budget.value)
    )


def test_a_risk_that_is_ruled_out_costs_nothing(bakery: dict[str, Any]) -> None:
    dashboard = bakery["dashboard"]
    before = dashboard.result["cost"].mean.value
    dashboard.set(**{"damp walls.probability": 0.0})
    assert dashboard.wait(120)

    spared = before - dashboard.result["cost"].mean.value
    walls = bakery["register"].inputs["damp walls"].mean
    dashboard.reset()
    assert spared == pytest.approx(walls, rel=0.05)
