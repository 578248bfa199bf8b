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
    "01-which-distribution.ipynb": (
        "trigen, 10 % beyond each end  38.6                14.9  16.3  37.0  65.5",
        "PERT                          33.3                 7.1  23.1  32.6  46.3",
        "metalog         36.181 ± 0.028 (95 %), above 50: 10.03 %",
        "relative ogive  34.144 ± 0.016 (95 %), above 50: 5.73 %",
        "as a mean  42.829 ± 0.014               7.131  32.543  42.050  55.789",
        "as a risk    42.84 ± 0.06               30.54  23.226  33.671  125.18",
        "Exponential(mean=108.1)   138.39   138.79",
        "anderson_darling    0.717    0.240",
        "110 ± 60 (95 %)",
        "6.30 % ± 0.07 % (95 %)",
        "8.42 % ± 0.08 % (95 %)",
        "11.07 % ± 0.09 % (95 %)",
    ),
    "02-inputs-that-move-together.ipynb": (
        "P99                   70.6 ± 0.5 (95 %)    86.7 ± 0.8 (95 %)",
        "apart:    13.60",
        "together: 17.44",
        "wind, hail: -0.5000 -> -0.2562",
        "Clayton, turned  71.4 ± 2.3, by formula 70.7",
        "Gaussian         27.0 ± 1.4, by formula 27.3",
        "Clayton, turned    0.683",
        "Clayton, turned  50.68 ± 0.26 (95 %)  93.4 ± 0.8 (95 %)  133.7 ± 1.9 (95 %)",
        "apart            17%",
        "together         81%",
    ),
    "03-sampling-plans-and-honest-errors.ipynb": (
        "60,375.00",
        "189 of 200",
        "10,000,000     60,390 ± 40 (95 %)     15",
        "sobol            60,375.2 ± 0.6 (95 %)    0.15            202,894",
        "latin hypercube  98 of 100",
        "sobol            95 of 100",
        "sobol            451.2  3.3   5.4",
        "{'distance': 0.4988",
        "independent       3,702,784 trials: 60,390 ± 70 (95 %)",
        "sobol                65,536 trials: 60,373.2 ± 1.9 (95 %)",
        "About 12,652,246 trials would be enough.",
    ),
    "04-which-input-matters.ipynb": (
        "value   33.4 ± 0.9",
        "48.06 % ± 0.19 % (95 %)",
        "turned   -175.8",
        "turned        0.29668 ± 0.00012      0.30992 ± 0.00013",
        "x1   0.31379 ± 0.00021  0.55753 ± 0.00018",
        "x2   0.44249 ± 0.00012  0.44249 ± 0.00012",
        "x3   0.00000 ± 0.00028  0.24372 ± 0.00012",
        "x2   -0.001",
        "turned          0.3 ± 0.8   602.2 ± 1.6     503.8 ± 0.8",
        "price       0.5902 ± 0.0010 (95 %)    0.5203 ± 0.0008 (95 %)",
        "P5 of value, -325.957 in all",
        "1.473",
        "2.72 % ± 0.06 % (95 %)",
    ),
    "05-scenarios-and-what-breaks-the-plan.ipynb": (
        "profit  34,730 ± 80",
        "same luck:  9,370 ± 40 (95 %)",
        "other luck: 9,347 ± 132",
        "66.7 bikes",
        "67     41451              68 -16373  47582",
        "9 of 15 plans are left",
        "24     38587              39               17294   2754",
        "knowing demand: 9,395 ± 28 (95 %)",
        "demand.mean = 46.71 ± 0.16 (95 %)",
        "wet summer  50.36 % ± 0.22 % (95 %)",
        "5.79 % ± 0.10 % (95 %) of the summers",
        "demand        60.0  24.45 ± 0.14 (95 %)",
        "* wait (pays 3,000): chance rival, worth 27,750 ± 130 (95 %) (best)",
        "67 now, from 0.2738 on wait",
        "from 0.8186 on 40 now",
        "tolerance None: wait, a loss in 19.98 % ± 0.14 % (95 %) of summers",
        "tolerance 40000: 40 now, a loss in 13.08 % ± 0.10 % (95 %) of summers",
    ),
    "06-paths-and-options.ipynb": (
        "10.455 ± 0.009 (95 %)",
        "10.4506",
        "geometric, by formula 5.637432",
        "arithmetic            5.8538 ± 0.0009 (95 %)",
        "one trial is worth    1,308",
        "5.858 ± 0.005 (95 %) one trial is worth 42",
        "12       3.007 ± 0.022 (95 %)  2.166 ± 0.016 (95 %)",
        "formula                                      2.1645",
        "other seeds: 0.5727 ± 0.0438",
        "same seed:   0.5890 ± 0.0020",
        "simulated 0.6378 ± 0.0022",
        "formula   0.6368",
    ),
    "08-a-projects-schedule.ipynb": (
        "52.3",
        "later than planned by 3.837 ± 0.034 (95 %)",
        "in time    25.74 % ± 0.27 % (95 %)",
        "oven               0.333",
        "80%       60.80 ± 0.05 (95 %)  2027-05-24",
        "within 120,000: 74.86 % ± 0.27 % (95 %)",
        "within 120,000 and 60 days: 59.98 % ± 0.30 % (95 %)",
        "P95     65.79 ± 0.08 (95 %)  70.38 ± 0.14 (95 %)",
        "10.992 ± 0.004 (95 %)",
        "70.82 % ± 0.09 % (95 %)",
    ),
    "09-how-often-how-large.ipynb": (
        "P99                14.39 ± 0.04 (95 %)     14.404",
        "mean beyond P99    16.32 ± 0.05 (95 %)     16.353",
        "gross: 10.3438 by formula, 10.359 ± 0.025 (95 %) simulated",
        "ceded: 1.8818 by formula, 1.888 ± 0.012 (95 %) simulated",
        "200                47.11 ± 0.27 (95 %)  21.76 ± 0.22 (95 %)",
        "15 ± 0 (95 %)",
        "capital we save   1.09 a year",
        "loading we pay    1.08",
        "2            4.025 ± 0.017 (95 %)    1.54          1.71",
    ),
    "10-from-a-spreadsheet.ipynb": (
        "formulas: 45 traced, 1 computed once",
        "value        68,700 ± 400",
        "at the means 69,032",
        "38.81 % ± 0.10 % (95 %)",
        "-11,300 ± 400 (95 %)",
        "105,845 of 1,000,000 trials gave NaN, the first is trial 5",
        "{'Plan!B14': '#NUM!'}",
        "cash of year 1   20,090 ± 60",
        "46 cells have no saved value",
        "Plan!B17: it uses the function `MYMACRO`.",
        "[ 364538.  217771. -225740.]",
        "second bakery   68,900 ± 400",
    ),
    "11-tolerances-in-engineering.ipynb": (
        "73.78 ± 0.06 (95 %)",
        "28.58 ± 0.05 (95 %)",
        "at the nominal point 70.95, standard deviation 27.38",
        "P95         116.0  126.47 ± 0.18 (95 %)    8.29 % ± 0.05 % (95 %)",
        "radius          0.66375 ± 0.00014    0.69422 ± 0.00020",
        "length          0.09065 ± 0.00004    0.10277 ± 0.00005",
        "hole twice as precise  19.534 ± 0.030 (95 %)  126.28 ± 0.21 (95 %)",
        "169.8",
        "59                  6         155.3",
        "1000               11         132.3",
        "about 59 trials are.",
    ),
    "12-a-report-others-can-repeat.ipynb": (
        "24,030 ± 80 (95 %)",
        "0.1023 ± 0.0013 (95 %)",
        "Nothing was found in `oven`.",
        "`loaves` is below 0 in 0.82 % of trials.",
        "0.2470 ± 0.0019 (95 %)",
        '"choices": ["market", "station"]',
        '{"cell": 2, "of": 2}',
        "result.parquet",
        "P5                     -6,685.7 ± 128.5",
        "The same numbers, bit for bit: 5 estimates and 500,000 values of trials.",
        "rent: 45000.0 and 52000.0",
        "23946.913069982016 (1.1 standard errors apart)",
        "100,000 of other bits",
    ),
    "13-what-a-series-says.ipynb": (
        "drift       0.041760        0.184556",
        "level       6.949213        0.061516",
        "speed       3.048593        1.089150",
        "anywhere   546.0  1079.0  2117.0",
        "returning  792.2 ± 1.3 (95 %)       792.3",
        "towards the level: 2.96",
        "hint: take fewer weights, or another process.",
    ),
    "14-what-almost-never-happens.ipynb": (
        "0, within 0 to 3e-06 (95 %)",
        "4.328e-08",
        "(4.24 ± 0.17)e-08 (95 %)",
        "(4.27 ± 0.15)e-08 (95 %), 131,072 trials",
        "would have to be 3.6e+10",
        "fire    10.5  1.0  10.6  19.9",
        "fire       0.78          8.84         1.01",
        "fire    1.0           4.62   3.61",
        "0.000001     15.23     16.68   0.02  16.69",
    ),
    "new-model.ipynb": ("GB of memory free",),
    "option-desk.ipynb": ("Board(up_and_out_call: spot, volatility, strike, barrier",),
    "project-risk-register.ipynb": ("Board(bakery: deadline, budget, objection.probab",),
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
def test_a_notebook_ends_with_what_to_try_next(path: Path) -> None:
    *_, last = json.loads(path.read_text())["cells"]

    # A new model is for who has tried enough; its last words lead to the lessons.
    wanted = "lessons" if path.name == "new-model.ipynb" else "your turn|to try next"
    assert "markdown" == last["cell_type"]
    assert re.search(wanted, "".join(last["source"]).lower())


@each_notebook
def test_a_notebook_is_on_the_map_and_says_what_it_shows(path: Path) -> None:
    page = (FOLDER / "README.md").read_text()

    assert f"]({path.relative_to(FOLDER)})" in page
    assert path.name in SHOWN
