"""What is common to all charts, and what each of them draws, as numbers."""

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import mclib as mc
from mclib import plots
from mclib.errors import ArgumentError
from mclib.plots.style import COLORS, MOST_NUMBERS
from mclib.results.formatting import plain
from mclib.results.result import Result


@mc.model
def launch(
    units: float = mc.Triangular(8_000, 10_000, 15_000),
    price: float = mc.Normal(20, 2),
    unit_cost: float = mc.PERT(9, 11, 16),
    tax_rate: float = 0.25,
) -> dict[str, float]:
    revenue = units * price
    return {"revenue": revenue, "profit": (revenue - units * unit_cost) * (1 - tax_rate)}


@pytest.fixture(scope="module")
def result() -> Result:
    return mc.simulate(launch, 100_000, seed=7)


@pytest.fixture(scope="module")
def taxed() -> Result:
    return mc.simulate(launch, 100_000, seed=7, parameters={"tax_rate": 0.5})


CHARTS: dict[str, Callable[[Result], Any]] = {
    "histogram": lambda r: plots.histogram(r["profit"], unit="EUR"),
    "cumulative": lambda r: plots.cumulative(r["profit"], unit="EUR"),
    "exceedance": lambda r: plots.exceedance(r["profit"], unit="EUR"),
    "box": lambda r: plots.box(r, unit="EUR"),
    "violin": lambda r: plots.violin(r, unit="EUR"),
    "tornado": lambda r: plots.tornado(r.tornado("profit"), unit="EUR"),
    "spider": lambda r: plots.spider(r.tornado("profit"), unit="EUR"),
    "driver_bars": lambda r: plots.driver_bars(r, "profit"),
    "share_bars": lambda r: mc.sobol_indices(launch, 4_096, seed=7).plot("profit"),
    "screening": lambda r: mc.morris(launch, 4_096, seed=7).plot("profit", unit="EUR"),
    "fan": lambda r: plots.fan(r, ["revenue", "profit"], title="EUR", unit="EUR"),
    "means": lambda r: plots.means(r, ["profit", "revenue"], [1, 2], unit="EUR"),
    "overlay": lambda r: plots.overlay(r, unit="EUR"),
    "difference": lambda r: plots.difference(r, r, "profit", unit="EUR"),
    "correlations": plots.correlations,
    "convergence": lambda r: plots.convergence(r, "profit", unit="EUR"),
    "distribution": lambda r: plots.distribution(mc.PERT(9, 11, 16), unit="EUR"),
}


@pytest.mark.parametrize("name", CHARTS)
def test_a_chart_has_a_title_words_and_few_numbers(name: str, result: Result) -> None:
    figure = CHARTS[name](result)

    drawn = json.loads(figure.to_json())
    lengths = [
        len(values)
        for trace in drawn["data"]
        for values in trace.values()
        if isinstance(values, list)
    ]
    assert figure.layout.title.text
    assert len(figure.description) > 20
    assert max(lengths) <= MOST_NUMBERS


@pytest.mark.parametrize(
    "name", sorted(set(CHARTS) - {"driver_bars", "share_bars", "correlations"})
)
def test_a_chart_names_the_unit(name: str, result: Result) -> None:
    layout = CHARTS[name](result).layout

    titles = (layout.xaxis.title.text or "", layout.yaxis.title.text or "")
    assert any("(EUR)" in title for title in titles)


def test_the_cumulative_curve_goes_through_the_quantiles(result: Result) -> None:
    rising = plots.cumulative(result["profit"]).data[0]
    falling = plots.cumulative(result["profit"], descending=True).data[0]

    expected = [each.value for each in result["profit"].quantile(list(rising.y))]
    assert expected == list(rising.x)
    assert np.allclose(1.0, np.add(rising.y, falling.y))


def test_the_exceedance_curve_has_its_interval_around_it(result: Result) -> None:
    band, line = plots.exceedance(result["profit"]).data

    table = result["profit"].exceedance()
    assert table["value"].to_list() == list(line.x)
    assert [*table["low"], *table["high"][::-1]] == list(band.x)


def test_a_box_goes_from_p25_to_p75(result: Result) -> None:
    first = plots.box(result).data[0]

    ends = [
        each.value for each in result["revenue"].quantile([0.05, 0.25, 0.5, 0.75, 0.95])
    ]
    drawn = (first.lowerfence, first.q1, first.median, first.q3, first.upperfence)
    assert ends == [values[0] for values in drawn]


