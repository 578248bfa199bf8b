import pytest

import mclib as mc
from mclib.widgets.inputs import InputControl, alternatives
from mclib.widgets.texts import Words, catalogue

GERMAN = catalogue("de")

WORDS = {"words", "_words", "_section"}


def test_alternatives_say_about_the_same() -> None:
    for own in (mc.Normal(20, 2), mc.Triangular(8, 10, 15), mc.Gamma(4, 2)):
        low, high = own.quantile([0.05, 0.95])
        for name, other in alternatives(own).items():
            below, above = other.cdf(low), other.probability_above(high)

            assert 0.0 <= below < 0.2, (own, name)
            assert 0.0 <= above < 0.2, (own, name)


def test_what_may_be_negative_has_no_lognormal_alternative() -> None:
    assert "LogNormal" not in alternatives(mc.Normal(0, 1))


def test_a_choice_of_family_shows_its_numbers() -> None:
    told: list[str] = []
    control = InputControl("price", mc.Normal(20, 2), told.append, Words())

    control.family.value = "Uniform"

    assert ["price.low", "price.high"] == list(control.numbers)
    assert control.is_replaced
    assert ["price"] == told
    assert abs(control.shown.mean - 20.0) < 1e-12


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        ("en", "1,234.5", 1234.5),
        ("en", " 2e3 ", 2000.0),
        ("de", "0,25", 0.25),
        ("de", "1.234,5", 1234.5),
        ("de", "0.25", 0.25),
        ("en", "-1,234,567", -1_234_567.0),
        ("en", "1_000", 1_000.0),
    ],
)
def test_numbers_are_read_as_people_write_them(
    language: str, text: str, expected: float
) -> None:
    assert expected == Words(language).number(text)


@pytest.mark.parametrize(
    "text", ["", "abc", "inf", "nan", "1;2", "1,5", "12,34", "1,2345", "1.5,000"]
)
def test_what_is_no_number_is_none(text: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        Words("en").number(text)


def test_placeholders_survive_translation() -> None:
    import string

    def fields(text: str) -> set[str | None]:
        return {name for _, name, _, _ in string.Formatter().parse(text) if name}

    assert [] == [key for key, value in GERMAN.items() if fields(key) != fields(value)]
    with pytest.raises(
        mc.ArgumentError, match="`language` must be one of en, de; got 'xx'"
    ):
        Words("xx")


def test_every_text_has_its_german() -> None:
    import ast
    from pathlib import Path

    import mclib.widgets

    said = {
        call.args[0].value
        for path in Path(mclib.widgets.__file__).parent.glob("*.py")
        for call in ast.walk(ast.parse(path.read_text()))
        if isinstance(call, ast.Call) and call.args
        if isinstance(call.args[0], ast.Constant)
        if getattr(call.func, "id", getattr(call.func, "attr", "")) in WORDS
    }

    assert len(said) > 20
    assert set() == said - set(GERMAN)


def test_every_german_text_is_used() -> None:
    from pathlib import Path

    import mclib.widgets

    room = Path(mclib.widgets.__file__).parent
    sources = "".join(
        path.read_text().replace("'", '"')
        for path in room.glob("*.py")
        if path.name != "texts.py"
    )

    assert [] == [text for text in GERMAN if f'"{text}"' not in sources]
