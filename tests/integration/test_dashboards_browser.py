"""Dashboards as apps in a real browser: seen, moved, read out, and attacked.

`MC_SCREENSHOTS` names a folder that keeps the pictures, and `MC_LATENCY` a file for the
time from the address to the first chart.
"""

import json
import os
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
import websocket

from tests.architecture.checkout import ROOT
from tests.integration.apps import (
    DASHBOARDS,
    App,
    barriers,
    running_app,
    written_notebook,
)
from tests.integration.browser import browser_page, pictures
from tests.integration.golden_pictures import hold

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = [pytest.mark.browser, pytest.mark.slow]

EXPLORED = f"""\
import sys
sys.path.insert(0, {str(ROOT)!r})
import mclib as mc
from tests.benchmarks.workloads import sheet
mc.explore(sheet, n_trials=20_000, unit="EUR")"""
DESK, PROJECT = "option-desk", "project-risk-register"
N_FIGURES = {DESK: 1, PROJECT: 4, "explored": 1}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("dashboards")


@pytest.fixture(scope="module")
def page(folder: Path) -> Iterator["Page"]:
    with browser_page(folder / "profile") as page:
        page.set_default_timeout(150_000)
        page.complaints, page.asked = [], []  # type: ignore[attr-defined]
        page.on("pageerror", lambda error: page.complaints.append(str(error)))
        page.on("request", lambda request: page.asked.append(request.url))
        yield page


@pytest.fixture(scope="module")
def desk(folder: Path) -> Iterator[App]:
    with running_app(folder, DASHBOARDS / f"{DESK}.ipynb") as app:
        yield app


@pytest.fixture(scope="module")
def opened(page: "Page", desk: App) -> "Page":
    """The option desk, whose first chart has been drawn."""
    began = time.monotonic()
    show(page, desk.url, 1)
    told = {
        "first_chart_s": round(time.monotonic() - began, 1),
        "kernel_cpu_s": round(sum(sum(each.cpu_times()[:2]) for each in desk.kernels()), 1),
        "load": round(os.getloadavg()[0], 1),
    }
    if "MC_LATENCY" in os.environ:
        Path(os.environ["MC_LATENCY"]).write_text(json.dumps(told) + "\n")
    return page


def show(page: "Page", url: str, n_figures: int) -> None:
    page.goto(url, wait_until="commit")
    page.wait_for_function(
        """n => [...document.querySelectorAll('.js-plotly-plot')]
            .filter(each => each.querySelector('.main-svg')).length === n""",
        arg=n_figures,
    )


def value(page: "Page") -> str:
    return str(page.get_by_role("cell", name=re.compile("±")).first.text_content())


def test_an_app_has_a_title_and_charts_and_no_code(opened: "Page") -> None:
    assert "Option desk" == opened.title()
    assert "en" == opened.locator("html").get_attribute("lang")
    assert 1 == opened.get_by_role("heading", level=1).count()
    assert 1 == opened.get_by_role("main").count()
    assert 0 == opened.get_by_text("def up_and_out_call").count()
    assert re.fullmatch(r"3\.2\d+ ± 0\.\d+", value(opened))
    opened.get_by_role("figure", name=re.compile("Value of the call along")).wait_for()


def test_nobody_else_is_asked_for_anything(opened: "Page", desk: App) -> None:
    asked = opened.asked  # type: ignore[attr-defined]

    assert len(asked) > 20
    assert [] == [
        url for url in asked if not url.startswith((desk.url, "data:", "blob:", "ws://127"))
    ]
    assert [] == opened.complaints  # type: ignore[attr-defined]


def test_what_would_ask_somebody_else_is_stopped_by_the_browser(opened: "Page") -> None:
    stopped = opened.evaluate(
        """async () => {
            const asked = fetch('https://example.org/').then(() => false, () => true);
            const picture = new Promise((done) => {
                const made = new Image();
                made.onload = () => done(false);
                made.onerror = () => done(true);
                made.src = 'https://example.org/x.png';
            });
            const refused = new Promise((done) =>
                document.addEventListener('securitypolicyviolation', () => done(true)));
            return [await asked, await picture, await refused];
        }"""
    )

    assert [True, True, True] == stopped