def test_boxes_are_of_outputs_by_name() -> None:
    with pytest.raises(ArgumentError, match=r"`outputs` must be outputs by name.*\nhint"):
        plots.box({"base": 3.0})  # type: ignore[dict-item]


def test_a_tornado_has_an_end_for_low_and_for_high_inputs(result: Result) -> None:
    bars = result.tornado("profit")
    low, high = plots.tornado(bars).data

    ends = sorted(trace.base + x for trace in (low, high) for x in trace.x)
    expected = sorted([*bars.table["low"], *bars.table["high"]])
    assert np.allclose(expected, ends, rtol=1e-12)
    at = dict(zip(low.y, low.x, strict=True))
    # A low price lowers the profit, a low cost raises it; the strongest is drawn on top.
    assert at["price"] < 0.0 < at["unit_cost"]
    assert bars.table.index[0] == low.y[-1]
    for trace in (low, high):
        half = dict(zip(trace.y, trace.error_x.array, strict=True))
        said = dict(zip(trace.y, trace.customdata, strict=True))
        for name, x in zip(trace.y, trace.x, strict=True):
            row = bars.table.loc[name]
            end = "low" if x < 0.0 else "high"
            assert half[name] == pytest.approx(1.96 * row[f"{end}_error"])
            assert "± " in said[name][0]


def test_a_tornado_shows_the_top_drivers(result: Result) -> None:
    (low, _) = plots.tornado(result.tornado("profit"), n_drivers=2).data

    assert 2 == len(low.y)
    with pytest.raises(ArgumentError, match="`n_drivers` must be a whole number"):
        plots.tornado(result.tornado("profit"), n_drivers=0)


@pytest.mark.parametrize(
    ("statistic", "order"), [("standard_deviation", None), ("tail_mean", 0.95)]
)
def test_a_tornado_is_of_any_statistic(
    result: Result, statistic: str, order: float | None
) -> None:
    bars = result.tornado("profit", statistic, order=order)

    assert bars.statistic in plots.tornado(bars).layout.title.text
    assert bars.baseline == plots.tornado(bars).layout.shapes[0].x0


@pytest.mark.parametrize(
    "measure",
    [
        *("rank_correlation", "contribution", "regression"),
        *("first_order", "partial_rank", "delta"),
    ],
)
def test_driver_bars_are_the_table_s(result: Result, measure: str) -> None:
    (bars,) = plots.driver_bars(result, "profit", measure).data

    table = result.drivers("profit")[measure]
    assert {name: table[name] for name in bars.y} == dict(zip(bars.y, bars.x, strict=True))
    assert sorted(np.abs(bars.x)) == list(np.abs(bars.x))


def test_driver_bars_refuse_a_measure_they_do_not_know(result: Result) -> None:
    with pytest.raises(ArgumentError, match="`measure` must be one of rank_correlation"):
        plots.driver_bars(result, "profit", "r2")


def test_share_bars_are_the_indices_with_their_intervals() -> None:
    indices = mc.sobol_indices(launch, 65_536, seed=7)
    alone, in_all = indices.plot("profit").data

    table = indices.total["profit"]
    assert {name: each.value for name, each in table.items()} == dict(
        zip(in_all.y, in_all.x, strict=True)
    )
    assert list(in_all.x) == sorted(in_all.x)
    first = indices.first_order["profit"]
    assert [first[name].half_width for name in alone.y] == list(alone.error_x.array)
    assert alone.marker.pattern.shape != in_all.marker.pattern.shape
    (effects,) = mc.shapley_effects(launch, 4_096, seed=7).plot("revenue", n_drivers=2).data
    assert ("units", "price") in {tuple(effects.y), tuple(effects.y[::-1])}


def test_a_screening_has_a_point_for_each_driver_and_names_the_others() -> None:
    effects = mc.morris(launch, 4_096, seed=7, groups={"market": ["units", "price"]})
    figure = effects.plot("profit", unit="EUR")

    (points,) = figure.data
    assert list(points.text) == ["unit_cost"]
    assert list(points.x) == [effects.mu_star["profit"]["unit_cost"].value]
    assert list(points.y) == [effects.sigma["profit"]["unit_cost"].value]
    assert "of a size only: market" in figure.layout.title.subtitle.text
    assert "(EUR)" in figure.layout.xaxis.title.text


