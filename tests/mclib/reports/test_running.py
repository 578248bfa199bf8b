"""A notebook run afresh, and the folder that comes of it."""

import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from mclib.reports import witness
from tests.mclib.reports.books import MODEL, PARAMETERS, book, code, text, written

pytestmark = [pytest.mark.notebook, pytest.mark.slow]

COMMAND = [sys.executable, "-m", "mclib.reports"]


def _command(home: Path, *arguments: Any) -> subprocess.CompletedProcess[str]:
    """Run the command where a notebook and its data lie."""
    command = [*COMMAND, *map(str, arguments)]
    # Where compiled code is kept is read too, and is no data wherever it is.
    variables = os.environ | {"MCLIB_CACHE_DIR": str(home / "compiled")}
    return subprocess.run(
        command, cwd=home, env=variables, capture_output=True, text=True, check=False
    )


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where a notebook and its data lie."""
    home = tmp_path_factory.mktemp("home")
    (home / "losses.csv").write_text("loss\n1\n2\n")
    written(
        home / "launch.ipynb",
        book(
            text("# A launch\n\nIts profit is $p$."),
            code(PARAMETERS, tags=("parameters",)),
            code(MODEL),
            code("import pandas as pd\nlen(pd.read_csv('losses.csv'))"),
            code('mc.plots.histogram(result["profit"], unit="EUR")'),
            code("import ipywidgets as w\nw.FloatSlider(description='tax', value=0.5)"),
        ),
    )
    (home / "values.json").write_text('{"tax_rate": 0.3}')
    (home / "facts.json").write_text('{"author": "ada", "image_digest": "sha256:1f"}')
    return home


@pytest.fixture(scope="module")
def outcome(home: Path) -> subprocess.CompletedProcess[str]:
    return _command(
        home, "run", home / "launch.ipynb", "--into", home / "report",
        "--parameters", home / "values.json", "--facts", home / "facts.json",
    )  # fmt: skip


@pytest.fixture(scope="module")
def report(home: Path, outcome: subprocess.CompletedProcess[str]) -> Any:
    assert (0, "") == (outcome.returncode, outcome.stderr)
    return json.loads((home / "report" / "report.json").read_text())


def test_each_cell_that_is_done_is_told_on_a_line(
    outcome: subprocess.CompletedProcess[str],
) -> None:
    told = [json.loads(line) for line in outcome.stdout.splitlines()]

    # Five cells of the notebook's own, and the one with this run's parameters.
    assert [{"cell": at, "of": 6} for at in range(1, 7)] == told


def test_the_folder_holds_page_notebook_data_and_their_hashes(
    home: Path, report: Any
) -> None:
    folder = home / "report"
    there = {
        each.relative_to(folder).as_posix(): each
        for each in folder.rglob("*")
        if each.is_file()
    }

    kept = {"page.html", "notebook.ipynb", "data/result.parquet"}
    assert kept | {"report.json"} == set(there)
    assert kept == set(report["files"])
    for name, each in report["files"].items():
        content = there[name].read_bytes()
        assert each == {
            "sha256": hashlib.sha256(content).hexdigest(),
            "bytes": len(content),
        }
    # Without the 5 MB of script that charts send to a page with a kernel.
    assert len(there["notebook.ipynb"].read_bytes()) < 1_000_000
    assert [] == [each for each in home.iterdir() if each.name.startswith(".report")]


def test_the_report_says_what_computed_its_numbers(home: Path, report: Any) -> None:
    [run] = report["runs"]
    [tax, *_] = report["parameters"]

    assert "A launch" == report["title"]
    assert ["result"] == run["names"]
    assert (7, 20_000) == (run["provenance"]["seed"], run["provenance"]["n_trials"])
    assert 0.3 == run["provenance"]["parameters"]["tax"]
    assert (0.25, 0.3, 0.0, 1.0) == tuple(
        tax[each] for each in ("default", "value", "minimum", "maximum")
    )
    assert {"author": "ada", "image_digest": "sha256:1f"} == report["facts"]
    [data] = report["files_read"]
    content = (home / "losses.csv").read_bytes()
    assert "losses.csv" == data["name"]
    assert hashlib.sha256(content).hexdigest() == data["sha256"]


def test_estimates_are_those_of_the_same_run_elsewhere(report: Any) -> None:
    names: dict[str, Any] = {"n_trials": 20_000, "tax_rate": 0.3}
    exec(MODEL, names)
    result = names["result"]

    found = {(each["output"], each["kind"]): each for each in report["estimates"]}

    assert 10 == len(found)
    for name in ("revenue", "profit"):
        mean, low = found[name, "mean"], found[name, "P5"]
        assert result[name].mean.value == mean["value"]
        assert result[name].mean.standard_error == mean["standard_error"]
        assert result[name].quantile(0.05).value == low["value"]


def test_what_a_cell_shows_and_nobody_named_is_told_by_its_place(
    tmp_path: Path,
) -> None:
    shown = 'mc.simulate(launch, 1_000, seed=8)["profit"].mean'
    unnamed = "mc.simulate(launch, 1_000, seed=8)"
    cells = (code(PARAMETERS), code(MODEL), code(shown), code(unnamed), code("result"))
    path = written(tmp_path / "launch.ipynb", book(*cells))

    outcome = _command(tmp_path, "run", path, "--into", tmp_path / "report")

    assert outcome.returncode == 0, outcome.stderr
    report = json.loads((tmp_path / "report" / "report.json").read_text())
    assert {each["result"] for each in report["estimates"]} == {"result", "shown 1"}
    assert [run["names"] for run in report["runs"]] == [["result"], [], ["shown 1"]]
    data = {each.name for each in (tmp_path / "report" / "data").iterdir()}
    assert len(data) == 2


def test_the_trials_are_there_to_the_bit(home: Path, report: Any) -> None:
    names: dict[str, Any] = {"n_trials": 20_000, "tax_rate": 0.3}
    exec(MODEL, names)

    read = pd.read_parquet(home / "report" / "data" / "result.parquet")

    expected = names["result"].to_frame(20_000).reset_index()
    pd.testing.assert_frame_equal(expected, read, check_exact=True)


def test_a_failing_cell_is_all_that_is_left_of_a_failed_run(tmp_path: Path) -> None:
    path = written(
        tmp_path / "fails.ipynb", book(code("x = 1"), code(""), code("y = 2\n1 / 0"))
    )

    outcome = _command(tmp_path, "run", path, "--into", tmp_path / "report")

    assert 3 == outcome.returncode
    assert "cell 2 failed: ZeroDivisionError: division by zero" in outcome.stderr
    assert ["failure.json"] == [each.name for each in (tmp_path / "report").iterdir()]
    failure = json.loads((tmp_path / "report" / "failure.json").read_text())
    assert (2, 2) == (failure["cell"], failure["of"])
    assert ("y = 2\n1 / 0", "ZeroDivisionError") == (failure["source"], failure["name"])
    assert "\x1b" not in failure["traceback"]


def test_a_process_that_dies_fails_the_run(tmp_path: Path) -> None:
    dies = "import os\nos.write(2, b'no room left')\nos.kill(os.getpid(), 9)"
    path = written(tmp_path / "dies.ipynb", book(code(dies)))

    outcome = _command(tmp_path, "run", path, "--into", tmp_path / "report")

    assert 3 == outcome.returncode
    failure = json.loads((tmp_path / "report" / "failure.json").read_text())
    assert (1, "DeadKernelError") == (failure["cell"], failure["name"])
    assert "more memory" in failure["text"]
    assert "no room left" in failure["traceback"]
    # What a process says of its own end is no news where the notebook isn't at fault.
    assert "no room left" not in outcome.stderr


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_the_run_and_leaves_nothing(tmp_path: Path, number: int) -> None:
    sleeping = (
        "import os, time\n"
        "open('pid', 'w').write(str(os.getpid()))\n"
        "for _ in range(600): time.sleep(1)"
    )
    path = written(tmp_path / "long.ipynb", book(code("1"), code(sleeping)))
    command = [*COMMAND, "run", str(path), "--into", str(tmp_path / "report")]
    pipe = subprocess.PIPE
    process = subprocess.Popen(command, cwd=tmp_path, stdout=pipe, stderr=pipe)
    deadline = time.monotonic() + 120
    while not (tmp_path / "pid").is_file() or not (tmp_path / "pid").read_text():
        assert time.monotonic() < deadline
        time.sleep(0.1)

    process.send_signal(number)
    process.communicate(timeout=60)

    assert 128 + number == process.returncode
    assert {"long.ipynb", "pid"} == {each.name for each in tmp_path.iterdir()}
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text()), 0)


def test_as_it_is_shows_what_it_holds_and_says_so(tmp_path: Path) -> None:
    said = {"output_type": "stream", "name": "stdout", "text": "4242"}
    path = written(tmp_path / "held.ipynb", book(text("# Held"), code("1 / 0", said)))

    outcome = _command(tmp_path, "run", path, "--into", tmp_path / "report", "--as-it-is")

    assert (0, "") == (outcome.returncode, outcome.stdout)
    page = (tmp_path / "report" / "page.html").read_text()
    assert "4242" in page
    assert "Not run again." in page
    report = json.loads((tmp_path / "report" / "report.json").read_text())
    assert (False, [], []) == (report["rerun"], report["runs"], report["estimates"])


def test_quantiles_are_told_by_the_size_of_a_run_and_not_by_its_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    names: dict[str, Any] = {"n_trials": 1_000, "tax_rate": 0.3}
    exec(MODEL, names)
    of_all = list(witness._estimates("result", names["result"]))

    monkeypatch.setattr(witness, "_MOST_FOR_QUANTILES", 1_999)
    of_a_larger_one = list(witness._estimates("result", names["result"]))

    assert 10 == len(of_all)
    assert {"mean", "standard deviation"} == {each["kind"] for each in of_a_larger_one}


def test_a_run_without_a_seed_draws_that_of_an_earlier_report_again(home: Path) -> None:
    drawn = MODEL.replace(", seed=7", "") + "\nother = mc.simulate(launch, 100)"
    written(home / "drawn.ipynb", book(code(PARAMETERS, tags=("parameters",)), code(drawn)))
    first, second, third = (home / f"drawn-{at}" for at in range(3))
    run = ("run", home / "drawn.ipynb", "--into")
    assert _command(home, *run, first).returncode == 0

    again = _command(home, *run, second, "--seeds-of", first / "report.json")
    assert _command(home, *run, third).returncode == 0

    assert again.returncode == 0, again.stderr
    told = json.loads((first / "report.json").read_text())
    seeds = [each["provenance"]["seed"] for each in told["runs"]]
    assert told["drawn_seeds"] == seeds
    assert len(set(seeds)) == 2
    same = _command(home, "compare", "--json", first, second)
    other = _command(home, "compare", "--json", first, third)
    assert json.loads(same.stdout)["same_bits"] is True
    assert json.loads(other.stdout)["same_bits"] is False


def test_seeds_that_are_none_are_refused(home: Path) -> None:
    (home / "seeds.json").write_text('{"drawn_seeds": [1.5]}')

    refused = _command(
        home, "run", home / "launch.ipynb", "--into", home / "refused",
        "--seeds-of", home / "seeds.json",
    )  # fmt: skip

    assert refused.returncode == 2
    assert "`seeds_of` must tell seeds of 64 bits" in refused.stderr
