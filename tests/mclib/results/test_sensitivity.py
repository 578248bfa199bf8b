"""Drivers of an output: published indices, output units, correlated inputs, refusals."""

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import stats

import mclib as mc
from mclib.statistics import drivers
from mclib.statistics.correlations import spearman

PI = math.pi


@mc.model
def ishigami(a=mc.Uniform(-PI, PI), b=mc.Uniform(-PI, PI), c=mc.Uniform(-PI, PI)):
    return {"y": mc.sin(a) + 7.0 * mc.sin(b) ** 2 + 0.1 * c**4 * mc.sin(a)}


@mc.model
def linear(a=mc.Normal(0, 1), b=mc.Normal(0, 2), c=mc.Normal(5, 0.5), idle=mc.Normal()):
    return {"y": 3.0 * a - b + c, "known": 7.0 + 0.0 * idle}


def test_first_order_shares_are_the_published_ones() -> None:
    table = mc.simulate(ishigami, 1 << 18, seed=5).drivers("y")

    published = {"a": 0.31390519114781, "b": 0.44241114479004, "c": 0.0}
    for name, expected in published.items():
        found, error = table.loc[name, ["first_order", "first_order_error"]]
        # Within the bins some variance is left: 0.0007 of these.
        assert abs(found - expected) < 5.0 * error + 0.0012, name
    assert list(table.index) == ["b", "a", "c"]


def test_a_linear_model_is_told_by_every_measure() -> None:
    result = mc.simulate(linear, 200_000, seed=5)
    table = result.drivers("y")

    spread = math.sqrt(9.0 + 4.0 + 0.25)
    exact = {"a": 3.0 / spread, "b": -2.0 / spread, "c": 0.5 / spread, "idle": 0.0}
    for name, expected in exact.items():
        row = table.loc[name]
        # What is left is nothing, but the deviations that scale it are the sample's.
        assert row["regression"] == pytest.approx(expected, abs=5e-3)
        assert row["regression_error"] < 1e-9
        assert abs(row["first_order"] - expected**2) < 5.0 * row["first_order_error"] + 2e-3
        ranks = 6.0 / PI * math.asin(expected / 2.0)
        assert abs(row["rank_correlation"] - ranks) < 5.0 * row["rank_correlation_error"]
    assert table.attrs["explained_by_regression"] == pytest.approx(1.0, abs=1e-12)
    assert table["contribution"].abs().sum() == pytest.approx(1.0)
    assert table.loc["b", "contribution"] < 0.0


def test_a_tornado_is_in_the_outputs_unit() -> None:
    tornado = mc.simulate(linear, 200_000, seed=5).tornado("y", n_bins=10)

    # The mean of a normal's lowest tenth is 1.755 standard deviations below its mean.
    far = 1.7549833193
    assert list(tornado.table.index) == ["a", "b", "c", "idle"]
    assert tornado.baseline == pytest.approx(5.0, abs=0.05)
    for name, weight in (("a", 3.0), ("b", -2.0), ("c", 0.5)):
        row = tornado.table.loc[name]
        assert row["low"] == pytest.approx(5.0 - abs(weight) * far, abs=0.12)
        assert row["high"] == pytest.approx(5.0 + abs(weight) * far, abs=0.12)
        assert (row["input_at_low"] > row["input_at_high"]) == (weight < 0.0)
    assert len(tornado.spider.loc["a"]) == 10
    assert "█" in repr(tornado)
    assert repr(tornado).startswith("mean of y, 5")


@pytest.mark.parametrize(
    ("statistic", "order", "label", "exact"),
    [
        ("standard_deviation", None, "standard deviation", math.sqrt(4.25)),
        ("quantile", 0.9, "P90", None),
        ("tail_mean", 0.9, "tail mean beyond P90", None),
    ],
)
def test_tornados_of_other_statistics(
    statistic: str, order: Any, label: str, exact: float | None
) -> None:
    result = mc.simulate(linear, 100_000, seed=5)
    tornado = result.tornado("y", statistic, order=order)

    assert tornado.statistic == label
    whole = result["y"].standard_deviation if exact else None
    if exact is not None and whole is not None:
        assert tornado.baseline == pytest.approx(whole.value, rel=1e-9)
        # Within a middle bin of a, all but a varies.
        assert tornado.table.loc["a", "low"] == pytest.approx(exact, rel=0.05)
    else:
        made = getattr(result["y"], statistic)(order)
        assert tornado.baseline == pytest.approx(made.value, rel=1e-9)
        assert tornado.table.index[0] == "a"


