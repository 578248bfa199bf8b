"""A notebook's page in a real browser: read in light and dark, on a phone, on paper.

`MC_SCREENSHOTS` names a folder that keeps the pictures.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import plotly.graph_objects as go
import pytest

import mclib as mc
from mclib.reports.__main__ import main
from tests.integration.apps import barriers
from tests.integration.browser import browser_page, pictures
from tests.mclib.reports.books import book, code, shown, text, written

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser

EVIL = """\
<script>window.slippedIn = true</script><img src=x onerror="window.slippedIn = true">
<form action="https://example.org"><button>go</button></form>"""
VIEW = "application/vnd.jupyter.widget-view+json"


@mc.model
def sales(units=mc.Triangular(80, 100, 150), price=mc.Normal(20, 2)):
    return {"revenue": units * price}


def _notebook() -> dict[str, Any]:
    result = mc.simulate(sales, 20_000, seed=7)
    chart = mc.plots.histogram(result["revenue"], unit="EUR")
    plain = go.Figure(go.Scatter(y=[1, 3, 2]), layout={"title": "A plain figure"})
    figures = [json.loads(each.to_json()) for each in (chart, plain)]
    kind = "application/vnd.plotly.v1+json"
    said = (
        "\x1b[31mred\x1b[0m \x1b[32mgreen\x1b[0m \x1b[33myellow\x1b[0m \x1b[34mblue\x1b[0m"
    )
    return book(
        text("# Next year\n\nRevenue is $u \\times p$:\n\n$$\\sum_i \\frac{x_i}{n}$$"),
        text("## The model\n\n| what | value |\n|---|---|\n| tax | 25 % |\n\n> A remark."),
        code("# how\nresult = mc.simulate(sales, 20_000, seed=7)  # 'a' + 1\nresult",
             shown(text__html=result._repr_html_())),
        code("chart", *(shown(**{kind: each}) for each in figures)),
        text("### What was said"),
        code("print(1)", {"output_type": "stream", "name": "stdout", "text": said},
             {"output_type": "stream", "name": "stderr", "text": "Warning: " + "x" * 300}),
        code("frame", shown(text__html=result.summary().to_html()),
             shown(text__html=EVIL), shown(**{VIEW: {"model_id": "gone"}})),
        code("a_very_long_line = " + " + ".join(["1_000_000"] * 60)),
    )  # fmt: skip


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("notebook-page")
    notebook = written(folder / "sales.ipynb", _notebook())
    made = folder / "report"
    assert 0 == main(["run", str(notebook), "--into", str(made), "--as-it-is"])
    return made / "page.html"


@pytest.fixture(scope="module")
def reader(path: Path) -> Iterator["Page"]:
    """A page that remembers what was asked and what was complained of."""
    with browser_page(path.parents[1] / "profile") as page:
        page.complaints, page.asked = [], []  # type: ignore[attr-defined]
        page.on("console", lambda message: page.complaints.append(message.text))
        page.on("pageerror", lambda error: page.complaints.append(str(error)))
        page.on("request", lambda request: page.asked.append(request.url))
        page.goto(path.as_uri())
        page.wait_for_function("() => document.querySelectorAll('.main-svg').length >= 6")
        yield page


def test_it_is_read_without_a_kernel_a_network_or_what_slipped_in(reader: Any) -> None:
    reader.locator(".bars .point").nth(20).hover(force=True)
    reader.locator(".hoverlayer .hovertext").first.wait_for()

    assert 2 == reader.locator(".js-plotly-plot").count()
    assert reader.locator("math").first.bounding_box()["height"] > 8
    assert reader.evaluate("() => window.slippedIn === undefined")
    assert reader.get_by_text("left nothing that a page can show").is_visible()
    assert not reader.get_by_text("a_very_long_line").is_visible()
    reader.get_by_text("Code of cell 5").click()
    assert reader.get_by_text("a_very_long_line").first.is_visible()
    assert 1 == len(reader.asked)
    assert [] == reader.complaints


@pytest.mark.parametrize("width", [1440, 360])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_bars_the_way_to_it(
    reader: Any, path: Path, scheme: str, width: int
) -> None:
    reader.emulate_media(color_scheme=scheme)
    reader.set_viewport_size({"width": width, "height": 900})
    reader.evaluate(
        "() => document.querySelectorAll('details').forEach(e => e.open = true)"
    )

    found = barriers(reader)

    reader.screenshot(
        path=pictures(path.parents[1]) / f"notebook-{scheme}-{width}.png", full_page=True
    )
    reader.emulate_media(color_scheme="light")
    reader.set_viewport_size({"width": 1440, "height": 900})
    assert [] == found


def test_it_fits_a_phone(reader: Any, path: Path) -> None:
    reader.set_viewport_size({"width": 390, "height": 844})
    reader.wait_for_function("() => document.querySelector('.main-svg').clientWidth < 390")

    reader.screenshot(path=pictures(path.parents[1]) / "notebook-phone.png", full_page=True)

    assert 390 >= reader.evaluate("() => document.documentElement.scrollWidth")
    reader.set_viewport_size({"width": 1440, "height": 900})


def test_it_is_printed_by_the_command(path: Path) -> None:
    target = path.parents[1] / "page.pdf"

    assert 0 == main(["pdf", str(path), str(target)])

    content = target.read_bytes()
    assert content.startswith(b"%PDF")
    # A4, tagged for those who hear it, and with the headings as its outline.
    assert b"/MediaBox [0 0 594.95996 841.91998]" in content
    assert b"/StructTreeRoot" in content
    assert b"/Outlines" in content
    assert {"sales.ipynb", "report", "profile", "page.pdf"} >= {
        each.name for each in path.parents[1].iterdir() if each.name != "screenshots"
    }


def test_without_a_browser_the_command_says_how_to_get_one(
    path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")

    assert 2 == main(["pdf", str(path), str(path.parent / "page.pdf")])

    said = capsys.readouterr().err
    assert "a PDF must be drawn by Chromium" in said
    assert "hint: `apt install chromium` has one" in said
    assert not (path.parent / "page.pdf").exists()
