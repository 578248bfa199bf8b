"""A page of a notebook that is there: what is shown of it, and what is not obeyed."""

import base64
import json
import re
from typing import Any

import nbformat
import pytest

from mclib.reports.foreign import cleaned
from mclib.reports.making import _NOTHING_SEEN
from mclib.reports.notebook_page import notebook_page, title_of
from mclib.reports.prose import markdown
from tests.mclib.reports.books import book, code, shown, text
from tests.mclib.reports.test_report import Page

FIGURE = {
    "data": [{"type": "bar", "y": [1, 3, 2]}],
    "layout": {"title": {"text": "Losses <b>"}, "meta": {"description": "three bars"}},
}
WIDGETS = "application/vnd.jupyter.widget-state+json"
VIEW = "application/vnd.jupyter.widget-view+json"


def _html(*cells: Any, **metadata: Any) -> str:
    notebook = nbformat.from_dict(book(*cells, **metadata))
    report = {
        **_NOTHING_SEEN, "title": title_of(notebook, "a-name"), "rerun": True, "took": 1.0,
        "made": "2026-11-29T02:00:00+00:00", "parameters": [], "facts": {"author": "<ada>"},
        "source_sha256": "1f", "versions": {}, "files_read": [],
    }  # fmt: skip
    return notebook_page(notebook, report)


def _body(html: str) -> str:
    return html[html.index("<main>") : html.index("</main>")]


def _view(name: str) -> dict[str, Any]:
    return shown(**{VIEW: {"model_id": name}, "text__plain": "FloatSlider()"})


def _states(**models: Any) -> dict[str, Any]:
    return {"widgets": {WIDGETS: {"state": models, "version_major": 2, "version_minor": 0}}}


def test_text_code_and_outputs_stand_in_their_order() -> None:
    page = Page(
        _html(
            text("# Losses\n\nOf *a* year.\n\n## How\n\n#### Deep"),
            code("print(1)", {"output_type": "stream", "name": "stdout", "text": "1\n"}),
            text("## What"),
        )
    )

    levels = [int(tag[1]) for tag, _ in page.tags if re.fullmatch("h[1-6]", tag)]
    assert ["Losses"] == page.said("h1")
    # The title stands once, and no level is left out on the way down.
    assert [1, 2, 2, 3, 2, 2] == levels
    assert ["How", "Deep", "What", "Where the numbers come from"] == page.said("a")
    assert ["Code of cell 1 (1 line)"] == page.said("summary")
    assert all("open" not in each for each in page.all("details"))
    assert "1" in page.said("pre")
    assert ["Run on 2026-11-29 at 02:00 UTC by <ada>"] == page.said("p")[:1]


def test_formulas_are_drawn_without_a_script_and_unreadable_ones_stay() -> None:
    shown = markdown("A $x^2$ and\n\n$$\\frac{a}{b}$$\n\nand $x^2^3$ at 5\\$.")

    assert 2 == shown.count("<math")
    assert "<msup>" in shown
    assert "<mfrac>" in shown
    assert '<code class="formula">x^2^3</code>' in shown
    assert "5$" in shown


@pytest.mark.parametrize(
    "evil",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        '<a href="javascript:alert(1)">x</a>',
        "<iframe src=https://example.org></iframe>",
        "<form action=/hub><input name=x><button>go</button></form>",
        "<style>main{display:none}</style>",
        "<meta http-equiv=refresh content=0;url=https://example.org>",
        "<base href=https://example.org>",
        "<svg><script>alert(1)</script><a xlink:href=javascript:alert(1)>x</a></svg>",
        "<math><mtext><style><img src=x onerror=alert(1)></style></mtext></math>",
        '</main></body><div id="drawing-1" class="warning note">false</div>',
        '<b title="<h2>x</h2><script>alert(1)</script>">x</b>',
        '<div title="\n\n# heading <script>alert(1)</script>\n\n">$x$</div>',
        '<div style="position:fixed;inset:0;background:url(https://example.org/x)">x</div>',
        "![$<script>alert(1)</script>$](https://example.org/x.png)",
        "<template><script>alert(1)</script></template><link rel=stylesheet href=//x>",
    ],
)
def test_texts_and_outputs_are_shown_and_not_obeyed(evil: str) -> None:
    html = _html(
        text(f"# A {evil}\n\n{evil}"),
        code("1", shown(text__html=evil), shown(text__markdown=evil)),
        code(evil, {"output_type": "stream", "name": "stdout", "text": evil}),
    )
    page = Page(html)

    # Only what runs by its hash, and JSON.
    assert {"application/json"} == {
        each.get("type") for each in page.all("script") if each
    } | {"application/json"}
    assert 1 == len(page.all("script"))
    for tag in ("iframe", "form", "input", "button", "base", "object", "template"):
        assert [] == page.all(tag)
    assert 1 == html.count("<style>")
    assert ["referrer", "viewport"] == sorted(
        each["name"] or ""
        for each in page.all("meta")
        if each.get("name") in ("referrer", "viewport")
    )
    for tag, attributes in page.tags:
        assert not [name for name in attributes if name.startswith("on")], tag
        assert "javascript:" not in str(attributes.get("href"))
        assert "example.org" not in str(attributes.get("src"))
        assert "position" not in (attributes.get("style") or "")
        assert "url(" not in (attributes.get("style") or "")
    assert 1 == html.count("</main>")


