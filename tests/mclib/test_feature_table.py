"""The tables of mclib's README held against what mclib has: no promise without a part."""

import re
from pathlib import Path

import pytest

import mclib as mc
from mclib import distributions, plots
from mclib.errors import ArgumentError
from mclib.homes import HOMES
from mclib.samplers.choosing import choose_sampler
from mclib.samplers.sampler import Sampler

README = (Path(mc.__file__).parent / "README.md").read_text(encoding="utf-8")

NAME = re.compile(r"`(?:mc\.)?([A-Za-z_]\w*)(?:\.\w+)?(?:\([^`]*\))?`")
"""A name in backticks, perhaps with ``mc.`` before it and a call behind."""


def _table(after: str, first_cell: str) -> list[list[str]]:
    """Return the rows of the table with this first cell, in the section of that title."""
    section = README.split(f"\n## {after}\n")[1].split("\n## ")[0]
    lines = section.splitlines()
    start = next(k for k, each in enumerate(lines) if each.startswith(f"| {first_cell} |"))
    rows = []
    for line in lines[start:]:
        if not line.startswith("|"):
            break
        cells = [each.strip() for each in line.strip("|").split(" | ")]
        if not set("".join(cells)) <= set("-:| "):
            rows.append(cells)
    return rows


def _named(rows: list[list[str]]) -> set[str]:
    return {name for row in rows for name in NAME.findall(" ".join(row[1:]))}


def test_every_family_has_a_place_in_the_table_of_distributions() -> None:
    named = _named(_table("Distributions", "what for"))

    families = set(distributions.__all__) - {"Distribution"}
    assert families - named == set()


def test_everything_in_the_table_of_distributions_is_there() -> None:
    named = _named(_table("Distributions", "what for"))

    assert {name for name in named if not hasattr(mc, name)} == set()
    # What makes or checks distributions, and isn't one, has a place there too.
    rooms = "mclib.distributions.compounds", "mclib.distributions.elicited"
    assert {name for name, home in HOMES.items() if home in rooms} - named == set()


def test_the_table_of_processes_has_every_process() -> None:
    rows = _table("Processes", "in steps of any length, exactly")

    known = {name for name, home in HOMES.items() if home.startswith("mclib.processes.")}
    assert _named(rows) == known


def test_every_word_in_the_table_of_sampling_plans_is_a_sampler() -> None:
    words = [row[0].split("`")[1] for row in _table("Sampling plans", "`sampler=`")[1:]]
    made = {type(choose_sampler(_chosen(word))).__name__ for word in words}

    known = {name for name, home in HOMES.items() if home.startswith("mclib.samplers.")}
    assert made == known


def _chosen(word: str) -> str | Sampler:
    if word.startswith('"'):
        return word.strip('"')
    return mc.Stratified("price", "units")


def test_the_table_of_charts_has_every_chart() -> None:
    rows = _table("Charts", "question")[1:]
    charts = {name for row in rows for name in re.findall(r"`([a-z_]+)`", row[1])}

    # What changes or keeps a figure that is there.
    others = {"redraw_histogram", "save", "set_delimiters", "show_distribution"}
    assert charts == {name for name in plots.__all__ if name.islower()} - others


def test_what_the_readme_asks_of_results_is_there() -> None:
    @mc.model
    def launch(units=mc.Triangular(8_000, 10_000, 15_000), price=mc.Normal(20, 2)):
        return {"profit": units * price}

    result = mc.simulate(launch, n_trials=2_048, seed=7)
    pattern = r'result\["\w+"\]\.(\w+)'
    of_outputs = set(re.findall(pattern, README))
    of_results = set(re.findall(r"\bresult\.(\w+)", README))

    assert of_outputs >= {"mean", "quantile", "mode", "exceedance", "tolerance_bound"}
    assert {name for name in of_outputs if not hasattr(result["profit"], name)} == set()
    assert {name for name in of_results if not hasattr(result, name)} == set()


def test_what_the_readme_asks_of_decision_trees_is_there() -> None:
    tree = mc.Decision(
        {"drill": (70, mc.Chance({"dry": (1.0, 0)}, name="oil")), "leave": 0}
    )
    solution = tree.solve()
    section = README.split("\n## Decisions\n")[1].split("\n## ")[0]
    of_trees = set(re.findall(r"\btree\.(\w+)", section))
    of_solutions = set(re.findall(r"\bsolution\.(\w+)", section))

    assert of_trees == {"solve", "perfect_information", "thresholds"}
    assert of_solutions == {"strategy", "value", "risk_profile"}
    assert {name for name in of_trees if not hasattr(tree, name)} == set()
    assert {name for name in of_solutions if not hasattr(solution, name)} == set()


def test_every_name_of_mc_in_the_readme_is_public() -> None:
    named = set(re.findall(r"\bmc\.([A-Za-z_]\w*)", README))

    assert {name for name in named if name not in mc.__all__ and name != "widgets"} == set()


def test_every_public_name_is_told_of_in_the_readme() -> None:
    untold = {name for name in mc.__all__ if not re.search(rf"\b{name}\b", README)}

    assert untold == set()


def test_the_table_of_functions_has_every_function_of_a_model() -> None:
    named = _named(_table("How a run goes", "functions in a model"))

    modules = "functions", "loops", "tables"
    homes = [f"mclib.expressions.{module}" for module in modules]
    functions = {name for name in mc.__all__ if _home_of(name) in homes}
    assert named == functions


def test_the_table_of_errors_has_every_error() -> None:
    rows = _table("How a run goes", "error")[1:]

    errors = {name for name in mc.__all__ if _home_of(name) == "mclib.errors"}
    assert {row[0].strip("` ") for row in rows} == errors


def _home_of(name: str) -> str:
    return str(getattr(getattr(mc, name), "__module__", ""))


def test_a_sampler_that_no_table_has_is_refused() -> None:
    with pytest.raises(ArgumentError, match="sampler"):
        choose_sampler("magic")
