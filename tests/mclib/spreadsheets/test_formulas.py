"""Formulas are read as spreadsheets read them."""

import operator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mclib.spreadsheets.cells import Cell, Range, letters, place, quoted, split_sheet
from mclib.spreadsheets.evaluating import Evaluator, nothing_drawn
from mclib.spreadsheets.formulas import Reference, Tree, function_name, parse
from mclib.spreadsheets.functions import FUNCTIONS
from mclib.spreadsheets.reading import Book
from mclib.spreadsheets.refusals import Refusal
from mclib.spreadsheets.values import Fault


def no_cells(text: str) -> Tree:
    raise Refusal(text)


def value(formula: str) -> object:
    evaluator = Evaluator(Book(""), {}, nothing_drawn, FUNCTIONS)
    return evaluator.value(parse(formula, no_cells))


NUMBERS = st.integers(1, 99).map(str) | st.floats(0.01, 99).map(lambda x: f"{x:.3f}")
# Spreadsheets put the sign before the power; Python does not, so that it has brackets here.
FORMULAS = st.recursive(
    NUMBERS,
    lambda inner: (
        st.tuples(inner, st.sampled_from("+-*/"), inner).map("".join)
        | inner.map(lambda each: f"({each})")
        | inner.map(lambda each: f"-({each})")
        | st.tuples(NUMBERS, st.sampled_from("23")).map(lambda x: f"({x[0]})^{x[1]}")
    ),
    max_leaves=12,
)


@settings(max_examples=200, deadline=None)
@given(FORMULAS)
def test_arithmetic_is_pythons(formula: str) -> None:
    try:
        expected = eval(formula.replace("^", "**"))
    except (ZeroDivisionError, OverflowError):
        return

    found = value(f"={formula}")

    assert isinstance(found, float)
    np.testing.assert_allclose(found, expected, rtol=1e-13, atol=1e-300)


@pytest.mark.parametrize(
    ("formula", "expected"),
    [
        ("=-2^2", 4.0),
        ("=2^-2", 0.25),
        ("=2^3^2", 64.0),
        ("=--3", 3.0),
        ("=-5%", -0.05),
        ("=2*5%^2", 0.005),
        ("=1+2=3", True),
        ("=1&2+3", "15"),
        ("=1<2=TRUE", True),
        ('="a"&"b"="AB"', True),
        ("=1E-3*1e3", 1.0),
        ('="say ""so"""', 'say "so"'),
        ("=SUM({1,2;3,-4})", 2.0),
        ("=SUM(1,,2)", 3.0),
        ("=#N/A", Fault("#N/A")),
        ("=1/0", Fault("#DIV/0!")),
        ("= ( 1 + 2 ) * 3 ", 9.0),
    ],
)
def test_a_formula_is_read_by_precedence(formula: str, expected: object) -> None:
    found = value(formula)

    assert expected == found or found == pytest.approx(expected)


@pytest.mark.parametrize("formula", ["=1+", "=(1", "=SUM(1 2)", "=", "=1 2", "=A1#"])
def test_what_is_no_formula_is_refused(formula: str) -> None:
    with pytest.raises(Refusal):
        value(formula)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("B3", Cell("S", 3, 2)),
        ("$B$3", Cell("S", 3, 2)),
        ("XFD1048576", Cell("S", 1_048_576, 16_384)),
        ("B3:C1", Range("S", 1, 2, 3, 3)),
        ("B:$B", Range("S", 1, 2, 1_048_576, 2)),
        ("2:3", Range("S", 2, 1, 3, 16_384)),
        ("XFE1", None),
        ("price", None),
        ("A0", None),
    ],
)
def test_a_place_is_read(text: str, expected: object) -> None:
    assert expected == place(text, "S")


def test_sheets_are_quoted_where_they_must() -> None:
    assert ("It's", "B3") == split_sheet("'It''s'!B3")
    assert "'It''s'" == quoted("It's")
    assert "Plan" == quoted("Plan")
    assert "'A1'" == quoted("A1")
    assert "'My plan'!B3" == str(Cell("My plan", 3, 2))
    assert ["A", "Z", "AA", "XFD"] == [letters(n) for n in (1, 26, 27, 16_384)]


def test_prefixes_of_newer_functions_are_no_part_of_the_name() -> None:
    assert "XLOOKUP" == function_name("_xlfn.XLOOKUP")
    assert "RISKNORMAL" == function_name("_xll.RiskNormal")


def test_operators_stand_for_what_they_do() -> None:
    for sign, does in (("<", operator.lt), (">=", operator.ge), ("<>", operator.ne)):
        assert does(2, 3) == value(f"=2{sign}3")


def test_references_are_resolved_where_they_stand(tmp_path: Path) -> None:
    seen: list[str] = []

    def note(text: str) -> Tree:
        seen.append(text)
        return Reference(Cell("S", 1, 1))

    parse("=SUM('My plan'!A1:B2,price)+$C$3", note)

    assert ["'My plan'!A1:B2", "price", "$C$3"] == seen
