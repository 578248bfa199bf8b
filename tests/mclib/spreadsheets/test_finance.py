"""Rates of return that are found wherever there is exactly one; sums over days."""

from pathlib import Path

import numpy as np

import mclib as mc
from tests.mclib.spreadsheets.sheets import written

N_FLOWS = 15


def _rates_by_halving(flows: np.ndarray) -> np.ndarray:
    low, high = np.full(flows.shape[1], -0.999999), np.full(flows.shape[1], 1e6)
    powers = np.arange(len(flows))[:, None]
    for _ in range(120):
        middle = np.sqrt((1 + low) * (1 + high)) - 1
        is_positive = (flows / (1 + middle) ** powers).sum(0) > 0
        low, high = np.where(is_positive, middle, low), np.where(is_positive, high, middle)
    return low


def test_a_rate_of_return_is_found_where_there_is_one(tmp_path: Path) -> None:
    cells = {"A1": -100, **{f"A{row}": 10 for row in range(2, N_FLOWS + 2)}}
    cells |= {"B1": f"=IRR(A1:A{N_FLOWS + 1})"}
    inputs = {"A1": mc.Uniform(-800, -1)}
    inputs |= {f"A{row}": mc.Uniform(0, 60) for row in range(2, N_FLOWS + 2)}
    plan = mc.Workbook(
        written(tmp_path / "rates.xlsx", cells, {}), inputs=inputs, outputs={"irr": "B1"}
    )

    trials = mc.simulate(plan.model, 20_000, seed=7).to_frame(20_000)

    flows = trials[list(plan.inputs)].to_numpy().T
    expected = _rates_by_halving(flows)
    assert expected.min() < -0.1
    assert expected.max() > 5
    np.testing.assert_allclose(1 + trials["irr"], 1 + expected, rtol=1e-12)


def test_flows_on_days_are_discounted_by_days(tmp_path: Path) -> None:
    # The example in the manual of Excel's XNPV.
    cells = {
        "A1": 0.09,
        **{f"A{row}": x for row, x in enumerate((-10_000, 2_750, 4_250, 3_250, 2_750), 2)},
        "B2": "=DATE(2008,1,1)",
        "B3": "=DATE(2008,3,1)",
        "B4": "=DATE(2008,10,30)",
        "B5": "=DATE(2009,2,15)",
        "B6": "=DATE(2009,4,1)",
        "C1": "=XNPV(A1,A2:A6,B2:B6)",
    }
    plan = mc.Workbook(
        written(tmp_path / "days.xlsx", cells, {}),
        parameters={"r": "A1"},
        outputs={"y": "C1"},
    )

    assert 2086.647602 == round(plan.model(r=0.09)["y"], 6)
