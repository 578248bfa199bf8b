"""Saved and loaded: the same answers, and clear words about what a file can't do."""

import json
import os
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from mclib.errors import ArgumentError
from mclib.results.loading import load_result
from mclib.results.result import Result
from mclib.results.storing import KEPT_QUANTILES
from tests.mclib.array_run import ArrayRun

N_TRIALS = 20_000


@pytest.fixture
def run(seed: int) -> ArrayRun:
    generator = np.random.default_rng(seed)
    price = generator.normal(20.0, 2.0, N_TRIALS)
    holes = np.where(generator.random(N_TRIALS) < 0.01, np.nan, price**3)
    outputs = {
        "profit": 1000 * price,
        "holes": holes,
        "fee": np.full(N_TRIALS, 3.25),
        "nothing": np.full(N_TRIALS, np.inf),
    }
    return ArrayRun(outputs, {"price": price})


@pytest.fixture
def result(run: ArrayRun) -> Result:
    return Result(run)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "run.mcresult"


def test_a_loaded_result_shows_the_same(result: Result, path: Path) -> None:
    result.save(path)

    loaded = load_result(path)

    assert str(result) == str(loaded)
    assert result._repr_html_() == loaded._repr_html_()
    assert result.provenance == loaded.provenance
    pd.testing.assert_frame_equal(result.summary(), loaded.summary(), check_exact=True)


def test_a_loaded_output_has_the_same_moments_and_quantiles(
    result: Result, path: Path
) -> None:
    result.save(path)
    expected, found = result["profit"], load_result(path)["profit"]

    for name in ("mean", "standard_deviation", "skewness", "kurtosis", "median"):
        assert getattr(expected, name) == getattr(found, name)
    assert expected.quantile(KEPT_QUANTILES) == found.quantile(KEPT_QUANTILES)
    for q in KEPT_QUANTILES:
        assert expected.quantile(q).interval() == found.quantile(q).interval()
    assert np.array_equal(expected.histogram().counts, found.histogram().counts)


def test_whatever_was_asked_before_is_kept(result: Result, path: Path) -> None:
    profit = result["profit"]
    expected = [
        profit.probability_below(19_000.0),
        profit.tail_mean(0.95),
        profit.quantile(0.1234),
        profit.minimum,
    ]
    result.save(path)

    loaded = load_result(path)["profit"]

    found = [
        loaded.probability_below(19_000.0),
        loaded.tail_mean(0.95),
        loaded.quantile(0.1234),
        loaded.minimum,
    ]
    assert expected == found


def test_saving_a_loaded_result_loses_nothing(result: Result, path: Path) -> None:
    result.save(path, sample=500)
    again = path.with_name("again.mcresult")
    load_result(path).save(again, sample=500)

    loaded = load_result(again)

    assert str(result) == str(loaded)
    pd.testing.assert_frame_equal(result.to_frame(500), loaded.to_frame())


def test_trials_that_are_kept_are_the_first(result: Result, path: Path) -> None:
    result.save(path, sample=300)

    loaded = load_result(path)

    pd.testing.assert_frame_equal(result.to_frame(300), loaded.to_frame())
    pd.testing.assert_frame_equal(
        result.to_frame(10, start=7), loaded.to_frame(10, start=7)
    )
    assert result.trial(299) == loaded.trial(299)
    assert np.array_equal(result["profit"].sample(300), loaded["profit"].sample(300))


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (lambda x: x["profit"].quantile(0.777), "answers what it was asked before"),
        (
            lambda x: x["profit"].probability_above(1.5e4),
            "answers what it was asked before",
        ),
        (lambda x: x["profit"].tail_mean(0.77), "answers what it was asked before"),
        (
            lambda x: x.trial(300),
            "the first 300 trials in this file; got trials 300 to 300",
        ),
        (
            lambda x: x["profit"].sample(),
            "the first 300 trials in this file; got trials 0 ",
        ),
    ],
    ids=["quantile", "probability", "tail mean", "trial", "sample"],
)
def test_what_a_file_does_not_hold_is_refused_with_a_way_out(
    result: Result, path: Path, ask, message: str
) -> None:  # type: ignore[no-untyped-def]
    result.save(path, sample=300)
    loaded = load_result(path)

    with pytest.raises(ArgumentError, match=message) as caught:
        ask(loaded)

    assert "hint: run the model with `seed=7` and `n_trials=20000`" in str(caught.value)