def test_designs_are_drawn_of_outputs_that_they_have() -> None:
    effects = mc.morris(launch, 1_024, seed=7)

    with pytest.raises(ArgumentError, match="`output` must be one of revenue, profit"):
        effects.plot("cost")
    with pytest.raises(ArgumentError, match="`n_drivers` must be a whole number"):
        mc.sobol_indices(launch, 1_024, seed=7).plot("profit", n_drivers=0)


def test_a_spider_s_legs_differ_in_color_dash_and_marker(result: Result) -> None:
    bars = result.tornado("profit")
    legs = plots.spider(bars).data

    signs = {(leg.line.color, leg.line.dash, leg.marker.symbol) for leg in legs}
    assert len(legs) == len(signs) == 3
    for leg in legs:
        points = bars.spider.loc[leg.name]
        assert points["mean"].to_list() == list(leg.y)
        assert np.allclose(leg.error_y.array, 1.96 * points["standard_error"])
        assert leg.error_y.visible
    many = plots.spider(result.tornado("profit", n_bins=30))
    assert not any(leg.error_y.visible for leg in many.data)
    assert "whiskers" not in many.layout.title.subtitle.text


def test_whiskers_of_probabilities_end_at_0_and_at_1(result: Result) -> None:
    bars = result.tornado("profit", "probability_above", threshold=-1e9)
    legs = plots.spider(bars).data

    for name, leg in zip(bars.table.index[: len(legs)], legs, strict=True):
        errors = bars.spider.loc[name, "standard_error"]
        # Without a miss the interval is that of the rule of three, to one side.
        assert np.allclose(leg.error_y.arrayminus, 3.0 * errors)
        assert set(leg.error_y.array) == {0.0}
    for trace in plots.tornado(bars).data:
        assert set(trace.error_x.array) <= {0.0}


def test_a_place_whose_error_is_unknown_has_no_whisker(result: Result) -> None:
    bars = result.tornado("profit", "quantile", order=0.999999, n_bins=20)
    for trace in (*plots.tornado(bars).data, *plots.spider(bars).data):
        drawn = trace.error_x if trace.type == "bar" else trace.error_y
        assert set(drawn.array) == {0.0}
        assert not any("±" in said[0] or "±" in said[1] for said in trace.customdata)


def test_a_fan_s_bands_are_quantiles(result: Result) -> None:
    figure = plots.fan(result, ["revenue", "profit"], times=[2026, 2027])

    table = result.quantiles()
    assert [*table["P5"], *table["P95"][::-1]] == list(figure.data[0].y)
    assert table["P50"].to_list() == list(figure.data[4].y)
    assert (2026, 2027) == figure.data[4].x


def test_a_fan_has_the_median_in_its_middle(result: Result) -> None:
    with pytest.raises(ArgumentError, match="`orders` must be an odd number"):
        plots.fan(result, ["revenue", "profit"], orders=(0.1, 0.9))
    with pytest.raises(ArgumentError, match="`times` must be as many as the outputs, 2"):
        plots.fan(result, ["revenue", "profit"], times=[1])
    with pytest.raises(ArgumentError, match="`outputs` must be two outputs at least"):
        plots.fan(result, ["revenue"])


def test_means_are_the_outputs_and_their_band_is_the_interval(result: Result) -> None:
    figure = plots.means(result, ["profit", "revenue"], [1.5, 4], mark=2.0)

    band, line = figure.data
    expected = [result[name].mean for name in ("profit", "revenue")]
    assert [each.value for each in expected] == list(line.y)
    ends = [each.interval() for each in expected]
    assert [each.high for each in ends] == list(band.y[:2])
    assert [each.low for each in ends][::-1] == list(band.y[2:])
    assert 2.0 == figure.layout.shapes[0].x0
    assert "at 1.5" in figure.description


@pytest.mark.parametrize(
    ("outputs", "at", "message"),
    [
        (["profit"], [1], "`outputs` must be 2 to 100 outputs"),
        (["profit", "revenue"], [1], "`at` must be as many as the outputs, 2, and rise"),
        (["profit", "revenue"], [2, 1], "`at` must be as many as the outputs, 2, and rise"),
    ],
)
def test_means_need_places_that_rise(
    result: Result, outputs: list[str], at: list[float], message: str
) -> None:
    with pytest.raises(ArgumentError, match=message):
        plots.means(result, outputs, at)


