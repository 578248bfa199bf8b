"""Comparing cells, finding what meets a criterion, and joining texts."""

import operator
import re
from collections.abc import Callable
from typing import Any

from mclib.spreadsheets import arithmetic
from mclib.spreadsheets.refusals import Refusal
from mclib.spreadsheets.values import (
    Branch,
    Fault,
    Traced,
    Value,
    Wanted,
    choice,
    each,
    expression,
    failing,
    number_of_text,
)

_SIGNS: dict[str, Callable[[Any, Any], Any]] = {
    "=": operator.eq,
    "<>": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_CRITERION = re.compile(r"(<>|<=|>=|=|<|>)?(.*)", re.DOTALL)


def compare(sign: str, a: Value, b: Value) -> Value:
    """Return whether two values compare so; numbers are below texts, texts below truths."""
    return each(lambda x, y: _compared(sign, x, y), a, b)


def _compared(sign: str, a: Value, b: Value) -> Value:
    a, b = _like(a, b), _like(b, a)
    left, right = _rank(a), _rank(b)
    if left != right:
        return _SIGNS[sign](left, right)
    if left == 1:
        return _SIGNS[sign](str(a).lower(), str(b).lower())
    if left == 2:
        return _truths(sign, a, b)
    return _numbers(sign, a, b)


def _like(value: Value, other: Value) -> Value:
    if isinstance(value, Wanted):
        raise Refusal("it joins to a text what is random")
    if value is not None:
        return value
    rank = 0 if other is None else _rank(other)
    return (0.0, "", False)[rank]


def _rank(value: Value) -> int:
    if isinstance(value, bool):
        return 2
    if isinstance(value, str):
        return 1
    return 2 if isinstance(value, Traced) and value.is_truth else 0


def _truths(sign: str, a: Value, b: Value) -> Value:
    if arithmetic.is_plain(a, b):
        return _SIGNS[sign](a, b)
    sides = [each.value if isinstance(each, Traced) else each for each in (a, b)]
    if sign in {"=", "<>"}:
        differ = sides[0] ^ sides[1]
        return Traced(differ if sign == "<>" else ~differ, failing=_either(a, b))
    raise Refusal("it asks which of two conditions is larger")


def _numbers(sign: str, a: Any, b: Any) -> Value:
    if sign in {">", ">="}:
        a, b, sign = b, a, {">": "<", ">=": "<="}[sign]
    if sign == "<":
        made = arithmetic.less(a, b)
    elif sign == "<=":
        made = arithmetic.less(b, a)
    else:
        made = arithmetic.equal(a, b)
    if isinstance(made, bool):
        return made if sign in {"=", "<"} else not made
    return Traced(made if sign in {"=", "<"} else ~made, failing=_either(a, b))


def _either(a: Value, b: Value) -> Any:
    found = [failing(each) for each in (a, b) if isinstance(each, Traced)]
    known = [each for each in found if each is not None]
    return known[0] if len(known) == 1 else (known[0] | known[1] if known else None)


def joined(a: Value, b: Value) -> Value:
    """Return two values as one text."""

    def applied(x: Value, y: Value) -> Value:
        if isinstance(y, Traced) and x in _SIGNS and not y.is_truth:
            return Wanted(x, y)
        if not arithmetic.is_plain(x, y) or isinstance(x, Wanted) or isinstance(y, Wanted):
            raise Refusal("it joins to a text what is random")
        return text_of(x) + text_of(y)

    return each(applied, a, b)


def text_of(value: Value) -> str:
    """Return a constant as a text."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float):
        return (
            f"{value:.15g}" if value != int(value) or abs(value) >= 1e15 else f"{value:.0f}"
        )
    return str(value)


def criterion(given: Value) -> Callable[[Value], Value]:
    """Return the condition that ``SUMIF`` and its like are given.

    Returns
    -------
    callable
        From what a cell holds to a bool or a traced truth.
    """
    if isinstance(given, Branch):
        yes, no = criterion(given.yes), criterion(given.no)
        return lambda value: choice(Traced(given.condition), yes(value), no(value))
    if isinstance(given, Wanted):
        return lambda value: _meets(given.sign, value, given.value)
    if not isinstance(given, str):
        return lambda value: _meets("=", value, 0.0 if given is None else given)
    matched = _CRITERION.fullmatch(given)
    sign, text = (matched[1] or "="), matched[2]  # type: ignore[index]
    found = number_of_text(text)
    if not isinstance(found, Fault):
        return lambda value: _meets(sign, value, found)
    if text.upper() in {"TRUE", "FALSE"}:
        return lambda value: _meets(sign, value, text.upper() == "TRUE")
    if sign in {"=", "<>"}:
        return _by_pattern(text, is_wanted=sign == "=", was_signed=matched[1] is not None)  # type: ignore[index]
    return lambda value: _meets(sign, value, text)


def _meets(sign: str, value: Value, wanted: Value) -> Value:
    if isinstance(value, Branch):
        sides = (_meets(sign, side, wanted) for side in (value.yes, value.no))
        return choice(Traced(value.condition), *sides)
    if isinstance(value, Fault) or value is None:
        return sign == "<>"
    if isinstance(value, str) and isinstance(wanted, float):
        as_number = number_of_text(value)
        value = value if isinstance(as_number, Fault) else as_number
    if _rank(value) != _rank(wanted):
        return sign == "<>"
    met = _compared(sign, value, wanted)
    if isinstance(met, Traced) and met.failing is not None:
        # A fault meets no criterion; nor is it one of the sum.
        return Traced(expression(met) & ~met.failing)
    return met


def _by_pattern(
    text: str, *, is_wanted: bool, was_signed: bool
) -> Callable[[Value], Value]:
    pattern = wildcard(text)

    def meets(value: Value) -> Value:
        if isinstance(value, Branch):
            return choice(Traced(value.condition), meets(value.yes), meets(value.no))
        if value is None:
            is_met = text == "" and was_signed
        else:
            is_met = isinstance(value, str) and bool(pattern.fullmatch(value))
        return is_met == is_wanted

    return meets


def wildcard(text: str) -> re.Pattern[str]:
    """Return a pattern with ``*``, ``?`` and ``~`` as a spreadsheet has them."""
    parts = []
    marks = iter(text)
    for mark in marks:
        if mark == "~":
            parts.append(re.escape(next(marks, "~")))
        else:
            parts.append({"*": ".*", "?": "."}.get(mark, re.escape(mark)))
    return re.compile("".join(parts), re.IGNORECASE | re.DOTALL)
