"""JupyterLab through the front, in a real browser: nothing that it needs is forbidden.

A widget, a figure of plotly and a script of a notebook's own run; what the browser stopped
would be told by its own report.
"""

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import nbformat
import pytest

from hub.release import release
from tests.integration.browser import (
    FLAGS,
    browser_page,
    pictures,
    run_all_cells,
    wait_for_kernel,
)
from tests.integration.front.world import World, told

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = [pytest.mark.alone, pytest.mark.browser, pytest.mark.docker, pytest.mark.slow]

CELLS = (
    "SCRIPT = '<p id=own></p><script>own.textContent = `a script ran`</script>'",
    "import ipywidgets\nslider = ipywidgets.IntSlider(7)\nslider",
    "import plotly.graph_objects as go\ngo.FigureWidget(go.Bar(y=[1, 3, 2]))",
    "import plotly.graph_objects as go\ngo.Figure(go.Bar(y=[1, 3, 2]))",
    "from IPython.display import HTML\nHTML(SCRIPT)",
)
WATCH = """
document.addEventListener('securitypolicyviolation', event => {
    window.stopped = window.stopped || [];
    window.stopped.push(`${event.violatedDirective}: ${event.blockedURI}`);
});
"""


@pytest.fixture
def server(staging: World) -> Iterator[World]:
    """A user's server behind the proxy, as the hub would have put it there."""
    name = f"{staging.project}-ada"
    network = f"{staging.project}_control"
    options = ("--ServerApp.base_url=/user/ada/", "--IdentityProvider.token=")
    run = ["docker", "run", "--detach", "--rm", "--name", name, "--network", network]
    run += ["--network-alias", "ada", "--memory", "1500m", "--entrypoint", "jupyter"]
    image = f"mchub/kernel:{release()}-cpu"
    told([*run, image, "lab", "--ip=0.0.0.0", "--port=8888", "--no-browser", *options])
    notebook = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(text) for text in CELLS],
        metadata={"kernelspec": {"name": "python3", "display_name": "Python 3"}},
    )
    try:
        _route(staging, "/user/ada", "http://ada:8888")
        _wait_for_lab(staging)
        content = {"type": "notebook", "format": "json", "content": notebook}
        _put(staging, "/user/ada/api/contents/front.ipynb", content)
        yield staging
    finally:
        told(["docker", "rm", "--force", name])
        _route(staging, "/user/ada", None)


def _route(world: World, path: str, target: str | None) -> None:
    """Tell the proxy a route, or take it back."""
    token = (world.state / "test-secrets" / "proxy_token").read_text().strip()
    ask = ["docker", "exec", world.part("proxy"), "curl", "-fsS"]
    ask += ["--unix-socket", "/run/proxy/api.sock", "-H", f"Authorization: token {token}"]
    content = ["-d", json.dumps({"target": target})] if target else ["-X", "DELETE"]
    told([*ask, *content, f"http://proxy/api/routes{path}"])


def _wait_for_lab(world: World) -> None:
    until = time.monotonic() + 90
    while world.ask("/user/ada/api/status").status_code != 200:
        assert time.monotonic() < until
        time.sleep(0.5)


def _put(world: World, path: str, content: dict[str, Any]) -> None:
    # A page brings the server's own secret against forged requests; so does this.
    page = world.ask("/user/ada/lab")
    xsrf = next(value for name, value in page.cookies.items() if name == "_xsrf")
    headers = {"X-XSRFToken": xsrf, "Cookie": f"_xsrf={xsrf}"}
    assert world.ask(path, "PUT", json=content, headers=headers).status_code == 201


def test_lab_with_widgets_and_figures_runs_under_the_fronts_policy(
    server: World, tmp_path: Path
) -> None:
    complaints: list[str] = []
    flags = [*FLAGS, "--ignore-certificate-errors"]
    with browser_page(tmp_path / "profile", flags=flags) as page:
        page.add_init_script(WATCH)
        page.on("console", lambda line: complaints.append(line.text))
        page.goto(f"{server.url}/user/ada/lab/tree/front.ipynb")
        wait_for_kernel(page)
        run_all_cells(page)
        _see_what_came_out(page, tmp_path)
        stopped = page.evaluate("window.stopped || []")

    assert stopped == []
    assert [text for text in complaints if "Content Security Policy" in text] == []


def _see_what_came_out(page: "Page", folder: Path) -> None:
    page.locator(".widget-slider").first.wait_for()
    page.locator(".js-plotly-plot .main-svg").nth(0).wait_for()
    figures = ".js-plotly-plot .bars"
    page.wait_for_function(
        "figures => document.querySelectorAll(figures).length >= 2", arg=figures
    )
    page.get_by_text("a script ran", exact=True).wait_for(state="attached")
    page.screenshot(path=pictures(folder) / "front.png")
