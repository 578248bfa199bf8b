"""Functions of many cells: sums, means, extremes, spreads, and those under a criterion."""

import math
from collections.abc import Callable
from typing import Any

from mclib.expressions.functions import maximum, minimum
from mclib.spreadsheets.arithmetic import add, divide, is_plain, multiply, subtract
from mclib.spreadsheets.comparisons import criterion
from mclib.spreadsheets.evaluating import Function
from mclib.spreadsheets.mathematics import FUNCTIONS as MATHEMATICS
from mclib.spreadsheets.refusals import Refusal
from mclib.spreadsheets.values import (
    NUMBER,
    VALUE,
    Area,
    Branch,
    Fault,
    Traced,
    Value,
    choice,
    expression,
    failing,
    may_fail,
    number,
)

_square_root = MATHEMATICS["SQRT"].apply


def singles(values: tuple[Value, ...]) -> list[tuple[Value, bool]]:
    """Return all single values of arguments, each with whether it stood in an area."""
    found: list[tuple[Value, bool]] = []
    for value in values:
        if isinstance(value, Area):
            found += [(each, True) for each in value]
        else:
            found.append((value, False))
    return found


def counted(value: Value, *, in_area: bool, neutral: float) -> tuple[Any, Any]:
    """Return what a value adds to a sum of numbers, and whether it counts (1 or 0).

    In an area only numbers count; an argument of its own counts as arithmetic takes it.
    """
    if isinstance(value, Branch):
        yes = counted(value.yes, in_area=in_area, neutral=neutral)
        no = counted(value.no, in_area=in_area, neutral=neutral)
        condition = Traced(value.condition)
        return choice(condition, yes[0], no[0]), choice(condition, yes[1], no[1])
    if not in_area:
        return number(value), 1.0
    is_number = isinstance(value, (float, Fault)) and not isinstance(value, bool)
    if is_number or (isinstance(value, Traced) and not value.is_truth):
        return value, 1.0
    return neutral, 0.0


def reduced(
    values: tuple[Value, ...], operation: Callable[[Any, Any], Any], neutral: float
) -> tuple[Any, Any]:
    """Return the numbers of arguments brought together, and how many they are.

    From left to right, so that running totals share what they have in common.
    """
    total: Any = neutral
    n: Any = 0.0
    is_first = True
    for value, in_area in singles(values):
        one, counts = counted(value, in_area=in_area, neutral=neutral)
        if isinstance(one, Fault):
            return one, n
        if is_plain(counts) and counts == 0.0:
            continue
        total = one if is_first else operation(total, one)
        is_first = False
        if isinstance(total, Fault):
            return total, n
        n = add(n, counts)
    return total, n


def total(*values: Value) -> Value:
    """Return ``SUM``."""
    return reduced(values, add, 0.0)[0]


def mean(*values: Value) -> Value:
    """Return ``AVERAGE``."""
    found, n = reduced(values, add, 0.0)
    return found if isinstance(found, Fault) else divide(found, n)


def _product(*values: Value) -> Value:
    found, n = reduced(values, multiply, 1.0)
    return 0.0 if is_plain(n) and n == 0.0 else found


def _extreme(
    traced: Callable[[Any, Any], Any], plain: Callable[[Any, Any], Any], neutral: float
) -> Callable[..., Value]:
    def operation(a: Any, b: Any) -> Any:
        if is_plain(a, b):
            return plain(a, b)
        return Traced(traced(expression(a), expression(b)), may_fail(a, b))

    def applied(*values: Value) -> Value:
        found, n = reduced(values, operation, neutral)
        if isinstance(found, Fault):
            return found
        if is_plain(n):
            return found if n else 0.0
        return choice(Traced(n.value == 0.0), 0.0, found)

    return applied


def _count(*values: Value) -> Value:
    n: Any = 0.0
    for value, in_area in singles(values):
        one, counts = counted(value, in_area=in_area, neutral=0.0)
        if isinstance(one, Traced) and (bad := failing(one)) is not None:
            counts = choice(Traced(bad), 0.0, counts)
        if not isinstance(one, Fault):
            n = add(n, counts)
    return n


def _count_all(*values: Value) -> Value:
    return float(sum(value is not None for value, _ in singles(values)))


def _count_blank(area: Value) -> Value:
    def blank(value: Value) -> Any:
        if isinstance(value, Branch):
            return choice(Traced(value.condition), blank(value.yes), blank(value.no))
        return float(value is None or value == "") if is_plain(value) else 0.0

    n: Any = 0.0
    for value, _ in singles((area,)):
        n = add(n, blank(value))
    return n


