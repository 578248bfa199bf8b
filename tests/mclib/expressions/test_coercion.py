"""A model that asks for one truth is told where it did so, and what to write instead."""

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import mclib as mc
from mclib.errors import TraceError
from mclib.expressions.hints import way_out

_AS_IN_AND = "as in `(a > 0) & (b > 0)`; this is a real number."
_AS_IN_NOT = "as in `~(a > 0)`; this is a real number."

# Each model is one line, so that the message shows it whole.
# fmt: off
MODELS: dict[str, tuple[Callable[[Any], Any], str, str]] = {
    "a choice": (
        lambda x: x if x > 0 else -x,
        "branches on",
        "write `mc.where(x > 0, x, -x)`.",
    ),
    "and": (
        lambda x: x > 0 and x < 1,
        "branches on",
        "write `(x > 0) & (x < 1)`.",
    ),
    "or": (
        lambda x: x < 0 or x > 1,
        "branches on",
        "write `(x < 0) | (x > 1)`.",
    ),
    "not": (
        lambda x: not x > 0,
        "branches on",
        "write `~(x > 0)`.",
    ),
    "a chain": (
        lambda x: 0 < x < 1,
        "branches on",
        "write `(0 < x) & (x < 1)`.",
    ),
    "max": (
        lambda x: max(x, 0.0),
        "branches on",
        "write `mc.maximum(a, b)`; it takes two at a time.",
    ),
    "min of an array": (
        lambda x: np.min([x, 2 * x]),
        "branches on",
        "write `mc.minimum(a, b)`; it takes two at a time.",
    ),
    "range": (
        lambda x: sum(step for step in range(x)),
        "counts or indexes with",
        "write `mc.scan(step, start, until=lambda state, n: n >= x)`.",
    ),
    "an index": (
        lambda x: [1.0, 2.0, 5.0][x],
        "counts or indexes with",
        "write `mc.lookup([1.0, 2.0, 5.0], x)`.",
    ),
    "float": (
        lambda x: float(x + 1),
        "asks for the Python number in",
        "write `x + 1` alone: a traced value is a number already.",
    ),
    "int": (
        lambda x: int(x / 2),
        "asks for the Python integer in",
        "write `mc.trunc(x / 2)`.",
    ),
    "math": (
        lambda x: math.exp(-x),
        "asks for the Python number in",
        "write `mc.exp(-x)`.",
    ),
    "math under another name": (
        lambda x: math.atan(x + 1),
        "asks for the Python number in",
        "write `mc.arctan(x + 1)`.",
    ),
    "length": (
        lambda x: len(x) + 1,
        "takes the length of",
        "a traced value is one number per trial.",
    ),
    "an element": (
        lambda x: x[0],
        "takes an element of",
        "to look a number up in a table write `mc.lookup(table, i)`.",
    ),
    "iteration": (
        lambda x: [*x],
        "iterates over",
        "a traced value is one number per trial.",
    ),
    "search": (
        lambda x: 1.0 in x,
        "searches in",
        "a traced value is one number per trial.",
    ),
    "digits": (
        lambda x: f"{x:.2f}",
        "writes out",
        "format the estimates of a result.",
    ),
    "bits of a number": (
        lambda x: x > 0 & 1 < x,
        "branches on",
        "write `(x > 0 & 1) & (0 & 1 < x)`.",
    ),
    "and of numbers": (
        lambda x: x & 1,
        "uses `&` on",
        "`&` is for comparisons, each in its own brackets, " + _AS_IN_AND,
    ),
    "not of a number": (
        lambda x: ~x,
        "uses `~` on",
        "`~` is for comparisons, each in its own brackets, " + _AS_IN_NOT,
    ),
    "shift": (
        lambda x: x << 3,
        "uses `<<` on",
        "write `x * 2**n`.",
    ),
}
# fmt: on


def _traced(function: Callable[[Any], Any]) -> Any:
    def model_function(x: Any = mc.Normal(0.0, 1.0)) -> Any:
        return {"y": function(x)}

    return mc.simulate(mc.model(model_function), 1000, seed=1)


@pytest.mark.parametrize("name", MODELS)
def test_the_message_names_the_deed_the_line_and_the_way_out(name: str) -> None:
    function, deed, hint = MODELS[name]
    line = function.__code__.co_firstlineno

    with pytest.raises(TraceError) as caught:
        _traced(function)

    message = str(caught.value)
    first, last = message.split("\nhint: ")
    assert hint == last
    assert f"` {deed} a traced value at test_coercion.py:{line}: `lambda x: " in first
    assert first.endswith(
        "A traced value stands for every trial at once and has no single truth."
    )


