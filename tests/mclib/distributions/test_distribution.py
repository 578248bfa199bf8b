"""What all distributions share, and the laws of their parameters."""

from collections.abc import Callable

import numpy as np
import pytest

from mclib.distributions import (
    PERT,
    Bernoulli,
    DiscreteUniform,
    Distribution,
    Empirical,
    Exponential,
    LogNormal,
    Normal,
    Triangular,
    Uniform,
    Weibull,
)
from mclib.errors import ArgumentError
from mclib.expressions.dtypes import Type
from mclib.expressions.expression import Expression
from mclib.expressions.nodes import node

NAN, INF = float("nan"), float("inf")
KNOWN = "hint: for a quantity that is known, write the number instead of a distribution."

BAD: dict[str, tuple[Callable[[], Distribution], str]] = {
    "no number": (
        lambda: Normal("3"),
        "`mean` must be a number or a traced value; got '3'.",
    ),
    "an array": (
        lambda: Uniform([1, 2], 3),
        "`low` must be a number or a traced value; got [1, 2].",
    ),
    "NaN": (lambda: Normal(NAN), "`mean` must be finite; got nan."),
    "infinite": (lambda: Uniform(0, INF), "`high` must be finite; got inf."),
    "no spread": (
        lambda: Normal(3, 0),
        f"`standard_deviation` must be above 0; got 0.0.\n{KNOWN}",
    ),
    "negative spread": (
        lambda: Normal(3, -2),
        "`standard_deviation` must be above 0; got -2.0.",
    ),
    "ends exchanged": (
        lambda: Uniform(5, 2),
        "`low` must be below `high`; got low=5.0, high=2.0.\nhint: exchange the two.",
    ),
    "one end twice": (
        lambda: Triangular(2, 2, 2),
        f"`low` must be below `high`; got low=2.0, high=2.0.\n{KNOWN}",
    ),
    "ends too far apart": (
        lambda: Uniform(-1.7e308, 1.7e308),
        "`high - low` must be finite; got inf.",
    ),
    "mode outside": (
        lambda: Triangular(1, 9, 5),
        "`mode` must lie between `low` and `high`; got low=1.0, mode=9.0, high=5.0.",
    ),
    "mode outside a PERT": (
        lambda: PERT(1, 0, 5),
        "`mode` must lie between `low` and `high`; got low=1.0, mode=0.0, high=5.0.",
    ),
    "negative weight": (
        lambda: PERT(1, 2, 3, weight=-1),
        "`weight` must be 0 or more; got -1.0.",
    ),
    "median": (lambda: LogNormal(0, 1), "`median` must be above 0; got 0.0."),
    "median too large": (
        lambda: LogNormal.from_normal(1_000, 1),
        "`median` must be finite; got inf.",
    ),
    "mean of a lognormal": (
        lambda: LogNormal.from_mean(-3, 1),
        "`mean` must be above 0; got -3.0.",
    ),
    "rate": (lambda: Exponential(rate=0), "`rate` must be above 0; got 0.0."),
    "mean and rate": (
        lambda: Exponential(2, rate=0.5),
        "give `mean` or `rate`, not both; got mean=2, rate=0.5.",
    ),
    "shape": (lambda: Weibull(-1), "`shape` must be above 0; got -1.0."),
    "percent": (
        lambda: Bernoulli(5),
        (
            "`probability` must lie between 0 and 1; got 5.0.\n"
            "hint: for 5 % write `probability=0.05`."
        ),
    ),
    "fraction": (
        lambda: DiscreteUniform(0.5, 3),
        "`low` must be a whole number of at most 2**53 in size; got 0.5.",
    ),
    "whole numbers exchanged": (
        lambda: DiscreteUniform(6, 1),
        "`low` must be at most `high` (1); got 6.\nhint: exchange the two.",
    ),
    "no data": (
        lambda: Empirical([]),
        "`data` must be one row of at least one number; got 'shape (0,) of float64'.",
    ),
    "words as data": (
        lambda: Empirical(["a"]),
        "`data` must be one row of at least one number; got 'shape (1,) of <U1'.",
    ),
    "NaN in data": (
        lambda: Empirical([1, NAN]),
        "`data` must be finite; got 'nan at index 1'.",
    ),
    "too few weights": (
        lambda: Empirical([1, 2], weights=[1]),
        "`weights` must have one number for each of the 2 values; got '1 numbers'.",
    ),
    "negative weights": (
        lambda: Empirical([1, 2], weights=[1, -1]),
        "`weights` must be 0 or more; got -1.0.",
    ),
    "no weight": (
        lambda: Empirical([1, 2], weights=[0, 0]),
        "`weights` must have a sum above 0, and finite; got 0.0.",
    ),
    "weights and lines": (
        lambda: Empirical([1, 2], interpolate=True, weights=[1, 1]),
        (
            "`weights` must be left out where `interpolate` is true: between values of "
            "different weights there is no one straight line."
        ),
    ),
}


@pytest.mark.parametrize(("make", "message"), BAD.values(), ids=BAD)
def test_bad_parameters_are_refused_with_law_value_and_way_out(
    make: Callable[[], Distribution], message: str
) -> None:
    with pytest.raises(ArgumentError) as caught:
        make()

    assert message == str(caught.value)


def test_a_change_that_breaks_a_law_is_refused_like_a_bad_construction() -> None:
    low = Expression(node("parameter", type_=Type.REAL, payload="low"))
    traced = Triangular(low=low, mode=20, high=60)

    with pytest.raises(ArgumentError, match=r"got low=25\.0, mode=20\.0, high=60\.0"):
        traced.check({"low": 25})
    traced.check({"low": 10})
    with pytest.raises(
        ArgumentError, match=r"`mode` must lie .* got mode=70\.0, high=60\.0"
    ):
        traced.check({"mode": 70})


def test_numbers_of_numpy_and_constants_of_a_trace_are_plain_numbers() -> None:
    assert Normal(np.float32(0.5), np.int64(2)) == Normal(0.5, 2)
    assert Normal(Expression(node("constant", type_=Type.REAL, payload=3.0))) == Normal(3)


def test_distributions_are_frozen() -> None:
    with pytest.raises(AttributeError):
        Normal(0, 1).mean = 3  # type: ignore[misc]


def test_traced_parameters_compare_by_what_they_are() -> None:
    one, two = (
        Expression(node("parameter", type_=Type.REAL, payload=name)) for name in ("a", "b")
    )

    assert Normal(one, 2) == Normal(one, 2)
    assert Normal(one, 2) != Normal(two, 2)
    assert len({Normal(one, 2), Normal(one, 2), Normal(two, 2)}) == 2


def test_a_traced_value_is_no_place_to_ask_for_a_probability() -> None:
    x = Expression(node("parameter", type_=Type.REAL, payload="x"))

    with pytest.raises(TypeError, match="`x` must be a number or an array of numbers"):
        Normal().cdf(x)  # type: ignore[arg-type]


def test_the_probability_of_a_range_has_its_digits_on_both_sides() -> None:
    z = Normal(0, 1)

    # Far out 1 - cdf is 0; that from the other side isn't.
    upper, lower = z.probability_between(20, 21), z.probability_between(-21, -20)
    assert upper == lower == pytest.approx(2.7536241153268778e-89, rel=1e-12)
    assert z.probability_between([-1, 2, 3], [1, 2, 2]) == pytest.approx(
        [0.6826894921370859, 0.0, 0.0]
    )
    assert DiscreteUniform(1, 6).probability_between(1, 3) == pytest.approx(1 / 3)
    assert np.isnan(z.probability_between(NAN, 1.0))
