"""Correlations by name: reached, repaired with a warning, refused with a way out."""

from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
import pytest

import mclib as mc
from mclib.dependence.matrices import is_valid, nearest_correlations
from mclib.dependence.measures import spearman_of_t
from mclib.statistics.correlations import pearson, spearman
from mclib.testing import assert_within_standard_errors


@mc.model
def sales(
    units=mc.Triangular(low=80, mode=100, high=150),
    price=mc.LogNormal(median=20, spread=0.8),
    delay=mc.Exponential(mean=3),
):
    return {"revenue": units * price, "late": delay}


TARGETS = {("price", "units"): -0.4, ("delay", "units"): 0.3}


@pytest.mark.parametrize("measure", ["spearman", "kendall", "pearson"])
def test_targets_are_reached(measure: str) -> None:
    linked = mc.correlate(sales, TARGETS, measure=measure)
    result = mc.simulate(linked, 200_000, seed=5)

    table = mc.reached_correlations(linked, result)

    assert list(table["target"]) == [-0.4, 0.3]
    assert (table["z"].abs() < 5).all(), table


@pytest.mark.parametrize("measure", ["spearman", "kendall"])
def test_targets_are_reached_with_heavy_tails_too(measure: str) -> None:
    linked = mc.correlate(sales, TARGETS, measure=measure, degrees_of_freedom=3)
    table = mc.reached_correlations(linked, mc.simulate(linked, 50_000, seed=5))

    assert (table["z"].abs() < 5).all(), table


def test_spearmans_correlation_of_a_t_copula_tends_to_the_normals() -> None:
    normal = 6.0 / np.pi * np.arcsin(0.25)

    assert normal == pytest.approx(0.4825837395, abs=1e-9)
    assert spearman_of_t(0.5, 1e4) == pytest.approx(normal, abs=1e-4)
    assert spearman_of_t(0.5, 1.0) < normal - 0.01


def test_inputs_keep_their_distributions_and_other_inputs_their_draws() -> None:
    linked = mc.correlate(sales, {("price", "units"): -0.4})
    apart, together = (
        mc.simulate(model, 100_000, seed=5).to_frame() for model in (sales, linked)
    )

    # Of the pair, the one that the model has first.
    for name in ("units", "delay"):
        assert np.array_equal(apart[name], together[name])
    assert_within_standard_errors(mc.simulate(linked, 200_000, seed=5)["late"].mean, 3.0)
    price = together["price"].to_numpy()
    expected = sales.inputs["price"].quantile([0.01, 0.5, 0.99])
    shares = [np.mean(price < x) for x in expected]
    np.testing.assert_allclose(shares, [0.01, 0.5, 0.99], atol=0.008)


def test_engines_and_chunks_agree_on_correlated_inputs() -> None:
    linked = mc.correlate(sales, TARGETS)
    variants: tuple[dict[str, Any], ...] = (
        {"engine": "reference"},
        {"engine": "llvm", "chunk_size": 1_024},
        {"engine": "llvm"},
    )
    samples = [
        mc.simulate(linked, 5_000, seed=5, **each)["revenue"].sample() for each in variants
    ]

    assert np.array_equal(samples[0], samples[1])
    assert np.array_equal(samples[0], samples[2])


def test_correlations_as_a_frame_are_those_by_name() -> None:
    frame = pd.DataFrame(
        [[1.0, -0.4], [-0.4, 1.0]], index=["price", "units"], columns=["price", "units"]
    )
    by_frame = mc.correlate(sales, frame)
    by_name = mc.correlate(sales, {("price", "units"): -0.4})

    assert by_frame.digest(sales.parameters) == by_name.digest(sales.parameters)


def test_perfect_correlation_is_possible() -> None:
    linked = mc.correlate(sales, {("price", "units"): 1.0})
    frame = mc.simulate(linked, 2_000, seed=5).to_frame()

    assert spearman(frame["price"].to_numpy(), frame["units"].to_numpy()).value > 1 - 1e-9


def test_contradictions_are_repaired_with_a_warning_that_says_what_changed() -> None:
    pairs = {("price", "units"): 0.9, ("delay", "units"): 0.9, ("delay", "price"): -0.5}

    with pytest.warns(
        mc.CorrelationRepaired, match=r"price, units|units, price: 0.9000 ->"
    ):
        linked = mc.correlate(sales, pairs)

    table = mc.reached_correlations(linked, mc.simulate(linked, 50_000, seed=5))
    assert table["reached"].iloc[0] == pytest.approx(0.59, abs=0.05)


