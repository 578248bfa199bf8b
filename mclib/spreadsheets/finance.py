"""Functions of money and time: present values, payments, rates of return, depreciation."""

import math
from typing import Any

from mclib.expressions.functions import absolute, clip, isfinite, where
from mclib.expressions.loops import scan
from mclib.spreadsheets import arithmetic
from mclib.spreadsheets.aggregates import counted, singles
from mclib.spreadsheets.arithmetic import add, divide, is_plain, multiply, power, subtract
from mclib.spreadsheets.evaluating import Function, numeric
from mclib.spreadsheets.mathematics import FUNCTIONS as MATHEMATICS
from mclib.spreadsheets.refusals import Refusal
from mclib.spreadsheets.values import (
    NUMBER,
    Area,
    Branch,
    Fault,
    Traced,
    Value,
    expression,
    finite,
    number,
    single,
)

_MOST_STEPS = 64
_NEAR = 1e-13
"""A step of Newton's in parts of the discount factor, at which it has arrived."""

_SMALL = 1e-8
"""In parts of all flows: a net present value that counts as zero."""

_ln = MATHEMATICS["LN"].apply


def flows(values: tuple[Value, ...]) -> Any:
    """Return the numbers of arguments in order; a fault if one is a fault."""
    found = []
    for value, in_area in singles(values):
        known = number(value) if isinstance(value, Branch) else value
        one, counts = counted(known, in_area=in_area, neutral=0.0)
        if isinstance(one, Fault):
            return one
        if counts:
            found.append(one)
    return found


def _net_present_value(rate: Value, *values: Value) -> Value:
    at, found = number(single(rate)), flows(values)
    for each in (at, found):
        if isinstance(each, Fault):
            return each
    factor = divide(1.0, add(1.0, at))
    if isinstance(factor, Fault):
        return factor
    total: Any = 0.0
    for place, each in enumerate(reversed(found)):
        total = each if place == 0 else add(total, each)
        total = multiply(total, factor)
    return total


def _value_by_days(rate: Value, values: Value, days: Value) -> Value:
    at, found, when = number(single(rate)), flows((values,)), flows((days,))
    for each in (at, found, when):
        if isinstance(each, Fault):
            return each
    if not is_plain(*when):
        raise Refusal("its days are random")
    if len(found) != len(when) or not found:
        return NUMBER
    base = add(1.0, at)
    total: Any = 0.0
    for each, day in zip(found, when, strict=True):
        total = add(total, divide(each, power(base, (day - when[0]) / 365.0)))
    return total


def _value_at(found: list[Any], v: Any) -> tuple[Any, Any, Any]:
    """Return the present value, its slope in the discount factor, and the flows' size."""
    total: Any = 0.0
    slope: Any = 0.0
    size: Any = 0.0
    for each in reversed(found):
        slope = slope * v + total
        total = total * v + each
        size = size * v + absolute(each)
    return total, slope, size


def solved(found: list[Any], guess: Any) -> Any:
    """Return the rate at which flows, a period apart, are worth nothing; NaN if none.

    Newton's steps in the discount factor, each at most eightfold, until a trial has arrived
    or `_MOST_STEPS` are done.
    """

    def step(state: Any) -> Any:
        v, _ = state
        total, slope, _ = _value_at(found, v)
        following = clip(v - total / slope, v * 0.125, v * 8.0)
        return following, absolute(following - v)

    start = 1.0 / (1.0 + guess)
    v, _ = scan(
        step, (start, 1.0), _MOST_STEPS, until=lambda state: ~(state[1] > state[0] * _NEAR)
    )
    total, _, size = _value_at(found, v)
    holds = (absolute(total) <= size * _SMALL) & isfinite(v) & (v > 0.0)
    return where(holds, 1.0 / v - 1.0, math.nan)


