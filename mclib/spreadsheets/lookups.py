"""Functions that look something up: in a table, a row, a column, by place or by key."""

import bisect
import math
from typing import Any

from mclib.expressions.expression import Expression
from mclib.expressions.functions import floor, where
from mclib.expressions.tables import lookup
from mclib.spreadsheets import arithmetic
from mclib.spreadsheets.arithmetic import is_plain
from mclib.spreadsheets.comparisons import compare, wildcard
from mclib.spreadsheets.evaluating import Function
from mclib.spreadsheets.refusals import Refusal
from mclib.spreadsheets.values import (
    MISSING,
    REFERENCE,
    VALUE,
    Area,
    Branch,
    Fault,
    Traced,
    Value,
    choice,
    expression,
    failing,
    number,
    single,
    truth,
)

_COUNTED = 16
"""Keys up to which a place is found by counting; more are halved."""


def picked(place: Any, values: list[Value]) -> Value:
    """Return the value at a place, counted from 1; a fault where there is none.

    Parameters
    ----------
    place : float, Traced or Fault
        A whole number.
    values : list of single values
    """
    if isinstance(place, Fault):
        return place
    if is_plain(place):
        inside = 1 <= int(place) <= len(values)
        return values[int(place) - 1] if inside else REFERENCE
    where_to = expression(place)
    known = [0.0 if value is None else value for value in values]
    inside = (where_to >= 1.0) & (where_to < len(values) + 1.0)
    if all(isinstance(value, float) for value in known):
        made = lookup([float(value) for value in known], floor(where_to) - 1.0)
        return Traced(where(inside, made, math.nan), may_fail=True)
    chosen: Value = known[-1]
    for i in range(len(known) - 1, 0, -1):
        chosen = choice(Traced(where_to < i + 1.0), known[i - 1], chosen)
    return choice(Traced(inside), chosen, REFERENCE)


def found_exactly(key: Value, keys: list[Value], *, from_last: bool = False) -> Any:
    """Return the place of the first key that is equal, counted from 1; ``#N/A`` if none."""
    if isinstance(key, Branch):
        sides = (found_exactly(side, keys) for side in (key.yes, key.no))
        return number_choice(key, *sides)
    if isinstance(key, Fault):
        return key
    order = range(len(keys)) if from_last else range(len(keys) - 1, -1, -1)
    if isinstance(key, Traced) and not key.is_truth and _many_numbers(keys):
        return _among_sorted(key, keys)
    place: Any = MISSING
    pattern = wildcard(key) if isinstance(key, str) and set("*?~") & set(key) else None
    for i in order:
        if pattern is not None and isinstance(keys[i], str):
            is_it: Any = bool(pattern.fullmatch(keys[i]))
        elif keys[i] is None or isinstance(keys[i], Fault):
            continue
        else:
            is_it = truth(compare("=", key, keys[i]))
        if isinstance(is_it, Traced) and is_it.failing is not None:
            is_it = Traced(is_it.value & ~is_it.failing)
        place = choice(is_it, float(i + 1), place)
    if isinstance(key, Traced) and (bad := failing(key)) is not None:
        place = choice(Traced(bad), MISSING, place)
    return place


def number_choice(branch: Branch, yes: Any, no: Any) -> Any:
    """Return one of two places."""
    return choice(Traced(branch.condition), yes, no)


def _many_numbers(keys: list[Value]) -> bool:
    numbers = [key for key in keys if isinstance(key, float) and not isinstance(key, bool)]
    return len(numbers) > _COUNTED and not any(
        isinstance(key, (Traced, Branch)) for key in keys
    )


def _among_sorted(key: Traced, keys: list[Value]) -> Any:
    first: dict[float, int] = {}
    for i, each in enumerate(keys, start=1):
        if isinstance(each, float) and not isinstance(each, bool):
            first.setdefault(each, i)
    rising = sorted(first)
    # The nearest below a hair above the key is the equal one, if there is one.
    hair = abs(expression(key)) * 2.0**-48
    rank = _rank(expression(key) + hair, rising)
    at = lookup([0.0, *rising], rank)
    is_it = (rank >= 1.0) & (abs(at - expression(key)) <= hair)
    place = lookup([0.0, *(float(first[each]) for each in rising)], rank)
    return Traced(where(is_it, place, math.nan), may_fail=True)


