"""A formula gives the same for numbers and for traced values, to the last bit."""

import math

from hypothesis import example, given, settings
from hypothesis import strategies as st

from mclib.expressions.lowering import evaluate_model_expression
from mclib.expressions.tracing import parameter
from mclib.spreadsheets.cells import Cell, place
from mclib.spreadsheets.evaluating import Evaluator, nothing_drawn
from mclib.spreadsheets.formulas import Reference, Tree, parse
from mclib.spreadsheets.functions import FUNCTIONS
from mclib.spreadsheets.reading import Book
from mclib.spreadsheets.values import Fault, Traced, Value, number

NAMES = ("A1", "B1", "C1")
LEAVES = st.sampled_from([*NAMES, "2", "0", "-1.5", "10%"])


def _deeper(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    pairs = st.tuples(inner, inner)
    return (
        st.tuples(inner, st.sampled_from("+-*/"), inner).map(
            lambda x: f"({x[0]}{x[1]}{x[2]})"
        )
        | st.tuples(st.sampled_from(["ABS", "SQRT", "INT", "LN", "SIGN"]), inner).map(
            lambda x: f"{x[0]}({x[1]})"
        )
        | st.tuples(st.sampled_from(["MAX", "MIN", "SUM", "AVERAGE", "MOD"]), pairs).map(
            lambda x: f"{x[0]}({x[1][0]},{x[1][1]})"
        )
        | st.tuples(inner, st.sampled_from(["<", "<=", "=", "<>"]), inner, pairs).map(
            lambda x: f"IF({x[0]}{x[1]}{x[2]},{x[3][0]},{x[3][1]})"
        )
        | pairs.map(lambda x: f"IFERROR({x[0]},{x[1]})")
        | inner.map(lambda x: f"ROUND({x},1)")
        | inner.map(lambda x: f"VLOOKUP({x},{{-5,1;0,2;1.5,3.5;4,-2}},2)")
        | inner.map(lambda x: f"({x})^2")
    )


FORMULAS = st.recursive(LEAVES, _deeper, max_leaves=8)


def _resolved(text: str) -> Tree:
    found = place(text, "Sheet")
    assert found is not None
    return Reference(found)


def _given(formula: str, cells: dict[str, Value]) -> Value:
    known = {Cell("Sheet", 1, column): cells[name] for column, name in enumerate(NAMES, 1)}
    book = Book("")
    book.sizes["Sheet"] = (1, 3)
    evaluator = Evaluator(book, known, nothing_drawn, FUNCTIONS)
    return number(evaluator.value(parse(f"={formula}", _resolved)))


@settings(max_examples=300, deadline=None)
@given(FORMULAS, st.tuples(*[st.sampled_from([-2.5, -1.0, 0.0, 0.1, 1.0, 3.0, 7.25])] * 3))
@example("IF(1/A1>1,2,3)", (0.0, 1.0, 1.0))
@example("IFERROR(IF(A1=0,1/A1,5),9)", (0.0, 1.0, 1.0))
@example("MIN(SQRT(A1),2)", (-1.0, 1.0, 1.0))
def test_traced_values_give_what_numbers_give(
    formula: str, numbers: tuple[float, float, float]
) -> None:
    plain = dict(zip(NAMES, numbers, strict=True))
    symbols = {name: parameter(name) for name in NAMES}

    once = _given(formula, plain)
    traced = _given(formula, {name: Traced(each) for name, each in symbols.items()})

    expected = math.nan if isinstance(once, Fault) else once
    if isinstance(traced, Traced):
        bindings = {symbols[name].node: plain[name] for name in NAMES}
        found = float(evaluate_model_expression(traced.value, bindings=bindings)[()])
    else:
        found = math.nan if isinstance(traced, Fault) else traced
    assert found == expected or (math.isnan(found) and math.isnan(expected))
