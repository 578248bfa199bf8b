"""A report in a real browser; `MC_SCREENSHOTS` names a folder that keeps the pictures."""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

import mclib as mc
from tests.integration.apps import barriers
from tests.integration.browser import browser_page, pictures

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser


@mc.model
def sales(units=mc.Triangular(80, 100, 150), price=mc.Normal(20, 2)):
    return {"revenue": units * price}


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Iterator["Page"]:
    """A page that has a report before it, and remembers what was asked and complained."""
    folder = tmp_path_factory.mktemp("report")
    result = mc.simulate(sales, 20_000, seed=7)
    mc.report(result, folder / "sales.html", units={"revenue": "EUR"})
    with browser_page(folder / "profile") as page:
        page.complaints, page.asked = [], []  # type: ignore[attr-defined]
        page.on("console", lambda message: page.complaints.append(message.text))
        page.on("pageerror", lambda error: page.complaints.append(str(error)))
        page.on("request", lambda request: page.asked.append(request.url))
        page.goto((folder / "sales.html").as_uri())
        page.wait_for_function("() => document.querySelectorAll('.main-svg').length >= 9")
        page.kept = pictures(folder)  # type: ignore[attr-defined]
        yield page


def test_charts_are_drawn_and_nobody_is_asked_for_anything(reader: Any) -> None:
    assert 3 == reader.locator(".js-plotly-plot").count()
    assert reader.locator(".bars .point path").count() > 30
    assert reader.get_by_text("revenue (EUR)").count() >= 3
    reader.locator(".bars .point").nth(20).hover(force=True)
    reader.get_by_text(re.compile("of trials in this bar")).wait_for()
    assert 1 == len(reader.asked)
    assert [] == reader.complaints


def test_its_policy_stops_a_script_and_a_request_that_were_slipped_in(reader: Any) -> None:
    before = list(reader.complaints)
    stopped = reader.evaluate(
        """async () => {
            const script = document.createElement('script');
            script.textContent = 'window.slippedIn = true';
            document.body.append(script);
            const asked = fetch('https://example.org/');
            const fetched = await asked.then(() => true, () => false);
            return [window.slippedIn === undefined, !fetched];
        }"""
    )
    said = reader.complaints[len(before) :]
    reader.complaints[:] = before

    assert [True, True] == stopped
    assert all("Content Security Policy" in each for each in said)
    assert len(said) >= 2
    assert 1 == len([each for each in reader.asked if not each.startswith("https:")])


def test_text_reads_on_light_and_on_dark_paper(reader: Any) -> None:
    found = {}
    for scheme in ("light", "dark"):
        reader.emulate_media(color_scheme=scheme)
        found[scheme] = reader.evaluate(
            """() => [
                getComputedStyle(document.body).backgroundColor,
                ...['p.dated', 'figcaption', 'small', '.chart .xtick text', 'caption', 'a']
                    .map(each => document.querySelector(each))
                    .map(each => getComputedStyle(each))
                    .map(style => style.fill === 'rgb(0, 0, 0)' ? style.color : style.fill),
            ]"""
        )
        reader.screenshot(path=reader.kept / f"report-{scheme}.png", full_page=True)
    reader.emulate_media(color_scheme="light")

    for paper, *inks in found.values():
        assert all(_contrast(paper, ink) >= 4.5 for ink in inks)
    assert found["light"][0] != found["dark"][0]


@pytest.mark.parametrize("width", [1440, 360])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_bars_the_way_to_it(reader: Any, scheme: str, width: int) -> None:
    reader.emulate_media(color_scheme=scheme)
    reader.set_viewport_size({"width": width, "height": 900})
    reader.evaluate(
        "() => document.querySelectorAll('details').forEach(e => e.open = true)"
    )

    found = barriers(reader)

    reader.emulate_media(color_scheme="light")
    reader.set_viewport_size({"width": 1440, "height": 900})
    assert [] == found


def test_it_fits_a_phone_and_a_sheet_of_paper(reader: Any) -> None:
    reader.set_viewport_size({"width": 400, "height": 900})
    reader.wait_for_function("() => document.querySelector('.main-svg').clientWidth < 400")
    assert 400 >= reader.evaluate("() => document.documentElement.scrollWidth")
    reader.screenshot(path=reader.kept / "report-phone.png", full_page=True)

    reader.set_viewport_size({"width": 1440, "height": 900})
    reader.wait_for_function("() => document.querySelector('.main-svg').clientWidth > 800")
    reader.evaluate("""() => addEventListener('beforeprint', () => {
        const drawn = [...document.querySelectorAll('.main-svg')];
        window.printed = drawn.map(each => each.clientWidth);
    })""")
    reader.pdf(path=reader.kept / "report.pdf", format="A4")
    # A4 less its margins is 688 pixels wide.
    assert all(0 < width <= 688 for width in reader.evaluate("() => window.printed"))
    reader.wait_for_function("() => document.querySelector('.main-svg').clientWidth > 800")
    assert (reader.kept / "report.pdf").read_bytes().startswith(b"%PDF")


def _contrast(first: str, second: str) -> float:
    """Contrast of two colors as WCAG 2 defines it."""
    low, high = sorted(map(_luminance, (first, second)))
    return (high + 0.05) / (low + 0.05)


def _luminance(color: str) -> float:
    parts = [int(each) / 255 for each in re.findall(r"\d+", color)[:3]]
    red, green, blue = (
        each / 12.92 if each <= 0.04045 else ((each + 0.055) / 1.055) ** 2.4
        for each in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
