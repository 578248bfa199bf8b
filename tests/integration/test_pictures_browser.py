"""Every chart as a browser draws it, in both themes, held to pictures somebody saw."""

import json
import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

import mclib as mc
from mclib import plots
from mclib.plots.figure import drawings
from mclib.results.result import Result
from tests.architecture.checkout import ROOT
from tests.integration.browser import browser_page, pictures
from tests.integration.golden_pictures import MOST_DIFFERING, differing, hold

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = [pytest.mark.browser, pytest.mark.slow]

COLUMNS = 3
THEMES = {"light": ("#ffffff", "rgba(0,0,0,0.87)"), "dark": ("#111111", "#ffffff")}
STYLE = (ROOT / "mclib" / "plots" / "figure.css").read_text()


@mc.model
def launch(
    units=mc.Triangular(8_000, 10_000, 15_000),
    price=mc.Normal(20, 2),
    unit_cost=mc.PERT(9, 11, 16),
    tax_rate=0.25,
):
    revenue = units * price
    profit = (revenue - units * unit_cost) * (1 - tax_rate)
    return {"revenue": revenue, "profit": profit}


def walk(**steps: Any) -> dict[str, Any]:
    total, places = 100.0, {}
    for month, step in enumerate(steps.values(), 1):
        total = total + step
        places[f"month {month}"] = total
    return places


def schedule(_: Result) -> Any:
    activities = [
        ("permit", mc.PERT(15, 20, 45), ""),
        ("oven", mc.PERT(30, 40, 60), ""),
        ("electricity", mc.PERT(10, 12, 25), "permit"),
        ("floor", mc.PERT(5, 6, 9), "electricity"),
        ("install", mc.PERT(3, 4, 8), "floor; oven"),
    ]
    frame = pd.DataFrame(activities, columns=["activity", "duration", "predecessors"])
    plan = mc.Project.from_frame(frame)
    return plots.gantt(plan.run(100_000, seed=7), unit="days")


def path(_: Result) -> Any:
    months = {f"step_{k}": mc.Normal(1, 4) for k in range(12)}
    model = mc.Model(walk, "walk", months, {})
    result = mc.simulate(model, 100_000, seed=7)
    return plots.fan(result, list(result), title="Cash in hand", unit="EUR")


def fitted(_: Result) -> Any:
    values = np.random.default_rng(7).lognormal(3.0, 0.4, 400)
    return plots.fit_check(values, {"log-normal": mc.LogNormal(20.0, 0.4)})


def compared(base: Result) -> Any:
    taxed = mc.simulate(launch, 100_000, seed=7, parameters={"tax_rate": 0.5})
    return plots.overlay(
        {"as it is": base["profit"], "more tax": taxed["profit"]}, unit="EUR"
    )


def changed(base: Result) -> Any:
    taxed = mc.simulate(launch, 100_000, seed=7, parameters={"tax_rate": 0.3})
    return plots.difference(base, taxed, "profit", unit="EUR")


