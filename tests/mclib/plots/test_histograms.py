import numpy as np
import pytest

import mclib as mc
from mclib import plots
from mclib.errors import ArgumentError
from mclib.plots import histograms
from mclib.plots.statistics import find_all, shares_beside
from mclib.plots.style import BLUE, GREY
from mclib.results.output import Output
from mclib.results.result import Result
from tests.mclib.array_run import ArrayRun


@mc.model
def noise(x=mc.Normal(10, 2)):
    return {"profit": x}


@pytest.fixture
def output(seed: int) -> Output:
    values = np.random.default_rng(seed).normal(10.0, 2.0, 20_000)
    return Result(ArrayRun({"profit": values}))["profit"]


def test_the_bars_are_the_histogram(output: Output) -> None:
    figure = output.plot()

    drawn = output.histogram()
    (bars,) = figure.data
    assert np.allclose(drawn.counts / drawn.n_trials, bars.y)
    assert len(bars.x) == len(drawn.counts) <= 80


def test_delimiters_stand_at_p5_and_p95(output: Output) -> None:
    figure = output.plot()

    expected = [output.quantile(q).value for q in (0.05, 0.95)]
    assert expected == [line.x0 for line in figure.layout.shapes]


def test_three_probabilities_stand_above_the_bars(output: Output) -> None:
    figure = output.plot()

    assert ["5.0 %", "90.0 %", "5.0 %"] == _shares(figure)


def test_what_lies_beyond_the_delimiters_is_grey(output: Output) -> None:
    figure = output.plot(40)

    low, high = output.quantile(0.05).value, output.quantile(0.95).value
    (bars,) = figure.data
    for x, color in zip(bars.x, bars.marker.color, strict=True):
        assert color == (BLUE if low <= x <= high else GREY)


def test_moved_delimiters_count_the_trials_between_them(output: Output) -> None:
    figure = output.plot()

    plots.set_delimiters(figure, 8.0, 11.0)

    below = output.probability_below(8.0).value
    above = output.probability_above(11.0).value
    expected = [f"{100.0 * x:.1f} %" for x in (below, 1.0 - below - above, above)]
    assert expected == _shares(figure)
    assert f"{expected[1]} between 8 and 11" in figure.description
    (bars,) = figure.data
    assert [x for x, c in zip(bars.x, bars.marker.color, strict=True) if c == BLUE] == [
        x for x in bars.x if 8.0 <= x <= 11.0
    ]


@pytest.mark.parametrize("decimals", [12, 1], ids=["all differ", "many equal"])
def test_shares_beside_quantiles_are_those_that_counting_gives(
    seed: int, decimals: int
) -> None:
    values = np.random.default_rng(seed).normal(10.0, 2.0, 20_000).round(decimals)
    output = Result(ArrayRun({"profit": values}))["profit"]
    orders = (0.05, 0.95)
    find_all(output, orders)

    told = shares_beside(output, *orders)

    low, high = (output.quantile(q).value for q in orders)
    counted = np.mean(values < low), np.mean(values > high)
    assert told == (None if decimals == 1 else counted)
    shown = histograms._Drawn(output, None, orders, "").shares(low, high)
    assert ((counted[0], 1.0 - counted[0] - counted[1], counted[1]), True) == shown


def test_a_histogram_goes_through_all_trials_once(monkeypatch: pytest.MonkeyPatch) -> None:
    result = mc.simulate(noise, 200_000, seed=7)
    passes = []
    sweep = type(result._trials).sweep

    def counted(run, requests, n_trials=None):
        passes.append(n_trials)
        return sweep(run, requests, n_trials)

    monkeypatch.setattr(type(result._trials), "sweep", counted)
    result["profit"].plot()

    # Before it, a few trials tell where to look.
    assert [None] == [each for each in passes if each is None]
    assert sum(each or 0 for each in passes) <= 16_384


def test_a_delimiter_pushed_past_the_other_changes_places_with_it(output: Output) -> None:
    figure = output.plot()

    shapes = figure.layout.to_plotly_json()["shapes"]
    shapes[0]["x0"], shapes[1]["x0"] = 12.0, 9.0
    figure.layout.shapes = shapes

    assert "between 9 and 12" in figure.description


def test_of_very_many_trials_the_bars_are_read(
    output: Output, monkeypatch: pytest.MonkeyPatch
) -> None:
    figure = output.plot()
    monkeypatch.setattr(histograms, "EXACT_TRIALS", 1_000)

    plots.set_delimiters(figure, 8.0, 11.0)

    exact = output.probability_below(11.0).value - output.probability_below(8.0).value
    (told,) = [float(x.strip("≈ %")) / 100 for x in _shares(figure)[1:2]]
    assert all(x.startswith("≈ ") for x in _shares(figure))
    # A bar holds at most 4 % of the trials, and lines between edges follow it.
    assert abs(told - exact) < 0.005


def test_shares_are_written_in_percent(seed: int) -> None:
    values = np.random.default_rng(seed).beta(2.0, 5.0, 20_000)
    share = Result(ArrayRun({"share": values}))["share"]

    figure = share.plot(unit="%")

    assert "share" == figure.layout.xaxis.title.text
    assert figure.layout.xaxis.tickformat.endswith("%")
    (mean,) = [number for name, number in figure.layout.meta["table"] if name == "mean"]
    assert abs(float(mean.removesuffix(" %")) / 100.0 - values.mean()) < 1e-4


def test_what_lies_beyond_the_window_is_told(output: Output) -> None:
    counted = output.histogram()

    subtitle = output.plot().layout.title.subtitle.text

    assert f"20,000 trials; {counted.below:,} below and {counted.above:,} above" in subtitle


def test_a_constant_output_has_a_figure_too() -> None:
    figure = Result(ArrayRun({"flat": np.full(5_000, 3.0)}))["flat"].plot()

    assert "100.0 %" == _shares(figure)[1]


@pytest.mark.parametrize("delimiters", [(0.95, 0.05), (0.5,), (0.1, 0.1)])
def test_delimiters_are_two_orders_the_lower_first(
    output: Output, delimiters: tuple[float, ...]
) -> None:
    with pytest.raises(ArgumentError, match="`delimiters` must be two orders"):
        plots.histogram(output, delimiters=delimiters)


def test_delimiters_are_not_set_the_wrong_way_round(output: Output) -> None:
    with pytest.raises(ArgumentError, match=r"lower first; got \(3, 2\)"):
        plots.set_delimiters(output.plot(), 3, 2)


def test_a_figure_of_a_billion_trials_is_as_small_as_any() -> None:
    @mc.model
    def total(a: float = mc.Uniform(0, 1)) -> dict[str, float]:
        return {"total": a}

    few, many = (
        len(mc.simulate(total, n, seed=1)["total"].plot().to_json())
        for n in (10_000, 3_000_000)
    )

    assert many < 1.5 * few < 30_000


def _shares(figure: object) -> list[str]:
    notes = {note.name: note.text for note in figure.layout.annotations if note.name}
    return [notes[name].strip("</b>") for name in ("below", "between", "above")]
