"""Rules that make a graph smaller without changing what it computes.

A rule looks at one node whose arguments are simple already and returns a simpler node, or
None. Every rule is exact in IEEE arithmetic, up to the sign of a NaN: nothing is
reassociated, ``x - x`` and ``x * 0`` stay, since x may be infinite, and so does ``x + 0``,
since x may be -0. Constants are folded in float64, whatever the precision of the run. Where
an argument turns out to be known, a power may get a formula of its own, an ulp away, and a
minimum or maximum of zeros the other zero.
"""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from mclib.expressions.dtypes import Type
from mclib.expressions.expression import Expression
from mclib.expressions.lowering import evaluate_model_expression
from mclib.expressions.nodes import Node, constant, node, topological
from mclib.expressions.verify import verify


@dataclass(frozen=True)
class Rule:
    """One way to make a node simpler.

    Attributes
    ----------
    meaning : str
        Left side and right side.
    ops : tuple of str
        The ops it looks at; empty for all.
    rewrite : callable
        From a node to a simpler one, or None if the rule says nothing.
    """

    meaning: str
    ops: tuple[str, ...]
    rewrite: Callable[[Node], Node | None]


_KEPT = frozenset(
    {"constant", "parameter", "tail", "side", "step", "state", "loop", "result", "argument"}
)


def _fold(each: Node) -> Node | None:
    if (
        each.op.name in _KEPT
        or not each.args
        or not all(arg.is_constant for arg in each.args)
    ):
        return None
    if not all(arg.type in {Type.REAL, Type.BOOLEAN} for arg in each.args):
        return None
    return constant(evaluate_model_expression(Expression(each)).item(), each.type)


def _is(each: Node, value: float) -> bool:
    return each.is_constant and each.type is Type.REAL and each.payload == value


def _is_zero(each: Node, sign: float) -> bool:
    return _is(each, 0.0) and math.copysign(1.0, each.payload) == sign


def _add_zero(each: Node) -> Node | None:
    a, b = each.args
    if _is_zero(b, -1.0):
        return a
    return b if _is_zero(a, -1.0) else None


def _subtract_zero(each: Node) -> Node | None:
    return each.args[0] if _is_zero(each.args[1], 1.0) else None


def _multiply_one(each: Node) -> Node | None:
    a, b = each.args
    if _is(b, 1.0):
        return a
    return b if _is(a, 1.0) else None


def _multiply_minus_one(each: Node) -> Node | None:
    a, b = each.args
    other = a if _is(b, -1.0) else b if _is(a, -1.0) else None
    return None if other is None else node("negative", other, type_=each.type)


def _divide_one(each: Node) -> Node | None:
    return each.args[0] if _is(each.args[1], 1.0) else None


def _divide_power_of_two(each: Node) -> Node | None:
    a, b = each.args
    if not b.is_constant or b.type is not Type.REAL or not math.isfinite(b.payload):
        return None
    mantissa, exponent = math.frexp(b.payload)
    # The reciprocal must be exact in a float32 too.
    if abs(mantissa) != 0.5 or not -100 < exponent < 100:
        return None
    return node("multiply", a, constant(1.0 / b.payload, b.type), type_=each.type)


def _twice(each: Node) -> Node | None:
    (inner,) = each.args
    return inner.args[0] if inner.op is each.op else None


def _again(each: Node) -> Node | None:
    (inner,) = each.args
    return inner if inner.op is each.op else None


def _absolute_negative(each: Node) -> Node | None:
    (inner,) = each.args
    if inner.op.name != "negative":
        return None
    return node("absolute", inner.args[0], type_=each.type)


def _add_negative(each: Node) -> Node | None:
    a, b = each.args
    if b.op.name == "negative":
        return node("subtract", a, b.args[0], type_=each.type)
    if a.op.name == "negative":
        return node("subtract", b, a.args[0], type_=each.type)
    return None


def _subtract_negative(each: Node) -> Node | None:
    a, b = each.args
    return node("add", a, b.args[0], type_=each.type) if b.op.name == "negative" else None


def _same(each: Node) -> Node | None:
    a, b = each.args
    return a if a is b else None


def _where_known(each: Node) -> Node | None:
    condition, a, b = each.args
    if a is b:
        return a
    if condition.is_constant:
        return a if condition.payload else b
    return None


def _where_not(each: Node) -> Node | None:
    condition, a, b = each.args
    if condition.op.name != "logical_not":
        return None
    return node("where", condition.args[0], b, a, type_=each.type)


RULES: tuple[Rule, ...] = (
    Rule("op(constants) -> constant", (), _fold),
    Rule("x + -0 -> x", ("add",), _add_zero),
    Rule("x - 0 -> x", ("subtract",), _subtract_zero),
    Rule("x * 1 -> x", ("multiply",), _multiply_one),
    Rule("x * -1 -> -x", ("multiply",), _multiply_minus_one),
    Rule("x / 1 -> x", ("divide",), _divide_one),
    Rule("x / 2**k -> x * 2**-k", ("divide",), _divide_power_of_two),
    Rule("--x -> x, not not b -> b", ("negative", "logical_not"), _twice),
    Rule(
        "f(f(x)) -> f(x)", ("absolute", "floor", "ceiling", "truncated", "rounded"), _again
    ),
    Rule("|-x| -> |x|", ("absolute",), _absolute_negative),
    Rule("x + -y -> x - y", ("add",), _add_negative),
    Rule("x - -y -> x + y", ("subtract",), _subtract_negative),
    Rule("f(x, x) -> x", ("minimum", "maximum", "logical_and", "logical_or"), _same),
    Rule("where(known, x, y), where(b, x, x) -> x", ("where",), _where_known),
    Rule("where(not b, x, y) -> where(b, y, x)", ("where",), _where_not),
)


def _rules_by_op() -> dict[str, list[Rule]]:
    table: dict[str, list[Rule]] = {}
    for rule in RULES:
        for op in rule.ops:
            table.setdefault(op, []).append(rule)
    return table


_EVERYWHERE = [rule for rule in RULES if not rule.ops]
_BY_OP = _rules_by_op()


def simplify(roots: Iterable[Node]) -> list[Node]:
    """Return nodes that compute what `roots` compute, by fewer ops."""
    wanted = list(roots)
    done: dict[Node, Node] = {}
    for each in topological(wanted):
        args = tuple(done[arg] for arg in each.args)
        current = each
        if args != each.args:
            current = node(each.op.name, *args, type_=each.type, payload=each.payload)
        done[each] = _settle(current)
    simple = [done[each] for each in wanted]
    verify(simple, machine=False, after="simplify")
    return simple


def _settle(each: Node) -> Node:
    current: Node | None = each
    while current is not None:
        each = current
        rules = _EVERYWHERE + _BY_OP.get(each.op.name, [])
        current = next((made for rule in rules if (made := rule.rewrite(each))), None)
    return each