def test_what_drives_the_tail_need_not_drive_the_mean() -> None:
    @mc.model
    def portfolio(
        usual=mc.Normal(100, 15),
        fire=mc.RiskEvent(0.02, mc.Triangular(500, 1_000, 2_000)),
    ):
        return {"loss": usual + fire}

    result = mc.simulate(portfolio, 200_000, seed=5)

    assert result.tornado("loss", "quantile", order=0.5).table.index[0] == "usual"
    assert result.tornado("loss", "tail_mean", order=0.99).table.index[0] == "fire"


def test_correlated_inputs_can_be_one_driver() -> None:
    pair = mc.correlate(linear, {("a", "b"): 0.9})
    result = mc.simulate(pair, 100_000, seed=5)

    apart = result.tornado("y").table
    together = result.tornado("y", groups={"market": ["a", "b"]}).table

    assert list(together.index) == ["market", "c", "idle"]
    assert together.loc["market", "range"] > apart.loc["a", "range"]
    table = result.drivers("y")
    # Regression holds the others, rank correlation and first order do not.
    assert table.loc["b", "regression"] < -0.9
    assert table.loc["b", "rank_correlation"] > 0.0


def test_a_tornado_of_twenty_inputs_is_ranked_by_their_spreads() -> None:
    source = ", ".join(f"x{k}=mc.Normal({k}, {k + 1})" for k in range(20))
    names: dict[str, Any] = {"mc": mc}
    total = " + ".join(f"x{k}" for k in range(20))
    exec(f"@mc.model\ndef sheet({source}):\n    return {{'y': {total}}}", names)
    tornado = mc.simulate(names["sheet"], 1_000_000, seed=5).tornado("y")

    assert list(tornado.table.index) == [f"x{k}" for k in reversed(range(20))]


def test_functions_that_are_not_traced_have_drivers_too() -> None:
    @mc.model(trace=False)
    def opaque(a=mc.Normal(0, 1), b=mc.Normal(0, 1)):
        return {"y": 3.0 * a + b}

    table = mc.simulate(opaque, 20_000, seed=5).drivers("y")

    assert table.loc["a", "regression"] == pytest.approx(3.0 / math.sqrt(10.0), abs=0.02)


def test_questions_about_drivers_hold_to_their_laws() -> None:
    result = mc.simulate(linear, 2_000, seed=5)
    for ask, message in (
        (lambda: result.tornado("profit"), "be one of y, known; got 'profit'"),
        (lambda: result.tornado("known"), "vary, and have an input that does"),
        (lambda: result.tornado("y", "mode"), "be one of mean, standard_deviation"),
        (lambda: result.tornado("y", "quantile"), "be given for a quantile"),
        (lambda: result.tornado("y", order=0.5), "be given for a quantile"),
        (lambda: result.tornado("y", n_bins=1), "be a whole number from 2 to 100"),
        (lambda: result.tornado("y", groups=["a"]), "be a mapping of names"),
        (lambda: result.tornado("y", groups={"g": ["a", "a"]}), "each once"),
        (lambda: result.tornado("y", groups={"g": ["z"]}), "list inputs that vary"),
        (lambda: result.drivers("z"), "be one of y, known"),
        (lambda: mc.simulate(linear, 50, seed=5).drivers("y"), "be 100 at least"),
    ):
        with pytest.raises(mc.ArgumentError, match=message):
            ask()  # type: ignore[no-untyped-call]


def test_trials_without_a_number_are_left_out() -> None:
    @mc.model
    def holed(a=mc.Uniform(0, 1), b=mc.Uniform(0, 1)):
        return {"y": mc.where(b < 0.2, np.nan, a)}

    tornado = mc.simulate(holed, 50_000, seed=5).tornado("y")

    assert tornado.baseline == pytest.approx(0.5, abs=0.01)
    assert tornado.table.loc["a", "high"] == pytest.approx(0.95, abs=0.01)


def test_a_tornado_is_drawn() -> None:
    figure = mc.simulate(linear, 10_000, seed=5).tornado("y").plot()

    assert ["idle", "c", "b", "a"] == list(figure.data[0].y)
    assert "mean of y" in figure.layout.title.text
    assert "in all: a " in figure.description


def test_equal_values_share_a_bin() -> None:
    places = drivers.bins_of(np.array([0.0] * 90 + [1.0] * 10), 10)(slice(None))

    assert len(np.unique(places)) == 2
    equal = drivers.bins_of(np.array([0.0] * 90 + [1.0] * 10), 10, is_equal=True)(
        slice(None)
    )
    assert np.array_equal(np.bincount(equal), np.full(10, 10))
    assert np.array_equal(places[:90], np.full(90, places[0]))


