"""What a model returns becomes outputs by name; anything else says what to return."""

from typing import Any

import numpy as np
import pytest

import mclib as mc
from mclib.errors import TraceError

NORMAL = mc.Normal(0.0, 1.0)


def _mean(function: Any, output: str | None = None, **run: Any) -> float:
    result = mc.simulate(mc.model(function), 2048, seed=3, **run)
    return result[output or next(iter(result))].mean.value


def test_a_single_number_is_called_as_the_model() -> None:
    @mc.model
    def margin(price: Any = NORMAL) -> Any:
        return price * 2

    assert list(mc.simulate(margin, 1024, seed=1)) == ["margin"]


def test_plain_numbers_and_truths_are_outputs() -> None:
    def several(x: Any = NORMAL) -> Any:
        return {"x is up": x > 0, "three": 3, "yes": np.True_, "pi": np.array(3.25)}

    result = mc.simulate(mc.model(several), 2048, seed=3)

    assert {name: result[name].mean.value for name in ("three", "yes", "pi")} == {
        "three": 3.0,
        "yes": 1.0,
        "pi": 3.25,
    }
    assert 0.4 < result["x is up"].mean.value < 0.6


def test_a_model_without_inputs_has_one_outcome() -> None:
    def area(width: float = 3.0) -> Any:
        return {"area": width * mc.sqrt(width + 1), "height": 2.0}

    for n_trials in (1, 1000, 2048):
        result = mc.simulate(mc.model(area), n_trials, seed=1)

        assert result["area"].mean.value == 6.0
        assert result["height"].quantile(0.5).value == 2.0
        assert result.trial(0).outputs["area"] == 6.0


def test_an_output_that_is_never_a_number_says_so() -> None:
    def broken(x: Any = NORMAL) -> Any:
        return {"good": x, "bad": float("nan")}

    result = mc.simulate(mc.model(broken), 3000, seed=1)

    assert result["bad"].non_finite.nan == 3000
    assert np.isnan(result["bad"].mean.value)
    assert result["good"].non_finite.total == 0


def test_closures_and_globals_are_numbers_like_any_other() -> None:
    factor = 2.5

    def scaled(x: Any = NORMAL) -> Any:
        return x * factor

    assert _mean(scaled) == pytest.approx(2.5 * _mean(lambda x=NORMAL: x), rel=1e-12)


def test_a_loop_in_python_is_unrolled() -> None:
    def total(x: Any = NORMAL) -> Any:
        amount = 0
        for weight in (1, 2, 3):
            amount += weight * x
        return amount

    assert _mean(total) == pytest.approx(6 * _mean(lambda x=NORMAL: x), rel=1e-12)


def test_an_output_may_be_an_input_itself() -> None:
    def passed_on(price: Any = NORMAL) -> Any:
        return {"price": price, "twice": 2 * price}

    trial = mc.simulate(mc.model(passed_on), 1024, seed=1).trial(5)

    assert trial.inputs["price"] == trial.outputs["price"] == trial.outputs["twice"] / 2


RETURNED = {
    "nothing": (
        lambda x=NORMAL: None,
        (
            "a model must return its outputs; `<lambda>` returned nothing.\n"
            "hint: end it with `return {'profit': profit}`."
        ),
    ),
    "an empty mapping": (
        lambda x=NORMAL: {},
        "a model must return at least one output; `<lambda>` returned none.",
    ),
    "a tuple": (
        lambda x=NORMAL: (x, x),
        (
            "a model must return its outputs by name; `<lambda>` returned a tuple of 2.\n"
            "hint: write `return {'revenue': ..., 'profit': ...}`."
        ),
    ),
    "a list": (
        lambda x=NORMAL: [x],
        (
            "a model must return its outputs by name; `<lambda>` returned a list of 1.\n"
            "hint: write `return {'revenue': ..., 'profit': ...}`."
        ),
    ),
    "a word": (
        lambda x=NORMAL: "profit",
        (
            "output `<lambda>` of `<lambda>` must be one number per trial; got str.\n"
            "hint: return each number under a name of its own."
        ),
    ),
    "a word by name": (
        lambda x=NORMAL: {"a": "b"},
        (
            "output `a` of `<lambda>` must be one number per trial; got str.\n"
            "hint: return each number under a name of its own."
        ),
    ),
    "nothing by name": (
        lambda x=NORMAL: {"a": None},
        (
            "output `a` of `<lambda>` must be one number per trial; got NoneType.\n"
            "hint: return each number under a name of its own."
        ),
    ),
    "an array": (
        lambda x=NORMAL: {"a": np.array([x, x])},
        (
            "output `a` of `<lambda>` must be one number per trial; "
            "got an array of shape (2,).\nhint: return each number under a name of its own."
        ),
    ),
    "a complex number": (
        lambda x=NORMAL: {"a": 1j},
        (
            "output `a` of `<lambda>` must be one number per trial; got complex.\n"
            "hint: return each number under a name of its own."
        ),
    ),
    "a name that is a number": (
        lambda x=NORMAL: {1: x},
        "names of outputs must be words; `<lambda>` returned 1.",
    ),
    "a name without letters": (
        lambda x=NORMAL: {"": x},
        "names of outputs must be words; `<lambda>` returned ''.",
    ),
    "another number under an input's name": (
        lambda x=NORMAL: {"x": 2 * x},
        (
            "inputs and outputs must have names of their own; `<lambda>` has both an input "
            "and an output `x`.\nhint: return it under another name."
        ),
    ),
}


@pytest.mark.parametrize("returned", RETURNED)
def test_what_a_model_may_not_return_is_refused(returned: str) -> None:
    function, expected = RETURNED[returned]

    with pytest.raises(TraceError) as caught:
        mc.simulate(mc.model(function), 1000, seed=1)

    assert expected == str(caught.value)


def test_what_a_step_computes_may_not_leave_it() -> None:
    def leaking(x: Any = NORMAL) -> Any:
        seen = []

        def step(level: Any) -> Any:
            seen.append(level * 2)
            return level + 1

        mc.scan(step, x, n_steps=4)
        return {"first": seen[0]}

    with pytest.raises(TraceError) as caught:
        mc.simulate(mc.model(leaking), 1000, seed=1)

    assert str(caught.value) == (
        "what a `scan`'s step computes must stay inside it; output `first` of `leaking` "
        "was taken out of one, and has another value in each step.\n"
        "hint: carry it in the state, and take it from what `mc.scan` returns."
    )


def test_an_error_of_the_model_is_the_models_own() -> None:
    def wrong(x: Any = NORMAL) -> Any:
        return x / 0 + {}["missing"]

    with pytest.raises(KeyError, match="missing"):
        mc.simulate(mc.model(wrong), 1000, seed=1)


def test_a_division_by_a_plain_zero_is_infinite_as_in_arrays() -> None:
    def ratio(x: Any = mc.Uniform(1.0, 2.0)) -> Any:
        return x / 0

    assert (
        mc.simulate(mc.model(ratio), 3000, seed=1)["ratio"].non_finite.positive_infinity
        == 3000
    )
