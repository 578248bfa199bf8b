import functools
import html
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import mclib as mc
from mclib import plots
from mclib.errors import ArgumentError
from mclib.widgets import Explorer, State


@mc.model
def sales(
    units: float = mc.Triangular(80, 100, 150),
    price: float = mc.Normal(20, 2),
    tax: float = 0.25,
) -> dict[str, float]:
    revenue = units * price
    return {"revenue": revenue, "profit": revenue * (1 - tax)}


@pytest.fixture
def dashboard() -> Iterator[Explorer]:
    explorer = mc.explore(sales, n_trials=20_000, output="profit", unit="EUR")
    assert explorer.wait()
    yield explorer
    explorer.close()


def test_one_call_shows_every_parameter_and_input(dashboard: Explorer) -> None:
    panels = dashboard.panels

    assert ["tax"] == list(panels.numbers)
    assert {
        "units": ["units.low", "units.mode", "units.high"],
        "price": ["price.mean", "price.standard_deviation"],
    } == {name: list(each.numbers) for name, each in panels.inputs.items()}
    assert 20_000 == dashboard.result.n_trials
    assert "profit" == panels.views.figure.layout.title.text


def test_a_moved_slider_is_a_run_with_the_same_draws(dashboard: Explorer) -> None:
    dashboard.panels.numbers["tax"].slider.value = 0.5
    assert dashboard.wait()

    expected = mc.simulate(sales, 20_000, seed=7, parameters={"tax": 0.5})["profit"]
    assert expected.mean == dashboard.result["profit"].mean
    bars = dashboard.panels.views.figure.data[0]
    counted = expected.histogram()
    assert (counted.counts / counted.n_trials).tolist() == list(bars.y)
    assert str(expected.mean) in dashboard.panels.status.text


def test_a_typed_number_is_taken_and_moves_the_slider(dashboard: Explorer) -> None:
    control = dashboard.panels.inputs["price"].numbers["price.mean"]

    control.box.value = "55"

    assert 55.0 == control.slider.value == dashboard.state.numbers["price.mean"]


def test_a_page_that_rounds_a_slider_changes_nothing(dashboard: Explorer) -> None:
    control = dashboard.panels.numbers["tax"]
    control.box.value = "0.3012"

    control.slider.value = 0.3

    assert {"tax": 0.3012} == dashboard.state.numbers


def test_a_wrong_entry_is_refused_beside_the_control(dashboard: Explorer) -> None:
    before = dashboard.result
    control = dashboard.panels.numbers["tax"]

    control.box.value = "a third"

    assert "`tax` must be a number; got &#x27;a third&#x27;." in control.refusal.value
    assert "hint: write it like 0.25" in control.refusal.value
    assert 'role="alert"' in control.refusal.value
    assert {} == dashboard.state.numbers
    assert before is dashboard.result


def test_a_broken_law_is_told_beside_the_input_and_the_last_result_stays(
    dashboard: Explorer,
) -> None:
    control = dashboard.panels.inputs["units"].numbers["units.low"]

    control.box.value = "120"

    assert "`mode` must lie between `low` and `high`" in control.refusal.value
    assert "got low=120.0" in control.refusal.value
    assert {} == dashboard.state.numbers
    control.box.value = "90"
    assert "" == control.refusal.value
    assert {"units.low": 90.0} == dashboard.state.numbers


@pytest.mark.parametrize("text", ["many", "0", "-5", "1.5", "10.25", "1,00,000", ""])
def test_trials_must_be_a_whole_number(dashboard: Explorer, text: str) -> None:
    settings = dashboard.panels.settings

    settings.n_trials.value = text

    assert "`n_trials` must be a whole number" in settings.refusal.value
    assert 20_000 == dashboard.state.n_trials


def test_undo_goes_back_step_by_step(dashboard: Explorer) -> None:
    dashboard.set(tax=0.3)
    dashboard.set(tax=0.4)

    dashboard.undo()
    assert {"tax": 0.3} == dashboard.state.numbers
    assert "0.3" == dashboard.panels.numbers["tax"].box.value
    dashboard.undo()
    dashboard.undo()
    assert {} == dashboard.state.numbers


