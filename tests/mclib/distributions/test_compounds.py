"""Compound sums: drawn, by Panjer's recursion and by Fourier transform."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mclib as mc
from mclib.errors import ArgumentError
from mclib.testing import assert_within_standard_errors

SEVERITY = [0.0, 0.4, 0.3, 0.2, 0.1]


def test_panjer_has_the_published_probabilities() -> None:
    g = mc.panjer(mc.Poisson(3), SEVERITY, 60)

    expected = (0.0497870684, 0.0597444820, 0.0806550508, 0.0979809505)
    np.testing.assert_allclose(g[:4], expected, atol=1e-10)
    assert np.searchsorted(np.cumsum(g), 0.99) == 17


@pytest.mark.parametrize(
    "frequency",
    [mc.Poisson(3), mc.Binomial(7, 0.4), mc.NegativeBinomial(2.5, 0.4)],
    ids=["poisson", "binomial", "negative binomial"],
)
def test_panjer_and_fourier_agree(frequency: mc.Poisson) -> None:
    severity = mc.Empirical([1, 2, 3, 4], weights=[4, 3, 2, 1])

    expected = mc.panjer(frequency, SEVERITY, 200)
    made = mc.Aggregate.by_fft(frequency, severity, step=1.0, n=1 << 10)

    np.testing.assert_allclose(made.probabilities[:200], expected, atol=1e-12)


def test_fourier_has_the_exact_quantiles_and_tail_means_of_exponential_losses() -> None:
    total = mc.Aggregate.by_fft(mc.Poisson(5), mc.Exponential(1), step=0.001)

    quantiles = [total.quantile(q) for q in (0.9, 0.95, 0.99)]
    tails = [total.tail_mean(q) for q in (0.9, 0.95, 0.99)]
    np.testing.assert_allclose(
        quantiles, (9.27556671, 10.93415003, 14.40437933), atol=1.1e-3
    )
    np.testing.assert_allclose(
        tails, (11.54846592, 13.07595742, 16.35278102), atol=1e-5, rtol=1e-6
    )


@pytest.mark.parametrize(
    ("frequency", "exact"),
    [
        (mc.Poisson(2_000), ("poisson", 2_000)),
        (mc.Poisson(30_000), ("poisson", 30_000)),
        (mc.Binomial(60, 0.99), ("binom", 60, 0.99)),
        (mc.Binomial(5_000, 0.5), ("binom", 5_000, 0.5)),
        (mc.NegativeBinomial(900, 0.1), ("nbinom", 900, 0.1)),
        (mc.NegativeBinomial(0.3, 0.001), ("nbinom", 0.3, 0.001)),
    ],
    ids=repr,
)
def test_panjer_of_losses_of_1_counts_them_however_many(
    frequency: Any, exact: tuple[Any, ...]
) -> None:
    from scipy import stats

    name, *shapes = exact
    counts = getattr(stats, name)(*shapes)
    n = int(counts.ppf(1 - 1e-12)) + 2

    made = mc.panjer(frequency, [0.0, 1.0], n)

    np.testing.assert_allclose(made, counts.pmf(np.arange(n)), rtol=0, atol=2e-11)
    assert made.sum() == pytest.approx(1.0, abs=1e-9)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.floats(0.0, 1.0), min_size=1, max_size=6).filter(lambda x: sum(x) > 0.1),
    st.one_of(
        st.floats(0.01, 3_000.0).map(mc.Poisson),
        st.builds(mc.Binomial, st.integers(1, 900), st.floats(0.001, 0.999)),
        st.builds(mc.NegativeBinomial, st.floats(0.1, 300.0), st.floats(0.1, 0.99)),
    ),
)
def test_a_sum_by_panjer_has_the_mean_and_variance_of_a_compound(
    weights: list[float], frequency: Any
) -> None:
    f = np.array(weights) / np.sum(weights)
    losses = np.arange(f.size)
    mean, square = float(f @ losses), float(f @ losses**2)
    count, variance = frequency.mean, frequency.variance
    expected = count * mean, count * (square - mean**2) + variance * mean**2
    n = int(expected[0] + 14 * expected[1] ** 0.5 + 60 * f.size)

    g = mc.panjer(frequency, f, n)

    sums = np.arange(n)
    assert np.all(g >= 0.0)
    assert g.sum() == pytest.approx(1.0, abs=1e-6)
    first = float(g @ sums)
    assert first == pytest.approx(expected[0], rel=1e-5, abs=1e-9)
    assert float(g @ (sums - first) ** 2) == pytest.approx(expected[1], rel=1e-3, abs=1e-9)


@pytest.mark.parametrize("n", [0, -1, 2.5])
def test_a_number_of_probabilities_is_a_count(n: Any) -> None:
    with pytest.raises(ArgumentError, match="`n` must be a whole number"):
        mc.panjer(mc.Poisson(3), SEVERITY, n)


def test_what_lies_beyond_the_grid_does_not_come_back() -> None:
    # Half of all sums lie beyond a grid of 1,024; a larger one knows what is right.
    severity = mc.Empirical([1, 2, 3, 4], weights=[4, 3, 2, 1])
    for frequency in (mc.Poisson(512), mc.NegativeBinomial(2, 2 / 514)):
        exact = mc.Aggregate.by_fft(frequency, severity, step=1.0, n=1 << 15)
        made = mc.Aggregate.by_fft(frequency, severity, step=1.0, n=1 << 10)

        np.testing.assert_allclose(
            made.probabilities, exact.probabilities[: 1 << 10], rtol=1e-9, atol=1e-14
        )
        expected = float(exact.probabilities[1 << 10 :].sum())
        assert made.beyond == pytest.approx(expected, abs=1e-10)
        assert 0.3 < made.beyond < 0.6


def test_a_far_tail_is_no_noise() -> None:
    # Sums that never exceed 20 on a grid to 65,536: nothing is found beyond.
    made = mc.Aggregate.by_fft(mc.Binomial(20, 0.3), mc.Empirical([1]), step=1.0)

    assert np.sum(made.probabilities[21:]) < 1e-10
    assert made.mean == pytest.approx(6.0, abs=1e-5)


def test_answers_that_lie_beyond_the_grid_are_refused() -> None:
    short = mc.Aggregate.by_fft(mc.Poisson(1), mc.Exponential(1), step=0.0001)

    long = mc.Aggregate.by_fft(mc.Poisson(1), mc.Exponential(1), step=0.001)
    assert short.quantile(0.9) == pytest.approx(long.quantile(0.9), abs=0.002)
    assert short.beyond == pytest.approx(0.0076, abs=1e-4)
    message = r"sums must hardly ever lie beyond the grid for {}; they exceed 6.5536 with"
    for ask, what in (
        (lambda: short.quantile(0.995), r"`q` \(0.995\)"),
        (lambda: short.mean, "the mean"),
        (lambda: short.tail_mean(0.9), "the mean"),
    ):
        with pytest.raises(ArgumentError, match=message.format(what)):
            ask()


@mc.model
def book(claims=mc.Poisson(5), deductible=0.5, limit=2.0):
    loss = mc.compound(claims, mc.Exponential(1), most=40)
    paid = mc.compound(
        claims,
        mc.Exponential(1),
        most=40,
        deductible=deductible,
        limit=limit,
        name="paid",
    )
    return {"loss": loss, "paid": paid, "ceded": mc.layer(loss, deductible=6, limit=4)}


def test_drawn_sums_agree_with_the_exact_ones() -> None:
    result = mc.simulate(book, 200_000, seed=11)
    total = mc.Aggregate.by_fft(mc.Poisson(5), mc.Exponential(1), step=0.002)
    sums = np.arange(total.probabilities.size) * total.step
    layered = np.clip(sums - 6, 0, 4)

    for estimate, exact in (
        (result["loss"].mean, 5.0),
        (result["paid"].mean, 5 * (np.exp(-0.5) - np.exp(-2.5))),
        (result["ceded"].mean, float(total.probabilities @ layered)),
        (result["loss"].quantile(0.95), 10.93415003),
        (result["loss"].tail_mean(0.95), 13.07595742),
    ):
        assert abs(estimate.value - exact) < 5 * estimate.standard_error


def test_no_loss_is_left_out_unseen() -> None:
    @mc.model
    def many(claims=mc.Poisson(5)):
        few = mc.compound(claims, mc.Exponential(1), most=7, name="few")
        enough = mc.compound(claims, mc.Exponential(1), most=mc.Poisson(5))
        return {"few": few, "enough": enough, "claims": claims}

    result = mc.simulate(many, 100_000, seed=11)

    beyond = result["claims"].probability_above(7.0).value
    assert result["few"].non_finite.nan == round(beyond * 100_000) > 0
    assert result["enough"].non_finite.total == 0
    # So many losses come once in 2**53 trials.
    most = float(mc.Poisson(5).quantile_from_above(2.0**-53))
    assert mc.Poisson(5).probability_above(most) < 2.0**-53


@mc.model
def layered(claims=mc.NegativeBinomial(2.5, 0.4), deductible=0.5):
    return mc.compound(
        claims,
        mc.LogNormal(median=1.0, spread=0.7),
        layers={"kept": (0.0, deductible), "first": (deductible, 1.5), "rest": (2.0, 9e9)},
    )


def test_layers_of_the_same_losses_are_those_of_fourier_each() -> None:
    frequency = mc.NegativeBinomial(2.5, 0.4)
    severity = mc.LogNormal(median=1.0, spread=0.7)
    result = mc.simulate(layered, 200_000, seed=11)

    assert list(result) == ["kept", "first", "rest"]
    for name, low, width in (("kept", 0.0, 0.5), ("first", 0.5, 1.5), ("rest", 2.0, 9e9)):
        # What a layer pays of a loss, on a grid fine enough for 200,000 trials.
        step = 0.002
        losses = np.arange(1 << 16) * step
        chances = np.diff(np.asarray(severity.cdf(np.append(losses - step / 2, np.inf))))
        places = np.rint(np.clip(losses - low, 0.0, width) / step).astype(int)
        paid = np.bincount(places, chances, 1 << 16)
        transformed = np.fft.fft(paid)
        p = frequency.probability
        generating = (p / (1.0 - (1.0 - p) * transformed)) ** frequency.successes
        total = np.fft.ifft(generating).real
        mean = float(total @ losses)
        deviation = float(np.sqrt(total @ losses**2 - mean**2))
        far = float(losses[np.searchsorted(np.cumsum(total), 0.95)])

        assert_within_standard_errors(result[name].mean, mean)
        assert_within_standard_errors(result[name].standard_deviation, deviation)
        estimate = result[name].quantile(0.95)
        assert abs(estimate.value - far) < 5 * estimate.standard_error + step


def test_layers_are_what_panjer_says_of_whole_amounts() -> None:
    @mc.model
    def whole(claims=mc.Poisson(3)):
        severity = mc.Empirical([1, 2, 3, 4], weights=[4, 3, 2, 1])
        return mc.compound(claims, severity, layers={"low": (0, 2), "high": (2, 2)})

    result = mc.simulate(whole, 200_000, seed=11)
    for name, paid in (("low", [0.0, 0.4, 0.6]), ("high", [0.7, 0.2, 0.1])):
        g = mc.panjer(mc.Poisson(3), paid, 60)

        assert_within_standard_errors(result[name].mean, float(g @ np.arange(60)))
        for k in (0, 2, 5):
            below = result[name].probability_below(k + 0.5)
            assert_within_standard_errors(below, float(g[: k + 1].sum()))


def test_layers_add_up_to_the_losses_they_are_of() -> None:
    @mc.model
    def parts(claims=mc.Poisson(5)):
        parts = mc.compound(
            claims, mc.Exponential(1), layers={"low": (0, 1), "high": (1, np.inf)}
        )
        everything = mc.compound(claims, mc.Exponential(1), name="other")
        return {**parts, "sum": parts["low"] + parts["high"], "everything": everything}

    result = mc.simulate(parts, 200_000, seed=11)

    assert_within_standard_errors(result["sum"].mean, 5.0)
    assert_within_standard_errors(result["sum"].standard_deviation, np.sqrt(10.0))
    assert_within_standard_errors(result["everything"].mean, 5.0)


def test_a_count_that_is_no_number_has_no_sum() -> None:
    @mc.model
    def odd(x=mc.Uniform(0, 1)):
        return mc.compound(mc.where(x < 0.5, np.nan, 2.0), mc.Exponential(1))

    result = mc.simulate(odd, 4_096, seed=11)

    assert 1_500 < result["odd"].non_finite.nan < 2_500
    assert_within_standard_errors(result["odd"].mean, 2.0)


def test_layers_hold_to_their_laws() -> None:
    for bad, message in (
        (
            {"layers": [(0, 2)]},
            r"`layers` must be a mapping of name to \(deductible, limit\)",
        ),
        ({"layers": {}}, "`layers` must be a mapping"),
        ({"layers": {"kept": 2.0}}, "`layers` must be a mapping"),
        ({"layers": {"kept": (0, 2)}, "limit": 3.0}, "without `deductible` and `limit`"),
        ({"most": 0}, "whole number from 1"),
    ):
        with pytest.raises(mc.ArgumentError, match=message):
            mc.compound(2.0, mc.Exponential(1), **bad)  # type: ignore[arg-type]


def test_drawn_sums_have_the_same_bits_on_every_engine() -> None:
    results = [
        mc.simulate(book, 1_024, seed=5, engine=each) for each in ("reference", "llvm")
    ]

    for name in ("loss", "paid", "ceded"):
        expected, made = (each[name].sample() for each in results)
        np.testing.assert_array_equal(expected, made)


def test_what_breaks_a_law_is_refused_in_words() -> None:
    with pytest.raises(mc.ArgumentError, match="`frequency` must be a Poisson, a Binomial"):
        mc.panjer(mc.Geometric(0.5), SEVERITY, 5)  # type: ignore[arg-type]
    with pytest.raises(mc.ArgumentError, match="`severity` must be probabilities that add"):
        mc.panjer(mc.Poisson(1), [0.5, 0.6], 5)
    with pytest.raises(mc.ArgumentError, match="`severity` must be 0 or more"):
        mc.Aggregate.by_fft(mc.Poisson(1), mc.Normal(), step=1.0)
    with pytest.raises(mc.ArgumentError, match="`severity` must be a distribution; got 3"):
        mc.compound(3, 3, most=4)  # type: ignore[arg-type]


def test_a_negative_deductible_or_limit_is_refused() -> None:
    for name in ("deductible", "limit"):
        with pytest.raises(mc.ArgumentError, match=f"`{name}` must be 0 or more; got -1"):
            mc.layer(3.0, **{name: -1})


def test_without_a_deductible_gains_count_too() -> None:
    from scipy import stats

    @mc.model
    def book(n: Any = mc.Poisson(5)) -> Any:
        normal = mc.Normal(-1, 1)
        return {
            "all": mc.compound(n, normal, deductible=None, name="a"),
            "limited": mc.compound(n, normal, deductible=None, limit=0.0, name="b"),
        }

    result = mc.simulate(book, 100_000, seed=7)

    assert_within_standard_errors(result["all"].mean, -5.0)
    assert_within_standard_errors(result["all"].variance, 5.0 * 2.0)
    # E[min(X, 0)] of a normal around -1.
    expected = -stats.norm.cdf(1.0) - stats.norm.pdf(1.0)
    assert_within_standard_errors(result["limited"].mean, 5.0 * expected)
