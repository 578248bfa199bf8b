"""Everything one output says, against the sample that it never stores."""

import math

import numpy as np
import pytest
from scipy import stats

from mclib.errors import ArgumentError
from mclib.results.output import Output
from mclib.results.result import Result
from mclib.testing import assert_within_standard_errors
from tests.mclib.array_run import ArrayRun

N_RUNS = 2_000


def _output(values: np.ndarray) -> Output:
    return Result(ArrayRun({"x": values}))["x"]


@pytest.fixture
def values(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).normal(10.0, 2.0, 100_003)


@pytest.mark.parametrize("q", [0.001, 0.05, 0.07, 0.5, 0.95, 0.999])
def test_a_quantile_is_numpys_inverted_cdf(values: np.ndarray, q: float) -> None:
    expected = np.quantile(values, q, method="inverted_cdf")

    assert expected == _output(values).quantile(q).value


def test_several_quantiles_are_those_found_one_by_one(values: np.ndarray) -> None:
    output = _output(values)

    several = output.quantile([0.05, 0.5])

    assert [output.quantile(0.05), output.median] == several


def test_quantiles_have_the_names_that_people_know(values: np.ndarray) -> None:
    output = _output(values)

    assert ["P5", "P25", "P50", "P75", "P95"] == list(output.quantiles())
    assert {"P99.9": output.quantile(0.999)} == output.quantiles(0.999)


def test_moments_are_those_of_the_sample(values: np.ndarray) -> None:
    output = _output(values)

    expected = [values.mean(), values.std(ddof=1), values.var(ddof=1)]
    found = [output.mean, output.standard_deviation, output.variance]
    assert expected == pytest.approx([float(each) for each in found], rel=1e-12)
    assert stats.skew(values) == pytest.approx(float(output.skewness), rel=1e-9)
    assert stats.kurtosis(values) == pytest.approx(float(output.kurtosis), rel=1e-9)
    assert (values.min(), values.max()) == (output.minimum.value, output.maximum.value)


@pytest.mark.parametrize(
    ("name", "exact"),
    [
        ("mean", 10.0),
        ("standard_deviation", 2.0),
        ("variance", 4.0),
        ("skewness", 0.0),
        ("kurtosis", 0.0),
        ("median", 10.0),
    ],
)
def test_estimates_lie_near_what_is_exact(
    values: np.ndarray, name: str, exact: float
) -> None:
    assert_within_standard_errors(getattr(_output(values), name), exact)


@pytest.mark.parametrize(
    ("name", "q", "exact"),
    [
        ("normal", 0.95, 2.0627128075),
        ("normal", 0.99, 2.6652142203),
        ("normal", 0.999, 3.3670900771),
        ("t4", 0.95, 3.20287040),
        ("lognormal", 0.99, 15.227960301),
    ],
)
def test_tail_means_lie_near_what_is_exact(
    name: str, q: float, exact: float, seed: int
) -> None:
    generator = np.random.default_rng(seed)
    draws = {
        "normal": generator.normal,
        "t4": lambda size: generator.standard_t(4.0, size),
        "lognormal": lambda size: generator.lognormal(size=size),
    }

    output = _output(draws[name](size=400_000))

    assert_within_standard_errors(output.tail_mean(q), exact)


@pytest.mark.parametrize("name", ["quantile", "tail_mean", "probability_below"])
def test_standard_errors_are_the_spread_over_runs(name: str, seed: int) -> None:
    runs = np.random.default_rng(seed).gamma(3.0, 1.0, (400, 1024))
    argument = {"quantile": 0.9, "tail_mean": 0.9, "probability_below": 2.0}[name]

    found = [getattr(_output(run), name)(argument) for run in runs]

    told = math.sqrt(np.mean([each.standard_error**2 for each in found]))
    seen = np.std([each.value for each in found], ddof=1)
    assert abs(seen / told - 1.0) * math.sqrt(2.0 * len(runs)) < 5.0


def test_a_tail_mean_is_the_mean_of_exactly_that_share() -> None:
    output = _output(np.arange(1.0, 101.0))

    assert output.tail_mean(0.9).value == pytest.approx(np.mean(np.arange(91.0, 101.0)))
    assert output.tail_mean(0.1, "lower").value == pytest.approx(5.5)
    # The highest 2.5 %: 100, 99 and half of 98.
    assert output.tail_mean(0.975).value == pytest.approx((100 + 99 + 98 / 2) / 2.5)


def test_the_two_tails_and_the_mean_belong_together(values: np.ndarray) -> None:
    output = _output(values)

    upper, lower = output.tail_mean(0.3), output.tail_mean(0.3, tail="lower")

    assert values.mean() == pytest.approx(0.7 * upper.value + 0.3 * lower.value, rel=1e-12)


def test_probabilities_are_shares_of_the_sample(values: np.ndarray) -> None:
    output = _output(np.round(values))

    below, above = output.probability_below(11), output.probability_above(11.0)

    assert np.mean(np.round(values) < 11) == below.value
    assert np.mean(np.round(values) > 11) == above.value
    p = below.value
    assert below.standard_error == pytest.approx(math.sqrt(p * (1 - p) / len(values)))


