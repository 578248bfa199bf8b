"""What to write instead of a line that asks a traced value for one truth.

The line is read as Python, so that the way out is in the analyst's own words. A line that
is a part of a longer statement cannot be read alone, and gets the general way out.
"""

import ast
from collections.abc import Callable, Iterator

_OURS = {
    **{
        name: name for name in ("exp", "expm1", "log", "log1p", "sqrt", "sin", "cos", "tan")
    },
    **{name: name for name in ("tanh", "erf", "erfc", "floor", "ceil", "trunc")},
    "atan": "arctan",
    "fabs": "absolute",
    "pow": "power",
    "isnan": "isnan",
    "isfinite": "isfinite",
}
"""Functions of `math`, and what they are called in mclib."""

_SYMBOLS = {ast.And: "&", ast.Or: "|"}

_GENERAL = (
    "choose with `mc.where(condition, a, b)`, step with `mc.scan`, look up with "
    "`mc.lookup`, or use `@mc.model(trace=False)`."
)


def way_out(deed: str, text: str) -> str:
    """Return what to write instead of this line of a model, which does `deed`."""
    statement = _statement(text)
    if statement is None:
        return _GENERAL
    if isinstance(statement, ast.While):
        return "write `mc.scan(step, start, until=...)`, which ends when a condition holds."
    if isinstance(statement, ast.Assert):
        return "return the condition as an output of its own; its mean should be 1."
    if isinstance(statement, ast.If):
        return (
            f"write `mc.where({_joined(statement.test)}, value_if_true, value_if_false)`."
        )
    for place in ast.walk(statement):
        for look in _LOOKS.get(deed, ()):
            found = look(place)
            if found:
                return found
    return _GENERAL


def _statement(text: str) -> ast.stmt | None:
    alone = text.removeprefix("el") if text.startswith("elif") else text
    for whole in (alone, f"{alone} pass"):
        try:
            body = ast.parse(whole).body
        except SyntaxError:
            continue
        # A model written on one line is its own first statement.
        while body and isinstance(body[0], ast.FunctionDef):
            body = body[0].body
        return body[0] if body else None
    return None


def _joined(condition: ast.expr) -> str:
    """Write a condition with the operators that traced values understand."""
    parts = list(_parts(condition))
    if isinstance(condition, ast.UnaryOp) and isinstance(condition.op, ast.Not):
        return f"~({_joined(condition.operand)})"
    if len(parts) == 1:
        return ast.unparse(condition)
    symbol = _SYMBOLS[type(condition.op)] if isinstance(condition, ast.BoolOp) else "&"
    return f" {symbol} ".join(f"({_joined(part)})" for part in parts)


def _parts(condition: ast.expr) -> Iterator[ast.expr]:
    if isinstance(condition, ast.BoolOp):
        yield from condition.values
    elif isinstance(condition, ast.Compare):
        left = condition.left
        for op, right in zip(condition.ops, condition.comparators, strict=True):
            yield ast.Compare(left, [op], [right])
            left = right
    else:
        yield condition


def _choice(place: ast.AST) -> str:
    if not isinstance(place, ast.IfExp):
        return ""
    sides = f"{ast.unparse(place.body)}, {ast.unparse(place.orelse)}"
    return f"write `mc.where({_joined(place.test)}, {sides})`."


def _logic(place: ast.AST) -> str:
    if not isinstance(place, ast.BoolOp | ast.Compare | ast.UnaryOp):
        return ""
    joined = _joined(place)
    return f"write `{joined}`." if joined != ast.unparse(place) else ""


def _element(place: ast.AST) -> str:
    if not isinstance(place, ast.Subscript):
        return ""
    return f"write `mc.lookup({ast.unparse(place.value)}, {ast.unparse(place.slice)})`."


def _called(place: ast.AST) -> tuple[str, str]:
    if not isinstance(place, ast.Call):
        return "", ""
    return ast.unparse(place.func), ", ".join(map(ast.unparse, place.args))


def _extreme(place: ast.AST) -> str:
    name = _called(place)[0].rsplit(".", 1)[-1].removesuffix("imum")
    known = name in {"min", "max"}
    return f"write `mc.{name}imum(a, b)`; it takes two at a time." if known else ""


def _range(place: ast.AST) -> str:
    called, args = _called(place)
    if called != "range":
        return ""
    end = f"until=lambda state, n: n >= {args}" if "," not in args else "until=..."
    return f"write `mc.scan(step, start, {end})`."


def _number(place: ast.AST) -> str:
    called, args = _called(place)
    if called == "int":
        return f"write `mc.trunc({args})`."
    if called == "float":
        return f"write `{args}` alone: a traced value is a number already."
    ours = _OURS.get(called.removeprefix("math.")) if called.startswith("math.") else None
    return f"write `mc.{ours}({args})`." if ours else ""


_LOOKS: dict[str, tuple[Callable[[ast.AST], str], ...]] = {
    "branches on": (_choice, _logic, _extreme),
    "counts or indexes with": (_element, _range),
    "asks for the Python number in": (_number,),
    "asks for the Python integer in": (_number,),
}