def test_reset_goes_to_where_it_began(dashboard: Explorer) -> None:
    dashboard.set(tax=0.3)
    dashboard.panels.inputs["price"].family.value = "Uniform"

    dashboard.reset()

    assert State(n_trials=20_000, output="profit") == dashboard.state
    assert "Normal" == dashboard.panels.inputs["price"].family.value


def test_another_family_runs_and_is_previewed(dashboard: Explorer) -> None:
    dashboard.panels.inputs["price"].family.value = "Uniform"
    assert dashboard.wait()

    shown = dashboard.panels.inputs["price"].shown
    expected = mc.simulate(sales.with_parameters(price=shown), 20_000, seed=7)
    assert expected["profit"].mean == dashboard.result["profit"].mean
    (preview,) = dashboard.panels.views.preview.children
    assert "Uniform" in preview.layout.title.subtitle.text


def _noted(order: list[str], what: str, draw: Any, /, *args: Any, **more: Any) -> Any:
    order.append(what)
    return draw(*args, **more)


def test_the_chart_is_drawn_before_the_touched_input(
    dashboard: Explorer, monkeypatch: pytest.MonkeyPatch
) -> None:
    order: list[str] = []
    for name in ("redraw_histogram", "distribution", "show_distribution"):
        told = functools.partial(_noted, order, name, getattr(plots, name))
        monkeypatch.setattr(plots, name, told)

    control = dashboard.panels.inputs["price"].numbers["price.mean"]
    for value in ("22", "24"):
        control.box.value = value
        assert dashboard.wait()

    assert ["redraw_histogram", "distribution"] == order[:2]
    assert ["redraw_histogram", "show_distribution"] == order[-2:]
    (preview,) = dashboard.panels.views.preview.children
    assert "mean 24" in preview.layout.title.subtitle.text


def test_a_link_opens_a_dashboard_in_the_same_state(
    dashboard: Explorer, monkeypatch: pytest.MonkeyPatch
) -> None:
    dashboard.set(tax=0.4)
    link = dashboard.panels.extras.link.value

    opened = mc.explore(sales, state=link)
    monkeypatch.setenv("QUERY_STRING", link.removeprefix("?"))
    served = mc.explore(sales)

    assert dashboard.state == opened.state == served.state
    opened.close()
    served.close()


def test_the_code_is_shown(dashboard: Explorer) -> None:
    dashboard.set(tax=0.4)

    assert "parameters={&#x27;tax&#x27;: 0.4}" in dashboard.panels.extras.code.value


@pytest.mark.parametrize("text", ["40,000", "40_000", "40000", "4e4", "40.000"])
def test_trials_are_typed_as_people_write_them(dashboard: Explorer, text: str) -> None:
    dashboard.panels.settings.n_trials.value = text

    assert 40_000 == dashboard.state.n_trials


@pytest.mark.parametrize("kind", ["Histogram", "Cumulative", "Tornado", "Scenarios"])
def test_the_code_that_is_shown_draws_what_is_shown(kind: str) -> None:
    dashboard = mc.explore(sales, n_trials=20_000, unit="EUR", sampler="latin hypercube")
    dashboard.panels.inputs["price"].family.value = "Uniform"
    assert dashboard.wait()
    dashboard.save_scenario("flat")
    dashboard.set(tax=0.4)
    assert dashboard.wait()
    dashboard.save_scenario("flat 'and' taxed")
    dashboard.panels.views.kind.value = kind

    shown = html.unescape(dashboard.panels.extras.code.value)
    *lines, drawing = shown.removeprefix("<pre>").removesuffix("</pre>").strip().split("\n")
    names: dict[str, object] = {"sales": sales}
    exec("\n".join([*lines, f"figure = {drawing}"]), names)

    figure = dashboard.panels.views.figure
    assert names["figure"].description == figure.description
    assert names["figure"].data[-1].x == pytest.approx(figure.data[-1].x)
    assert "(EUR)" in names["figure"].layout.xaxis.title.text
    dashboard.close()