def test_a_slider_has_a_name_and_moves_everything_by_the_keyboard(opened: "Page") -> None:
    before = value(opened)
    figure = opened.get_by_role("figure")
    told = figure.get_attribute("aria-label")

    opened.get_by_role("slider", name="barrier").focus()
    for _ in range(5):
        opened.keyboard.press("ArrowRight")

    opened.wait_for_function(
        "old => document.querySelector('.js-plotly-plot').ariaLabel !== old", arg=told
    )
    opened.wait_for_function(
        "old => ![...document.querySelectorAll('td')].some(x => x.textContent === old)",
        arg=before,
    )
    assert float(value(opened).split()[0]) > float(before.split()[0])


def test_a_wrong_entry_is_refused_beside_its_control(opened: "Page") -> None:
    box = opened.get_by_role("textbox", name="volatility")
    box.fill("wild")
    box.press("Enter")

    opened.get_by_role("alert").get_by_text("`volatility` must be a number").wait_for()
    opened.get_by_role("button", name="Reset", exact=True).click()
    opened.get_by_role("alert").wait_for(state="detached")


def test_the_theme_is_the_readers_or_what_the_address_says(
    opened: "Page", desk: App
) -> None:
    paper = "() => getComputedStyle(document.body).backgroundColor"
    light = opened.evaluate(paper)
    opened.emulate_media(color_scheme="dark")
    opened.wait_for_function(f"old => ({paper})() !== old", arg=light)
    assert "false" == opened.evaluate("() => document.body.dataset.jpThemeLight")
    title = opened.locator(".js-plotly-plot .gtitle").first
    ink = title.evaluate("element => getComputedStyle(element).fill")
    assert min(int(each) for each in re.findall(r"\d+", ink)[:3]) > 150
    opened.emulate_media(color_scheme="light")
    opened.wait_for_function(f"old => ({paper})() === old", arg=light)

    page = httpx.get(f"{desk.url}?theme=dark%22%3E%3Cscript%3Ealert(1)", timeout=120).text
    assert "alert(1)" not in page


@pytest.fixture(scope="module", params=[PROJECT, "explored", DESK])
def dashboard(
    request: pytest.FixtureRequest, page: "Page", folder: Path
) -> Iterator["Page"]:
    """Each dashboard in turn, with all its charts; its name is `page.shown`."""
    page.shown = name = request.param  # type: ignore[attr-defined]
    page.set_viewport_size({"width": 1440, "height": 900})
    path = DASHBOARDS / f"{name}.ipynb"
    if name == "explored":
        path = written_notebook(folder / "explored.ipynb", [EXPLORED], "Explored")
    with running_app(folder, path) as app:
        show(page, app.url, N_FIGURES[name])
        yield page


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_dashboard_has_no_barriers(dashboard: Any, folder: Path, scheme: Any) -> None:
    dashboard.emulate_media(color_scheme=scheme)
    dashboard.wait_for_timeout(1500)

    found = barriers(dashboard)

    path = pictures(folder) / f"{dashboard.shown}-{scheme}.png"
    dashboard.screenshot(path=path, full_page=True)
    assert [] == found
    hold(dashboard, f"{dashboard.shown}-{scheme}", dashboard.screenshot())


@pytest.mark.parametrize(("width", "what"), [(720, "zoomed"), (360, "phone")])
def test_a_dashboard_fits_a_narrow_page(
    dashboard: Any, folder: Path, width: int, what: str
) -> None:
    # To zoom to 200 % is to have half the pixels.
    dashboard.emulate_media(color_scheme="light")
    dashboard.set_viewport_size({"width": width, "height": 900})
    dashboard.wait_for_timeout(1500)

    path = pictures(folder) / f"{dashboard.shown}-{what}.png"
    dashboard.screenshot(path=path, full_page=True)
    assert width >= dashboard.evaluate("() => document.documentElement.scrollWidth")
    # The page is as long as the dashboard: it is scrolled and printed as a whole.
    inside, page = dashboard.evaluate(
        "() => [document.querySelector('#rendered_cells'), document.documentElement]"
        ".map(each => each.scrollHeight)"
    )
    assert page >= inside > 900


