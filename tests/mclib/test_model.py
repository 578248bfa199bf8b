"""A model is its inputs, its parameters and a function, and says what it may not be."""

import inspect
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from functools import partial
from typing import Any

import numpy as np
import pytest

import mclib as mc
from mclib.errors import ArgumentError

HALF = np.float32(0.5)
NORMAL = mc.Normal(mean=20.0, standard_deviation=2.0)


@mc.model
def profit(
    units: Any = mc.Triangular(low=80.0, mode=100.0, high=150.0),
    price: Any = NORMAL,
    tax: float = 0.25,
) -> Any:
    """Profit after tax."""
    return {"profit": units * price * (1 - tax)}


def test_defaults_make_inputs_and_parameters() -> None:
    assert dict(profit.inputs) == {"units": mc.Triangular(80, 100, 150), "price": NORMAL}
    assert dict(profit.parameters) == {
        "tax": 0.25,
        "units.low": 80.0,
        "units.mode": 100.0,
        "units.high": 150.0,
        "price.mean": 20.0,
        "price.standard_deviation": 2.0,
    }


def test_calling_it_with_numbers_computes_one_case() -> None:
    assert profit(100.0, 20.0, tax=0.5) == {"profit": 1000.0}
    assert profit(units=100.0, price=20.0)["profit"] == 1500.0


def test_one_case_has_the_parameters_that_the_model_was_given() -> None:
    taxed = profit.with_parameters(tax=0.5)

    assert taxed(100.0, 20.0) == {"profit": 1000.0}
    assert taxed(100.0, 20.0, tax=0.25) == {"profit": 1500.0}
    assert taxed(100.0, 20.0, 0.25) == {"profit": 1500.0}


def test_it_looks_like_the_function() -> None:

    assert profit.__doc__ == "Profit after tax."
    assert list(inspect.signature(profit).parameters) == ["units", "price", "tax"]
    assert repr(profit) == (
        "<Model profit(units=Triangular(low=80.0, mode=100.0, high=150.0), "
        "price=Normal(mean=20.0, standard_deviation=2.0), tax=0.25)>"
    )


def test_numbers_of_any_kind_are_parameters() -> None:
    model = mc.model(lambda a=1, b=HALF, c=Fraction(1, 4), d=Decimal("0.1"), e=True: a)

    assert dict(model.parameters) == {"a": 1.0, "b": 0.5, "c": 0.25, "d": 0.1, "e": 1.0}


def test_the_decorator_works_with_and_without_brackets() -> None:
    def out(x: Any = NORMAL) -> Any:
        return x

    assert mc.model(out).is_traced
    assert mc.model()(out).is_traced
    assert mc.model(trace=True)(out).is_traced
    assert not mc.model(trace=False)(out).is_traced


def test_callables_of_all_kinds_are_functions() -> None:
    class Scaled:
        def __call__(self, x: Any = NORMAL, k: float = 2.0) -> Any:
            return {"y": x * k}

    def scaled(x: Any, k: float) -> Any:
        return {"y": x * k}

    by_class = mc.model(Scaled())
    by_part = mc.model(partial(scaled, x=NORMAL, k=2.0))

    for made in (by_class, by_part):
        assert mc.simulate(made, 2000, seed=1)["y"].mean.value == pytest.approx(40, abs=0.5)


def test_with_parameters_leaves_the_model_as_it_was() -> None:
    other = profit.with_parameters(tax=0.5, price=mc.Uniform(10.0, 20.0))

    assert (other.parameters["tax"], profit.parameters["tax"]) == (0.5, 0.25)
    assert other.inputs["price"] == mc.Uniform(10.0, 20.0)
    assert profit.inputs["price"] == NORMAL


def test_parameters_cannot_be_written_to() -> None:
    with pytest.raises(TypeError):
        profit.parameters["tax"] = 1.0  # type: ignore[index]


