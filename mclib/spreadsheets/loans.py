"""Functions of loans over many periods, of depreciation, and of flows on given days."""

import math
from typing import Any

from mclib.expressions.functions import absolute, clip, isfinite, power, where
from mclib.expressions.loops import scan
from mclib.expressions.tracing import plain_numbers
from mclib.spreadsheets.arithmetic import add, is_plain, multiply, subtract
from mclib.spreadsheets.evaluating import Function, numeric
from mclib.spreadsheets.finance import flows, interest, principal
from mclib.spreadsheets.refusals import Refusal
from mclib.spreadsheets.values import (
    NUMBER,
    Fault,
    Traced,
    Value,
    expression,
    finite,
    number,
    on_numbers,
    single,
)

_MOST_PERIODS = 1_000
_MOST_STEPS = 64


def _lesser(a: Any, b: Any) -> Any:
    if is_plain(a, b):
        return min(a, b)
    left, right = expression(a), expression(b)
    return Traced(where(left < right, left, right), may_fail=True)


def _summed(part: Any) -> Any:
    def applied(rate: Any, n: Any, now: Any, first: Any, last: Any, kind: Any = 0.0) -> Any:
        if not is_plain(first, last, kind):
            raise Refusal("the periods that it asks for are random")
        if not 1.0 <= first <= last <= _MOST_PERIODS:
            return NUMBER
        total: Any = 0.0
        for period in range(int(first), int(last) + 1):
            one = part(rate, float(period), n, now, 0.0, kind)
            if isinstance(one, Fault):
                return one
            total = add(total, one)
        return total

    return applied


def _declining(cost: Any, salvage: Any, life: Any, period: Any, factor: Any = 2.0) -> Any:
    """Return ``DDB``: so much of what is left, until the salvage value is reached."""
    if not is_plain(life, period, factor):
        raise Refusal("the life or the period that it asks for is random")
    if not 0.0 < period <= life or factor <= 0.0:
        return NUMBER
    left: Any = cost
    written_off: Any = 0.0
    for _ in range(math.ceil(period)):
        most = _positive(subtract(left, salvage))
        written_off = _lesser(multiply(left, min(factor / life, 1.0)), most)
        left = subtract(left, written_off)
    return written_off


def _positive(a: Any) -> Any:
    if is_plain(a):
        return max(a, 0.0)
    return Traced(where(a.value < 0.0, 0.0, a.value), a.may_fail)


def _rate_by_days(values: Value, days: Value, guess: Value = 0.1) -> Value:
    """Return ``XIRR``, by Newton's steps in the logarithm of one and the rate."""
    found, when, first = flows((values,)), flows((days,)), number(single(guess))
    for each in (found, when, first):
        if isinstance(each, Fault):
            return each
    if not is_plain(first, *when):
        raise Refusal("its days or its guess are random")
    if len(found) != len(when) or len(found) < 2 or first <= -1.0:
        return NUMBER
    if is_plain(*found) and (min(found) >= 0.0 or max(found) <= 0.0):
        return NUMBER
    years = [(day - when[0]) / 365.0 for day in when]
    amounts = [expression(each) for each in found]

    def worth(base: Any) -> tuple[Any, Any, Any]:
        total: Any = 0.0
        slope: Any = 0.0
        size: Any = 0.0
        for amount, year in zip(amounts, years, strict=True):
            now = amount * power(base, -year)
            total, slope = total + now, slope - year * now / base
            size = size + absolute(now)
        return total, slope, size

    def step(state: Any) -> Any:
        base, _ = state
        total, slope, _ = worth(base)
        following = clip(base - total / slope, base * 0.125, base * 8.0)
        return following, absolute(following - base)

    start = (1.0 + first, 1.0)
    base, _ = scan(
        step, start, _MOST_STEPS, until=lambda state: ~(state[1] > state[0] * 1e-13)
    )
    total, _, size = worth(base)
    holds = (absolute(total) <= size * 1e-8) & isfinite(base)
    rate = where(holds, base - 1.0, math.nan)
    return finite(float(plain_numbers(rate))) if is_plain(*found) else Traced(rate, True)


def _rank(value: Value, area: Value, order: Value = 0.0) -> Value:
    """Return ``RANK``: one more than there are numbers before."""
    rising = number(single(order))
    if not is_plain(rising):
        raise Refusal("the order of its ranks is random")
    among = flows((area,))
    if isinstance(among, Fault):
        return among

    def applied(a: Any) -> Any:
        rank: Any = 1.0
        for each in among:
            low, high = (each, a) if rising else (a, each)
            if is_plain(low, high):
                rank = add(rank, float(low < high))
            else:
                before = where(expression(low) < expression(high), 1.0, 0.0)
                rank = add(rank, Traced(before))
        return rank

    return on_numbers(applied, single(value))


FUNCTIONS: dict[str, Function] = {
    "CUMIPMT": numeric(_summed(interest), 6),
    "CUMPRINC": numeric(_summed(principal), 6),
    "DDB": numeric(_declining, 4, 5),
    "XIRR": Function(_rate_by_days, 2, 3, "areas"),
    "RANK": Function(_rank, 2, 3, "areas"),
    "RANK.EQ": Function(_rank, 2, 3, "areas"),
    "DAYS": numeric(subtract, 2),
}
