"""Charts 360 pixels wide: nothing is cut, nothing hides another, numbers stand as text."""

import json
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

import mclib as mc
from mclib import plots
from mclib.plots.figure import drawings
from tests.architecture.checkout import ROOT
from tests.integration.browser import browser_page, pictures
from tests.integration.golden_pictures import hold
from tests.integration.test_pictures_browser import (
    CHARTS,
    drawn_charts,
    plotly_script,
)

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = [pytest.mark.browser, pytest.mark.slow]

NARROW = (ROOT / "mclib" / "plots" / "narrow.js").read_text()
COLUMNS, WIDE, HIGH = 6, 360, 800
ROWS = -(-len(CHARTS) // COLUMNS)

DRAW = """async ([figure, width, isDescribed]) => {
    document.body.replaceChildren();
    const tile = document.createElement("div"), plot = document.createElement("div");
    tile.style.width = width + "px";
    tile.append(plot);
    document.body.append(tile);
    const config = { displayModeBar: false, responsive: true };
    await Plotly.newPlot(plot, figure.data, figure.layout, config);
    if (isDescribed) describe(plot);
    // Drawn anew when its width has changed, and plotly waits a tenth of a second for that.
    await new Promise((resolve) => setTimeout(resolve, 400));
}"""
FAULTS = """() => {
    const tile = document.body.firstElementChild, frame = tile.getBoundingClientRect();
    const lines = [...tile.querySelectorAll("text, tspan")].filter((each) =>
        each.checkVisibility() && each.textContent.trim() && !each.querySelector("tspan"));
    const boxes = lines.map((each) => [each.textContent, each.getBoundingClientRect()]);
    const faults = [];
    if (tile.scrollWidth > tile.clientWidth) faults.push("scrolls sideways");
    boxes.forEach(([text, a], at) => {
        const isCut = a.left < frame.left - 1 || a.right > frame.right + 1;
        if (isCut) faults.push(`cut: ${text}`);
        for (const [other, b] of boxes.slice(at + 1)) {
            const wide = Math.min(a.right, b.right) - Math.max(a.left, b.left);
            const high = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
            if (wide > 3 && high > 4) faults.push(`${text} hides ${other}`);
        }
    });
    return faults;
}"""


@pytest.fixture(scope="module")
def figures() -> dict[str, Any]:
    return drawn_charts()


@pytest.fixture(scope="module")
def sheet(tmp_path_factory: pytest.TempPathFactory) -> Iterator["Page"]:
    """A page with plotly.js and what makes figures fit it."""
    folder = tmp_path_factory.mktemp("phone")
    (folder / "sheet.html").write_text(
        "<!doctype html><meta charset=utf-8><style>body{margin:0}</style>"
        f"{plotly_script()}<script>{NARROW}</script>",
        "utf-8",
    )
    with browser_page(folder / "profile") as page:
        page.set_viewport_size({"width": 960, "height": HIGH})
        page.goto((folder / "sheet.html").as_uri())
        page.folder = folder  # type: ignore[attr-defined]
        yield page


@pytest.mark.parametrize("name", CHARTS)
def test_a_chart_fits_a_phone(sheet: "Page", figures: dict[str, Any], name: str) -> None:
    sheet.evaluate(DRAW, [figures[name], WIDE, True])

    faults = sheet.evaluate(FAULTS)
    # Names below a heat map are turned, and their upright boxes meet.
    turned = " hides " if name == "correlations" else "\n"
    assert [] == [each for each in faults if turned not in each]
    told = sheet.evaluate("() => document.body.innerText")
    meta = figures[name]["layout"]["meta"]
    assert figures[name]["layout"]["title"]["text"].replace("<br>", " ") in told
    assert all(number.strip() in told for _, number in meta["table"])
    role = sheet.locator(".js-plotly-plot").get_attribute("role")
    label = sheet.locator(".js-plotly-plot").get_attribute("aria-label")
    assert ("figure", meta["description"]) == (role, label)


def test_what_is_not_fitted_is_found(sheet: "Page", figures: dict[str, Any]) -> None:
    found = {}
    for name in ("histogram", "exceedance", "box"):
        sheet.evaluate(DRAW, [figures[name], WIDE, False])
        found[name] = sheet.evaluate(FAULTS)

    assert all(found.values())


def test_a_turned_phone_has_the_words_in_the_drawing_again(
    sheet: "Page", figures: dict[str, Any]
) -> None:
    sheet.evaluate(DRAW, [figures["histogram"], WIDE, True])
    margin = "() => document.querySelector('.js-plotly-plot').layout.margin"
    narrow = sheet.evaluate(margin)

    sheet.evaluate("() => { document.body.firstElementChild.style.width = '900px'; }")
    sheet.evaluate("() => window.dispatchEvent(new Event('resize'))")
    sheet.wait_for_timeout(800)

    wide = figures["histogram"]["layout"]["margin"]
    assert wide == {key: sheet.evaluate(margin)[key] for key in wide}
    assert narrow["r"] < 40 < wide["r"]
    assert sheet.locator(".g-gtitle").is_visible()
    assert not sheet.get_by_role("table", name="statistics").is_visible()


@pytest.mark.parametrize("what", ["heavy", "constant"])
def test_labels_find_room_where_lines_are_near(sheet: "Page", what: str) -> None:
    @mc.model
    def near(a=mc.LogNormal(1.0, 3.0), b=mc.Normal(0, 1)):
        return {"x": a if what == "heavy" else 5.0 + 0.0 * a, "y": b * 0.0 + a}

    result = mc.simulate(near, 20_000, seed=7)
    with drawings():
        made = [
            plots.histogram(result["x"], unit="EUR"),
            plots.cumulative(result["x"], unit="EUR"),
            plots.cumulative(result["x"], descending=True, unit="EUR"),
            plots.fan(result, ["y", "x"], unit="EUR"),
        ]

    for width in (WIDE, 640):
        for each in made:
            sheet.evaluate(DRAW, [json.loads(each.to_json()), width, True])
            faults = sheet.evaluate(FAULTS)
            # A point's value may stand on a number of the axis' scale.
            assert [] == [fault for fault in faults if "%" not in fault]


LONG = "the_net_present_value_of_the_northern_extension_after_tax_and_financing"


@pytest.mark.parametrize("width", [WIDE, 640])
def test_long_names_are_cut_nowhere(sheet: "Page", width: int) -> None:
    @mc.model
    def named(a_long_name_of_an_input_that_somebody_wrote_in_full=mc.Normal(10, 1)):
        outcome = 1e6 * a_long_name_of_an_input_that_somebody_wrote_in_full
        return {LONG: outcome, "x": outcome / 2}

    result = mc.simulate(named, 20_000, seed=7)
    with drawings():
        made = [
            plots.histogram(result[LONG], unit="EUR"),
            plots.cumulative(result[LONG], unit="EUR"),
            plots.exceedance(result[LONG], unit="EUR"),
            plots.violin(result, unit="EUR"),
            plots.fan(result, ["x", LONG], unit="EUR"),
            plots.spider(result.tornado(LONG), unit="EUR"),
            plots.convergence(result, "x", unit="EUR"),
        ]

    for each in made:
        sheet.evaluate(DRAW, [json.loads(each.to_json()), width, True])
        # Names that are turned have upright boxes, which meet.
        assert [] == [it for it in sheet.evaluate(FAULTS) if " hides " not in it]
        if width == WIDE and LONG in each.layout.title.text.replace("<br>", ""):
            assert LONG in sheet.evaluate("() => document.body.innerText")


def test_every_chart_looks_on_a_phone_as_it_did(
    sheet: "Page", figures: dict[str, Any]
) -> None:
    sheet.set_viewport_size({"width": WIDE * COLUMNS, "height": HIGH * ROWS})
    sheet.evaluate(
        """async ([figures, columns, wide, high]) => {
            document.body.replaceChildren();
            document.body.style.cssText = "margin:0;display:grid;" +
                `grid-template-columns:repeat(${columns},${wide}px)`;
            for (const { data, layout } of figures) {
                const tile = document.createElement("div");
                tile.style.cssText = `width:${wide}px;height:${high}px;overflow:hidden`;
                const plot = document.createElement("div");
                tile.append(plot);
                document.body.append(tile);
                const config = { displayModeBar: false, responsive: true };
                await Plotly.newPlot(plot, data, layout, config);
                describe(plot);
            }
            await new Promise((resolve) => setTimeout(resolve, 1500));
        }""",
        [list(figures.values()), COLUMNS, WIDE, HIGH],
    )
    seen = sheet.screenshot()

    path = pictures(sheet.folder) / "charts-phone.png"  # type: ignore[attr-defined]
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(seen)
    # Judged by halves of a chart, so that a small defect is a large share of one.
    hold(sheet, "charts-phone", seen, (2 * ROWS, COLUMNS))


POINT = """async () => {
    const plot = document.querySelector(".js-plotly-plot"), said = [];
    const tell = async (what, subplot) => {
        Plotly.Fx.hover(plot, what, subplot);
        await new Promise((resolve) => setTimeout(resolve, 60));
        const texts = plot.querySelectorAll(".hoverlayer .hovertext, .hoverlayer .legend");
        said.push(...[...texts].map((each) => each.textContent));
    };
    for (const [curveNumber, trace] of plot.data.entries()) {
        if (trace.hoverinfo === "skip") continue;
        const subplot = (trace.xaxis ?? "x") + (trace.yaxis ?? "y");
        if (trace.type === "heatmap") {
            await tell({ xval: 1, yval: 0 }, subplot);
            continue;
        }
        const n = (trace.x ?? trace.y).length;
        for (const pointNumber of [0, Math.floor(n / 2), n - 1])
            await tell([{ curveNumber, pointNumber }], subplot);
    }
    return said;
}"""


def test_a_mark_that_is_pointed_at_tells_numbers(
    sheet: "Page", figures: dict[str, Any]
) -> None:
    told: dict[str, list[str]] = {}
    for name, figure in figures.items():
        sheet.evaluate(DRAW, [figure, 640, True])
        told[name] = sheet.evaluate(POINT)

    print({name: said[:3] for name, said in told.items()})  # noqa: T201
    assert [] == [name for name, said in told.items() if not said]
    # Neither a hole nor a number as a computer writes it.
    wrong = r"%\{|NaN|undefined|null|\bnan\b|Infinity|customdata|\de[+-]?\d"
    for name, said in told.items():
        assert [] == [each for each in said if re.search(wrong, each)], name
    # The activity's own duration, and not where its bar ends.
    assert any("permit: takes 23.33 days" in each for each in told["gantt"])
