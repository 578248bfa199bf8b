"""A dashboard as an app: in a real browser, from a real container of its reader's own."""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from tests.integration.browser import browser_page, pictures
from tests.integration.platform.live import (
    SETTINGS,
    LivePlatform,
    Member,
    docker,
    signed_in,
    wait_until,
)

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = [
    pytest.mark.alone,
    pytest.mark.browser,
    pytest.mark.docker,
    pytest.mark.slow,
    pytest.mark.timeout(600),
]

APP = "option-desk"
READER = "rita"
PAGE = f"/user/{READER}/{APP}/"
DRAWN = "() => document.querySelector('.js-plotly-plot .main-svg') !== null"


@pytest.fixture(scope="module")
def reader(platform: LivePlatform) -> Iterator[Member]:
    """An analyst who asks the hub's API, beside the same person's browser."""
    platform.register(READER, "analysts")
    with Member(platform, READER) as reader:
        reader.sign_in(READER)
        yield reader
        reader.ask("DELETE", f"/users/{READER}/servers/{APP}", json={"remove": True})
        wait_until("the app ended", lambda: not platform.servers(READER), 60)


@pytest.fixture(scope="module")
def opened(
    platform: LivePlatform, reader: Member, tmp_path_factory: pytest.TempPathFactory
) -> Iterator["Page"]:
    """The app's page with its chart, from the link that is everybody's."""
    folder = tmp_path_factory.mktemp("app")
    with browser_page(folder / "profile") as page:
        page.asked = []  # type: ignore[attr-defined]
        page.on("request", lambda request: page.asked.append(request.url))
        signed_in(page, platform, READER, f"/hub/apps/{APP}", leads_to=PAGE)
        page.wait_for_function(DRAWN)
        page.screenshot(path=pictures(folder) / "app-in-a-container.png")
        yield page


def value(page: "Page") -> str:
    return str(page.get_by_role("cell", name=re.compile("±")).first.text_content())


def test_the_link_leads_to_an_app_without_code(opened: "Page") -> None:
    assert opened.title() == "Option desk"
    assert re.fullmatch(r"3\.29\d+ ± 0\.\d+", value(opened))
    assert opened.get_by_text("def up_and_out_call").count() == 0


def test_nobody_but_the_platform_is_asked(opened: "Page", platform: LivePlatform) -> None:
    own = f"{platform.url}/", "http://login.localhost:", "blob:", "data:", "ws://localhost:"
    asked = opened.asked  # type: ignore[attr-defined]

    assert len(asked) > 20
    assert [url for url in asked if not url.startswith(own)] == []


def test_a_key_moves_the_chart_through_the_proxies(opened: "Page") -> None:
    before = value(opened)
    opened.get_by_role("slider", name="barrier").focus()
    for _ in range(5):
        opened.keyboard.press("ArrowRight")

    opened.wait_for_function(
        "old => ![...document.querySelectorAll('td')].some(x => x.textContent === old)",
        arg=before,
    )
    assert float(value(opened).split()[0]) > float(before.split()[0])


def test_it_is_a_container_of_the_readers_with_the_limits_of_its_profile(
    opened: "Page", platform: LivePlatform
) -> None:
    (server,) = platform.servers(READER)
    labels, limits = server["Config"]["Labels"], server["HostConfig"]
    profile = "cpu-small"

    assert labels["mchub.server"] == APP
    assert labels["mchub.profile"] == profile
    assert limits["Memory"] == limits["MemorySwap"] > 0
    assert limits["CapDrop"] == ["ALL"]
    assert limits["ReadonlyRootfs"]
    run = docker("top", server["Id"], "-efww")
    assert "hub.in_server.app" in run
    assert "jupyterlab" not in run


@pytest.mark.parametrize("path", ["lab", "api/contents", "api/terminals", "voila/tree"])
def test_a_reader_can_run_nothing_else_in_it(
    opened: "Page", reader: Member, path: str
) -> None:
    answer = reader.client.get(PAGE + path)

    assert answer.status_code in (403, 404, 405)


def test_another_member_does_not_come_in(opened: "Page", platform: LivePlatform) -> None:
    with Member(platform, "grace") as grace:
        grace.sign_in("grace")

        assert grace.client.get(PAGE).status_code == 403


def test_it_ends_as_any_server_does(
    opened: "Page", reader: Member, platform: LivePlatform
) -> None:
    home = f"mchub-{SETTINGS.name}-home-{READER}"
    asked = reader.ask("DELETE", f"/users/{READER}/servers/{APP}", json={"remove": True})

    assert asked.status_code in (202, 204)
    wait_until("the container is gone", lambda: not platform.servers(READER), 60)
    wait_until("the hub forgot it", lambda: APP not in reader.servers(), 30)
    assert home in docker("volume", "ls", "--quiet").split()
