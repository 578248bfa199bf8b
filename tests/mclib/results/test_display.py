"""What people see of a result, as text and as HTML."""

import html.parser
from datetime import timedelta

import numpy as np
import pytest

from mclib.results.display import duration
from mclib.results.result import Result
from tests.mclib.array_run import ArrayRun


def _result(seed: int, **provenance: object) -> Result:
    generator = np.random.default_rng(seed)
    profit = generator.normal(50_000.0, 9_000.0, 10_000)
    with np.errstate(invalid="ignore"):
        margin = np.sqrt(generator.normal(2.0, 1.0, 10_000))
    outputs = {"profit": profit, "a<b>&c": margin, "fee": np.full(10_000, 3.25)}
    return Result(ArrayRun(outputs, {"price": profit}, **provenance))


class _Checked(html.parser.HTMLParser):
    """Raises where a tag isn't closed by its own; gathers attributes by tag."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.labels: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.open.append(tag)
        self.labels += [value or "" for name, value in attrs if name == "aria-label"]

    def handle_endtag(self, tag: str) -> None:
        assert tag == self.open.pop()


def _checked(text: str) -> _Checked:
    parser = _Checked()
    parser.feed(text)
    assert parser.open == []
    return parser


def test_the_text_is_an_aligned_table(seed: int) -> None:
    lines = str(_result(seed)).splitlines()

    headings = ["mean (95 %)", "standard deviation", "P5", "P50", "P95"]
    assert all(each in lines[0] for each in headings)
    ends = [lines[0].index(each) + len(each) for each in headings]
    for line in lines[1:4]:
        assert all(len(line) == end or line[end] == " " for end in ends)
        assert all(line[end - 1] != " " for end in ends)
    assert lines[1].split()[1:4:2] == [*str(_result(seed)["profit"].mean).split()[0:3:2]]


def test_the_text_names_trials_without_a_number(seed: int) -> None:
    result = _result(seed)
    found = result["a<b>&c"].non_finite

    text = str(result)

    assert (
        f"a<b>&c: {found.nan:,} of 10,000 trials gave NaN, the first is trial "
        f"{found.first_trial:,} (replay it: result.trial({found.first_trial})). "
        "Statistics are over the others."
    ) in text


def test_the_text_ends_with_where_it_comes_from(seed: int) -> None:
    last = str(_result(seed)).splitlines()[-1]

    expected = (
        "launch 3f2a9c01d5e8 · 10,000 trials · seed 7 · "
        "llvm float64 on 2 CPU cores · 0.84 s"
    )
    assert expected == last


@pytest.mark.parametrize("as_html", [False, True])
def test_an_interrupted_run_says_so(seed: int, as_html: bool) -> None:
    result = _result(seed, interrupted=True)

    text = result._repr_html_() if as_html else str(result)

    assert "Interrupted after 10,000 trials." in text


def test_the_html_is_well_formed_and_escaped(seed: int) -> None:
    text = _result(seed)._repr_html_()

    _checked(text)
    assert "a&lt;b&gt;&amp;c" in text
    assert "a<b>" not in text


def test_every_histogram_says_what_it_shows(seed: int) -> None:
    result = _result(seed)

    labels = _checked(result._repr_html_()).labels

    low, middle, high = (result["profit"].quantile(q).rounded() for q in (0.05, 0.5, 0.95))
    assert f"profit: median {middle}, 90 % between {low} and {high}" == labels[0]
    assert len(labels) == 3


def test_colors_follow_the_page(seed: int) -> None:
    text = _result(seed)._repr_html_()

    assert "var(--jp-ui-font-color1,inherit)" in text
    assert "currentColor" in text
    assert "background:#" not in text


def test_no_script_and_nothing_from_elsewhere(seed: int) -> None:
    text = _result(seed)._repr_html_()

    assert "<script" not in text
    assert "http" not in text
    assert "url(" not in text


def test_a_notebook_gets_text_and_html(seed: int) -> None:
    result = _result(seed)

    bundle = result._repr_mimebundle_(include=None, exclude=None)

    assert {"text/plain": str(result), "text/html": result._repr_html_()} == bundle


def test_one_output_is_shown_as_one_line(seed: int) -> None:
    output = _result(seed)["profit"]

    bundle = output._repr_mimebundle_()

    assert repr(output) == bundle["text/plain"]
    assert len(_checked(bundle["text/html"]).labels) == 1


def test_where_nothing_is_finite_there_is_no_histogram() -> None:
    result = Result(ArrayRun({"x": np.full(1000, np.nan)}))

    labels = _checked(result._repr_html_()).labels

    assert labels == []
    assert "None is finite." in str(result)
    assert "unknown ± unknown" in str(result)


def test_a_trial_is_shown_as_a_table(seed: int) -> None:
    trial = _result(seed).trial(5)

    text = trial._repr_html_()

    _checked(text)
    assert "Trial 5" in text
    assert repr(trial).startswith("Trial(5: price=")
    assert trial._ipython_key_completions_() == ["price", "profit", "a<b>&c", "fee"]


@pytest.mark.parametrize(
    ("elapsed", "expected"),
    [
        (timedelta(milliseconds=4), "0.004 s"),
        (timedelta(seconds=0.84), "0.84 s"),
        (timedelta(seconds=12.3), "12 s"),
        (timedelta(seconds=125), "2 min 5 s"),
        (timedelta(hours=1, minutes=12), "1 h 12 min"),
    ],
)
def test_durations_are_written_for_people(elapsed: timedelta, expected: str) -> None:
    assert expected == duration(elapsed)