def _internal_rate(values: Value, guess: Value = 0.1) -> Value:
    found, first = flows((values,)), number(single(guess))
    for each in (found, first):
        if isinstance(each, Fault):
            return each
    if not is_plain(first):
        raise Refusal("its guess is random")
    if len(found) < 2 or first <= -1.0:
        return NUMBER
    if is_plain(*found):
        if min(found) >= 0.0 or max(found) <= 0.0:
            return NUMBER
        return finite(_number(solved(found, first)))
    return Traced(solved([expression(each) for each in found], first), may_fail=True)


def _number(value: Any) -> float:
    from mclib.expressions.tracing import plain_numbers

    return float(plain_numbers(value))


def _modified_rate(values: Value, finance: Value, reinvest: Value) -> Value:
    found = flows((values,))
    paid, earned = number(single(finance)), number(single(reinvest))
    for each in (found, paid, earned):
        if isinstance(each, Fault):
            return each
    spent = [_least(each, 0.0) for each in found]
    got = [subtract(each, low) for each, low in zip(found, spent, strict=True)]
    cost = _net_present_value(paid, *spent)
    gain = _net_present_value(earned, *got)
    if isinstance(cost, Fault) or isinstance(gain, Fault) or len(found) < 2:
        return NUMBER
    n = float(len(found))
    future = multiply(gain, power(add(1.0, earned), n))
    now = arithmetic.negative(multiply(cost, add(1.0, paid)))
    ratio = divide(future, now)
    if isinstance(ratio, Fault):
        return ratio
    grown = power(ratio, 1.0 / (n - 1.0))
    return grown if isinstance(grown, Fault) else subtract(grown, 1.0)


def _least(a: Any, b: float) -> Any:
    if is_plain(a):
        return min(a, b)
    return Traced(where(a.value < b, a.value, b), a.may_fail)


def _growth(rate: Any, n: Any) -> tuple[Any, Any]:
    """Return ``(1 + r)**n`` and ``((1 + r)**n - 1) / r``, which is n for a rate of 0."""
    grown = power(add(1.0, rate), n)
    if isinstance(grown, Fault):
        return grown, grown
    if is_plain(rate) and rate == 0.0:
        return grown, n
    if is_plain(rate):
        return grown, divide(subtract(grown, 1.0), rate)
    r = expression(rate)
    part = (expression(grown) - 1.0) / where(r == 0.0, 1.0, r)
    sums = where(r == 0.0, expression(n), part)
    return grown, Traced(sums, may_fail=True)


def _due(rate: Any, kind: Any) -> Any:
    return add(1.0, multiply(rate, kind))


def _all(operation: Any, *values: Any) -> Any:
    for each in values:
        if isinstance(each, Fault):
            return each
    return operation(*values)


def _future_value(rate: Any, n: Any, payment: Any, now: Any = 0.0, kind: Any = 0.0) -> Any:
    grown, sums = _growth(rate, n)

    def made(g: Any, s: Any) -> Any:
        paid = multiply(multiply(payment, _due(rate, kind)), s)
        return arithmetic.negative(add(multiply(now, g), paid))

    return _all(made, grown, sums)


def _present_value(
    rate: Any, n: Any, payment: Any, later: Any = 0.0, kind: Any = 0.0
) -> Any:
    grown, sums = _growth(rate, n)

    def made(g: Any, s: Any) -> Any:
        paid = multiply(multiply(payment, _due(rate, kind)), s)
        worth = divide(add(later, paid), g)
        return worth if isinstance(worth, Fault) else arithmetic.negative(worth)

    return _all(made, grown, sums)


def _payment(rate: Any, n: Any, now: Any, later: Any = 0.0, kind: Any = 0.0) -> Any:
    grown, sums = _growth(rate, n)

    def made(g: Any, s: Any) -> Any:
        owed = add(multiply(now, g), later)
        part = divide(owed, multiply(_due(rate, kind), s))
        return part if isinstance(part, Fault) else arithmetic.negative(part)

    return _all(made, grown, sums)


