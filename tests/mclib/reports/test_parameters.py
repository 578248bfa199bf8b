import pytest

from mclib.errors import ArgumentError
from mclib.reports.parameters import Parameter, parameters_in, parameters_of, with_values
from tests.mclib.reports.books import PARAMETERS, book, code


def _known() -> list[Parameter]:
    return parameters_in(PARAMETERS)


def test_types_defaults_words_and_laws_are_read_without_running_anything() -> None:
    found = parameters_in(
        PARAMETERS
        + "\nshare: float = 1\nis_new = True  # whether\nsize = 2  # [1 | 2 | 4]\n"
        + "price = -1.5  # of one [EUR]\nother = open('x')\n_a, _b = 1, 2\nnothing = None\n"
    )

    assert [
        Parameter("tax_rate", "float", 0.25, "share of the profit", 0.0, 1.0),
        Parameter("n_trials", "int", 20_000, "how many", 1000.0),
        Parameter("market", "str", "home", "where it is sold", choices=("home", "abroad")),
        Parameter("share", "float", 1.0),
        Parameter("is_new", "bool", True, "whether"),
        Parameter("size", "int", 2, choices=(1, 2, 4)),
        Parameter("price", "float", -1.5, "of one [EUR]"),
    ] == found
    assert ["share"] == [each.name for each in found if each.type == "float"][1:2]
    assert isinstance(found[3].default, float)


def test_what_is_asked_for_is_what_a_run_has() -> None:
    found = with_values(_known(), {"tax_rate": 1, "market": "abroad"})

    assert [1.0, 20_000, "abroad"] == [each.value for each in found]
    assert isinstance(found[0].value, float)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"tax_rate": 1.5}, "`tax_rate` must be from 0 to 1; got 1.5."),
        ({"tax_rate": "0.3"}, "`tax_rate` must be a finite number; got '0.3'."),
        ({"tax_rate": float("nan")}, "`tax_rate` must be a finite number; got nan."),
        ({"tax_rate": True}, "`tax_rate` must be a finite number; got True."),
        ({"n_trials": 999}, "`n_trials` must be at least 1000; got 999."),
        ({"n_trials": 2_000.5}, "`n_trials` must be a whole number; got 2000.5."),
        ({"market": "mars"}, "`market` must be one of 'home', 'abroad'; got 'mars'."),
        ({"taxrate": 0.1}, "(tax_rate, n_trials, market); got 'taxrate'."),
        ({"taxrate": 0.1}, "hint: did you mean `tax_rate`?"),
        ([1], "`parameters` must be a mapping of names to values; got [1]."),
    ],
)
def test_what_may_not_be_is_refused_with_the_law_and_the_value(
    values: object, said: str
) -> None:
    with pytest.raises(ArgumentError) as refused:
        with_values(_known(), values)  # type: ignore[arg-type]

    assert said in str(refused.value)


def test_all_that_is_wrong_is_said_at_once() -> None:
    with pytest.raises(ArgumentError, match=r"(?s)`other`|other.*tax_rate.*n_trials"):
        with_values(_known(), {"tax_rate": 2, "n_trials": 1, "other": 3})


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("rate = 2.0  # [0 to 1]", "`rate` must be from 0 to 1; got 2.0."),
        ("rate = 0.5  # [1 to 0]", "`rate` must have a range whose first end is the lower"),
        ("rate =", "`notebook` must be Python in its cell tagged `parameters`"),
        ("size: int = 'a'", "`size` must be a whole number; got 'a'."),
    ],
)
def test_a_cell_that_contradicts_itself_is_refused(source: str, said: str) -> None:
    with pytest.raises(ArgumentError) as refused:
        parameters_in(source)

    assert said in str(refused.value)


def test_a_notebook_has_one_such_cell_or_none() -> None:
    import nbformat

    cell = code("x = 1", tags=("parameters",))

    assert [] == parameters_of(nbformat.from_dict(book(code("x = 1"))))
    with pytest.raises(ArgumentError, match="tag the cell that assigns it `parameters`"):
        with_values([], {"x": 2})
    with pytest.raises(ArgumentError, match="one cell tagged `parameters` at most"):
        parameters_of(nbformat.from_dict(book(cell, cell)))