def test_the_nearest_matrix_is_highams() -> None:
    # N. J. Higham (2002), section 4.
    given = np.array([[2.0, -1, 0, 0], [-1, 2, -1, 0], [0, -1, 2, -1], [0, 0, -1, 2]])
    published = np.array(
        [
            [1.0, -0.8084, 0.1916, 0.1068],
            [-0.8084, 1.0, -0.6562, 0.1916],
            [0.1916, -0.6562, 1.0, -0.8084],
            [0.1068, 0.1916, -0.8084, 1.0],
        ]
    )

    np.testing.assert_allclose(nearest_correlations(given), published, atol=5e-5)


def test_a_hundred_contradicting_inputs_are_repaired() -> None:
    matrix = np.random.default_rng(1).uniform(-1, 1, (100, 100))
    matrix = (matrix + matrix.T) / 2.0
    np.fill_diagonal(matrix, 1.0)

    assert not is_valid(matrix)
    assert is_valid(nearest_correlations(matrix))


@pytest.mark.parametrize(
    ("targets", "message"),
    [
        ({}, "be a mapping from pairs"),
        (0.5, "be a mapping from pairs"),
        ({"price": 0.5}, "have pairs of names as keys"),
        ({("price", "unit"): 0.5}, r"name inputs .*\nhint: did you mean `units`"),
        ({("price", "revenue"): 0.5}, "name inputs"),
        ({("price", "price"): 0.5}, "join two different inputs"),
        ({("price", "units"): 40}, "be a number from -1 to 1"),
        ({("price", "units"): "strong"}, "be a number from -1 to 1"),
        ({("price", "units"): np.nan}, "be a number from -1 to 1"),
        ({("price", "units"): 0.1, ("units", "price"): 0.1}, "name each pair once"),
    ],
)
def test_targets_that_mean_nothing_are_refused(targets: Any, message: str) -> None:
    with pytest.raises(mc.ArgumentError, match=message):
        mc.correlate(sales, targets)


def test_arguments_are_held_to_their_laws() -> None:
    pair = {("price", "units"): 0.5}
    with pytest.raises(mc.ArgumentError, match='be "spearman", "kendall" or "pearson"'):
        mc.correlate(sales, pair, measure="rank")
    with pytest.raises(mc.ArgumentError, match="be one of ranks for a Student's t copula"):
        mc.correlate(sales, pair, measure="pearson", degrees_of_freedom=4)
    with pytest.raises(mc.ArgumentError, match=r"be a number from 0\.1 to 10,000"):
        mc.correlate(sales, pair, degrees_of_freedom=-1)
    with pytest.raises(mc.ArgumentError, match=r"lie between -0\.\d+ and 0\.\d+, all that"):
        mc.correlate(sales, {("price", "units"): -0.99}, measure="pearson")
    with pytest.raises(mc.ArgumentError, match="`model` must be a model"):
        mc.correlate("sales", pair)  # type: ignore[arg-type]
    linked = mc.correlate(sales, pair)
    with pytest.raises(mc.ArgumentError, match="be inputs that aren't coupled yet"):
        mc.correlate(linked, {("price", "delay"): 0.5})


def test_pearsons_correlation_needs_a_variance() -> None:
    @mc.model
    def wild(x=mc.Cauchy(), y=mc.Normal(0, 1)):
        return {"sum": x + y}

    with pytest.raises(mc.ArgumentError, match="`x` must have a finite variance"):
        mc.correlate(wild, {("x", "y"): 0.5}, measure="pearson")


