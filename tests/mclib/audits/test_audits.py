"""Each rule finds what it is about, and lets the sound twin of it pass."""

from typing import Any

import numpy as np
import pytest

import mclib as mc
from mclib.audits.auditing import RULES


@mc.model
def negative(price=mc.Normal(10, 6)):
    return {"y": price + 1}


@mc.model
def tame(price=mc.Normal(10, 2)):
    return {"y": price + 1}


@mc.model
def ratio(a=mc.Normal(-1, 2), b=mc.Exponential(1)):
    return {"y": b / a}


@mc.model
def safe_ratio(a=mc.Uniform(1, 2), b=mc.Exponential(1)):
    return {"y": b / a}


@mc.model
def root(a=mc.Uniform(-1, 3)):
    return {"y": mc.sqrt(a)}


@mc.model
def safe_root(a=mc.Uniform(1, 3)):
    return {"y": mc.sqrt(a)}


@mc.model
def share_of_a_fire(fire_probability=0.1, damage=mc.Exponential(100)):
    return {"y": fire_probability * damage}


@mc.model
def tax(tax_rate=0.1, damage=mc.Exponential(100)):
    return {"y": tax_rate * damage}


@mc.model
def two(fire=mc.Bernoulli(0.1), damage=mc.Exponential(100)):
    return {"y": fire * damage}


@mc.model
def one(fire=mc.RiskEvent(0.1, mc.Exponential(100))):
    return {"y": fire + 1}


@mc.model
def switch(is_on=mc.Bernoulli(0.1), damage=mc.Exponential(100)):
    return {"y": is_on * damage, "damage": damage, "twice": 2 * damage}


@mc.model
def sure(a=mc.Normal(0, 1), fee=3.0):
    return {"y": a, "fees": fee * 2}


@mc.model
def unused(a=mc.Normal(0, 1), b=mc.Normal(0, 1), fee=3.0):
    return {"y": a}


@mc.model
def used(a=mc.Normal(0, 1), b=mc.Normal(0, 1), fee=3.0):
    return {"y": a + b if fee > 2 else a - b}


@mc.model
def same(a=mc.Normal(0, 1), b=mc.Normal(0, 1)):
    return {"y": a + b, "z": a + b}


@mc.model
def unnamed(a=mc.Normal(0, 1)):
    return 2 * a


@mc.model
def rounded(die=mc.Uniform(1, 6)):
    return {"y": mc.rint(die)}


@mc.model
def whole(die=mc.DiscreteUniform(1, 6)):
    return {"y": mc.rint(die)}


@mc.model
def counted(n_claims=mc.Gamma(3, 2)):
    return {"y": n_claims}


@mc.model
def poisson(n_claims=mc.Poisson(3)):
    return {"y": n_claims}


@mc.model
def endless(loss=mc.Pareto(1.5, 1)):
    return {"y": loss + 1}


@mc.model
def capped(loss=mc.Pareto(2.5, 1)):
    return {"y": loss + 1}


@mc.model
def magic(a=mc.Exponential(1), b=0.0725):
    return {"y": a * 0.0725 + b, "z": a * 2 + 0.0725}


@mc.model
def named(a=mc.Exponential(1), rate=0.0725):
    return {"y": a * rate * 2, "z": a * 2 + rate}


_FITS = mc.fit(mc.Gamma(3, 2).quantile((np.arange(40) + 0.5) / 40), ["Gamma"])
_SURE = mc.Truncated(_FITS.best, high=90)
_UNSURE = _FITS.with_uncertainty(100)


@mc.model
def fitted(claim=_SURE):
    return {"y": claim + 1}


@mc.model
def unsure(claim=_UNSURE):
    return {"y": claim + 1}


CASES: dict[str, tuple[mc.Model, mc.Model, str]] = {
    "negative_normal": (negative, tame, "price"),
    "vanishing_divisor": (ratio, safe_ratio, "a"),
    "logarithm_of_negative": (root, safe_root, "a"),
    "expected_loss": (share_of_a_fire, tax, "fire_probability"),
    "two_drivers": (two, switch, "fire"),
    "sure_output": (sure, used, "fees"),
    "unused_input": (unused, used, "b"),
    "idle_correlation": (
        mc.correlate(unused, {("a", "b"): 0.5}),
        mc.correlate(used, {("a", "b"): 0.5}),
        "b",
    ),
    "same_output": (same, sure, "z"),
    "unnamed_output": (unnamed, one, "unnamed"),
    "halved_ends": (rounded, whole, "die"),
    "continuous_count": (counted, poisson, "n_claims"),
    "endless_variance": (endless, capped, "loss"),
    "sure_parameters": (fitted, unsure, "claim"),
    "repeated_number": (magic, named, "0.0725"),
}


def found(model: mc.Model, rule: str, *results: Any) -> list[str]:
    return [each.subject for each in model.audit(*results) if each.rule == rule]


@pytest.mark.parametrize("rule", CASES)
def test_a_rule_finds_what_it_is_about(rule: str) -> None:
    wrong, _, subject = CASES[rule]

    assert subject in found(wrong, rule)


@pytest.mark.parametrize("rule", CASES)
def test_a_rule_lets_the_sound_twin_pass(rule: str) -> None:
    _, sound, _ = CASES[rule]

    assert [] == found(sound, rule)


def test_every_rule_is_tried_both_ways() -> None:
    names = {rule.__name__ for rule in RULES}

    assert names == {*CASES, "same_draws", "other_model"}
    assert all(rule.__doc__ for rule in RULES)


def test_runs_that_are_one_run_are_found() -> None:
    ones, again, other = (mc.simulate(tame, 2_000, seed=seed) for seed in (1, 1, 2))
    dearer = mc.simulate(tame, 2_000, seed=1, parameters={"price.mean": 11})

    assert ["1"] == found(tame, "same_draws", ones, again)
    assert [] == found(tame, "same_draws", ones, other, dearer)


def test_runs_of_another_model_are_found() -> None:
    assert ["negative"] == found(ratio, "other_model", mc.simulate(negative, 2_000, seed=1))
    assert [] == found(negative, "other_model", mc.simulate(negative, 2_000, seed=1))


def test_findings_are_said_and_shown_with_the_way_out() -> None:
    audit = two.audit()

    assert "hint: write `mc.RiskEvent(probability, impact)`" in str(audit)
    assert list(audit.to_frame().columns) == ["rule", "subject", "message", "hint"]
    assert "<table" in audit._repr_html_()
    assert "Nothing was found in `tame`." == str(tame.audit())
    assert not tame.audit()


def test_functions_that_are_not_traced_are_audited_by_their_inputs() -> None:
    @mc.model(trace=False)
    def opaque(price=mc.Normal(10, 6), fee=3.0):
        return {"y": price}

    assert {each.rule for each in opaque.audit()} == {"negative_normal"}


def test_inputs_that_depend_on_inputs_are_passed_over() -> None:
    @mc.model
    def nested(a=mc.Uniform(1, 2)):
        b = mc.scan(lambda x, z: x + z, a, 3, noise=mc.Normal(0, 1))
        return {"y": b}

    assert not nested.audit()