def _sum_of_squares(*values: Value) -> Value:
    return total(*(_each(lambda a: multiply(a, a), value) for value in values))


def _each(function: Callable[[Any], Any], value: Value) -> Value:
    if isinstance(value, Area):
        return Area(tuple(tuple(_each(function, x) for x in row) for row in value.rows))
    if isinstance(value, Branch):
        sides = _each(function, value.yes), _each(function, value.no)
        return choice(Traced(value.condition), *sides)
    is_number = isinstance(value, float) and not isinstance(value, bool)
    if is_number or (isinstance(value, Traced) and not value.is_truth):
        return function(value)
    return value


def _variance(less: float) -> Callable[..., Value]:
    def applied(*values: Value) -> Value:
        middle, n = mean(*values), _count(*values)
        if isinstance(middle, Fault):
            return middle
        apart = total(
            *(_each(lambda a: _squared(subtract(a, middle)), value) for value in values)
        )
        return divide(apart, subtract(n, less)) if not isinstance(apart, Fault) else apart

    return applied


def _squared(a: Any) -> Any:
    return a if isinstance(a, Fault) else multiply(a, a)


def _root_of(function: Callable[..., Value]) -> Callable[..., Value]:
    return lambda *values: _square_root(function(*values))


def _sum_of_products(*areas: Value) -> Value:
    shapes = {area.shape if isinstance(area, Area) else (1, 1) for area in areas}
    if len(shapes) != 1:
        return VALUE
    columns = [list(area) if isinstance(area, Area) else [area] for area in areas]
    found: Any = 0.0
    for index, parts in enumerate(zip(*columns, strict=True)):
        one: Any = None
        for part in parts:
            factor, _ = counted(part, in_area=True, neutral=0.0)
            if isinstance(factor, Fault):
                return factor
            one = factor if one is None else multiply(one, factor)
        found = one if index == 0 else add(found, one)
        if isinstance(found, Fault):
            return found
    return found


def met(pairs: tuple[Value, ...]) -> list[Any]:
    """Return for each place of some areas whether all their criteria are met there."""
    found: list[Any] = []
    for area, given in zip(pairs[::2], pairs[1::2], strict=True):
        wanted = given.rows[0][0] if isinstance(given, Area) else given
        meets = criterion(wanted)
        own = [meets(value) for value, _ in singles((area,))]
        found = own if not found else [_both(a, b) for a, b in zip(found, own, strict=True)]
    return found


def _both(a: Any, b: Any) -> Any:
    if isinstance(a, bool):
        return b if a else False
    if isinstance(b, bool):
        return a if b else False
    return Traced(a.value & b.value)


def _chosen(values: Value, pairs: tuple[Value, ...]) -> Any:
    if len(pairs) % 2:
        return VALUE
    flat = [value for value, _ in singles((values,))]
    holds = met(pairs)
    if len(flat) != len(holds):
        return VALUE
    rows = tuple(
        (choice(one, value, None),) for one, value in zip(holds, flat, strict=True)
    )
    return Area(rows)


def _resized(values: Value, like: Value) -> Value:
    return like if values is None else values


def _under(function: Callable[..., Value]) -> Callable[..., Value]:
    def applied(area: Value, wanted: Value, values: Value = None) -> Value:
        chosen = _chosen(_resized(values, area), (area, wanted))
        return chosen if isinstance(chosen, Fault) else function(chosen)

    return applied


def _under_all(function: Callable[..., Value]) -> Callable[..., Value]:
    def applied(values: Value, *pairs: Value) -> Value:
        chosen = _chosen(values, pairs)
        return chosen if isinstance(chosen, Fault) else function(chosen)

    return applied


def _count_under(*pairs: Value) -> Value:
    if len(pairs) % 2:
        return VALUE
    n: Any = 0.0
    for one in met(pairs):
        n = add(n, choice(one, 1.0, 0.0))
    return n