def test_without_kept_trials_the_hint_says_how_to_keep_them(
    result: Result, path: Path
) -> None:
    result.save(path)

    with pytest.raises(
        ArgumentError, match=r"no trials in this file(.|\n)*save with `sample=8`\."
    ):
        load_result(path).trial(7)


def test_a_file_is_not_overwritten_unawares(result: Result, path: Path) -> None:
    path.write_bytes(b"precious")

    with pytest.raises(
        ArgumentError, match=r"name no file .*\nhint: pass `overwrite=True`"
    ):
        result.save(path)
    assert path.read_bytes() == b"precious"

    result.save(path, overwrite=True)
    assert load_result(path).n_trials == N_TRIALS


def test_saving_leaves_no_drafts_behind(
    result: Result, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    result.save(path)
    assert [path] == list(path.parent.iterdir())

    def fail(*_: object) -> bytes:
        message = "disk full"
        raise OSError(message)

    monkeypatch.setattr("mclib.results.storing._to_parquet", fail)
    with pytest.raises(OSError, match="disk full"):
        result.save(path, overwrite=True)
    assert [path] == list(path.parent.iterdir())
    assert load_result(path).n_trials == N_TRIALS


def test_a_file_has_the_rights_that_new_files_have(result: Result, path: Path) -> None:
    plain = path.with_name("plain")
    plain.touch()
    result.save(path)

    assert plain.stat().st_mode == path.stat().st_mode


def test_the_folder_must_exist(result: Result, path: Path) -> None:
    with pytest.raises(ArgumentError, match="`path` must lie in a folder that exists; got"):
        result.save(path.parent / "nowhere" / "run.mcresult")


def test_no_more_trials_can_be_kept_than_there_are(result: Result, path: Path) -> None:
    with pytest.raises(ArgumentError, match=r"`n` must be from 1 to 20,000"):
        result.save(path, sample=N_TRIALS + 1)


def test_a_missing_file_is_named(path: Path) -> None:
    with pytest.raises(ArgumentError, match=r"`path` must name a file that exists; got"):
        load_result(path)


def _damaged(content: bytes) -> dict[str, bytes]:
    return {
        "empty": b"",
        "text": b"not a result",
        "cut": content[: len(content) // 2],
        "flipped": content[:300] + bytes([content[300] ^ 255]) + content[301:],
    }


@pytest.mark.parametrize("kind", ["empty", "text", "cut", "flipped"])
def test_a_damaged_file_is_refused_in_one_message(
    result: Result, path: Path, kind: str
) -> None:
    result.save(path)
    path.write_bytes(_damaged(path.read_bytes())[kind])

    with pytest.raises(
        ArgumentError, match=r"name an undamaged file that `Result\.save` has"
    ):
        load_result(path)


def _rewritten(path: Path, **changes: object) -> None:
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    head = {**json.loads(members["result.json"]), **changes}
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, json.dumps(head) if name == "result.json" else content)


@pytest.mark.parametrize("changes", [{"outputs": 5}, {"provenance": {}}, {"outputs": [{}]}])
def test_a_file_that_lacks_something_is_refused(
    result: Result, path: Path, changes: dict[str, object]
) -> None:
    result.save(path)
    _rewritten(path, **changes)

    with pytest.raises(ArgumentError, match="name an undamaged file"):
        load_result(path)


def test_a_file_of_a_later_format_is_named_so(result: Result, path: Path) -> None:
    result.save(path)
    _rewritten(path, format=99)

    with pytest.raises(ArgumentError, match=r"format 1 or below; got 99\.\nhint: upgrade"):
        load_result(path)


def test_the_tables_can_be_read_by_others(result: Result, path: Path) -> None:
    result.save(path, sample=100)

    with zipfile.ZipFile(path) as archive:
        tables = {
            name: pd.read_parquet(archive.open(name))
            for name in archive.namelist()
            if name.endswith(".parquet")
        }

    assert {"summary", "order_statistics", "bins", "sample"} == {
        name.removesuffix(".parquet") for name in tables
    }
    assert ["output", "rank", "value"] == list(tables["order_statistics.parquet"].columns)
    counts = tables["bins.parquet"].groupby("output")["count"].sum()
    assert counts["profit"] == N_TRIALS


def test_a_path_may_be_text(result: Result, path: Path) -> None:
    result.save(os.fspath(path))

    assert load_result(str(path)).seed == 7
