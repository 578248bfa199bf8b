"""JupyterLab as a server of the hub has it: the launcher's tiles, and its theme."""

import re
import shutil
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from tests.architecture.checkout import ROOT
from tests.integration.browser import (
    browser_page,
    pictures,
    run_all_cells,
    wait_for_kernel,
)
from tests.integration.lab import running_lab

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = [pytest.mark.browser, pytest.mark.slow]

TILES = ("New model", "Examples", "Option desk", "Project risks", "Dashboards")


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator["Page"]:
    """JupyterLab's launcher, with tiles as a server of the hub has them."""
    folder = tmp_path_factory.mktemp("launcher")
    settings = str(ROOT / "hub" / "jupyter")
    variables = {"JUPYTER_PATH": settings, "JUPYTER_CONFIG_PATH": settings}
    variables |= {"JUPYTERHUB_BASE_URL": "/base/"}
    with (
        running_lab(folder, ["1"], **variables) as url,
        browser_page(folder / "profile") as page,
    ):
        home = folder / "lab" / "notebooks"
        (home / "dashboards").mkdir(parents=True)
        shutil.copy(ROOT / "notebooks" / "new-model.ipynb", home)
        page.set_default_timeout(120_000)
        page.goto(url.partition("/lab/tree/")[0] + "/lab")
        page.locator(".jp-Launcher").wait_for()
        page.locator(".jp-LauncherCard", has_text="New model").wait_for()
        page.screenshot(path=pictures(folder) / "launcher.png")
        yield page


def test_tiles_stand_in_the_first_row(lab: "Page") -> None:
    first = lab.locator(".jp-Launcher-section").first

    assert "Notebook" == first.locator(".jp-Launcher-sectionTitle").text_content()
    labels = first.locator(".jp-LauncherCard-label").all_text_contents()
    assert [] == [tile for tile in TILES if tile not in labels]


def test_dashboards_are_opened_by_the_link_of_everybody(lab: "Page") -> None:
    with lab.expect_popup() as opened:
        lab.locator(".jp-LauncherCard", has_text="Option desk").click()

    assert opened.value.url.endswith("/base/hub/apps/option-desk")
    opened.value.close()


def test_examples_are_shown_in_the_file_browser(lab: "Page") -> None:
    lab.locator(".jp-LauncherCard", has_text="Dashboards").click()

    crumbs = lab.locator(".jp-FileBrowser-crumbs")
    crumbs.get_by_text("dashboards").wait_for()


def test_a_new_model_is_a_notebook_that_runs(lab: "Page") -> None:
    lab.locator(".jp-LauncherCard", has_text="New model").click()
    lab.locator(".jp-Notebook .cm-content", has_text="mc.explore(launch").wait_for()
    wait_for_kernel(lab)

    run_all_cells(lab)

    lab.get_by_role("slider", name="unit_cost").wait_for()


def test_the_theme_and_its_charts_follow_the_system(lab: "Page") -> None:
    title = lab.locator(".js-plotly-plot .gtitle").first
    title.wait_for()
    shades = []
    for scheme, is_light in (("light", "true"), ("dark", "false")):
        lab.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        lab.wait_for_function(
            "wanted => document.body.dataset.jpThemeLight === wanted", arg=is_light
        )
        lab.wait_for_timeout(500)
        ink = str(title.evaluate("element => getComputedStyle(element).fill"))
        shades.append(min(int(each) for each in re.findall(r"\d+", ink)[:3]))

    assert shades[0] < 100
    assert shades[1] > 150