def _rank(key: Any, rising: list[float]) -> Any:
    """Return how many of rising numbers are not above a traced one."""
    if len(rising) <= _COUNTED:
        rank: Any = 0.0
        for each in rising:
            rank = rank + where(key >= each, 1.0, 0.0)
        return rank
    step = 1 << (len(rising).bit_length() - 1)
    padded = [*rising, *([math.inf] * (2 * step - len(rising)))]
    rank = 0.0
    while step:
        there = (
            lookup(padded, rank + (step - 1.0))
            if isinstance(rank, Expression)
            else padded[step - 1]
        )
        rank = rank + where(key >= there, float(step), 0.0)
        step //= 2
    return rank


def found_below(key: Value, keys: list[Value]) -> Any:
    """Return the place of the last key not above, of keys that rise; ``#N/A`` if none."""
    if isinstance(key, Branch):
        sides = (found_below(side, keys) for side in (key.yes, key.no))
        return number_choice(key, *sides)
    if isinstance(key, Fault):
        return key
    if is_plain(key, *keys) and not any(isinstance(each, Branch) for each in keys):
        return _below_plainly(key, keys)
    if isinstance(key, (str, bool)):
        raise Refusal("it looks up a text among cells that differ from trial to trial")
    numbers: list[tuple[int, Any]] = [
        (i, each)
        for i, each in enumerate(keys, start=1)
        if isinstance(each, (float, Traced)) and not isinstance(each, bool)
    ]
    if not numbers:
        return MISSING
    if is_plain(*(each for _, each in numbers)):
        rank = _rank(expression(key), [each for _, each in numbers])
        place = lookup([0.0, *(float(i) for i, _ in numbers)], rank)
        bad = rank < 1.0
    else:
        place = 0.0
        for i, each in numbers:
            place = where(expression(each) <= expression(key), float(i), place)
        bad = place < 1.0
    if isinstance(key, Traced) and (fails := failing(key)) is not None:
        bad = bad | fails
    return Traced(where(bad, math.nan, place), may_fail=True)


def _below_plainly(key: Value, keys: list[Value]) -> Any:
    def order(value: Value) -> tuple[int, Any] | None:
        if value is None or isinstance(value, Fault):
            return None
        if isinstance(value, bool):
            return 2, value
        return (1, value.lower()) if isinstance(value, str) else (0, value)

    wanted = order(0.0 if key is None else key)
    alike = [
        (known, i)
        for i, each in enumerate(keys, start=1)
        if (known := order(each)) is not None and known[0] == wanted[0]  # type: ignore[index]
    ]
    count = bisect.bisect_right([known for known, _ in alike], wanted)  # type: ignore[type-var]
    return float(alike[count - 1][1]) if count else MISSING


def _found_above(key: Value, keys: list[Value]) -> Any:
    """Return the place of the last key not below, of keys that fall."""
    negated = [_negated(each) for each in keys]
    return found_below(_negated(key), negated)


def _negated(value: Value) -> Value:
    made = number(value)
    if isinstance(made, Fault):
        raise Refusal("it looks up a text in falling order")
    return arithmetic.negative(made)


def _columns(area: Area) -> list[list[Value]]:
    return [list(column) for column in zip(*area.rows, strict=True)]


def _place(key: Value, keys: list[Value], nearest: Value) -> Any:
    approximate = truth(single(nearest))
    if isinstance(approximate, Fault):
        return approximate
    if isinstance(approximate, Traced):
        raise Refusal("whether it looks up exactly is random")
    return found_below(key, keys) if approximate else found_exactly(key, keys)


def _vertical(key: Value, table: Value, index: Value, nearest: Value = True) -> Value:
    if not isinstance(table, Area):
        return VALUE
    columns = _columns(table)
    return _looked_up(single(key), columns[0], columns, single(index), nearest)


def _horizontal(key: Value, table: Value, index: Value, nearest: Value = True) -> Value:
    if not isinstance(table, Area):
        return VALUE
    rows = [list(row) for row in table.rows]
    return _looked_up(single(key), rows[0], rows, single(index), nearest)


def _looked_up(
    key: Value, keys: list[Value], lines: list[list[Value]], index: Value, nearest: Value
) -> Value:
    place = _place(key, keys, nearest)
    line = number(index)
    if isinstance(line, Fault):
        return line
    if is_plain(line):
        inside = 1 <= int(line) <= len(lines)
        return picked(place, lines[int(line) - 1]) if inside else REFERENCE
    return picked(line, [picked(place, each) for each in lines])


def _row_of(area: Value) -> list[Value]:
    return list(area) if isinstance(area, Area) else [area]


