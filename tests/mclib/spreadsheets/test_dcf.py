"""A workbook of 300 formulas gives, trial by trial, what the same model by hand gives."""

from pathlib import Path

import numpy as np
import pytest

import mclib as mc
from tests.mclib.spreadsheets import dcf


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory) -> mc.Workbook:
    path = tmp_path_factory.mktemp("dcf") / "plan.xlsx"
    dcf.write(path)
    return mc.Workbook(path, inputs=dcf.INPUTS, outputs=dcf.OUTPUTS)


def test_every_trial_is_that_of_the_model_by_hand(plan: mc.Workbook) -> None:
    result = mc.simulate(plan.model, 20_000, seed=7)
    trials = result.to_frame(20_000)

    expected = dcf.by_hand({name: trials[name].to_numpy() for name in plan.model.inputs})

    for name, values in expected.items():
        ours = trials[name].to_numpy()
        # With money flowing back in some year there is more than one rate, or none.
        known = trials["lowest cash"] > 0.0 if name == "irr" else np.full(len(ours), True)
        assert known.mean() > 0.9
        np.testing.assert_allclose(
            ours[known], values[known], rtol=1e-11, atol=1e-8, err_msg=name
        )


def test_a_rate_of_return_is_one_or_is_said_to_be_none(plan: mc.Workbook) -> None:
    result = mc.simulate(plan.model, 20_000, seed=8)
    trials = result.to_frame(20_000)

    rates = trials["irr"].to_numpy()

    by_name = {name: trials[name].to_numpy() for name in plan.model.inputs}
    at_the_rate = dcf.by_hand({**by_name, "discount rate": rates})["npv"]
    found = np.isfinite(rates)
    assert np.all(np.abs(at_the_rate[found]) < 1e-2)
    assert result["irr"].non_finite.nan == np.count_nonzero(~found) > 0


def test_names_are_the_labels_beside_the_cells(plan: mc.Workbook) -> None:
    assert list(dcf.LABELS) == list(plan.inputs)
    assert dcf.OUTPUTS == plan.outputs


def test_one_case_is_computed_by_a_call(plan: mc.Workbook) -> None:
    numbers = {name: each.mean for name, each in plan.model.inputs.items()}

    case = plan.model(**numbers)

    expected = dcf.by_hand({name: np.array([each]) for name, each in numbers.items()})
    assert case == pytest.approx({name: each[0] for name, each in expected.items()})


@pytest.mark.slow
def test_engines_agree_to_the_last_bit(plan: mc.Workbook) -> None:
    ours, judge = (
        mc.simulate(plan.model, 1_024, seed=7, engine=engine).to_frame(1_024)
        for engine in ("llvm", "reference")
    )

    assert ours.equals(judge)


def test_the_graph_can_be_looked_at(plan: mc.Workbook) -> None:
    graph = plan.model.graph(plan.model.parameters)

    assert list(dcf.OUTPUTS) == list(graph.outputs)
    assert "discount rate   ~ Uniform" in str(plan.model.show())


def test_the_workbook_says_what_it_took(plan: mc.Workbook) -> None:
    text = repr(plan)

    assert "Assumptions!B4  price ~ Normal(mean=50.0, standard_deviation=3.0)" in text
    assert "Model!B24  npv" in text
    assert Path(plan.model.name).stem == "plan"
