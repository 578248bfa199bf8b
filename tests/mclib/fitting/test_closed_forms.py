"""Fits against closed forms and published numbers."""

from typing import Any

import numpy as np
import pytest
from scipy.special import digamma

import mclib as mc
from mclib.fitting.candidates import families
from mclib.fitting.likelihood import Search
from mclib.fitting.observations import observe
from tests.mclib.fitting.truths import TRUTHS, drawn

X = drawn(mc.LogNormal(20, 0.6), 60)
LOGS = np.log(X)

# Millions of revolutions to failure of ball bearings: J. Lieblein, M. Zelen, J. Res. Nat.
# Bur. Stand. 57 (1956) 273-316.
BEARINGS = [
    17.88, 28.92, 33.00, 41.52, 42.12, 45.60, 48.48, 51.84, 51.96, 54.12, 55.56, 67.80,
    68.64, 68.64, 68.88, 84.12, 93.12, 98.64, 105.12, 105.84, 127.92, 128.04, 173.40,
]  # fmt: skip


def _numbers(name: str, data: Any, **others: Any) -> dict[str, float]:
    return mc.fit(data, name, **others)[name].peak.numbers


def test_closed_forms_of_the_textbook() -> None:
    mean, least, most = X.mean(), X.min(), X.max()
    expected = {
        "Normal": {"mean": mean, "standard_deviation": X.std()},
        "LogNormal": {"median": np.exp(LOGS.mean()), "spread": LOGS.std()},
        "Exponential": {"mean": mean},
        "Pareto": {"scale": least, "shape": 1.0 / (LOGS - np.log(least)).mean()},
        "Uniform": {"low": least, "high": most},
        "Laplace": {"location": np.median(X), "scale": np.abs(X - np.median(X)).mean()},
        "Rayleigh": {"scale": np.sqrt((X**2).mean() / 2.0)},
        "InverseGaussian": {
            "scale": mean,
            "shape": 1.0 / (mean * (1.0 / X - 1.0 / mean).mean()),
        },
        "Levy": {"scale": 1.0 / (1.0 / X).mean()},
    }

    for name, numbers in expected.items():
        found = _numbers(name, X)
        np.testing.assert_allclose([found[k] for k in numbers], list(numbers.values()))


def test_a_closed_form_is_where_the_search_would_have_ended() -> None:
    for name, family in families().items():
        if family.is_closed and family.is_smooth and not family.pinned:
            search = Search(family, observe(drawn(TRUTHS[name], 400)), {})
            known = search.peak().numbers
            start = {k: v * (1.1 if k in family.kinds else 1.0) for k, v in known.items()}
            found, _ = search._searched(family.kinds, dict(family.settled), (start,))

            for key in family.kinds:
                assert abs(found[key] / known[key] - 1.0) < 1e-5, name


def test_gammas_and_weibulls_equations_hold() -> None:
    gamma, weibull = _numbers("Gamma", X), _numbers("Weibull", X)

    shape = gamma["shape"]
    assert abs(np.log(shape) - digamma(shape) - np.log(X.mean()) + LOGS.mean()) < 1e-7
    assert abs(shape * gamma["scale"] / X.mean() - 1.0) < 1e-7
    power = X ** weibull["shape"]
    slope = (power * LOGS).sum() / power.sum() - 1.0 / weibull["shape"] - LOGS.mean()
    assert abs(slope) < 1e-7
    assert abs(power.mean() ** (1.0 / weibull["shape"]) / weibull["scale"] - 1.0) < 1e-7


def test_ball_bearings_are_a_weibull_of_shape_2_1() -> None:
    found = _numbers("Weibull", BEARINGS)

    assert round(found["shape"], 3) == 2.102
    assert round(found["scale"], 2) == 81.88


def test_nists_censored_weibull_is_found() -> None:
    # NIST/SEMATECH e-Handbook of Statistical Methods, 8.4.1.2: twenty units, 500 hours.
    failed = [54, 187, 216, 240, 244, 335, 361, 373, 375, 386]
    found = _numbers("Weibull", failed, right=[500] * 10)

    assert round(found["shape"], 4) == 1.7208
    assert abs(found["scale"] - 606.528) < 1e-3


def test_deaths_by_horse_kick_are_poissons() -> None:
    # L. von Bortkiewicz, 1898: so many corps-years with 0, 1, ... deaths.
    fits = mc.fit(range(5), weights=[109, 65, 22, 3, 1])

    assert abs(fits["Poisson"].peak.numbers["mean"] - 0.61) < 1e-12
    assert next(iter(fits)) == "Poisson"
    assert abs(fits["Geometric"].peak.numbers["probability"] - 1 / 1.61) < 1e-12


def test_criteria_are_what_their_names_say() -> None:
    found = mc.fit(X, "Normal")["Normal"]
    n, k, total = 60, 2, found.log_likelihood

    assert abs(total + 30.0 * (np.log(2.0 * np.pi * X.var()) + 1.0)) < 1e-9
    expected = [
        2 * k - 2 * total,
        2 * k - 2 * total + 2 * k * (k + 1) / (n - k - 1),
        k * np.log(n) - 2 * total,
        2 * k * np.log(np.log(n)) - 2 * total,
    ]
    np.testing.assert_allclose(list(found.criteria.values()), expected)


def test_weights_are_repetitions() -> None:
    x, w = np.array([1.0, 2.0, 4.0, 7.0]), [3, 1, 4, 2]
    names = ["Gamma", "Normal", "Laplace"]
    repeated, weighted = mc.fit(np.repeat(x, w), names), mc.fit(x, names, weights=w)

    for name in repeated:
        one, other = repeated[name], weighted[name]
        assert one.peak.numbers == pytest.approx(other.peak.numbers, rel=1e-6)
        assert one.criteria == pytest.approx(other.criteria, rel=1e-6)
        assert one.distances == pytest.approx(other.distances, rel=1e-6)