KNOWS = (
    "it has units, price, tax, units.low, units.mode, units.high, price.mean, "
    "price.standard_deviation."
)
CHANGES: dict[str, tuple[dict[str, Any], str]] = {
    "an unknown name": (
        {"cost": 1.0},
        f"`profit` has no input or parameter 'cost'; {KNOWS}",
    ),
    "a misspelled name": (
        {"prices": 1.0},
        (
            f"`profit` has no input or parameter 'prices'; {KNOWS}\n"
            "hint: did you mean `price`?"
        ),
    ),
    "a number for an input": (
        {"price": 1.0},
        "`price` must be a distribution, as the input of `profit` is; got 1.0.",
    ),
    "a distribution for a parameter": (
        {"tax": NORMAL},
        (
            "`tax` must be a number or a distribution; "
            "got Normal(mean=20.0, standard_deviation=2.0)."
        ),
    ),
    "NaN": ({"tax": float("nan")}, "`tax` must be a finite number; got nan."),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_that_does_not_fit_is_refused(change: str) -> None:
    changes, expected = CHANGES[change]

    with pytest.raises(ArgumentError) as caught:
        profit.with_parameters(**changes)

    assert expected == str(caught.value)


BY_NAME = "parameters of a model must be known by name; `<lambda>` has `{}`."
BAD_FUNCTIONS: dict[str, tuple[Callable[[], Any], str]] = {
    "no default": (
        lambda: mc.model(lambda x: x),
        (
            "parameter `x` of model `<lambda>` must have a default: a distribution makes "
            "it an input, a number a parameter; got none.\n"
            "hint: write `x=mc.Normal(0.0, 1.0)` or `x=1.0`."
        ),
    ),
    "stars": (lambda: mc.model(lambda *x: x), BY_NAME.format("*x")),
    "two stars": (lambda: mc.model(lambda **x: x), BY_NAME.format("**x")),
    "by place": (lambda: mc.model(lambda x=1.0, /: x), BY_NAME.format("x=1.0")),
    "NaN": (
        lambda: mc.model(lambda x=float("nan"): x),
        "`x` must be a finite number; got nan.",
    ),
    "infinity": (
        lambda: mc.model(lambda x=-float("inf"): x),
        "`x` must be a finite number; got -inf.",
    ),
    "a word that reads as a number": (
        lambda: mc.model(lambda x="3": x),
        "`x` must be a number or a distribution; got '3'.",
    ),
    "nothing": (
        lambda: mc.model(lambda x=None: x),
        "`x` must be a number or a distribution; got None.",
    ),
    "a row": (
        lambda: mc.model(lambda x=(1.0, 2.0): x),
        "`x` must be a number or a distribution; got (1.0, 2.0).",
    ),
    "a complex number": (
        lambda: mc.model(lambda x=1j: x),
        "`x` must be a number or a distribution; got 1j.",
    ),
    "a family": (
        lambda: mc.model(lambda x=mc.Normal: x),
        (
            "`x` must be a number or a distribution; "
            "got <class 'mclib.distributions.normals.Normal'>."
        ),
    ),
    "no function": (
        lambda: mc.model(5),  # type: ignore[call-overload]
        "`function` must be a function whose parameters have defaults; got 5.",
    ),
}


@pytest.mark.parametrize("what", BAD_FUNCTIONS)
def test_a_function_that_cannot_be_a_model_is_refused(what: str) -> None:
    made, expected = BAD_FUNCTIONS[what]

    with pytest.raises(ArgumentError) as caught:
        made()

    message = str(caught.value)
    assert message == expected or message.startswith(expected + "\nhint: ")


def test_a_number_too_large_for_a_float_is_refused() -> None:
    with pytest.raises(
        ArgumentError, match="`x` must be a number or a distribution; got 1000"
    ):
        mc.model(lambda x=10**400: x)


def test_a_graph_is_another_only_when_control_flow_goes_another_way() -> None:
    choice = mc.model(lambda x=NORMAL, k=1.0, sign=1.0: x * k if sign > 0 else -x * k)

    first = choice.graph(choice.parameters)

    assert choice.graph({**choice.parameters, "k": 2.0}) is first
    assert choice.graph({**choice.parameters, "x.mean": 3.0}) is first
    assert choice.graph({**choice.parameters, "sign": 2.0}) is first
    assert choice.graph({**choice.parameters, "sign": -1.0}) is not first
    assert choice.graph(choice.parameters) is first


def test_a_changed_global_is_heard_of() -> None:
    factor = [2.0]
    scaled = mc.model(lambda x=NORMAL: x * factor[0])
    before = mc.simulate(scaled, 1024, seed=1).provenance.model_hash

    factor[0] = 3.0

    after = mc.simulate(scaled, 1024, seed=1)
    assert after.trial(0).outputs["<lambda>"] == after.trial(0).inputs["x"] * 3.0
    assert after.provenance.model_hash != before


def test_outputs_that_change_places_are_another_graph() -> None:
    names = ["a", "b"]
    model = mc.model(lambda x=NORMAL: dict(zip(names, (x, x + 1), strict=True)))
    before = mc.simulate(model, 1024, seed=1).trial(0).outputs

    names.reverse()

    after = mc.simulate(model, 1024, seed=1).trial(0).outputs
    assert (before["a"], before["b"]) == (after["b"], after["a"])


def test_a_model_that_throws_dice_of_its_own_is_refused() -> None:
    dice = np.random.default_rng(1)
    model = mc.model(lambda x=NORMAL: {"y": x + dice.normal()})

    with pytest.raises(mc.TraceError) as caught:
        mc.simulate(model, 1024, seed=1)

    assert str(caught.value) == (
        "a model must compute the same each time; `<lambda>` did not when it was traced "
        "again.\nhint: draw random numbers by inputs or by the noise of `mc.scan`, and let "
        "nothing else change between calls."
    )


def test_only_so_many_graphs_are_kept() -> None:
    steps = mc.model(lambda x=NORMAL, n=1.0: sum([x] * int(n)))
    first = steps.graph(steps.parameters)

    for n in range(1, 100):
        steps.graph({**steps.parameters, "n": float(n)})

    assert steps.graph(steps.parameters) is not first
    assert steps.graph(steps.parameters).digest() == first.digest()
