"""Every notebook runs from its first cell to its last and shows what it promises."""

import functools
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.architecture.checkout import ROOT, project_files

FOLDER = ROOT / "notebooks"
NOTEBOOKS = [path for path in project_files(FOLDER) if path.suffix == ".ipynb"]
MOST_CELLS = 25
SECONDS_FOR_A_CELL = 120

# What a reader of the text is told, and must find in the outputs.
SHOWN = {
    "00-five-minutes.ipynb": (
        "'gain': 52500.0",
        "10,000,000 trials · seed 7",
        "60,390 ± 40",
        "17.646 % ± 0.024 % (95 %)",
        "P95    173,360 ± 100 (95 %)",
        "-65,830 ± 90 (95 %)",
        "price                -26800             148900      175700  1300",
        "Trial(123,456: units=8,612.67, price=18.4595, unit_cost=10.2547",
        "22.656 % ± 0.026 % (95 %)",
        "9.335 % ± 0.018 % (95 %)",
        "24,747 ± 21",
    ),
}

Outputs = list[dict[str, Any]]
Run = Callable[[Path], Outputs]

each_notebook = pytest.mark.parametrize(
    "path", NOTEBOOKS, ids=[str(path.relative_to(FOLDER)) for path in NOTEBOOKS]
)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Outputs of a notebook, which is run once, in a folder of its own."""

    @functools.cache
    def outputs(path: Path) -> Outputs:
        import nbformat
        from nbclient import NotebookClient

        notebook = nbformat.read(path, as_version=4)
        NotebookClient(
            notebook,
            timeout=SECONDS_FOR_A_CELL,
            # An error is an output here: the test shows it by its name and text.
            allow_errors=True,
            kernel_name="python3",
            resources={"metadata": {"path": str(tmp_path_factory.mktemp(path.stem))}},
        ).execute()
        return [each for cell in notebook.cells for each in cell.get("outputs", [])]

    return outputs


def _text(output: dict[str, Any]) -> str:
    shown: str = output.get("text") or output.get("data", {}).get("text/plain", "")
    return shown


@pytest.mark.notebook
@pytest.mark.slow
@each_notebook
def test_a_notebook_runs_to_its_end_without_an_error_or_a_warning(
    path: Path, run: Run
) -> None:
    outputs = run(path)

    errors = [each for each in outputs if each["output_type"] == "error"]
    said = [each["text"] for each in outputs if each.get("name") == "stderr"]
    assert [] == [f"{each['ename']}: {each['evalue']}" for each in errors]
    assert [] == [text for text in said if "Warning" in text]


@pytest.mark.notebook
@pytest.mark.slow
@each_notebook
def test_a_notebook_shows_the_numbers_that_its_text_speaks_of(path: Path, run: Run) -> None:
    text = "\n".join(_text(each) for each in run(path))

    assert [] == [promised for promised in SHOWN[path.name] if promised not in text]


@pytest.mark.notebook
@pytest.mark.slow
def test_the_first_notebook_draws_ten_million_trials_from_few_numbers(run: Run) -> None:
    outputs = run(FOLDER / "00-five-minutes.ipynb")

    kind = "application/vnd.plotly.v1+json"
    [figure] = [each["data"][kind] for each in outputs if kind in each.get("data", {})]
    assert ["bar"] == [trace["type"] for trace in figure["data"]]
    assert len(str(figure)) < 50_000


@each_notebook
def test_a_notebook_is_stored_as_it_was_written(path: Path) -> None:
    notebook = json.loads(path.read_text())

    code = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    assert (4, 5) == (notebook["nbformat"], notebook["nbformat_minor"])
    assert all(re.fullmatch(r"[\w-]{1,64}", cell["id"]) for cell in notebook["cells"])
    assert [] == [cell["id"] for cell in code if cell["outputs"]]
    assert [] == [cell["id"] for cell in code if cell["execution_count"] is not None]
    assert "widgets" not in notebook["metadata"]


@each_notebook
def test_a_notebook_asks_its_question_first_and_is_short(path: Path) -> None:
    cells = json.loads(path.read_text())["cells"]

    assert cells[0]["cell_type"] == "markdown"
    assert "?" in "".join(cells[0]["source"])
    assert len(cells) <= MOST_CELLS


@each_notebook
def test_a_notebook_is_on_the_map_and_says_what_it_shows(path: Path) -> None:
    page = (FOLDER / "README.md").read_text()

    assert f"]({path.relative_to(FOLDER)})" in page
    assert path.name in SHOWN