@pytest.mark.parametrize(
    "threshold", [-1e300, 0.0, -0.0, 5e-324, 1.0, 2.0, 1e300, math.inf]
)
def test_thresholds_anywhere_are_counted_exactly(threshold: float) -> None:
    values = np.array([-2.0, -0.0, 0.0, 5e-324, 1.0, 1.0, 2.0])

    output = _output(values)

    assert np.mean(values < threshold) == output.probability_below(threshold).value
    assert np.mean(values > threshold) == output.probability_above(threshold).value


def test_a_constant_is_neither_above_nor_below_itself() -> None:
    output = _output(np.full(2000, 7.0))

    shares = [output.probability_below(x).value for x in (6.9, 7.0, 7.1)]

    assert [0.0, 0.0, 1.0] == shares
    assert output.probability_above(7.0).value == 0.0


def test_no_hits_leave_a_standard_error_and_the_rule_of_three() -> None:
    found = _output(np.linspace(0.0, 1.0, 1000)).probability_above(5.0)

    assert (0.0, 0.001) == (found.value, found.standard_error)
    assert found.interval().high == pytest.approx(3.0 / 1000, rel=0.01)
    assert str(found) == "0, within 0 to 0.003 (95 %)"


@pytest.mark.slow
def test_intervals_of_quantiles_cover_at_their_level(seed: int) -> None:
    n_trials, q, level = 200, 0.8, 0.9
    runs = np.random.default_rng(seed).random((N_RUNS, n_trials))

    intervals = [_output(run).quantile(q).interval(level) for run in runs]

    from mclib.statistics.intervals import quantile_ranks

    low, high = quantile_ranks(q, n_trials, level=level)
    count = stats.binom(n_trials, q)
    exact = float(count.cdf(high - 1) - count.cdf(low - 1))
    covered = np.mean([low <= q <= high for low, high, _ in intervals])
    assert abs(covered - exact) < 5.0 * math.sqrt(exact * (1.0 - exact) / N_RUNS)


@pytest.mark.slow
def test_intervals_of_extremes_cover_where_the_output_ends(seed: int) -> None:
    runs = np.random.default_rng(seed).random((N_RUNS, 100))

    intervals = [_output(run).maximum.interval(0.8) for run in runs]

    covered = np.mean([low <= 1.0 <= high for low, high, _ in intervals])
    assert abs(covered - 0.8) < 5.0 * math.sqrt(0.16 / N_RUNS)


def test_the_error_of_an_extreme_is_the_gap_beside_it() -> None:
    output = _output(np.array([5.0, 1.0, 2.0, 9.0]))

    assert (1.0, 1.0) == (output.minimum.value, output.minimum.standard_error)
    assert (9.0, 4.0) == (output.maximum.value, output.maximum.standard_error)
    assert (0.0, 1.0, 0.5) == output.minimum.interval(0.5)
    assert (9.0, 13.0, 0.5) == output.maximum.interval(0.5)


def test_too_few_trials_for_a_quantile_leave_its_error_unknown() -> None:
    found = _output(np.arange(100.0)).quantile(0.999)

    assert found.value == 99.0
    assert math.isnan(found.standard_error)
    assert found.interval().high == math.inf


def test_a_tail_of_one_trial_leaves_its_error_unknown() -> None:
    assert math.isnan(_output(np.arange(100.0)).tail_mean(0.99).standard_error)


def test_the_middle_outcomes_lie_between_two_quantiles(values: np.ndarray) -> None:
    output = _output(values)

    low, high, level = output.interval(0.9)

    assert (output.quantile(0.05).value, level) == (low.value, 0.9)
    assert output.quantile(0.95).value == high.value


@pytest.mark.parametrize("n_bins", [None, 1, 17, 80])
def test_a_histogram_counts_every_outcome(values: np.ndarray, n_bins: int | None) -> None:
    drawn = _output(values).histogram(n_bins)

    assert len(values) == drawn.n_trials
    assert n_bins in (None, len(drawn.counts))
    low, high = np.quantile(values, [0.005, 0.995], method="inverted_cdf")
    assert drawn.edges[0] <= low
    assert drawn.edges[-1] == pytest.approx(high, rel=0.01)
    assert drawn.below == np.sum(values < drawn.edges[0])


@pytest.mark.parametrize(
    "hard",
    [
        np.r_[np.zeros(9990), np.arange(10.0)],
        np.r_[1e200, np.linspace(0.0, 1.0, 9999)],
        np.full(1000, 7.0),
        np.r_[np.full(500, np.nan), np.full(500, np.inf), np.arange(1000.0)],
        np.array([1.0]),
    ],
    ids=["atom", "outlier", "constant", "not finite", "one trial"],
)
def test_hard_outputs_have_histograms_too(hard: np.ndarray) -> None:
    drawn = _output(hard).histogram()

    assert np.isfinite(hard).sum() == drawn.n_trials
    assert np.all(np.diff(drawn.edges) > 0.0)


