import sys

import numpy as np
import pytest

from mclib.errors import MclibError
from mclib.plots import BLUE, GREY
from mclib.results.output import Output
from mclib.results.result import Result
from tests.mclib.array_run import ArrayRun


@pytest.fixture
def output(seed: int) -> Output:
    values = np.random.default_rng(seed).normal(10.0, 2.0, 20_000)
    return Result(ArrayRun({"profit": values}))["profit"]


def test_the_bars_are_the_histogram(output: Output) -> None:
    figure = output.plot()

    drawn = output.histogram()
    (bars,) = figure.data
    assert np.allclose(100.0 * drawn.counts / drawn.n_trials, bars.y)
    assert len(bars.x) == len(drawn.counts) <= 80


def test_lines_stand_at_the_table_s_quantiles(output: Output) -> None:
    figure = output.plot()

    expected = [output.quantile(q).value for q in (0.05, 0.5, 0.95)]
    assert expected == [line.x0 for line in figure.layout.shapes]
    names = [note.text.split("<br>")[0] for note in figure.layout.annotations]
    assert ["P5", "P50", "P95"] == names


def test_what_lies_beyond_the_lines_is_grey(output: Output) -> None:
    figure = output.plot(40)

    low, high = output.quantile(0.05).value, output.quantile(0.95).value
    (bars,) = figure.data
    for x, color in zip(bars.x, bars.marker.color, strict=True):
        assert color == (BLUE if low <= x <= high else GREY)


def test_the_figure_says_in_words_what_it_shows(output: Output) -> None:
    figure = output.plot()

    median = output.median.rounded()
    assert figure.layout.meta["description"].startswith(f"profit: median {median}, 90 %")
    assert figure.layout.title.text == "profit"
    assert "20,000 trials" in figure.layout.title.subtitle.text


def test_no_button_offers_to_upload_the_figure(
    output: Output, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("plotly.io.renderers.default", "plotly_mimetype")

    bundle = output.plot()._repr_mimebundle_(include=None, exclude=None)

    (content,) = bundle.values()
    assert content["config"]["showSendToCloud"] is False


def test_a_figure_can_be_written_as_json(output: Output) -> None:
    assert '"type":"bar"' in output.plot().to_json()


def test_without_plotly_the_message_says_what_to_install(
    output: Output, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "plotly.graph_objects", None)

    with pytest.raises(MclibError, match=r"isn't installed\.\nhint: .*mchub\[notebooks\]"):
        output.plot()
