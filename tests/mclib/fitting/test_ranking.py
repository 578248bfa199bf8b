"""`fit`: which families are tried, in which order, and what is refused."""

import re
from typing import Any

import numpy as np
import pytest

import mclib as mc
from mclib.errors import ArgumentError
from mclib.fitting.candidates import ABOVE_ZERO, ANYWHERE, BETWEEN_ENDS, OUT_OF_N, WHOLE
from tests.mclib.fitting.truths import drawn

X = drawn(mc.Gamma(2.5, 10), 300)
FEW = ["Exponential", "Gamma", "Normal"]


def _tried(data: Any, **others: Any) -> set[str]:
    fits = mc.fit(data, **others)
    return {*fits, *fits.refused}


def test_the_families_tried_are_those_that_suit_the_data() -> None:
    assert _tried(X[:40]) == set(ABOVE_ZERO)
    assert _tried(X[:40] - 20.0) == set(ANYWHERE)
    assert _tried(X[:40] / 1_000.0) == {*ABOVE_ZERO, *BETWEEN_ENDS}
    assert _tried([0, 3, 1, 1, 4]) == set(WHOLE)
    assert _tried([1_000, 2_000, 2_000, 5_000]) == set(ABOVE_ZERO)
    assert _tried([0, 3, 1, 1, 4], fixed={"n": 9}) == {*WHOLE, *OUT_OF_N}


def test_the_best_family_comes_first_and_is_an_input() -> None:
    fits = mc.fit(X, FEW)

    @mc.model
    def model(size=fits.best):
        return {"size": size}

    assert len(fits) == 3
    for rank_by in ("aic", "bic", "hqic", "kolmogorov_smirnov", "anderson_darling"):
        assert next(iter(mc.fit(X, FEW, rank_by=rank_by))) == "Gamma"
    result = mc.simulate(model, 100_000, seed=3)
    assert abs(result["size"].mean.value - X.mean()) < 0.5


def test_the_table_says_all_that_was_found() -> None:
    fits = mc.fit(X, [*FEW, "Beta"])
    frame, shown = fits.to_frame(), fits._repr_html_()

    assert list(frame.index) == list(fits)
    assert abs(frame["weight"].sum() - 1.0) < 1e-12
    assert frame.loc["Gamma", "n_parameters"] == 2
    assert "go up to" in fits.refused["Beta"]
    assert "Gamma(shape=2." in shown
    assert "not fitted: its values lie below 1" in shown
    assert "not fitted: Beta" in repr(fits)
    assert "Beta" not in fits
    assert "Gamma" in fits
    with pytest.raises(ArgumentError, match="it was refused: its values lie below 1"):
        fits["Beta"]
    with pytest.raises(ArgumentError, match="those are Gamma, Normal, Exponential"):
        fits["Weibull"]


def test_a_likelihood_without_end_is_no_fit() -> None:
    ends = mc.fit([1.5, 1.5, 1.5, 2.5, 2.5, 9.0, 9.0, 4.0])
    spikes = mc.fit([0.0, 0.0, 1.3, 2.2, 5.1, 0.7])

    assert "without end as `shape` falls" in ends.refused["GeneralizedPareto"]
    assert "without end as `scale` falls" in spikes.refused["Lomax"]


def test_data_of_any_size_are_fitted() -> None:
    for unit in (1e-150, 1e150):
        fits = mc.fit(unit * X[:40], FEW)
        assert list(fits) == list(mc.fit(X[:40], FEW))


def test_a_limiting_case_is_told() -> None:
    fits = mc.fit(np.sqrt(X), ["Lomax", "Normal"])

    assert "limiting case" in fits.to_frame().loc["Lomax", "remark"]
    assert "limiting case" in fits._repr_html_()


def test_data_and_fit_lie_on_the_diagonal() -> None:
    found = mc.fit(X, "Gamma")["Gamma"]

    pp, qq, both = found.pp(), found.qq(), found.overlay(50)
    np.testing.assert_array_equal(qq["observed"], np.sort(X))
    np.testing.assert_allclose(pp["observed"], (np.arange(300) + 0.5) / 300)
    np.testing.assert_allclose(found.distribution.cdf(qq["fitted"]), pp["observed"])
    furthest = found.distances["kolmogorov_smirnov"]
    assert np.max(np.abs(pp["fitted"] - pp["observed"])) <= furthest
    assert both["share"][-1] == 1.0
    assert len(both["x"]) == len(both["cdf"]) == 50


def test_the_best_families_are_drawn_over_the_data() -> None:
    figure = mc.fit(X, FEW).plot(2, unit="days")

    names = {trace.name for trace in figure.data}
    assert {"Gamma", "Normal"} <= names
    assert "Exponential" not in names


def test_data_of_one_number_or_none_are_refused() -> None:
    fits = mc.fit([2.0, 2.0, 2.0], ["Exponential", "Normal"])

    assert "same number" in fits.refused["Normal"]
    with pytest.raises(ArgumentError, match="two observations at least; got 1"):
        mc.fit([1.0])
    with pytest.raises(ArgumentError, match="none does:\n  Gamma: its values lie above 0"):
        mc.fit([-1.0, 2.0], "Gamma")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"data": [1.0, np.nan]}, "leave out what is missing"),
        ({"data": [[1.0, 2.0], [3.0, 4.0]]}, "fit each column by itself"),
        ({"data": ["a", "b"]}, "be a row of numbers"),
        ({"families": "Gama"}, "did you mean `Gamma`"),
        ({"families": []}, "be a list of families"),
        ({"families": ["Gamma", "Poisson"]}, "a density can't be compared"),
        ({"rank_by": "luck"}, "be one of aic"),
        ({"weights": [1.0]}, "for each of the 3 observations"),
        ({"intervals": [(2.0, 1.0)]}, "the first below the second"),
        ({"intervals": [(-np.inf, np.inf)]}, "one finite bound"),
        ({"families": "Gamma", "fixed": {"size": 1}}, "no parameter `size` to fix"),
        ({"families": "Binomial"}, 'write `fixed={"n": ...}`'),
    ],
)
def test_refusals_say_the_way_out(arguments: dict[str, Any], says: str) -> None:
    with pytest.raises(ArgumentError, match=re.escape(says)):
        mc.fit(**{"data": [1.0, 2.0, 3.0], **arguments})