def test_a_sample_comes_by_trial(values: np.ndarray) -> None:
    output = _output(values)

    assert np.array_equal(values, output.sample())
    assert np.array_equal(values[7:12], output.sample(5, start=7))


def test_everything_is_unknown_where_nothing_is_finite() -> None:
    output = _output(np.full(1500, np.nan))

    found = [
        output.mean,
        output.standard_deviation,
        output.skewness,
        output.minimum,
        output.median,
        output.probability_below(0.0),
        output.tail_mean(0.95),
    ]
    assert all(math.isnan(each.value) for each in found)
    assert all(math.isnan(each.standard_error) for each in found)
    assert (1500, 0) == (output.non_finite.nan, output.mean.n_trials)


def test_questions_are_put_to_the_run_only_once(values: np.ndarray) -> None:
    run = ArrayRun({"x": values})
    output = Result(run)["x"]

    def ask() -> None:
        output.quantiles()
        output.histogram()
        output.probability_below(10.0)
        output.tail_mean(0.95)
        output.kurtosis  # noqa: B018

    ask()
    n_sweeps = run.n_sweeps
    ask()

    assert n_sweeps == run.n_sweeps


def test_moments_take_no_pass(values: np.ndarray) -> None:
    run = ArrayRun({"x": values})
    output = Result(run)["x"]

    assert output.mean.n_trials == len(values)
    assert output.standard_deviation.n_trials == len(values)
    assert run.n_sweeps == 0


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (
            lambda x: x.quantile(95),
            r"`q` must be strictly .*; got 95\.\nhint: for P95 write",
        ),
        (lambda x: x.quantile("0.5"), r"`q` must be strictly .*; got '0\.5'\."),
        (lambda x: x.quantile(["a"]), r"`q` must be strictly .*; got 'a'\."),
        (lambda x: x.quantile([0.5, 0.0]), r"`q` must be strictly .*; got 0\.0\."),
        (lambda x: x.interval(90), r"`level` must be .*; got 90\.\nhint: .*`level=0\.9`"),
        (lambda x: x.median.interval(95), r"`level` must be strictly between"),
        (lambda x: x.tail_mean(0.9, "left"), r'`tail` must be "upper" or "lower"; got'),
        (lambda x: x.tail_mean(1.0), r"`q` must be strictly between 0 and 1; got 1\.0\."),
        (lambda x: x.probability_below(math.nan), r"`threshold` must be a number; got nan"),
        (lambda x: x.probability_above("5"), r"`threshold` must be a number; got '5'\."),
        (lambda x: x.histogram(0), r"`n_bins` must be a whole .* 10,000; got 0\."),
        (lambda x: x.histogram(2.5), r"`n_bins` must be a whole number .*; got 2\.5\."),
        (lambda x: x.sample(0), r"`n` must be from 1 to 50, the trials there are; got 0"),
        (lambda x: x.sample(51), r"`n` must be from 1 to 50, .*; got 51\."),
        (lambda x: x.sample(2, start=50), r"`start` must be a trial .* 0 to 49; got 50\."),
    ],
    ids=range(15),
)
def test_questions_without_an_answer_say_why(ask, message: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(ArgumentError, match=message):
        ask(_output(np.arange(50.0)))


def test_a_histogram_needs_a_finite_outcome() -> None:
    with pytest.raises(ArgumentError, match="`output` must have a finite outcome"):
        _output(np.full(5, np.inf)).histogram()


def test_outcomes_too_far_apart_for_a_scale_are_refused() -> None:
    values = np.linspace(-1.0, 1.0, 50) * np.finfo(np.float64).max

    with pytest.raises(ArgumentError, match="close enough to draw to scale"):
        _output(values).histogram()


def test_its_representation_is_one_line(values: np.ndarray) -> None:
    output = _output(values)

    assert f"Output('x': {output.mean}, 100,003 trials)" == repr(output)


def test_the_history_of_a_mean_ends_at_the_mean(seed: int) -> None:
    values = np.random.default_rng(seed).normal(1e9, 2.0, 10_000)
    output = Result(ArrayRun({"y": values}))["y"]

    history = output.history()

    assert 10_000 == history.index[-1]
    assert np.isclose(output.mean.value, history["mean"].iloc[-1], rtol=1e-15)
    assert np.isclose(output.mean.standard_error, history["standard_error"].iloc[-1])
    early = history.index[2]
    assert np.isclose(values[:early].mean(), history["mean"].iloc[2], rtol=1e-14)
    error = values[:early].std(ddof=1) / np.sqrt(early)
    assert np.isclose(error, history["standard_error"].iloc[2], rtol=1e-6)


def test_shares_beside_two_values_take_one_pass(seed: int) -> None:
    values = np.random.default_rng(seed).normal(0.0, 1.0, 10_000)
    run = ArrayRun({"y": values})
    output = Result(run)["y"]
    before = run.n_sweeps

    below, above = output.shares(-1.0, 2.0)

    assert 1 == run.n_sweeps - before
    assert np.mean(values < -1.0) == below.value
    assert np.mean(values > 2.0) == above.value
