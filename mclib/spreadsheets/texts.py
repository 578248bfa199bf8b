"""Texts and dates, which are the same in every trial; a date is a number of days."""

import calendar
import datetime as dt
import math
from typing import Any

from mclib.spreadsheets.aggregates import singles
from mclib.spreadsheets.comparisons import text_of
from mclib.spreadsheets.evaluating import Function, plain
from mclib.spreadsheets.refusals import Refusal
from mclib.spreadsheets.values import (
    NUMBER,
    VALUE,
    Branch,
    Fault,
    Traced,
    Value,
    number,
    number_of_text,
)

_EPOCH = dt.date(1899, 12, 30)
_LAST = 2_958_465


def _whole(value: Value) -> Any:
    found = number(value)
    return found if isinstance(found, Fault) else math.floor(found)


def _day(value: Value) -> Any:
    days = _whole(value)
    if isinstance(days, Fault):
        return days
    return _EPOCH + dt.timedelta(days=days) if 0 <= days <= _LAST else NUMBER


def _of_day(part: Any) -> Any:
    def applied(value: Value) -> Value:
        day = _day(value)
        return day if isinstance(day, Fault) else float(part(day))

    return applied


def _date(year: Value, month: Value, day: Value) -> Value:
    parts = [_whole(each) for each in (year, month, day)]
    for each in parts:
        if isinstance(each, Fault):
            return each
    years, months, days = parts
    years += 1900 if 0 <= years < 1900 else 0
    years, months = years + (months - 1) // 12, (months - 1) % 12 + 1
    if not 1900 <= years <= 9999:
        return NUMBER
    first = dt.date(years, months, 1)
    return float((first - _EPOCH).days + days - 1)


def _moved(value: Value, months: Value, *, to_end: bool) -> Value:
    day, by = _day(value), _whole(months)
    for each in (day, by):
        if isinstance(each, Fault):
            return each
    total = day.year * 12 + day.month - 1 + by
    year, month = divmod(total, 12)
    if not 1900 <= year <= 9999:
        return NUMBER
    last = calendar.monthrange(year, month + 1)[1]
    made = dt.date(year, month + 1, last if to_end else min(day.day, last))
    return float((made - _EPOCH).days)


def _weekday(value: Value, kind: Value = 1.0) -> Value:
    day, way = _day(value), _whole(kind)
    if isinstance(day, Fault) or isinstance(way, Fault):
        return day if isinstance(day, Fault) else way
    if way == 1:
        return float(day.isoweekday() % 7 + 1)
    return float(day.isoweekday() - (way == 3))


def _share_of_year(start: Value, end: Value, basis: Value = 0.0) -> Value:
    first, last, way = _day(start), _day(end), _whole(basis)
    for each in (first, last, way):
        if isinstance(each, Fault):
            return each
    first, last = min(first, last), max(first, last)
    if way in {2, 3}:
        return (last - first).days / (360.0 if way == 2 else 365.0)
    if way not in {0, 4}:
        raise Refusal("it counts days by their actual years")
    return _days_of_360(first, last, european=way == 4) / 360.0


def _days_of_360(first: dt.date, last: dt.date, *, european: bool) -> float:
    start, end = first.day, last.day
    if european:
        start, end = min(start, 30), min(end, 30)
    else:
        if _ends_february(first):
            end = 30 if _ends_february(last) else end
            start = 30
        end = 30 if end == 31 and start >= 30 else end
        start = min(start, 30)
    return float(
        (last.year - first.year) * 360 + (last.month - first.month) * 30 + end - start
    )


def _ends_february(day: dt.date) -> bool:
    return day.month == 2 and (day + dt.timedelta(days=1)).month == 3


def _joined(*values: Value) -> Value:
    parts = []
    for value, _ in singles(values):
        if isinstance(value, (Traced, Branch)):
            raise Refusal("it joins to a text what is random")
        if isinstance(value, Fault):
            return value
        parts.append(text_of(value))
    return "".join(parts)


def _value(text: Value) -> Value:
    return number_of_text(text) if isinstance(text, str) else number(text)


def _left(text: Value, n: Value = 1.0) -> Value:
    size = _whole(n)
    return size if isinstance(size, Fault) else text_of(text)[: max(size, 0)]


def _right(text: Value, n: Value = 1.0) -> Value:
    size = _whole(n)
    if isinstance(size, Fault):
        return size
    return text_of(text)[-size:] if size > 0 else ""


def _middle(text: Value, start: Value, n: Value) -> Value:
    first, size = _whole(start), _whole(n)
    for each in (first, size):
        if isinstance(each, Fault):
            return each
    return text_of(text)[first - 1 : first - 1 + size] if first >= 1 <= size + 1 else VALUE


FUNCTIONS: dict[str, Function] = {
    "DATE": plain(_date, 3),
    "YEAR": plain(_of_day(lambda day: day.year)),
    "MONTH": plain(_of_day(lambda day: day.month)),
    "DAY": plain(_of_day(lambda day: day.day)),
    "WEEKDAY": plain(_weekday, 1, 2),
    "EDATE": plain(lambda a, n: _moved(a, n, to_end=False), 2),
    "EOMONTH": plain(lambda a, n: _moved(a, n, to_end=True), 2),
    "YEARFRAC": plain(_share_of_year, 2, 3),
    "CONCATENATE": Function(_joined, 1, 255, "areas"),
    "CONCAT": Function(_joined, 1, 255, "areas"),
    "UPPER": plain(lambda text: text_of(text).upper()),
    "LOWER": plain(lambda text: text_of(text).lower()),
    "TRIM": plain(lambda text: " ".join(text_of(text).split())),
    "LEN": plain(lambda text: float(len(text_of(text)))),
    "LEFT": plain(_left, 1, 2),
    "RIGHT": plain(_right, 1, 2),
    "MID": plain(_middle, 3),
    "VALUE": plain(_value),
    "EXACT": plain(lambda a, b: text_of(a) == text_of(b), 2),
}