def test_scenarios_are_compared_on_the_same_draws(dashboard: Explorer) -> None:
    dashboard.save_scenario("base")
    dashboard.set(tax=0.5)
    assert dashboard.wait()
    dashboard.save_scenario("taxed")

    dashboard.panels.views.kind.value = "Scenarios"

    names = [trace.name for trace in dashboard.panels.views.figure.data]
    assert ["base", "taxed"] == names
    table = dashboard.panels.extras.table.value
    # A quarter more of tax takes a quarter of the revenue, trial by trial.
    change = mc.simulate(sales, 20_000, seed=7)["revenue"].mean.value * -0.25
    assert f"{change:,.0f}"[:3] in table
    with pytest.raises(ArgumentError, match="`name` must have words in it"):
        dashboard.save_scenario(" ")


@pytest.mark.parametrize("kind", ["Cumulative", "Tornado", "Scenarios", "Histogram"])
def test_each_view_shows_the_output(dashboard: Explorer, kind: str) -> None:
    dashboard.panels.views.kind.value = kind

    assert "profit" in dashboard.panels.views.figure.description


def test_another_output_is_shown_without_a_run(dashboard: Explorer) -> None:
    before = dashboard.result

    dashboard.panels.views.output.value = "revenue"

    assert "revenue" == dashboard.panels.views.figure.layout.title.text
    assert before is dashboard.result


def test_delimiters_can_be_typed(dashboard: Explorer) -> None:
    views = dashboard.panels.views

    views.lower.value = "1400"
    assert 1400.0 == min(shape.x0 for shape in views.figure.layout.shapes)
    views.lower.value = "nothing"

    assert "must be a number" in views.refusal.value


def test_tables_are_saved(dashboard: Explorer, tmp_path: Path) -> None:
    import pandas as pd

    table = pd.read_csv(dashboard.save_table(tmp_path / "summary.csv"), index_col=0)
    trials = pd.read_parquet(dashboard.save_table(tmp_path / "trials.parquet"))

    assert dashboard.result["profit"].mean.value == table.loc["profit", "mean"]
    assert 20_000 == len(trials)


def test_a_report_has_scenarios_beside_each_other(
    dashboard: Explorer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    dashboard.save_scenario("base")
    dashboard.set(tax=0.5)
    assert dashboard.wait()

    for _ in range(2):
        button = dashboard.panels.widget
        buttons = [each for each in _all_of(button) if hasattr(each, "click")]
        next(each for each in buttons if "report" in each.description).click()

    (page,) = tmp_path.glob("*.html")
    text = page.read_text()
    assert "sales-report.html" == page.name
    assert f"{dashboard.result['profit'].mean}".partition(" ")[0] in text
    assert ">base</h2>" in text
    assert "written: sales-report.html" in dashboard.panels.extras.refusal.value


def test_a_model_that_fails_says_so_and_the_last_result_stays() -> None:
    @mc.model(trace=False)
    def picky(a: float = mc.Uniform(0, 1), limit: float = 2.0) -> dict[str, float]:
        if limit < 1.0:
            message = "limit is too low"
            raise RuntimeError(message)
        return {"a": a}

    explorer = mc.explore(picky, n_trials=5_000)
    assert explorer.wait()
    before = explorer.result

    explorer.set(limit=0.5)
    assert explorer.wait()

    assert "RuntimeError: limit is too low" in explorer.panels.failure.value
    assert before is explorer.result
    explorer.close()


def test_a_dashboard_speaks_german() -> None:
    explorer = mc.explore(sales, n_trials=5_000, language="de")

    assert "Rückgängig" == explorer.panels.buttons["Undo"].description
    explorer.panels.numbers["tax"].box.value = "0,5"
    assert {"tax": 0.5} == explorer.state.numbers
    explorer.close()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"n_trials": 0}, "`n_trials` must be a whole number"),
        ({"seed": -1}, "`seed` must be a whole number"),
        ({"sampler": "magic"}, "`sampler` must"),
        ({"output": "loss"}, "`output` must be one of revenue, profit; got 'loss'"),
        ({"state": "?mclib=x"}, "`state` must be a dashboard's link"),
        ({"language": "fr"}, "`language` must be one of en, de"),
    ],
)
def test_wrong_arguments_are_refused(arguments: dict[str, object], message: str) -> None:
    with pytest.raises(ArgumentError, match=message):
        mc.explore(sales, **arguments)
    with pytest.raises(ArgumentError, match="`model` must be a model"):
        mc.explore(3)


def _all_of(widget: Any) -> Iterator[Any]:
    yield widget
    for each in getattr(widget, "children", ()):
        yield from _all_of(each)