def test_the_error_of_a_first_order_share_is_its_spread() -> None:
    generator = np.random.default_rng(5)
    found = []
    for _ in range(300):
        x, rest = generator.normal(size=(2, 4_000))
        made = drivers.conditional(x, x + rest, 20)
        found.append((made.share, made.share_error))
    shares, errors = np.array(found).T

    assert np.mean(errors) == pytest.approx(np.std(shares), rel=0.25)
    assert spearman(shares, shares).value == pytest.approx(1.0)


def test_a_tornado_of_a_probability_is_the_exact_one() -> None:
    # Given the lowest and the highest tenth of a, y is above 5 with these probabilities.
    result = mc.simulate(linear, 200_000, seed=5)
    bar = result.tornado("y", "probability_above", threshold=5.0).table.loc["a"]
    rest = stats.norm(0.0, math.sqrt(4.25))

    for end, low, high in (("low", -np.inf, -1.2815515655), ("high", 1.2815515655, np.inf)):
        exact = stats.norm.expect(lambda a: rest.sf(-3.0 * a), lb=low, ub=high) / 0.1
        error = math.sqrt(exact * (1.0 - exact) / 20_000)
        # Edges of bins are quantiles of the trials.
        assert abs(bar[end] - exact) < 5.0 * error + 5e-4, end


def test_a_tornado_of_the_lower_tail_mirrors_that_of_the_upper() -> None:
    @mc.model
    def mirrored(a=mc.Normal(0, 1), b=mc.Uniform(-1, 2)):
        return {"y": a + b, "turned": -a - b}

    result = mc.simulate(mirrored, 50_000, seed=5)
    lower = result.tornado("y", "lower_tail_mean", order=0.1)
    upper = result.tornado("turned", "tail_mean", order=0.9)

    assert lower.statistic == "lower tail mean beyond P10"
    assert lower.baseline == pytest.approx(-upper.baseline, rel=1e-4)
    np.testing.assert_allclose(lower.table["low"], -upper.table["high"], rtol=1e-3)


def test_what_drives_an_output_is_told_of_trials_that_keep_a_condition(
    tmp_path: Path,
) -> None:
    result = mc.simulate(linear, 200_000, seed=5)
    near = result.where(lambda trial: (trial["b"] > -1.0) & (trial["b"] < 1.0))
    table = near.drivers("y")

    left = stats.truncnorm(-0.5, 0.5, scale=2.0).var()
    share, error = table.loc["a", ["first_order", "first_order_error"]]
    # Within the bins some variance is left.
    assert abs(share - 9.0 / (9.0 + left + 0.25)) < 5.0 * error + 2e-3
    assert near.tornado("y").table.index[0] == "a"
    assert near.tail_drivers("y", 0.8).index[0] == "a"
    again = result.where(lambda trial: trial["y"] > 0).where(lambda trial: trial["a"] < 2)
    assert list(again.tornado("y").table.index[:2]) == ["a", "b"]
    near.save(tmp_path / "near.mcresult", sample=200_000)
    loaded = mc.load_result(tmp_path / "near.mcresult")
    assert loaded.tornado("y").table.index[0] == "a"


@pytest.mark.parametrize(
    ("groups", "must"),
    [
        ({"g": []}, r"`groups\['g'\]` must be a list of inputs that vary; got \[\]"),
        ({"g": "ab"}, r"`groups\['g'\]` must be a list of inputs that vary; got 'ab'"),
        ({"b": ["a"]}, "`groups` must have names of their own, other than those of inputs"),
        ({"g": ["a"], "h": ["a"]}, "`groups` must list inputs that vary, each once"),
        (["a"], "`groups` must be a mapping of names to lists of inputs"),
    ],
)
@pytest.mark.parametrize("is_weighted", [False, True])
def test_groups_have_one_law_for_all_runs(
    groups: Any, must: str, is_weighted: bool
) -> None:
    plain = mc.simulate(linear, 1_000, seed=5)
    weighted = mc.importance(linear, 1_000, upper={"a": 2.0}, seed=5)

    with pytest.raises(mc.ArgumentError, match=must):
        (weighted if is_weighted else plain).tornado("y", groups=groups)
    with pytest.raises(mc.ArgumentError, match=must.replace(" that vary", " and noises")):
        mc.sobol_indices(linear, 1_024, groups=groups, seed=5)


@pytest.mark.parametrize(
    ("asked", "must"),
    [
        ({"statistic": "median"}, "`statistic` must be one of mean, standard_deviation, q"),
        (
            {"threshold": 3.0},
            "`threshold` must be given for a probability, and for nothing",
        ),
        ({"statistic": "probability_above"}, "`threshold` must be given for a probability"),
        (
            {"statistic": "probability_above", "threshold": math.nan},
            "`threshold` must be a number; got nan",
        ),
        ({"statistic": "quantile", "order": 95}, "`order` must be strictly between 0 and"),
    ],
)
def test_what_a_tornado_is_about_is_said_rightly(asked: Any, must: str) -> None:
    with pytest.raises(mc.ArgumentError, match=must):
        mc.simulate(linear, 1_000, seed=5).tornado("y", **asked)


