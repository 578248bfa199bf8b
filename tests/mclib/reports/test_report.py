import base64
import hashlib
import itertools
import json
import re
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path

import pytest

import mclib as mc
from mclib import Result
from mclib.errors import ArgumentError

CSP = "Content-Security-Policy"
VOID = {"meta", "link", "br", "img", "hr"}


@mc.model
def launch(
    units=mc.Triangular(low=8_000, mode=10_000, high=15_000),
    price=mc.Normal(mean=20, standard_deviation=2),
    tax_rate=0.25,
):
    revenue = units * price
    # Less than all: profit < revenue.
    return {"revenue": revenue, "profit": revenue * (1 - tax_rate)}


@mc.model
def sure(price=20.0):
    return {"price": price + 0.0}


class Page(HTMLParser):
    """A page taken apart: what opens must close, and in the right order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[tuple[str, str]] = []
        self._open: list[str] = []
        # Scripts that run are 5 MB long, and looked at elsewhere.
        self.feed(
            re.sub(r"<script>.*?</script>", "<script></script>", text, flags=re.DOTALL)
        )
        self.close()
        assert [] == self._open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        if self._open and data.strip():
            self.texts.append((self._open[-1], data))

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]

    def said(self, *tags: str) -> list[str]:
        return [text for tag, text in self.texts if tag in tags]


@pytest.fixture(scope="module")
def result() -> Result:
    return mc.simulate(launch, 20_000, seed=7, parameters={"price.mean": 21.0})


@pytest.fixture(scope="module")
def report(result: Result):
    return mc.report(
        result, title="A & B", text="One <b>.\n\nTwo.", units={"profit": "EUR"}
    )


@pytest.fixture(scope="module")
def page(report) -> Page:
    return Page(report.html)


def test_every_output_stands_in_the_summary_with_standard_errors(
    page: Page, result: Result
) -> None:
    cells = page.said("td", "small")
    errors = [text for text in page.said("small") if text.endswith(" s.e.")]

    for name in result:
        assert result[name].mean.rounded() in cells
        assert result[name].quantile(0.95).rounded() in cells
    # Mean, standard deviation and three quantiles of two outputs.
    assert 10 == len(errors)
    assert {"revenue", "profit (EUR)"} <= set(page.said("th"))


def test_all_that_is_needed_to_repeat_it_stands_in_the_page(
    page: Page, result: Result
) -> None:
    found = result.provenance
    (told,) = [text for text in page.said("code") if text.startswith("{")]
    cells = set(page.said("td"))

    assert found.as_dict() == json.loads(told)
    assert {"7", "20,000", "independent", "float64", found.model_hash} <= cells
    assert {found.source_hash, found.versions["mclib"]} <= cells
    assert f"{found.engine} on {found.device}" in cells
    # Of this run, not of the model as it was written.
    assert "mean = 21, standard_deviation = 2" in cells


def test_the_source_is_folded_and_is_what_its_hash_says(page: Page, result: Result) -> None:
    (source,) = [text for text in page.said("code") if "def launch" in text]

    assert "# Less than all: profit < revenue." in source
    assert result.provenance.source_hash == hashlib.sha256(source.encode()).hexdigest()
    assert "open" not in page.all("details")[0]


def test_a_policy_forbids_requests_and_all_scripts_but_those_of_the_page(
    report, page: Page
) -> None:
    (policy,) = [
        each["content"] for each in page.all("meta") if each.get("http-equiv") == CSP
    ]
    scripts = re.findall(r"<script>(.*?)</script>", report.html, re.DOTALL)
    hashes = [
        base64.b64encode(hashlib.sha256(each.encode()).digest()).decode()
        for each in scripts
    ]

    allowed = " ".join(f"'sha256-{each}'" for each in hashes)
    assert 2 == len(scripts)
    assert f"default-src 'none'; script-src {allowed}; style-src" in policy
    assert (
        report.html.index(CSP) < report.html.index("<style>") < report.html.index("<script")
    )
    addresses = [
        each[name]
        for _, each in page.tags
        for name in ("src", "href", "action", "data")
        if each.get(name)
    ]
    assert all(each.startswith(("#", "data:")) for each in addresses)


def test_texts_are_shown_and_not_obeyed(result: Result) -> None:
    evil = '</script><script>alert("x")</script>'

    page = Page(
        mc.report(
            {evil: result},
            title=evil,
            text=evil,
            units={"profit": evil},
            outputs=["profit"],
            charts=["histogram"],
        ).html
    )

    drawn = json.loads(page.said("script")[0])
    # On two lines: it is long.
    assert f"profit<br>({evil})" == drawn["layout"]["xaxis"]["title"]["text"]
    # The drawing, plotly.js, and what draws.
    assert 3 == len(page.all("script"))
    assert evil in "".join(page.said("h1"))
    assert evil in "".join(page.said("p"))


def test_headings_captions_and_names_lead_through_the_page(page: Page) -> None:
    levels = [int(tag[1]) for tag, _ in page.tags if re.fullmatch("h[1-6]", tag)]
    names = [each["id"] for _, each in page.tags if each.get("id")]
    links = [each["href"] for each in page.all("a")]

    assert "en" == page.all("html")[0]["lang"]
    assert "A & B" == page.said("title")[0]
    assert (1, 1) == (levels[0], levels.count(1))
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))
    assert len(names) == len(set(names))
    assert {link.removeprefix("#") for link in links} <= set(names)
    assert len(page.all("table")) == len(page.said("caption"))
    assert all(each["aria-labelledby"] in names for each in page.all("figure"))
    assert all(each["scope"] in ("col", "row") for each in page.all("th"))
    assert all("revenue: " in each or "profit" in each for each in page.said("svg"))


def test_each_chart_says_what_it_shows_and_has_its_statistics_below(
    report, page: Page, result: Result
) -> None:
    said = page.said("figcaption")

    # A histogram, a cumulative curve and a tornado of two outputs.
    assert 6 == report.n_charts == len(said) == len(page.all("figure"))
    median = result["profit"].median.rounded()
    assert said[3].startswith(f"profit: median {median}, 90 % between ")
    assert "mean of profit" in said[5]
    assert result["profit"].mean.rounded() in page.said("dd")
    drawings = [
        json.loads(text) for text in page.said("script") if text.startswith('{"data"')
    ]
    assert all(each["config"]["showSendToCloud"] is False for each in drawings)
    assert all("title" not in each["layout"] for each in drawings)
    assert "± s.e." not in json.dumps(drawings, ensure_ascii=False)


def test_the_page_names_its_day_and_nobody(page: Page) -> None:
    (dated,) = [text for text in page.said("p") if text.startswith("Written on ")]

    written = datetime.strptime(dated, "Written on %Y-%m-%d at %H:%M UTC").replace(
        tzinfo=UTC
    )
    assert abs((datetime.now(UTC) - written).total_seconds()) < 3_600
    assert not [each for each in page.all("meta") if each.get("name") == "author"]


def test_a_loaded_result_is_reported_with_what_its_file_holds(
    result: Result, tmp_path: Path
) -> None:
    result.save(tmp_path / "launch.mcresult")
    loaded = mc.load_result(tmp_path / "launch.mcresult")

    report = mc.report(loaded, outputs=["profit"])

    page = Page(report.html)
    assert 2 == report.n_charts
    assert result["profit"].quantile(0.05).rounded() in page.said("td")
    assert "mean = 21, standard_deviation = 2" in page.said("td")
    paragraphs = "".join(page.said("p"))
    assert (
        "What drives the mean: left out. a loaded result has the trials that" in paragraphs
    )
    assert "The model's source isn't at hand" in paragraphs
    with pytest.raises(
        ArgumentError, match="a loaded result has the trials that were kept"
    ):
        mc.report(loaded, charts=["tornado"])


def test_several_results_stand_one_after_another_and_figures_behind(result: Result) -> None:
    other = mc.simulate(launch, 10_000, seed=3)
    figure = mc.plots.overlay({"base": result["profit"], "other": other["profit"]})

    report = mc.report(
        {"base": result, "other": other}, outputs=["profit"], charts=["exceedance", figure]
    )

    page = Page(report.html)
    assert ["base", "other", "Charts"] == page.said("h2")[1:]
    assert ["Summary", "profit", "Where the numbers come from"] * 2 == page.said("h3")[:6]
    assert 3 == report.n_charts
    assert 2 == len([text for text in page.said("code") if text.startswith("{")])


def test_what_never_changes_is_reported_without_drivers() -> None:
    report = mc.report(mc.simulate(sure, 1_000, seed=3))

    page = Page(report.html)
    assert "20" in page.said("td")
    assert "What drives the mean: left out." in "".join(page.said("p"))


def test_a_page_without_charts_has_no_script(result: Result) -> None:
    report = mc.report(result, charts=[])

    assert "<script" not in report.html
    assert "script-src 'none'" in report.html
    assert len(report.html) < 50_000


def test_a_page_is_saved_whole_or_not_at_all(
    result: Result, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "page.html"
    path.write_text("before")
    report = mc.report(result, charts=[])

    with pytest.raises(ArgumentError, match=r"no file that exists.*\n.*overwrite=True"):
        mc.report(result, path)
    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", _refuse)
        with pytest.raises(OSError, match="the disk is full"):
            report.save(path, overwrite=True)
    assert "before" == path.read_text()
    assert [path] == list(tmp_path.iterdir())

    saved = report.save(path, overwrite=True)
    assert report.html == path.read_text("utf-8")
    assert path == saved.path
    assert path.as_posix() in saved._repr_html_()
    assert "not saved yet" in report._repr_html_()


def _refuse(*_: object) -> None:
    raise OSError("the disk is full")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"path": "page.pdf"}, "`path` must end in .html; got 'page.pdf'"),
        ({"path": "no/page.html"}, "`path` must lie in a folder that exists"),
        ({"outputs": ["profits"]}, "did you mean `profit`"),
        ({"outputs": "profit"}, "`outputs` must list names of outputs; got 'profit'"),
        ({"charts": "histogram"}, "`charts` must be a list; got 'histogram'"),
        (
            {"charts": ["pie"]},
            "`charts` must list plotly figures and names among histogram",
        ),
        ({"charts": [3]}, "`charts` must list plotly figures and names among histogram"),
        ({"units": {"profits": "EUR"}}, "`units` must name outputs .*got 'profits'"),
        ({"units": "EUR"}, "`units` must be a mapping of outputs to units"),
        ({"text": 3}, "`text` must be a text; got 3"),
        ({"title": 3}, "`title` must be a text; got 3"),
    ],
)
def test_what_makes_no_report_is_refused(
    result: Result, arguments: dict[str, object], message: str
) -> None:
    with pytest.raises(ArgumentError, match=message):
        mc.report(result, **arguments)  # type: ignore[arg-type]


def test_what_is_no_result_is_refused() -> None:
    for wrong in (launch, {}, {"a": 3}, [1]):
        with pytest.raises(ArgumentError, match="`results` must be a result, or a mapping"):
            mc.report(wrong)  # type: ignore[arg-type]