def interest(
    rate: Any, period: Any, n: Any, now: Any, later: Any = 0.0, kind: Any = 0.0
) -> Any:
    """Return ``IPMT``: the interest in one payment of a loan."""
    if not is_plain(kind, period):
        raise Refusal("the period that it asks for is random")
    if period < 1.0:
        return NUMBER
    payment = _payment(rate, n, now, later, kind)
    if isinstance(payment, Fault):
        return payment
    if kind and period == 1.0:
        return 0.0
    owed = _future_value(rate, period - 1.0, payment, now, kind)
    paid = _all(lambda balance: multiply(balance, rate), owed)
    return _all(lambda i: divide(i, add(1.0, rate)) if kind else i, paid)


def principal(
    rate: Any, period: Any, n: Any, now: Any, later: Any = 0.0, kind: Any = 0.0
) -> Any:
    """Return ``PPMT``: what one payment of a loan pays back."""
    payment = _payment(rate, n, now, later, kind)
    paid = interest(rate, period, n, now, later, kind)
    return _all(subtract, payment, paid)


def _periods(rate: Any, payment: Any, now: Any, later: Any = 0.0, kind: Any = 0.0) -> Any:
    if is_plain(rate) and rate == 0.0:
        made = divide(add(now, later), payment)
        return made if isinstance(made, Fault) else arithmetic.negative(made)
    due = divide(multiply(payment, _due(rate, kind)), rate)
    if isinstance(due, Fault):
        return due
    ratio = divide(subtract(due, later), add(due, now))
    above = ratio if isinstance(ratio, Fault) else _ln(ratio)
    below = _ln(add(1.0, rate))
    return _all(divide, above, below)


def _rate(
    n: Any, payment: Any, now: Any, later: Any = 0.0, kind: Any = 0.0, guess: Any = 0.1
) -> Any:
    if not is_plain(n, kind, guess) or n != int(n) or not 1.0 <= n <= _MOST_PERIODS:
        raise Refusal("its number of periods is random, not whole, or above 1,000")
    regular = [payment] * int(n)
    found = [now, *regular] if not kind else [add(now, payment), *regular[1:], 0.0]
    found[-1] = add(found[-1], later)
    return _internal_rate(Area((tuple(found),)), guess)


_MOST_PERIODS = 1_000


def _straight_line(cost: Any, salvage: Any, life: Any) -> Any:
    return divide(subtract(cost, salvage), life)


def _sum_of_years(cost: Any, salvage: Any, life: Any, period: Any) -> Any:
    left = add(subtract(life, period), 1.0)
    share = divide(multiply(left, 2.0), multiply(life, add(life, 1.0)))
    return share if isinstance(share, Fault) else multiply(subtract(cost, salvage), share)


def _effective(rate: Any, periods: Any) -> Any:
    part = divide(rate, periods)
    if isinstance(part, Fault):
        return part
    grown = power(add(1.0, part), periods)
    return grown if isinstance(grown, Fault) else subtract(grown, 1.0)


FUNCTIONS = {
    "NPV": Function(_net_present_value, 2, 255, "areas"),
    "XNPV": Function(_value_by_days, 3, 3, "areas"),
    "IRR": Function(_internal_rate, 1, 2, "areas"),
    "MIRR": Function(_modified_rate, 3, 3, "areas"),
    "FV": numeric(_future_value, 3, 5),
    "PV": numeric(_present_value, 3, 5),
    "PMT": numeric(_payment, 3, 5),
    "IPMT": numeric(interest, 4, 6),
    "PPMT": numeric(principal, 4, 6),
    "NPER": numeric(_periods, 3, 5),
    "RATE": numeric(_rate, 3, 6),
    "SLN": numeric(_straight_line, 3),
    "SYD": numeric(_sum_of_years, 4),
    "EFFECT": numeric(_effective, 2),
}
