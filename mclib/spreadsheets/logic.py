"""Functions that choose: conditions, faults, and what a cell is."""

from collections.abc import Callable
from typing import Any

from mclib.expressions.functions import floor, isfinite
from mclib.spreadsheets import arithmetic
from mclib.spreadsheets.comparisons import compare
from mclib.spreadsheets.evaluating import Evaluator, Function
from mclib.spreadsheets.formulas import Tree
from mclib.spreadsheets.values import (
    MISSING,
    VALUE,
    Area,
    Branch,
    Fault,
    Traced,
    Value,
    choice,
    each,
    failing,
    number,
    truth,
)


def pick_if(evaluator: Evaluator, test: Tree, yes: Tree | None, no: Any = ...) -> Value:
    """Evaluate ``IF``: only the side taken, where that is the same in every trial."""
    condition = evaluator.single(test)
    if isinstance(condition, (Area, Branch)):
        sides = evaluator.single(yes), False if no is ... else evaluator.single(no)
        return each(_choose, condition, *map(_shield, sides))
    known = truth(condition)
    if known is False:
        return False if no is ... else _or_zero(evaluator.single(no))
    if not isinstance(known, Traced):
        return _or_zero(evaluator.single(yes)) if known is True else known
    sides = evaluator.single(yes), False if no is ... else evaluator.single(no)
    if any(isinstance(side, Area) for side in sides):
        return each(_choose, known, *map(_shield, sides))
    return choice(known, *map(_or_zero, sides))


class _Shielded:
    """A fault that is only met where it is chosen."""

    def __init__(self, fault: Fault) -> None:
        self.fault = fault


def _shield(value: Value) -> Any:
    if isinstance(value, Area):
        return Area(tuple(tuple(map(_shield, row)) for row in value.rows))
    return _Shielded(value) if isinstance(value, Fault) else value


def _choose(condition: Value, yes: Value, no: Value) -> Value:
    sides = (
        each.fault if isinstance(each, _Shielded) else _or_zero(each) for each in (yes, no)
    )
    return choice(truth(condition), *sides)


def _or_zero(value: Value) -> Value:
    return 0.0 if value is None else value


def _ifs(evaluator: Evaluator, *arguments: Tree | None) -> Value:
    if len(arguments) < 2:
        return MISSING
    test, yes, *others = arguments
    condition = truth(evaluator.single(test))
    if condition is True:
        return _or_zero(evaluator.single(yes))
    rest = _ifs(evaluator, *others)
    return choice(condition, _or_zero(evaluator.single(yes)), rest)


def _switch(evaluator: Evaluator, of: Tree, *arguments: Tree | None) -> Value:
    value = evaluator.single(of)
    chosen: Value = MISSING
    pairs = list(arguments)
    if len(pairs) % 2:
        chosen = _or_zero(evaluator.single(pairs.pop()))
    for wanted, result in reversed(list(zip(pairs[::2], pairs[1::2], strict=True))):
        is_it = truth(compare("=", value, evaluator.single(wanted)))
        chosen = choice(is_it, _or_zero(evaluator.single(result)), chosen)
    return chosen


def _choose_from(evaluator: Evaluator, of: Tree, *arguments: Tree | None) -> Value:
    index = number(evaluator.single(of))
    if isinstance(index, Fault):
        return index
    if not isinstance(index, Traced):
        inside = 1 <= int(index) <= len(arguments)
        return _or_zero(evaluator.single(arguments[int(index) - 1])) if inside else VALUE
    place = arithmetic.through(floor)(index)
    chosen: Value = VALUE
    for i, each_one in reversed(list(enumerate(arguments, start=1))):
        is_it = compare("=", place, float(i))
        chosen = choice(is_it, _or_zero(evaluator.single(each_one)), chosen)
    return chosen


def _or_else(evaluator: Evaluator, of: Tree, other: Tree | None) -> Value:
    return instead(evaluator.single(of), lambda: _or_zero(evaluator.single(other)))


def _or_missing(evaluator: Evaluator, of: Tree, other: Tree | None) -> Value:
    """Evaluate ``IFNA``; a traced fault counts as ``#N/A``, as its kind isn't kept."""
    value = evaluator.single(of)
    if isinstance(value, Fault) and value != MISSING:
        return value
    return instead(value, lambda: _or_zero(evaluator.single(other)))