def _along(key: Value, keys: Value, values: Value = None) -> Value:
    """Return ``LOOKUP``."""
    if values is None and isinstance(keys, Area):
        n_rows, n_columns = keys.shape
        lines = [list(row) for row in keys.rows] if n_columns > n_rows else _columns(keys)
        return picked(found_below(single(key), lines[0]), lines[-1])
    return picked(found_below(single(key), _row_of(keys)), _row_of(values))


def _match(key: Value, keys: Value, kind: Value = 1.0) -> Value:
    way = number(single(kind))
    if not is_plain(way):
        raise Refusal("how it looks up is random")
    if isinstance(way, Fault):
        return way
    flat = _row_of(keys)
    if way == 0.0:
        return found_exactly(single(key), flat)
    return found_below(single(key), flat) if way > 0.0 else _found_above(single(key), flat)


def _extended(
    key: Value,
    keys: Value,
    values: Value,
    otherwise: Value = None,
    kind: Value = 0.0,
    direction: Value = 1.0,
) -> Value:
    """Return ``XLOOKUP`` for one column or row of results."""
    way, turn = number(single(kind)), number(single(direction))
    if not is_plain(way, turn):
        raise Refusal("how it looks up is random")
    flat = _row_of(keys)
    if way in {0.0, 2.0}:
        place = found_exactly(single(key), flat, from_last=turn == -1.0)
    elif way == -1.0:
        place = _nearest(single(key), flat)
    else:
        raise Refusal("it looks up the next larger key")
    found = picked(place, _row_of(values))
    if otherwise is None:
        return found
    from mclib.spreadsheets.logic import instead

    return instead(found, lambda: single(otherwise))


def _nearest(key: Value, keys: list[Value]) -> Any:
    """Return the place of the largest key not above, in whatever order they stand."""
    if not is_plain(*keys) or any(not isinstance(each, float) for each in keys):
        raise Refusal("it looks up the next smaller key among cells that aren't numbers")
    order = sorted(range(len(keys)), key=lambda i: keys[i])
    rank = found_below(key, [keys[i] for i in order])
    return picked(rank, [float(i + 1) for i in order])


def _index(area: Value, row: Value, column: Value = None) -> Value:
    if not isinstance(area, Area):
        return VALUE
    n_rows, n_columns = area.shape
    down, across = number(single(row)), number(single(column))
    for each in (down, across):
        if isinstance(each, Fault):
            return each
    if column is None:
        down, across = (1.0, down) if n_rows == 1 else (down, float(n_columns == 1))
    if is_plain(down) and down == 0.0 and n_rows == 1:
        down = 1.0
    return _at(area, down, across)


def _at(area: Area, down: Any, across: Any) -> Value:
    """Return a place of an area, or for 0 a whole line of it."""
    columns = _columns(area)
    if is_plain(across) and across == 0.0:
        if not is_plain(down):
            raise Refusal("it takes a whole row that is random")
        inside = 1 <= int(down) <= len(area.rows)
        return Area((area.rows[int(down) - 1],)) if inside else REFERENCE
    if is_plain(down) and down == 0.0:
        if not is_plain(across):
            raise Refusal("it takes a whole column that is random")
        inside = 1 <= int(across) <= len(columns)
        return Area(tuple((x,) for x in columns[int(across) - 1])) if inside else REFERENCE
    if is_plain(across):
        inside = 1 <= int(across) <= len(columns)
        return picked(down, columns[int(across) - 1]) if inside else REFERENCE
    return picked(across, [picked(down, column) for column in columns])


def _rows(area: Value) -> Value:
    return float(area.shape[0]) if isinstance(area, Area) else 1.0


def _n_columns(area: Value) -> Value:
    return float(area.shape[1]) if isinstance(area, Area) else 1.0


def _turned(area: Value) -> Value:
    if not isinstance(area, Area):
        return area
    return Area(tuple(tuple(column) for column in zip(*area.rows, strict=True)))


FUNCTIONS = {
    "VLOOKUP": Function(_vertical, 3, 4, "areas"),
    "HLOOKUP": Function(_horizontal, 3, 4, "areas"),
    "LOOKUP": Function(_along, 2, 3, "areas"),
    "XLOOKUP": Function(_extended, 3, 6, "areas"),
    "MATCH": Function(_match, 2, 3, "areas"),
    "INDEX": Function(_index, 2, 3, "areas"),
    "ROWS": Function(_rows, 1, 1, "areas"),
    "COLUMNS": Function(_n_columns, 1, 1, "areas"),
    "TRANSPOSE": Function(_turned, 1, 1, "areas"),
}