def ordered(values: tuple[Value, ...]) -> Any:
    """Return the numbers of arguments in rising order; a fault if one is a fault.

    Traced numbers go through a network of exchanges, the same for every trial.
    """
    found = []
    for value, in_area in singles(values):
        if isinstance(value, Branch):
            raise Refusal("it sorts cells that aren't numbers in every trial")
        one, counts = counted(value, in_area=in_area, neutral=0.0)
        if isinstance(one, Fault):
            return one
        if counts:
            found.append(one)
    if is_plain(*found):
        return sorted(found)
    n = len(found)
    if n > _MOST_SORTED:
        raise Refusal(f"it sorts {n} cells that differ from trial to trial")
    bad = [value.value for value in found if isinstance(value, Traced) and value.may_fail]
    for start in range(n):
        for low in range(start % 2, n - 1, 2):
            a, b = expression(found[low]), expression(found[low + 1])
            found[low] = Traced(minimum(a, b), bool(bad))
            found[low + 1] = Traced(maximum(a, b), bool(bad))
    return found


_MOST_SORTED = 64


def _median(*values: Value) -> Value:
    found = ordered(values)
    if isinstance(found, Fault):
        return found
    if not found:
        return NUMBER
    n = len(found)
    if n % 2:
        return found[n // 2]
    return divide(add(found[n // 2 - 1], found[n // 2]), 2.0)


def _ranked(*, from_top: bool) -> Callable[[Value, Value], Value]:
    def applied(area: Value, rank: Value) -> Value:
        place = number(rank.rows[0][0] if isinstance(rank, Area) else rank)
        if isinstance(place, Fault):
            return place
        if not is_plain(place):
            raise Refusal("it asks for a rank that is random")
        found = ordered((area,))
        if isinstance(found, Fault):
            return found
        if not 1 <= int(place) <= len(found):
            return NUMBER
        return found[-int(place)] if from_top else found[int(place) - 1]

    return applied


def _quantile(area: Value, order: Value) -> Value:
    share = number(order.rows[0][0] if isinstance(order, Area) else order)
    if isinstance(share, Fault):
        return share
    if not is_plain(share):
        raise Refusal("it asks for a percentile that is random")
    found = ordered((area,))
    if isinstance(found, Fault):
        return found
    if not found or not 0.0 <= share <= 1.0:
        return NUMBER
    place = share * (len(found) - 1)
    low = min(int(place), len(found) - 1)
    high = min(low + 1, len(found) - 1)
    return add(found[low], multiply(subtract(found[high], found[low]), place - low))


def _geometric(*values: Value) -> Value:
    logs = [_each(MATHEMATICS["LN"].apply, value) for value in values]
    middle = mean(*logs)
    return MATHEMATICS["EXP"].apply(middle)


def _areas(apply: Callable[..., Value], least: int = 1, most: int = 255) -> Function:
    return Function(apply, least, most, "areas")


_least = _extreme(minimum, min, math.inf)
_largest = _extreme(maximum, max, -math.inf)

FUNCTIONS = {
    "SUM": _areas(total),
    "AVERAGE": _areas(mean),
    "PRODUCT": _areas(_product),
    "MIN": _areas(_least),
    "MAX": _areas(_largest),
    "COUNT": _areas(_count),
    "COUNTA": _areas(_count_all),
    "COUNTBLANK": _areas(_count_blank, 1, 1),
    "SUMSQ": _areas(_sum_of_squares),
    "SUMPRODUCT": Function(_sum_of_products, 1, 255, "arrays"),
    "VAR": _areas(_variance(1.0)),
    "VAR.S": _areas(_variance(1.0)),
    "VARP": _areas(_variance(0.0)),
    "VAR.P": _areas(_variance(0.0)),
    "STDEV": _areas(_root_of(_variance(1.0))),
    "STDEV.S": _areas(_root_of(_variance(1.0))),
    "STDEVP": _areas(_root_of(_variance(0.0))),
    "STDEV.P": _areas(_root_of(_variance(0.0))),
    "MEDIAN": _areas(_median),
    "LARGE": _areas(_ranked(from_top=True), 2, 2),
    "SMALL": _areas(_ranked(from_top=False), 2, 2),
    "PERCENTILE": _areas(_quantile, 2, 2),
    "PERCENTILE.INC": _areas(_quantile, 2, 2),
    "GEOMEAN": _areas(_geometric),
    "SUMIF": _areas(_under(total), 2, 3),
    "AVERAGEIF": _areas(_under(mean), 2, 3),
    "COUNTIF": _areas(_count_under, 2, 2),
    "SUMIFS": _areas(_under_all(total), 3),
    "AVERAGEIFS": _areas(_under_all(mean), 3),
    "MINIFS": _areas(_under_all(_least), 3),
    "MAXIFS": _areas(_under_all(_largest), 3),
    "COUNTIFS": _areas(_count_under, 2),
}
