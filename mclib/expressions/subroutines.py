"""Subroutines: formulas that are written, compiled and optimised once and called often."""

from collections.abc import Callable, Sequence

from mclib.expressions.dtypes import Type
from mclib.expressions.expression import Expression
from mclib.expressions.nodes import Subroutine, node


def subroutine(
    name: str,
    types: Sequence[Type],
    formula: Callable[..., Expression | tuple[Expression, ...]],
) -> Subroutine:
    """Write `formula` of arguments of these types as a subroutine."""
    formals = tuple(
        node("formal", type_=type_, payload=place) for place, type_ in enumerate(types)
    )
    made = formula(*map(Expression, formals))
    given = made if isinstance(made, tuple) else (made,)
    return Subroutine(name, formals, tuple(each.node for each in given))


def call(routine: Subroutine, *args: Expression) -> tuple[Expression, ...]:
    """Return what `routine` gives for `args`."""
    nodes = tuple(arg.node for arg in args)
    made = node("call", *nodes, type_=routine.results[0].type, payload=routine)
    return tuple(
        Expression(node("result", made, type_=result.type, payload=place))
        for place, result in enumerate(routine.results)
    )