def test_six_figures_take_one_script_and_little_more(page: "Page", folder: Path) -> None:
    cells = ["import mclib as mc\nfigures = []", "import ipywidgets"]
    cells.append(
        "for sd in range(1, 7):\n"
        "    figures.append(mc.plots.distribution(mc.Normal(0, sd), name=f'sd {sd}'))\n"
        "ipywidgets.VBox(figures)"
    )
    received = [0]

    def watch(socket: Any) -> None:
        socket.on("framereceived", lambda frame: received.append(len(frame)))

    page.on("websocket", watch)
    path = written_notebook(folder / "six.ipynb", cells, "Six")
    with running_app(folder, path) as app:
        show(page, app.url, 6)
        page.wait_for_timeout(1000)
    page.remove_listener("websocket", watch)

    # The script has 5 MB, and a figure some 10 KB.
    assert 1 == len([each for each in received if each > 1e6])
    assert sum(each for each in received if each < 1e6) < 1e6


def test_kernels_end_when_nobody_looks(folder: Path) -> None:
    culling = ("cull_idle_timeout=10", "cull_interval=1")
    options = [f"--MappingKernelManager.{each}" for each in culling]
    path = written_notebook(folder / "short.ipynb", ["1 + 1"])
    with running_app(folder, path, *options) as app:
        httpx.get(app.url, timeout=120)
        assert 1 == len(app.kernels())
        until = time.monotonic() + 120
        while app.kernels():
            assert time.monotonic() < until, "a kernel outlives its page"
            time.sleep(0.5)

    kept = json.loads((ROOT / "hub" / "jupyter" / "voila.json").read_text())
    assert 0 < kept["MappingKernelManager"]["cull_idle_timeout"] <= 600


def test_nothing_but_the_dashboard_can_be_run(desk: App) -> None:
    page = httpx.get(desk.url, timeout=120).text
    kernel = re.findall(r'"kernelId": "([0-9a-f-]{36})"', page)[0]
    address = f"{desk.url}api/kernels/{kernel}/channels".replace("http", "ws", 1)
    connection = websocket.create_connection(address, timeout=30)
    header = {"msg_id": "ours", "msg_type": "execute_request", "version": "5.3"}
    header |= {"session": "ours", "username": "", "date": ""}
    content = {"code": "open('owned', 'w')", "silent": False}
    for kind in ("execute_request", "complete_request", "inspect_request", "input_reply"):
        message = {"header": header | {"msg_type": kind}, "content": content}
        message |= {"parent_header": {}, "metadata": {}, "channel": "shell"}
        connection.send(json.dumps(message))
    last = {"header": header | {"msg_type": "kernel_info_request", "msg_id": "last"}}
    connection.send(json.dumps(message | last | {"content": {}}))
    answered: set[str] = set()
    while "last" not in answered:
        answered.add(json.loads(connection.recv())["parent_header"].get("msg_id"))
    connection.close()

    assert "ours" not in answered
    assert [] == [*DASHBOARDS.glob("owned"), *Path.cwd().glob("owned")]
    with httpx.Client(base_url=desk.url, follow_redirects=True) as client:
        assert client.post("api/kernels", json={"name": "python3"}).status_code in (
            403,
            405,
        )
        for path in ("api/contents", "api/terminals", "api/sessions", "lab", "voila/tree"):
            assert client.get(path).status_code in (403, 404), path
        for path in ("option-desk.ipynb", "..%2F00-five-minutes.ipynb", "../README.md"):
            assert client.get(f"voila/files/{path}").status_code in (403, 404), path
        assert client.get("?template=classic", timeout=120).text.count("voila-style") == 1
