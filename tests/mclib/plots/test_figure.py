import json
import sys

import plotly.graph_objects as go
import pytest

import mclib as mc
from mclib import plots
from mclib.errors import MclibError
from mclib.plots.figure import drawings, make_figure, redraw
from mclib.plots.style import words
from mclib.results.output import Output


@pytest.fixture(scope="module")
def output() -> Output:
    @mc.model
    def total(a: float = mc.Uniform(0, 1)) -> dict[str, float]:
        return {"total": a}

    return mc.simulate(total, 20_000, seed=1)["total"]


@mc.model
def doubled(a: float = mc.Uniform(0, 1)) -> dict[str, float]:
    return {"total": 2.0 * a}


def test_no_button_offers_to_upload_the_figure(output: Output) -> None:
    figure = output.plot()

    bundle = figure._repr_mimebundle_()
    content = bundle["application/vnd.plotly.v1+json"]
    assert content["config"]["showSendToCloud"] is False
    assert figure._config["showSendToCloud"] is False
    assert '"showSendToCloud": false' in figure.to_html(include_plotlyjs=False)


def test_a_figure_does_not_carry_the_library(output: Output) -> None:
    state = output.plot().get_state()

    del state["_css"]
    assert len(json.dumps(state, default=str)) < 40_000
    assert state["library"].startswith("IPY_MODEL_")


def test_figures_share_one_library(output: Output) -> None:
    assert output.plot().library == output.plot().library


def test_a_page_opened_again_gets_the_figure_as_it_is(output: Output) -> None:
    figure = output.plot()

    figure.update_layout(title_text="as it is now")
    figure.data[0].y = [0.5, 0.5]

    state = figure.get_state()
    assert "as it is now" == state["_widget_layout"]["title"]["text"]
    assert [0.5, 0.5] == list(state["_widget_data"][0]["y"])


def test_a_figure_opens_with_everything_in_it(monkeypatch: pytest.MonkeyPatch) -> None:
    import ipywidgets

    opened = []
    plain = ipywidgets.Widget.open

    def watched(widget: ipywidgets.Widget) -> None:
        if "_widget_data" in widget.keys:
            opened.append(widget.get_state()["_widget_data"])
        plain(widget)

    monkeypatch.setattr(ipywidgets.Widget, "open", watched)

    make_figure([{"type": "bar", "y": [1.0, 2.0]}], {"meta": {"description": "two bars"}})

    ((trace,),) = opened
    assert [1.0, 2.0] == list(trace["y"])


def test_a_redrawn_figure_says_what_the_drawing_does_and_sends_only_that(
    output: Output, monkeypatch: pytest.MonkeyPatch
) -> None:
    figure, sent = plots.cumulative(output, unit="EUR"), []
    other = mc.simulate(doubled, 20_000, seed=1)["total"]
    send = figure._send_update_msg
    monkeypatch.setattr(
        figure, "_send_update_msg", lambda **told: sent.append(told) or send(**told)
    )

    for _ in range(2):
        with drawings():
            drawing = plots.cumulative(other, unit="EUR")
        assert redraw(figure, drawing)

    shown, wanted = (each.to_plotly_json() for each in (figure, drawing))
    for trace, new in zip(shown["data"], wanted["data"], strict=True):
        assert {**trace, **new} == trace
    assert {**shown["layout"], **wanted["layout"]} == shown["layout"]
    (told,) = sent
    assert {"x", "text", "customdata"} == set(told["restyle_data"])
    assert {"xaxis.range", "annotations", "meta"} == set(told["relayout_data"])


def test_a_page_that_is_ready_is_told_what_it_may_have_missed(
    output: Output, monkeypatch: pytest.MonkeyPatch
) -> None:
    figure, sent = plots.cumulative(output), []
    send = figure._send_update_msg
    monkeypatch.setattr(
        figure, "_send_update_msg", lambda **told: sent.append(told) or send(**told)
    )
    ready = {"kind": "mclib-ready"}

    figure._handle_custom_msg(ready, [])
    assert [] == sent
    figure.plotly_update(relayout_data={"title.text": "as it is now"})
    for content in ({"kind": "something else"}, ready, ready):
        figure._handle_custom_msg(content, [])

    _, told = sent
    assert "as it is now" == told["relayout_data"]["title.text"]
    assert [list(each.x) for each in figure.data] == [
        list(x) for x in told["restyle_data"]["x"]
    ]
    assert [0, 1] == told["trace_indexes"]
    figure.plotly_update(relayout_data={"title.text": "later"})
    figure.get_state()
    figure._handle_custom_msg(ready, [])
    assert 3 == len(sent)


def test_what_a_drawing_no_longer_has_is_taken_from_the_figure() -> None:
    layout = {"annotations": [{"text": "here"}], "xaxis": {"range": [0, 1]}}
    figure = make_figure([go.Scatter(y=[1], text=["a"])], layout)

    with drawings():
        assert redraw(figure, make_figure([go.Scatter(y=[2])], {}))

    assert (figure.data[0].y, figure.data[0].text) == ((2,), None)
    assert figure.layout.annotations == ()
    assert figure.layout.xaxis.range is None


def test_without_plotly_the_message_says_what_to_install(
    output: Output, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "plotly.graph_objects", None)

    with pytest.raises(MclibError, match=r"isn't installed\.\nhint: .*mchub\[notebooks\]"):
        output.plot()


@pytest.mark.parametrize(
    ("value", "unit", "expected"),
    [
        (1_234_567.0, "", "1.23 M"),
        (1_200_000.0, "EUR", "1.2 M EUR"),
        (36_077.0, "EUR", "36.1 k EUR"),
        (9_994.0, "EUR", "9,994 EUR"),
        (9_999_999.0, "", "10 M"),
        (-2.5e9, "", "-2.5 G"),
        (0.1234, "%", "12.3 %"),
        (0.5, "m", "0.5 m"),
        (0.0, "", "0"),
        (float("inf"), "", "∞"),
    ],
)
def test_numbers_are_written_for_people(value: float, unit: str, expected: str) -> None:
    assert expected == words(value, unit)


def test_a_cell_that_runs_again_closes_what_it_made_before(
    output: Output, monkeypatch: pytest.MonkeyPatch
) -> None:
    from mclib.plots import figure

    turns = iter([("cell", "1"), ("cell", "1"), ("other", "2"), ("cell", "3")])
    monkeypatch.setattr(figure, "_cell_and_turn", lambda: next(turns))
    monkeypatch.setattr(figure, "_MADE_BY_CELLS", {})

    class Made:
        closed = False

        def close(self) -> None:
            self.closed = True

    first, second, other, again = (Made() for _ in range(4))
    for each in (first, second, other, again):
        figure.close_with_cell(each)

    assert [True, True, False, False] == [
        each.closed for each in (first, second, other, again)
    ]


def test_what_a_thread_draws_belongs_to_no_cell(monkeypatch: pytest.MonkeyPatch) -> None:
    import threading
    import types

    from mclib.plots import figure

    header = {"msg_type": "execute_request", "msg_id": "7"}
    shell = types.SimpleNamespace(
        parent_header={"metadata": {"cellId": "cell"}, "header": header}
    )
    module = types.SimpleNamespace(get_ipython=lambda: shell)
    monkeypatch.setitem(sys.modules, "IPython", module)
    found: list[tuple[str, str]] = []

    thread = threading.Thread(target=lambda: found.append(figure._cell_and_turn()))
    thread.start()
    thread.join()

    assert [("", "")] == found
    assert ("cell", "7") == figure._cell_and_turn()
