"""Draws of formulas: from what a function of an add-in says to a distribution."""

from typing import Any

from mclib.distributions import Distribution, Shifted, Truncated
from mclib.errors import ArgumentError
from mclib.expressions.expression import Expression
from mclib.expressions.probability import Probability
from mclib.spreadsheets.addins import Draw
from mclib.spreadsheets.evaluating import Evaluator
from mclib.spreadsheets.families import FAMILIES, INVERSES, Family
from mclib.spreadsheets.formulas import Tree
from mclib.spreadsheets.refusals import Refusal
from mclib.spreadsheets.values import (
    NUMBER,
    Area,
    Fault,
    Traced,
    Value,
    choice,
    expression,
    may_fail,
    number,
)


def family(name: str) -> Family:
    """Return what a function draws from."""
    return FAMILIES[name] if name in FAMILIES else INVERSES[name]


def distribution(draw: Draw, evaluator: Evaluator) -> Distribution:
    """Return the distribution of a draw: with numbers, or with traced values.

    Raises
    ------
    Refusal
        If its parameters are none.
    ArgumentError
        If they break its law.
    """
    parameters = [argument(each, evaluator) for each in draw.arguments]
    low, high, shift = (
        None if each is None else argument(each, evaluator)
        for each in (draw.low, draw.high, draw.shift)
    )
    if low is not None or high is not None:
        # What is cut off needs numbers: those of the model's parameters, traced for them.
        parameters = [_fixed(each) for each in parameters]
        low, high = _fixed(low), _fixed(high)
    try:
        made = family(draw.family).make(*parameters)
        if low is not None or high is not None:
            made = Truncated(made, low, high)
        return made if shift is None else Shifted(made, shift)
    except ArgumentError as error:
        message = f"what `{draw.family}` draws at {draw.cell}: {error}"
        raise ArgumentError(message) from None


def argument(tree: Tree | None, evaluator: Evaluator) -> Any:
    """Return a parameter of a distribution: a number, a traced value, or a list of numbers.

    Raises
    ------
    Refusal
        If it is neither.
    """
    value = None if tree is None else evaluator.value(tree)
    if isinstance(value, Area):
        found = [_single(each) for each in value if each is not None]
        if any(isinstance(each, Expression) for each in found):
            raise Refusal("it draws from a table whose numbers are random")
        return found
    return _single(value)


def _fixed(value: Any) -> Any:
    return float(value) if isinstance(value, Expression) else value


def _single(value: Value) -> Any:
    known = number(value)
    if isinstance(known, Fault):
        raise Refusal(f"it draws from a distribution with {known!r} as a parameter")
    return expression(known)


def quantile(of: Distribution, p: Any) -> Value:
    """Return the quantile function of a distribution at a number or a traced value."""
    parameters = _parameters(of)
    if not isinstance(p, Expression) and not parameters:
        return float(of.quantile(p))
    return Traced(of.draw(Probability.of(p)))


def _parameters(of: Distribution) -> list[Expression]:
    inner = getattr(of, "distribution", None)
    own = [each for each in of.parameters.values() if isinstance(each, Expression)]
    return own + (_parameters(inner) if isinstance(inner, Distribution) else [])


def inverse(name: str) -> Any:
    """Return a quantile function of spreadsheets, as formulas call it."""
    made = INVERSES[name]

    def applied(p: Any, *parameters: Any) -> Value:
        if isinstance(p, float) and not 0.0 < p < 1.0:
            return NUMBER
        try:
            of = made.make(*map(expression, parameters))
        except ArgumentError:
            return NUMBER
        found = quantile(of, expression(p))
        if not isinstance(p, Traced):
            return found
        outside = (p.value <= 0.0) | (p.value >= 1.0)
        if may_fail(p):
            outside = outside | (p.value != p.value)
        return choice(Traced(outside), NUMBER, found)

    return applied