def test_coupling_holds_its_arguments_to_their_laws() -> None:
    copula = mc.ClaytonCopula(theta=2)
    for names, message in (
        (["price"], "be two inputs at least"),
        (["price", "price"], "name each input once"),
        (["price", "cost"], "name inputs of `sales`"),
        ("price", "be a list of names"),
    ):
        with pytest.raises(mc.ArgumentError, match=message):
            mc.couple(sales, copula, names)
    with pytest.raises(mc.ArgumentError, match="be among `names`"):
        mc.couple(sales, copula, ["price", "units"], turned=["delay"])
    with pytest.raises(mc.ArgumentError, match="`copula` must be a copula"):
        mc.couple(sales, "clayton", ["price", "units"])  # type: ignore[arg-type]
    with pytest.raises(mc.ArgumentError, match="have a line for each of the 3 inputs"):
        mc.couple(sales, mc.GaussianCopula([[1, 0], [0, 1]]), list(sales.inputs))
    with pytest.raises(mc.ArgumentError, match="have coupled inputs"):
        mc.reached_correlations(sales, mc.simulate(sales, 1_024, seed=1))


def test_turned_inputs_go_the_other_way() -> None:
    copula = mc.GumbelCopula.from_kendall(0.4)
    model = mc.couple(sales, copula, ["price", "units", "delay"], turned=["units"])
    table = mc.reached_correlations(model, mc.simulate(model, 20_000, seed=5))

    assert table.loc[("price", "units"), "target"] == pytest.approx(-0.4)
    assert (table["z"].abs() < 5).all(), table


def test_a_model_keeps_its_couplings_when_parameters_change() -> None:
    linked = mc.correlate(sales, TARGETS).with_parameters(units=mc.Uniform(0, 1))
    table = mc.reached_correlations(linked, mc.simulate(linked, 50_000, seed=5))

    assert (table["z"].abs() < 5).all(), table


def test_functions_that_are_not_traced_get_correlated_draws() -> None:
    @mc.model(trace=False)
    def opaque(a=mc.Normal(0, 1), b=mc.Normal(0, 1)):
        return {"sum": np.sort(np.stack([a, b]), axis=0).sum(axis=0)}

    linked = mc.correlate(opaque, {("a", "b"): 0.8})
    variance = mc.simulate(linked, 100_000, seed=5)["sum"].variance

    correlation = 2.0 * np.sin(np.pi * 0.8 / 6.0)
    assert_within_standard_errors(variance, 2.0 + 2.0 * correlation)


def test_reordering_gives_columns_rank_correlations_and_keeps_their_numbers() -> None:
    generator = np.random.default_rng(3)
    columns = {
        "a": generator.exponential(size=5_000),
        "b": generator.normal(size=5_000),
        "c": generator.integers(0, 50, 5_000).astype(float),
        "d": generator.normal(size=5_000),
    }
    targets = {("a", "b"): -0.6, ("b", "c"): 0.5}

    made = mc.reorder(columns, targets, seed=1)

    for name, column in columns.items():
        assert np.array_equal(np.sort(column), np.sort(made[name]))
    assert np.array_equal(columns["d"], made["d"])
    for (a, b), target in targets.items():
        assert spearman(made[a], made[b]).value == pytest.approx(target, abs=0.015)
    again = mc.reorder(pd.DataFrame(columns), targets, seed=1)
    assert all(np.array_equal(made[name], again[name]) for name in made)


def test_reordering_refuses_columns_that_do_not_fit() -> None:
    with pytest.raises(mc.ArgumentError, match="be columns of one length"):
        mc.reorder({"a": [1, 2], "b": [1, 2, 3]}, {("a", "b"): 0.5})
    with pytest.raises(mc.ArgumentError, match="hold at least 4 numbers"):
        mc.reorder({"a": [1, 2], "b": [1, 2]}, {("a", "b"): 0.5})


@pytest.mark.parametrize("of", [pearson, spearman])
def test_standard_errors_of_correlations_are_right_on_skewed_data(of: Any) -> None:
    generator = np.random.default_rng(7)
    found = []
    for _ in range(400):
        z = generator.normal(size=(2, 500))
        found.append(of(np.exp(0.4 * z[0]), np.exp(0.2 * z[0] + 0.4 * z[1])))
    values, errors = (np.array(each) for each in zip(*found, strict=True))

    # The spread of 400 correlations is itself known to 3.5 %.
    assert np.std(values) == pytest.approx(np.mean(errors), rel=0.175)


def test_targets_of_many_inputs_are_all_told() -> None:
    linked = mc.couple(sales, mc.FrankCopula(theta=5), list(sales.inputs))
    table = mc.reached_correlations(linked, mc.simulate(linked, 20_000, seed=5))

    assert list(table.index) == list(combinations(sales.inputs, 2))
    assert (table["z"].abs() < 5).all(), table
