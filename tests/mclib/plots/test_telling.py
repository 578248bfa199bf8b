"""What a chart says who points at it, and how it writes its numbers."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import mclib as mc
from mclib import plots
from mclib.plots.bars import bars_of
from mclib.plots.figure import drawings
from mclib.plots.statistics import rounded, sure
from mclib.plots.style import folded, words
from mclib.results.estimate import Estimate
from mclib.results.result import Result
from tests.mclib.array_run import ArrayRun


@mc.model
def launch(units=mc.Triangular(8_000, 10_000, 15_000), price=mc.Normal(20, 2)):
    return {"revenue": units * price, "half": units * price / 2}


@pytest.fixture(scope="module")
def result() -> Result:
    return mc.simulate(launch, 20_000, seed=7)


def told(figure: Any, trace: int, point: int) -> str:
    """What plotly writes at a point, but for the format of its numbers."""
    drawn = json.loads(figure.to_json())["data"][trace]
    values = {"x": drawn.get("x"), "y": drawn.get("y"), "text": drawn.get("text")}

    def write(found: re.Match[str]) -> str:
        name, place = re.fullmatch(r"(\w+)(?:\[(\d)\])?", found[1]).groups()  # type: ignore[union-attr]
        value = (drawn["customdata"] if name == "customdata" else values[name])[point]
        return str(value if place is None else value[int(place)])

    return re.sub(r"%\{([^}:]*)(?::[^}]*)?\}", write, drawn["hovertemplate"])


SAID: dict[str, tuple[Callable[[Result], Any], int, tuple[str, ...]]] = {
    "histogram": (
        lambda r: plots.histogram(r["revenue"], unit="EUR"),
        0,
        (" EUR (P", "(s.e.)", "of trials"),
    ),
    "cumulative": (
        lambda r: plots.cumulative(r["revenue"], unit="EUR"),
        0,
        ("P", " ± ", "EUR (s.e.)", "not exceeded with"),
    ),
    "exceedance": (
        lambda r: plots.exceedance(r["revenue"], unit="EUR"),
        1,
        (" EUR (P", "once in", "95 % interval"),
    ),
    "box": (
        lambda r: plots.box(r, unit="EUR"),
        1,
        ("20,000 trials", "P95: ", "mean: ", " ± ", "EUR (s.e.)"),
    ),
    "violin": (
        lambda r: plots.violin(r, unit="EUR"),
        0,
        ("revenue", " EUR (P", "(s.e.)", "of trials"),
    ),
    "tornado": (
        lambda r: plots.tornado(r.tornado("revenue"), unit="EUR"),
        0,
        ("about", "mean of revenue: ", " ± ", " EUR (s.e.)", "against"),
    ),
    "spider": (
        lambda r: plots.spider(r.tornado("revenue"), unit="EUR"),
        0,
        ("about", "near its P", " ± ", " EUR (s.e.)", "against"),
    ),
    "driver bars": (
        lambda r: plots.driver_bars(r, "revenue"),
        0,
        ("rank correlation with revenue", " ± ", "(s.e.)"),
    ),
    "scatter": (
        lambda r: plots.scatter(r, "revenue", unit="EUR"),
        0,
        ("units", "of trials in this bar", "up to its end"),
    ),
    "fan": (
        lambda r: plots.fan(r, ["revenue", "half"], unit="EUR"),
        4,
        (" ± ", "EUR (s.e.)"),
    ),
    "means": (
        lambda r: plots.means(r, ["revenue", "half"], [1, 2], unit="EUR"),
        1,
        ("at 1", " ± ", "EUR (s.e.)"),
    ),
    "overlay": (
        lambda r: plots.overlay(r, unit="EUR"),
        0,
        ("revenue", " EUR (P", "(s.e.)", "of trials"),
    ),
    "overlaid curves": (
        lambda r: plots.overlay(r, cumulative=True, unit="EUR"),
        0,
        ("revenue", "P", " ± ", "EUR (s.e.)"),
    ),
    "difference": (
        lambda r: plots.difference(r, r, "revenue", unit="EUR"),
        0,
        (" EUR (P", "(s.e.)", "of trials"),
    ),
    "convergence": (
        lambda r: plots.convergence(r, "revenue", unit="EUR"),
        1,
        ("trials", " EUR (95 %)", "standard error"),
    ),
    "preview": (
        lambda _: plots.distribution(mc.Normal(0, 1), unit="EUR"),
        0,
        (" EUR (P", "of draws"),
    ),
    "fit": (
        lambda _: plots.fit_check(range(99), {"flat": mc.Uniform(0, 99)}, unit="EUR"),
        3,
        ("P", "flat: ", "data: ", " EUR"),
    ),
}


@pytest.mark.parametrize("name", SAID)
def test_a_point_says_what_an_analyst_asks(name: str, result: Result) -> None:
    make, trace, parts = SAID[name]
    with drawings():
        said = told(make(result), trace, 0)

    assert [] == [part for part in parts if part not in said], said
    assert "None" not in said
    assert "nan" not in said


def test_what_is_the_same_in_all_trials_has_no_correlation() -> None:
    values = np.random.default_rng(7).normal(size=500)
    result = Result(ArrayRun({"x": values, "five": np.full(500, 5.0), "y": values**3}))

    heat, numbers = plots.correlations(result).data

    assert "–" in numbers.text
    assert not {"nan", "NaN"} & set(numbers.text)
    unknown = [told for row in heat.customdata for told in row if "unknown" in told]
    assert 4 == len(unknown)


def test_trials_that_are_not_finite_are_told() -> None:
    values = np.random.default_rng(7).normal(size=1_000)
    values[::4] = np.inf
    output = Result(ArrayRun({"ratio": values}))["ratio"]

    figures = [plots.histogram(output), plots.cumulative(output), plots.exceedance(output)]

    for figure in figures:
        assert "250" == dict(figure.layout.meta["table"])["not finite"]
        assert "250 of 1,000 trials not finite" in figure.description
    assert "250 of them not finite" in figures[0].layout.title.subtitle.text


NOTHING = Result(
    ArrayRun({"x": np.full(500, np.nan), "y": np.arange(500.0)}),
)
UNDRAWABLE: dict[str, Callable[[], Any]] = {
    "histogram": lambda: plots.histogram(NOTHING["x"]),
    "cumulative": lambda: plots.cumulative(NOTHING["x"]),
    "exceedance": lambda: plots.exceedance(NOTHING["x"]),
    "box": lambda: plots.box(NOTHING),
    "violin": lambda: plots.violin(NOTHING),
    "overlay": lambda: plots.overlay(NOTHING),
    "fan": lambda: plots.fan(NOTHING, ["x", "y"]),
    "means": lambda: plots.means(NOTHING, ["x", "y"], [1, 2]),
}


@pytest.mark.parametrize("name", UNDRAWABLE)
def test_what_has_no_number_is_not_drawn(name: str) -> None:
    with pytest.raises(mc.ArgumentError, match=r"must have a finite outcome .*got 'x'"):
        UNDRAWABLE[name]()


def test_what_has_no_number_has_no_correlation() -> None:
    assert "unknown" in plots.correlations(NOTHING).data[0].customdata[0][1]


def test_a_loaded_result_is_drawn_from_what_its_file_has(tmp_path: Path) -> None:
    # One that hasn't been asked for more than every file has.
    result = mc.simulate(launch, 20_000, seed=7)
    result.save(tmp_path / "run.mc")
    loaded = mc.load_result(tmp_path / "run.mc")

    (_, curve) = plots.exceedance(loaded["revenue"]).data
    both = plots.overlay(
        {"now": result["revenue"], "then": loaded["revenue"]}, cumulative=True
    )

    shares = list(curve.y)
    assert 20 < len(shares)
    assert shares == sorted(shares, reverse=True)
    wanted = [result["revenue"].quantile(1.0 - share).value for share in (0.5, 0.05)]
    at = {round(share, 6): x for share, x in zip(shares, curve.x, strict=True)}
    assert wanted == [at[0.5], at[0.05]]
    now, then = ({q: x for x, q in zip(each.x, each.y, strict=True)} for each in both.data)
    common = set(now) & set(then)
    assert len(common) > 10
    assert [now[q] for q in common] == [then[q] for q in common]


def test_infinite_trials_have_no_difference() -> None:
    values = np.random.default_rng(7).normal(size=1_000)
    values[::4] = np.inf
    result = Result(ArrayRun({"ratio": values}))

    table = dict(plots.difference(result, result, "ratio").layout.meta["table"])

    assert ("750", "0.0%") == (table["trials"], table["higher"])


def test_a_scatter_names_trials_by_their_index() -> None:
    generator = np.random.default_rng(7)

    @mc.model
    def ratio(a=mc.Normal(0, 1), b=mc.Uniform(0, 1)):
        return {"ratio": mc.log(mc.maximum(a, 0.0)) + b}

    result = mc.simulate(ratio, 4_000, seed=int(generator.integers(9)))

    points = next(
        each for each in plots.scatter(result, "ratio").data if each.type == "scattergl"
    )

    frame = result.to_frame().loc[list(points.customdata)]
    assert list(points.customdata) != list(range(len(points.customdata)))
    assert any(np.allclose(points.x, frame[name]) for name in ("a", "b"))


def test_weights_are_drawn() -> None:
    plain = mc.simulate(launch, 20_000, seed=7)
    weighted = mc.importance(launch, 20_000, upper={"price": 1.5}, seed=7)

    output = weighted["revenue"]
    bars = bars_of(output)

    figure = plots.histogram(output, unit="EUR")
    assert np.allclose(figure.data[0].y, output.histogram().shares)
    assert "trials with weights" in figure.layout.title.subtitle.text
    assert np.allclose(bars.errors, output.histogram().standard_errors, equal_nan=True)
    both = {"plain": plain["revenue"], "weighted": output}
    for draw in (plots.overlay, plots.box, plots.violin):
        assert "weighted" in draw(both).description
    curve = plots.cumulative(output).data[0]
    assert np.allclose(curve.x, [output.quantile(q).value for q in curve.y])


NUMBERS = [
    *(0.0, -0.0, 5e-324, 1e-300, 1e-9, 0.000123, 0.1 + 0.2, 0.999, 0.9999999),
    *(1.0, 12.5, 999.4, 999.6, 1234.5, 9_999, 9_999.6, 10_000, 99_999, 999_999, 1e6),
    *(1.25e6, 9.995e8, 1e9, 2.5e9, 1e12, 9.99e14, 1e15, 1e18, 1e100, 1.7e308),
]
UNITS = ["", "EUR", "%", "m³/s"]


@pytest.mark.parametrize("unit", UNITS)
@pytest.mark.parametrize("sign", [1.0, -1.0], ids=["positive", "negative"])
def test_labels_are_short_and_mean_the_number(sign: float, unit: str) -> None:
    steps = {"k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12}
    for size in NUMBERS:
        value = sign * size
        for digits in (3, 4):
            label = words(value, unit, digits)

            number, *rest = label.replace(",", "").removesuffix(unit).split()
            scale = steps[rest[0]] if rest else (0.01 if unit == "%" else 1.0)
            assert label.endswith(unit), label
            assert "nan" not in label
            if np.isfinite(100.0 * value):
                assert np.isclose(float(number) * scale, value, rtol=2e-2, atol=0.0)
            assert "-0" != number
            # Shares of millions of percent are nobody's.
            assert unit == "%" or len(number.lstrip("-")) <= 10, label


@pytest.mark.parametrize(
    ("value", "error", "scale", "text"),
    [
        (12.34, 0.001, 100.0, "1,234.00 %"),
        (123.0, 0.5, 100.0, "12,300 %"),
        (1e-9, 1e-11, 100.0, "1.000e-07 %"),
        (-0.5, 0.02, 100.0, "-50 %"),
        (0.0, 0.0, 100.0, "0 %"),
        (0.3, np.nan, 100.0, "30 %"),
        (70_140.2, 69.0, 1.0, "70,140"),
    ],
)
def test_estimates_in_a_table_are_whole(
    value: float, error: float, scale: float, text: str
) -> None:
    assert text == rounded(Estimate(value, error, 9), scale)


@pytest.mark.parametrize(
    ("estimate", "unit", "text"),
    [
        (Estimate(219_990.0, 165.0, 9), "EUR", "219,990 ± 165 EUR (s.e.)"),
        (Estimate(0.0312, 0.0002, 9), "%", "3.12 ± 0.02 % (s.e.)"),
        (Estimate(5.0, 0.0, 9), "", "5 ± 0 (s.e.)"),
        (Estimate(5.0, np.nan, 1), "", "5 ± unknown (s.e.)"),
    ],
)
def test_an_estimate_is_told_with_its_error(
    estimate: Estimate, unit: str, text: str
) -> None:
    assert text == sure(estimate, unit)


def test_a_table_of_one_trial_knows_no_error() -> None:
    result = mc.simulate(launch, 1, seed=7)

    for figure in (plots.histogram(result["half"]), plots.overlay(result)):
        assert "unknown" == dict(figure.layout.meta["table"])["± s.e."]
        assert "nan" not in json.dumps(figure.layout.meta)


def test_long_names_are_folded_where_words_end() -> None:
    name = "the_net_present_value_of_the_northern_extension after tax (EUR)"

    lines = folded(name, 30).split("<br>")

    assert name.replace(" ", "") == "".join(lines).replace(" ", "")
    assert max(map(len, lines)) <= 30
    assert "profit (EUR)" == folded("profit (EUR)")