def test_overlaid_runs_differ_in_color_and_dash(result: Result, taxed: Result) -> None:
    figure = plots.overlay({"low": result["profit"], "high": taxed["profit"]})

    assert len({(each.line.color, each.line.dash) for each in figure.data}) == 2
    drawn = figure.data[0].y
    assert np.allclose(drawn[2:-2], result["profit"].histogram().density)
    # One bar alone, of what is the same in all trials, is seen as well.
    assert 0.0 == drawn[0] == drawn[-1]
    assert "<b>high</b>" in [name for name, _ in figure.layout.meta["table"]]


def test_a_difference_is_trial_by_trial(result: Result, taxed: Result) -> None:
    figure = plots.difference(result, taxed, "profit")

    # A tax of 50 % instead of 25 % takes a third of each trial's profit.
    profit = result["profit"].sample()
    table = dict(figure.layout.meta["table"])
    assert f"{np.mean(profit < 0.0):.1%}" == table["higher"]
    assert abs(float(table["mean"].replace(",", "")) + profit.mean() / 3.0) < 10.0


def test_a_difference_needs_the_same_draws(result: Result) -> None:
    other = mc.simulate(launch, 10_000, seed=8)

    with pytest.raises(ArgumentError, match=r"same seed and sampler.*\nhint: .*seed=7"):
        plots.difference(result, other, "profit")


def test_the_heat_map_is_the_table_of_correlations(result: Result) -> None:
    heat, numbers = plots.correlations(result).data

    assert np.allclose(heat.z, result.correlations().to_numpy())
    assert "1.00" == numbers.text[0]


def test_convergence_ends_at_the_mean(result: Result) -> None:
    band, line = plots.convergence(result, "profit").data

    mean = result["profit"].mean
    assert np.isclose(mean.value, line.y[-1], rtol=1e-12)
    told = [str(mean).removesuffix(" (95 %)"), plain(mean.standard_error, 2)]
    assert told == list(line.customdata[-1])
    assert 100_000 == line.x[-1]
    assert len(band.y) == 2 * len(line.y)


def test_convergence_marks_where_the_tolerance_was_met(result: Result) -> None:
    figure = plots.convergence(result, "profit", tolerance=300.0)

    history = result["profit"].history()
    _, mark = figure.layout.shapes
    half = 1.96 * history["standard_error"].loc[mark.x0]
    earlier = history["standard_error"].loc[: mark.x0].iloc[:-1]
    assert half <= 300.0 < 1.96 * earlier.min()


def test_convergence_marks_where_a_run_stopped() -> None:
    result = mc.simulate(launch, seed=7, until=mc.Tolerance("profit", relative=0.01))

    figure = plots.convergence(result, "profit")

    assert result.n_trials == figure.layout.shapes[1].x0
    assert "converged" in figure.layout.annotations[0].text


def test_a_preview_shows_what_is_drawn() -> None:
    (bars,) = plots.distribution(mc.Poisson(3.0)).data

    expected = [3.0**k * np.exp(-3.0) / float(np.prod(range(1, k + 1))) for k in range(9)]
    assert list(range(9)) == list(bars.x)
    assert np.allclose(expected, bars.y)


def test_a_preview_is_drawn_over_with_another_distribution() -> None:
    figure = plots.distribution(mc.Normal(0, 1))

    plots.show_distribution(figure, mc.Uniform(0, 1), name="share")

    assert np.allclose(figure.data[0].y, 0.99 / 80)
    assert "share" == figure.layout.title.text
    with pytest.raises(ArgumentError, match="`shown` must be a distribution"):
        plots.show_distribution(figure, 3)  # type: ignore[arg-type]


def test_a_true_distribution_lies_on_the_diagonals() -> None:
    data = mc.Gamma(4, 2).quantile((np.arange(500) + 0.5) / 500)

    figure = plots.fit_check(data, {"true": mc.Gamma(4, 2), "other": mc.Normal(8, 4)})

    _, _, pp, qq = figure.data[:4]
    assert np.allclose(pp.x, pp.y, atol=1e-6)
    assert np.allclose(qq.x, qq.y, rtol=1e-6)
    assert "true: largest gap 0.001" in figure.layout.title.subtitle.text
    assert COLORS[0] == pp.marker.color


def test_a_fit_is_checked_on_numbers_and_distributions() -> None:
    with pytest.raises(ArgumentError, match="`data` must hold three finite numbers"):
        plots.fit_check([1.0, np.nan], {"normal": mc.Normal(0, 1)})
    with pytest.raises(ArgumentError, match="`distributions` must be distributions by"):
        plots.fit_check([1.0, 2.0, 3.0], {"normal": 3})  # type: ignore[dict-item]