def instead(value: Value, other: Callable[[], Value]) -> Value:
    """Return `value`, or where it is a fault what `other` gives."""
    if isinstance(value, Area):
        rows = tuple(tuple(instead(each, other) for each in row) for row in value.rows)
        return Area(rows)
    if isinstance(value, Fault):
        return other()
    if isinstance(value, Branch):
        sides = instead(value.yes, other), instead(value.no, other)
        return choice(Traced(value.condition), *sides)
    if not isinstance(value, Traced):
        return _or_zero(value)
    if value.is_truth:
        bad = value.failing
        sound = Traced(value.value)
    else:
        bad = ~isfinite(value.value)
        sound = Traced(value.value)
    return sound if bad is None else choice(Traced(bad), other(), sound)


def is_fault(value: Value) -> Value:
    """Return whether a value is a fault."""
    if isinstance(value, Area):
        return Area(tuple(tuple(map(is_fault, row)) for row in value.rows))
    if isinstance(value, Branch):
        return choice(Traced(value.condition), is_fault(value.yes), is_fault(value.no))
    if not isinstance(value, Traced):
        return isinstance(value, Fault)
    if not value.is_truth:
        return Traced(~isfinite(value.value))
    return False if value.failing is None else Traced(value.failing)


def _kind(test: Callable[[Value], bool]) -> Function:
    def applied(value: Value) -> Value:
        if isinstance(value, Area):
            return Area(tuple(tuple(map(applied, row)) for row in value.rows))
        if isinstance(value, Branch):
            return choice(Traced(value.condition), applied(value.yes), applied(value.no))
        found = test(value)
        bad = failing(value) if isinstance(value, Traced) else None
        return Traced(~bad) if found and bad is not None else found

    return Function(applied, 1, 1)


def _is_number(value: Value) -> bool:
    if isinstance(value, Traced):
        return not value.is_truth
    return isinstance(value, float)


def conditions(values: tuple[Value, ...]) -> list[Any]:
    """Return the conditions among arguments; of areas, texts and blanks don't count."""
    found = []
    for value in values:
        if isinstance(value, Area):
            found += [
                truth(one) for one in value if not isinstance(one, str) and one is not None
            ]
        else:
            found.append(truth(value))
    return found


def together(values: tuple[Value, ...], joined: Callable[[Any, Any], Any]) -> Value:
    """Return many conditions as one."""
    found = conditions(values)
    if not found:
        return VALUE
    for one in found:
        if isinstance(one, Fault):
            return one
    total = found[0]
    for one in found[1:]:
        total = joined(total, one)
    return total


def _pair(operation: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    def applied(a: Any, b: Any) -> Any:
        if arithmetic.is_plain(a, b):
            return bool(operation(a, b))
        sides = [one.value if isinstance(one, Traced) else one for one in (a, b)]
        bad = [failing(one) for one in (a, b) if isinstance(one, Traced)]
        known = [one for one in bad if one is not None]
        fails = known[0] | known[1] if len(known) > 1 else (known[0] if known else None)
        return Traced(operation(*sides), failing=fails)

    return applied


def _not(value: Value) -> Value:
    def applied(one: Value) -> Value:
        known = truth(one)
        if isinstance(known, Traced):
            return Traced(~known.value, failing=known.failing)
        return known if isinstance(known, Fault) else not known

    return each(applied, value)


def _as_number(value: Value) -> Value:
    if isinstance(value, str) or value is None:
        return 0.0
    return number(value)


FUNCTIONS = {
    "IF": Function(pick_if, 2, 3, "trees"),
    "IFS": Function(_ifs, 2, 254, "trees"),
    "SWITCH": Function(_switch, 3, 254, "trees"),
    "CHOOSE": Function(_choose_from, 2, 254, "trees"),
    "IFERROR": Function(_or_else, 2, 2, "trees"),
    "IFNA": Function(_or_missing, 2, 2, "trees"),
    "AND": Function(lambda *x: together(x, _pair(lambda a, b: a & b)), takes="areas"),
    "OR": Function(lambda *x: together(x, _pair(lambda a, b: a | b)), takes="areas"),
    "XOR": Function(lambda *x: together(x, _pair(lambda a, b: a ^ b)), takes="areas"),
    "NOT": Function(_not, 1, 1),
    "TRUE": Function(lambda: True, 0, 0),
    "FALSE": Function(lambda: False, 0, 0),
    "NA": Function(lambda: MISSING, 0, 0),
    "N": Function(_as_number, 1, 1),
    "ISERROR": Function(is_fault, 1, 1),
    "ISERR": Function(is_fault, 1, 1),
    "ISNA": Function(is_fault, 1, 1),
    "ISNUMBER": _kind(_is_number),
    "ISTEXT": _kind(lambda value: isinstance(value, str)),
    "ISBLANK": _kind(lambda value: value is None),
    "ISLOGICAL": _kind(
        lambda value: (
            isinstance(value, bool) or (isinstance(value, Traced) and value.is_truth)
        )
    ),
}