def test_a_branch_is_shown_with_its_source() -> None:
    @mc.model
    def payoff(price: Any = mc.Normal(100.0, 10.0), strike: float = 100.0) -> Any:
        if price > strike:
            return price - strike
        return 0.0

    with pytest.raises(TraceError) as caught:
        mc.simulate(payoff, 1000, seed=1)

    line = payoff.function.__code__.co_firstlineno + 2
    assert str(caught.value) == (
        f"`payoff` branches on a traced value at test_coercion.py:{line}: "
        "`if price > strike:`. A traced value stands for every trial at once and has no "
        "single truth.\n"
        "hint: write `mc.where(price > strike, value_if_true, value_if_false)`."
    )


WAYS_OUT = {
    "if x > 0 and not y: return 1": "mc.where((x > 0) & (~(y)), value_if_true,",
    "elif 0 <= x <= 1 < y:": "mc.where((0 <= x) & (x <= 1) & (1 < y), value_if_true,",
    "while price > barrier:": "mc.scan(step, start, until=...)",
    "assert volume >= 0, 'no'": "return the condition as an output of its own",
    "profit = max(0, price - cost)": "mc.maximum(a, b)",
    "total = a if x else (b if y else c)": "mc.where(x, a, b if y else c)",
    "for day in range(n_days):": "mc.where(condition, a, b)",
    "x > 0 and": "choose with `mc.where(condition, a, b)`",
    "": "choose with `mc.where(condition, a, b)`",
}


@pytest.mark.parametrize("text", WAYS_OUT)
def test_the_way_out_is_in_the_words_of_the_line(text: str) -> None:
    assert WAYS_OUT[text] in way_out("branches on", text)


def test_a_count_goes_by_scan() -> None:
    text = "for day in range(n_days):"

    assert "mc.scan(step, start" in way_out("counts or indexes with", text)


def test_a_model_whose_source_is_unknown_is_still_named() -> None:
    space: dict[str, Any] = {"mc": mc}
    exec("def made(x=mc.Normal(0.0, 1.0)):\n    return 1.0 if x else 2.0", space)

    with pytest.raises(
        TraceError, match=r"`made` branches on a traced value at <string>:2\."
    ):
        mc.simulate(mc.model(space["made"]), 1000, seed=1)


def test_a_file_beside_the_library_is_not_taken_for_the_library() -> None:
    beside = Path(mc.__file__).parent.parent / "mclib_models.py"
    text = "def made(x):\n    return 1.0 if x else 2.0"
    space: dict[str, Any] = {}
    exec(compile(text, str(beside), "exec"), space)

    with pytest.raises(TraceError, match=r"`made` branches .* at mclib_models\.py:2"):
        _traced(space["made"])


def test_a_parameter_may_be_branched_on() -> None:
    @mc.model
    def choice(x: Any = mc.Normal(0.0, 1.0), level: float = 1.0, n: float = 3.0) -> Any:
        total = 0.0
        for _ in range(n):  # type: ignore[call-overload]
            total = total + x
        return total if level > 0.5 and not n > 5 else -total

    up = mc.simulate(choice, 2000, seed=1)["choice"].mean.value
    down = mc.simulate(choice, 2000, seed=1, parameters={"level": 0.0})["choice"].mean.value
    longer = mc.simulate(choice, 2000, seed=1, parameters={"n": 4})["choice"].mean.value

    assert up == -down != 0.0
    assert longer == pytest.approx(up * 4 / 3, rel=1e-12)


def test_what_follows_from_parameters_may_be_branched_on() -> None:
    @mc.model
    def grid(
        x: Any = mc.Normal(0.0, 1.0), years: float = 2.0, per_year: float = 4.0
    ) -> Any:
        n_steps = int(years * per_year)
        assert math.sqrt(years) > 0
        assert f"{float(years):.1f}" == "2.0"
        return x + [10.0, 20.0][n_steps == 8]

    assert mc.simulate(grid, 2000, seed=1)["grid"].mean.value == pytest.approx(
        20.0, abs=0.2
    )


def test_a_count_from_parameters_must_be_whole() -> None:
    @mc.model
    def grid(x: Any = mc.Normal(0.0, 1.0), n: float = 2.5) -> Any:
        return x + sum(range(n))  # type: ignore[call-overload]

    with pytest.raises(TraceError, match=r"an index must be a whole number; got 2\.5\."):
        mc.simulate(grid, 1000, seed=1)