CHARTS: dict[str, Callable[[Result], Any]] = {
    "histogram": lambda r: plots.histogram(r["profit"], unit="EUR"),
    "cumulative": lambda r: plots.cumulative(r["profit"], unit="EUR"),
    "exceedance": lambda r: plots.exceedance(r["profit"], unit="EUR"),
    "box": lambda r: plots.box(r, unit="EUR"),
    "violin": lambda r: plots.violin(r, unit="EUR"),
    "tornado": lambda r: plots.tornado(r.tornado("profit"), unit="EUR"),
    "spider": lambda r: plots.spider(r.tornado("profit"), unit="EUR"),
    "driver bars": lambda r: plots.driver_bars(r, "profit"),
    "scatter": lambda r: plots.scatter(r, "profit"),
    "correlations": plots.correlations,
    "fan": path,
    "overlay": compared,
    "difference": changed,
    "convergence": lambda r: plots.convergence(r, "profit", unit="EUR"),
    "gantt": schedule,
    "fit": fitted,
    "preview": lambda _: plots.distribution(mc.PERT(9, 11, 16), name="cost", unit="EUR"),
    "falling": lambda r: plots.cumulative(r["profit"], descending=True, unit="EUR"),
}
GRID = (-(-len(CHARTS) // COLUMNS), COLUMNS)


def drawn_charts() -> dict[str, Any]:
    """Each chart as JSON."""
    result = mc.simulate(launch, 100_000, seed=7)
    with drawings():
        return {name: json.loads(make(result).to_json()) for name, make in CHARTS.items()}


def plotly_script() -> str:
    """plotly.js as an element of a page."""
    import plotly.graph_objects as go

    page_html = go.Figure().to_html(include_plotlyjs=True)
    return re.findall(r"<script[^>]*>/\*\*.*?</script>", page_html, re.DOTALL)[0]  # type: ignore[no-any-return]


@pytest.fixture(scope="module")
def figures() -> dict[str, Any]:
    return drawn_charts()


@pytest.fixture(scope="module")
def sheet(tmp_path_factory: pytest.TempPathFactory) -> Iterator["Page"]:
    """A page with plotly.js and room for all charts."""
    folder = tmp_path_factory.mktemp("pictures")
    (folder / "sheet.html").write_text(
        f"<!doctype html><meta charset=utf-8><style>{STYLE}"
        "body{margin:0;display:grid;grid-template-columns:repeat(3,640px)}"
        f".tile{{width:640px;height:440px;overflow:hidden}}</style>{plotly_script()}",
        "utf-8",
    )
    with browser_page(folder / "profile") as page:
        page.set_viewport_size({"width": 640 * COLUMNS, "height": 440 * GRID[0]})
        page.goto((folder / "sheet.html").as_uri())
        page.folder = folder  # type: ignore[attr-defined]
        yield page


def drawn(page: "Page", figures: dict[str, Any], theme: str, more: str = "") -> bytes:
    """Draw figures in their tiles; the picture of all of them."""
    paper, ink = THEMES[theme]
    page.evaluate(
        """async ([figures, paper, ink, more]) => {
            document.body.replaceChildren();
            document.body.style.background = paper;
            document.body.style.setProperty("--jp-ui-font-color1", ink);
            const style = document.createElement("style");
            style.textContent = more;
            document.body.append(style);
            for (const { data, layout } of structuredClone(figures)) {
                const tile = document.createElement("div");
                tile.className = "tile";
                document.body.append(tile);
                await Plotly.newPlot(tile, data, layout, { displayModeBar: false });
            }
        }""",
        [list(figures.values()), paper, ink, more],
    )
    n = len(figures)
    size = {"width": 640 * min(n, COLUMNS), "height": 440 * -(-n // COLUMNS)}
    return page.screenshot(clip={"x": 0, "y": 0, **size})  # type: ignore[typeddict-item]


@pytest.mark.parametrize("theme", THEMES)
def test_every_chart_looks_as_it_did(
    sheet: "Page", figures: dict[str, Any], theme: str
) -> None:
    seen = drawn(sheet, figures, theme)

    path = pictures(sheet.folder) / f"charts-{theme}.png"  # type: ignore[attr-defined]
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(seen)
    hold(sheet, f"charts-{theme}", seen, GRID)


def test_another_font_is_no_defect(sheet: "Page", figures: dict[str, Any]) -> None:
    usual = drawn(sheet, figures, "light")
    serif = ".tile text { font-family: serif !important; }"

    seen = drawn(sheet, figures, "light", serif)

    shares = differing(sheet, usual, seen, GRID)["shares"]
    print({name: f"{share:.2%}" for name, share in zip(CHARTS, shares, strict=False)})  # noqa: T201
    assert 0.0 < max(shares) < MOST_DIFFERING


DEFECTS: dict[str, Callable[[dict[str, Any]], None]] = {
    "a dark chart on white paper": lambda f: f["layout"].update(paper_bgcolor="#333"),
    "no tails": lambda f: f["data"][0]["marker"].update(color="#0072B2"),
    "no table": lambda f: f["layout"]["annotations"].clear(),
    "other colors": lambda f: f["data"][0]["marker"].update(color="#009E73"),
    "an empty chart": lambda f: f["data"].clear(),
    "pressed together": lambda f: f["layout"].update(height=330),
}


@pytest.mark.parametrize("what", DEFECTS)
def test_a_defect_is_seen(sheet: "Page", figures: dict[str, Any], what: str) -> None:
    one = {"histogram": figures["histogram"]}
    broken = json.loads(json.dumps(one))
    DEFECTS[what](broken["histogram"])

    both = [drawn(sheet, each, "light") for each in (one, broken)]

    (share,) = differing(sheet, *both, (1, 1))["shares"]
    print(f"{what}: {share:.2%}")  # noqa: T201
    assert share > MOST_DIFFERING