def _classes(x: Any, y: Any, n_bins: int) -> list[tuple[float, float, Any]]:
    """Where bins of equal count begin and end, and what lies in them."""
    order = np.argsort(x)
    pieces = np.array_split(x[order], n_bins)
    ends = [-np.inf, *(piece[-1] for piece in pieces[:-1]), np.inf]
    outcomes = np.array_split(y[order], n_bins)
    return list(zip(ends[:-1], ends[1:], outcomes, strict=True))


def _given(low: float, high: float) -> tuple[float, float]:
    """Mean and variance of a standard normal number between two others."""
    between = stats.truncnorm(low, high)
    return float(between.mean()), float(between.var())


@pytest.mark.parametrize("statistic", ["mean", "standard_deviation", "quantile", "tail"])
def test_errors_of_a_statistic_in_bins_cover_the_truth(statistic: str) -> None:
    # y = 2 x + e; the truth is that of the bin as it was cut.
    of = {
        "mean": None,
        "standard_deviation": drivers.standard_deviation_of,
        "quantile": drivers.quantile_of(0.75),
        "tail": drivers.tail_mean_of(0.75),
    }[statistic]
    generator = np.random.default_rng(11)
    many = np.sort(generator.normal(size=400_000))
    outcomes = 2.0 * many + generator.normal(size=many.size)

    def exact(low: float, high: float) -> float:
        mean, variance = _given(low, high)
        if statistic in ("mean", "standard_deviation"):
            return 2.0 * mean if statistic == "mean" else math.sqrt(1.0 + 4.0 * variance)
        # 200 times as many trials as a bin has.
        inside = outcomes[slice(*np.searchsorted(many, [low, high]))]
        start = np.quantile(inside, 0.75)
        return float(start if statistic == "quantile" else inside[inside >= start].mean())

    far = []
    for _ in range(60):
        x, rest = generator.normal(size=(2, 2_000))
        made = drivers.conditional(x, 2.0 * x + rest, 5, of, is_equal=True)
        for k, (low, high, _) in enumerate(_classes(x, rest, 5)):
            far.append((made.values[k] - exact(low, high)) / made.errors[k])

    # 300 intervals of 95 %, and 5 standard errors of how many hold the truth.
    assert np.mean(np.abs(far) < 1.96) == pytest.approx(0.95, abs=0.063)
    assert np.std(far) == pytest.approx(1.0, abs=0.2)


def test_ends_of_bars_and_points_of_legs_have_standard_errors() -> None:
    result = mc.simulate(linear, 50_000, seed=5)
    frame = result.to_frame(50_000)
    tornado = result.tornado("y", n_bins=5)
    share = result.tornado("y", "probability_above", threshold=5.0, n_bins=5)
    quantile = result.tornado("y", "quantile", order=0.9, n_bins=5)

    classes = _classes(frame["a"].to_numpy(), frame["y"].to_numpy(), 5)
    for k, (low, high, y) in enumerate(classes):
        row = tornado.spider.loc[("a", k)]
        # Bins begin a trial earlier or later.
        assert row["standard_error"] == pytest.approx(np.std(y, ddof=1) / 100.0, rel=2e-3)
        # In closed form: what is left of a within the bin, and all of b and c.
        left = math.sqrt(9.0 * _given(low, high)[1] + 4.25)
        assert row["standard_error"] == pytest.approx(left / 100.0, rel=0.05)
        p = np.mean(y > 5.0)
        binomial = math.sqrt(p * (1.0 - p) / 10_000)
        assert share.spider.loc[("a", k), "standard_error"] == pytest.approx(
            binomial, rel=2e-3
        )
        density = stats.gaussian_kde(y)(np.quantile(y, 0.9))[0]
        error = quantile.spider.loc[("a", k), "standard_error"]
        assert error == pytest.approx(0.3 / 100.0 / density, rel=0.25)
    bar = tornado.table.loc["a"]
    legs = tornado.spider.loc["a", "standard_error"]
    assert [bar["low_error"], bar["high_error"]] == [legs[0], legs[4]]


def test_a_bin_without_a_hit_is_not_sure_and_one_of_few_trials_cant_tell() -> None:
    result = mc.simulate(linear, 2_000, seed=5)

    never = result.tornado("y", "probability_above", threshold=12.0).table.loc["a"]
    rare = result.tornado("y", "quantile", order=0.999, n_bins=20).spider

    assert never["low"] == 0.0
    assert never["low_error"] == pytest.approx(1.0 / 200, rel=0.02)
    assert rare["standard_error"].isna().all()
