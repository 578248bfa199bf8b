import copy
import json
import shutil
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from mclib.errors import ArgumentError
from mclib.reports.__main__ import main
from mclib.reports.comparing import compared, in_words

REPORT: dict[str, Any] = {
    "parameters": [{"name": "tax", "type": "float", "default": 0.25, "value": 0.25}],
    "runs": [
        {
            "names": ["result"],
            "provenance": {
                "model_name": "launch", "seed": 7, "n_trials": 3, "model_hash": "1f",
                "sampler": "independent", "engine": "llvm", "device": "a", "precision": "f",
            },
        }
    ],
    "estimates": [
        {"result": "result", "output": "profit", "kind": "mean", "value": 0.1 + 0.2,
         "standard_error": 0.4, "n_trials": 3},
        {"result": "result", "output": "profit", "kind": "P5", "value": "nan",
         "standard_error": "nan", "n_trials": 3},
    ],
}  # fmt: skip


def _folder(path: Path, report: dict[str, Any], values: list[float]) -> Path:
    (path / "data").mkdir(parents=True)
    (path / "report.json").write_text(json.dumps(report))
    frame = pd.DataFrame({"trial": range(len(values)), "profit": values})
    frame.to_parquet(path / "data" / "result.parquet")
    return path


@pytest.fixture
def first(tmp_path: Path) -> Path:
    return _folder(tmp_path / "first", REPORT, [1.0, float("nan"), -0.0])


def test_the_same_numbers_are_the_same_bits(first: Path, tmp_path: Path) -> None:
    second = shutil.copytree(first, tmp_path / "second")

    found = compared(first, second)

    assert found["same_bits"] is True
    assert (2, 6) == (found["n_estimates"], found["n_trials"])
    assert "The same numbers, bit for bit: 2 estimates and 6 values of trials." == in_words(
        found
    )


def test_one_bit_of_an_estimate_is_seen(first: Path, tmp_path: Path) -> None:
    report = copy.deepcopy(REPORT)
    report["estimates"][0]["value"] = 0.3
    second = _folder(tmp_path / "second", report, [1.0, float("nan"), -0.0])

    found = compared(first, second)

    assert 0.3 != 0.1 + 0.2
    assert found["same_bits"] is False
    [mean] = found["estimates"]
    assert (0.1 + 0.2, 0.3) == (mean["first"], mean["second"])
    assert 0 < mean["standard_errors"] < 1e-12
    assert "Not the same numbers:" in in_words(found)


def test_one_bit_of_a_trial_is_seen(first: Path, tmp_path: Path) -> None:
    # As numbers, the two zeros are equal.
    second = _folder(tmp_path / "second", REPORT, [1.0, float("nan"), 0.0])

    found = compared(first, second)

    assert found["same_bits"] is False
    [column] = found["trials"]
    assert "result: profit" == column["name"]
    assert "3 trials, 1 of other bits" == column["second"]


def test_parameters_runs_and_how_far_estimates_are_apart_are_said(
    first: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    report = copy.deepcopy(REPORT)
    report["parameters"][0]["value"] = 0.3
    report["runs"][0]["provenance"]["seed"] = 8
    report["estimates"][0] |= {"value": 0.8, "standard_error": 0.3}
    del report["estimates"][1]
    second = _folder(tmp_path / "second", report, [1.0])

    assert 0 == main(["compare", str(first), str(second)])

    said = capsys.readouterr().out
    assert "  tax: 0.25 and 0.3\n" in said
    assert "  run 1 (launch), seed: 7 and 8\n" in said
    assert "profit, mean: 0.30000000000000004 and 0.8 (1.0 standard errors apart)" in said
    assert "  result: profit, P5: nan and nothing\n" in said
    assert 0 == main(["compare", "--json", str(first), str(second)])
    assert json.loads(capsys.readouterr().out) == compared(first, second)


def test_without_results_there_is_nothing_to_say(tmp_path: Path) -> None:
    for name in ("first", "second"):
        (tmp_path / name).mkdir()
        report = {**REPORT, "estimates": [], "runs": []}
        (tmp_path / name / "report.json").write_text(json.dumps(report))

    found = compared(tmp_path / "first", tmp_path / "second")

    assert found["same_bits"] is None
    assert "neither report has results" in in_words(found)


def test_a_folder_without_a_report_is_refused(
    first: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(ArgumentError, match="`second` must be a folder with a report"):
        compared(first, tmp_path / "nowhere")
    assert 2 == main(["compare", str(first), str(tmp_path)])
    assert "must be a folder with a report in it" in capsys.readouterr().err
