import functools
import threading
from collections.abc import Iterator
from typing import Any

import plotly.graph_objects as go
import pytest

import mclib as mc
from mclib.errors import ArgumentError
from mclib.plots.figure import drawings, redraw
from mclib.widgets import Board


@mc.model
def sales(units=mc.Triangular(80, 100, 150), price=20.0):
    return {"revenue": units * price}


def mean(result):
    return f"{result['revenue'].mean}"


def table(result):
    return result.summary()


def curve(result):
    return mc.plots.cumulative(result["revenue"])


def bars(result):
    return mc.plots.histogram(result["revenue"])


@pytest.fixture
def board() -> Iterator[Board]:
    made = mc.widgets.board(
        sales,
        {"Mean": mean, "Table": table, "Curve": curve, "Bars": bars},
        controls={"price": (10, 30), "units.mode": (80, 150)},
        n_trials=20_000,
    )
    assert made.wait()
    yield made
    made.close()


def test_every_part_shows_a_moved_number_without_being_made_anew(board: Board) -> None:
    parts = dict(board.parts)
    board.controls["price"].slider.value = 25.0
    assert board.wait()

    expected = mc.simulate(sales, 20_000, seed=7, parameters={"price": 25.0})
    assert parts == board.parts
    assert f"{expected['revenue'].mean}" == board.parts["Mean"].value
    assert expected.summary()._repr_html_() in board.parts["Table"].value
    with drawings():
        drawn = mc.plots.cumulative(expected["revenue"])
    assert list(drawn.data[0].x) == list(board.parts["Curve"].data[0].x)
    assert drawn.layout.meta == board.parts["Curve"].layout.meta
    counted = expected["revenue"].histogram()
    heights = counted.counts / counted.n_trials
    assert heights.tolist() == list(board.parts["Bars"].data[0].y)


def test_sliders_go_from_where_to_where_they_were_told(board: Board) -> None:
    slider = board.controls["price"].slider

    assert (10.0, 30.0, 20.0) == (slider.min, slider.max, slider.value)
    # Steps are round, so that a page finds the number where it is and doesn't move it.
    assert [0.1, 0.5] == [each.slider.step for each in board.controls.values()]
    assert {"price": 20.0, "units.mode": 100.0} == board.numbers


def test_a_number_that_breaks_a_law_is_refused_beside_it(board: Board) -> None:
    before = board.parts["Mean"].value
    board.controls["units.mode"].box.value = "200"
    assert board.wait()

    assert "must lie between `low` and `high`" in board.controls["units.mode"].refusal.value
    assert before == board.parts["Mean"].value
    board.controls["units.mode"].box.value = "120"
    assert board.wait()
    assert "" == board.controls["units.mode"].refusal.value
    assert before != board.parts["Mean"].value


def test_numbers_are_set_by_a_program_and_taken_back(board: Board) -> None:
    before = board.parts["Mean"].value
    board.set(price=30.0)
    assert board.wait()
    assert before != board.parts["Mean"].value

    board.reset()
    assert board.wait()
    assert before == board.parts["Mean"].value
    with pytest.raises(ArgumentError, match="`numbers` must be among price"):
        board.set(tax=1.0)
    with pytest.raises(ArgumentError, match="must lie between"):
        board.set(**{"units.mode": 500.0})
    assert 100.0 == board.numbers["units.mode"]


def test_what_a_part_raises_is_shown_and_the_next_result_clears_it() -> None:
    def moody(result):
        if result.parameters["price"] > 21.0:
            message = "too dear"
            raise ValueError(message)
        return "good"

    board = mc.widgets.board(sales, {"": moody}, n_trials=2_000)
    try:
        assert board.wait()
        board.set(price=22.0)
        assert board.wait()
        assert "ValueError: too dear" in board.failure.value
        assert "good" == board.parts[""].value
        board.set(price=21.0)
        assert board.wait()
        assert "" == board.failure.value
    finally:
        board.close()


def test_a_mapping_is_a_table_of_names_and_numbers() -> None:
    def told(result):
        return {"revenue <EUR>": result["revenue"].mean, "trials": result.n_trials}

    board = mc.widgets.board(sales, {"": told}, n_trials=2_000)
    try:
        assert board.wait()
        shown = board.parts[""].value
        mean = str(board.result["revenue"].mean).removesuffix(" (95 %)")
        assert f'<th scope="row">revenue &lt;EUR&gt;</th><td>{mean}</td>' in shown
        assert '<th scope="row">trials</th><td>2000</td>' in shown
    finally:
        board.close()


def test_a_part_may_turn_into_another_kind_of_figure() -> None:
    def turning(result):
        return (curve if result.parameters["price"] < 25.0 else mean)(result)

    board = mc.widgets.board(sales, {"": turning}, n_trials=2_000)
    try:
        assert board.wait()
        figure = board.parts[""]
        board.set(price=26.0)
        assert board.wait()
        assert mean(board.result) == board.parts[""].value
        board.set(price=20.0)
        assert board.wait()
        assert figure is not board.parts[""]
        assert "scatter" == board.parts[""].data[0].type
    finally:
        board.close()


def test_any_figure_of_plotly_is_shown_by_our_own() -> None:
    def plain(result):
        return go.Figure(go.Bar(y=[result["revenue"].mean.value]))

    board = mc.widgets.board(sales, {"": plain}, n_trials=2_000)
    try:
        assert board.wait()
        assert board.parts[""]._config["showSendToCloud"] is False
        assert board.result["revenue"].mean.value == board.parts[""].data[0].y[0]
    finally:
        board.close()


def test_a_drawing_of_other_traces_is_not_drawn_over_a_figure() -> None:
    result = mc.simulate(sales, 2_000, seed=7)
    figure = curve(result)
    with drawings():
        other = bars(result)

    assert not redraw(figure, other)
    assert "scatter" == figure.data[0].type
    figure.close()


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"controls": ["tax"]}, "`controls` must be numbers of the model"),
        ({"parts": {"": "mean"}}, "must be a function of a result"),
        ({"language": "fr"}, "`language` must be one of en, de"),
        ({"model": 3}, "model"),
    ],
)
def test_what_can_not_be_laid_out_is_refused(wrong, message: str) -> None:
    good = {"model": sales, "parts": {"Mean": mean}}

    with pytest.raises(ArgumentError, match=message):
        functools.partial(mc.widgets.board, **(good | wrong))()


@pytest.mark.parametrize("server", ["voila/0.5.13", ""])
def test_a_page_that_a_server_makes_is_given_its_first_charts(
    monkeypatch: pytest.MonkeyPatch, server: str
) -> None:
    may_draw = threading.Event()

    def slow(result: Any) -> str:
        assert may_draw.wait(30)
        return mean(result)

    monkeypatch.setenv("SERVER_SOFTWARE", server)
    made = mc.widgets.board(sales, {"Mean": slow}, n_trials=5_000)
    if server:
        threading.Timer(0.3, may_draw.set).start()
    made._repr_mimebundle_()
    there = list(made.parts)
    may_draw.set()
    assert made.wait()
    made.close()

    assert there == (["Mean"] if server else [])