def test_tables_and_drawings_of_other_peoples_html_are_kept() -> None:
    table = '<table border="1" class="dataframe"><tr><th>a</th><td>1</td></tr></table>'
    drawing = (
        '<svg viewBox="0 0 9 9" role="img" aria-label="a square"><path d="M0 0h9"/></svg>'
    )

    assert '<table class="dataframe">' in cleaned(table)
    assert 'viewBox="0 0 9 9"' in cleaned(drawing)
    assert 'd="M0 0h9"' in cleaned(drawing)
    assert "aria-label" in cleaned(drawing)


def test_a_picture_from_elsewhere_is_its_words_and_every_other_has_some() -> None:
    assert "<em>a &lt;cat&gt;</em>" == cleaned('<img src="//x" alt="a &lt;cat>">')
    assert "" == cleaned("<img src=x>")
    assert 'alt=""' in cleaned('<img src="data:image/png;base64,AA==">')


def test_charts_pictures_colors_and_latex_are_drawn() -> None:
    png = base64.b64encode(b"\x89PNG").decode()
    red = "\x1b[31mred\x1b[0m <b>\r\n"
    html = _html(
        code(
            "1",
            shown(**{"application/vnd.plotly.v1+json": FIGURE}),
            shown(image__png=png, text__plain="<Figure size 9x9>"),
            shown(**{"image/svg+xml": "<svg onload=alert(1)></svg>"}),
            shown(text__latex="$\\displaystyle x$"),
            shown(**{"application/json": {"a": "<b>"}}),
            {"output_type": "stream", "name": "stderr", "text": f"10 %\r20 %\n{red}"},
        )
    )
    page = Page(html)

    drawings = [each for each in page.said("script") if each.startswith('{"data"')]
    assert ["Losses <b>"] == [
        text for tag, text in page.texts if tag == "p" and "Losses" in text
    ]
    assert [1, 3, 2] == json.loads(drawings[0])["data"][0]["y"]
    assert ["three bars"] == page.said("figcaption")
    pictures = page.all("img")
    assert "Output of cell 1: <Figure size 9x9>" == pictures[0]["alt"]
    assert f"data:image/png;base64,{png}" == pictures[0]["src"]
    assert str(pictures[1]["src"]).startswith("data:image/svg+xml;base64,")
    assert 1 == len(page.all("math"))
    assert '{\n "a": "<b>"\n}' in "".join(page.said("pre"))
    assert '<span class="ansi-red-fg">red</span>' in html
    assert "10 %" not in html
    assert "20 %" in html


def test_widgets_are_shown_as_they_stood_and_others_leave_a_line() -> None:
    states = _states(
        box={
            "model_name": "VBoxModel",
            "state": {"children": ["IPY_MODEL_a", "IPY_MODEL_b"]},
        },
        a={
            "model_name": "FloatSliderModel",
            "state": {"value": 0.25, "description": "tax"},
        },
        b={
            "model_name": "DropdownModel",
            "state": {
                "_options_labels": ["home", "abroad"],
                "index": 1,
                "description": "to",
            },
        },
        figure={
            "model_name": "AnyModel",
            "state": {"_data": FIGURE["data"], "_layout": {"title": "x"}},
        },
        loop={"model_name": "VBoxModel", "state": {"children": ["IPY_MODEL_loop"]}},
        html={"model_name": "HTMLModel", "state": {"value": "<b>hi</b><script>1</script>"}},
    )
    names = ("box", "figure", "loop", "html", "gone")
    html = _html(*(code("1", _view(name)) for name in names), **states)
    page = Page(html)

    assert ["0.25", "abroad", "hi"] == page.said("b")
    assert {"tax", "to"} <= set(page.said("span"))
    assert 1 == len(page.all("figure"))
    notes = [each for each in page.said("p") if "stood here" in each]
    assert 2 == len(notes)
    assert "A control (VBox) stood here" in notes[0]
    assert "it needs the notebook and a kernel" in notes[1]


def test_what_is_too_long_is_left_out_with_a_line() -> None:
    html = _html(
        code(
            "1",
            *({"output_type": "stream", "name": "stdout", "text": "x" * 9_900_000},) * 5,
        ),
        code("2", {"output_type": "stream", "name": "stdout", "text": "y" * 10_100_000}),
    )

    assert len(html) < 45_000_000
    assert "all outputs of a page may have 40 MB. It is in the notebook." in html
    assert "An output of 10.1 MB is left out; an output may have 10 MB." in html


def test_an_output_that_needs_scripts_of_its_own_leaves_a_line() -> None:
    script = shown(text__html="<div id=vis></div><script>draw()</script>")

    assert "An output that needs scripts of its own stood here." in _html(code("1", script))


def test_tags_leave_code_or_outputs_out() -> None:
    said = {"output_type": "stream", "name": "stdout", "text": "seen"}

    html = _html(
        code("first", said, tags=("hide-input",)),
        code("second", said, tags=("hide-output",)),
    )

    assert ["Code of cell 2 (1 line)"] == Page(html).said("summary")
    assert 1 == _body(html).count("seen")


def test_a_notebook_is_called_what_it_calls_itself() -> None:
    def titled(*cells: Any, **metadata: Any) -> str:
        return title_of(nbformat.from_dict(book(*cells, **metadata)), "q3-risk_report")

    assert "A & B" == titled(text("intro\n\n# A &amp; *B*"))
    assert "Given" == titled(text("# A"), title="Given")
    assert "q3 risk report" == titled(text("## Only a part"))
