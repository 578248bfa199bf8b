"""Sign-in and sharing in a real browser: the pages that people meet, and the way on."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from hub import suspension
from tests.integration.browser import browser_page, pictures
from tests.integration.people.somebody import Somebody
from tests.integration.people.world import World, living

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with living(tmp_path_factory.mktemp("world"), share_seconds=86_400) as world:
        yield world


def sign_in(page: "Page", world: World, name: str) -> None:
    page.goto(f"{world.url}/hub/oauth_login?next=%2Fhub%2Fhome")
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill(name)
    page.get_by_role("button", name="Sign in").click()


def test_a_member_signs_in_and_out_of_both(world: World, tmp_path: Path) -> None:
    with browser_page(tmp_path / "profile") as page:
        page.goto(world.url)
        button = page.get_by_role("button", name="Sign in with")
        button.wait_for()
        page.screenshot(path=pictures(tmp_path) / "sign-in.png")
        button.click()
        page.get_by_label("Name").fill("ada")
        page.get_by_label("Password").fill("ada")
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url("**/spawn-pending/**")

        page.goto(f"{world.url}/hub/home")
        page.get_by_role("link", name="Logout").or_(page.locator("#logout")).first.click()
        page.get_by_text("Sign out of the test provider too?").wait_for()
        page.get_by_role("button", name="Sign out").click()
        page.wait_for_url("**/hub/login*")
        page.get_by_role("button", name="Sign in with").click()

        # The provider asks again, so its own session has ended too.
        page.get_by_label("Password").wait_for()
        cookies = {cookie["name"] for cookie in page.context.cookies(world.url)}
    assert "jupyterhub-hub-login" not in cookies


def test_an_outsider_reads_the_law_and_the_way_out(world: World, tmp_path: Path) -> None:
    with browser_page(tmp_path / "profile") as page:
        sign_in(page, world, "mallory")
        page.get_by_role("heading", name="This is not open to you.").wait_for()
        page.screenshot(path=pictures(tmp_path) / "outsider.png")
        text = page.locator("div.error").inner_text()
        page.get_by_role("button", name="Use another account").click()
        page.get_by_role("button", name="Sign out").click()
        page.wait_for_url("**/hub/login*")
        page.get_by_role("button", name="Sign in with").click()
        # The provider asks who it is, instead of sending the same account again.
        page.get_by_label("Password").wait_for()

    assert "you must be a member of analysts or quants or mchub-admins" in text
    assert "mallory is in no group." in text
    assert "Ask whoever manages the groups" in text


def test_a_suspended_user_reads_the_law_and_the_way_out(
    world: World, tmp_path: Path
) -> None:
    world.provider("/users/ida", name="Ida", password="ida", groups=["analysts"])
    engine = world.database()
    suspension.suspend(engine, "ida", "olivia")
    engine.dispose()
    with browser_page(tmp_path / "profile") as page:
        sign_in(page, world, "ida")
        page.get_by_text("Sign-in is closed while an account is suspended").wait_for()
        page.screenshot(path=pictures(tmp_path) / "suspended.png")
        text = page.locator("div.error").inner_text()

    assert "An administrator of this hub can say why, and can let you in again." in text


def test_a_provider_that_is_down_is_told_at_the_sign_in(
    world: World, tmp_path: Path
) -> None:
    with browser_page(tmp_path / "profile") as page:
        page.goto(world.url)
        world.provider("/behaviour", listening=False)
        try:
            page.get_by_role("button", name="Sign in with").click()
            page.get_by_text("To sign in the provider must answer").wait_for()
            page.screenshot(path=pictures(tmp_path) / "provider-down.png")
            text = page.locator("div.error").inner_text()
        finally:
            world.provider("/behaviour", listening=True)
        page.get_by_role("button", name="Go to the sign-in page").click()
        page.get_by_role("button", name="Sign in with").click()
        page.get_by_label("Password").wait_for()

    assert "Whoever is signed in already can go on working." in text


def test_a_server_is_shared_entered_and_closed_by_clicks(
    world: World, tmp_path: Path
) -> None:
    world.provider("/users/hedy", name="Hedy", password="hedy", groups=["analysts"])
    with Somebody(world, "hedy") as hedy, Somebody(world, "grace") as grace:
        grace.sign_in()
        hedy.sign_in()
        hedy.start_server()
    with browser_page(tmp_path / "hedy") as hers:
        sign_in(hers, world, "hedy")
        hers.wait_for_url("**/hub/home")
        hers.get_by_role("link", name="Sharing").click()
        hers.get_by_text("Your servers are open to nobody but you.").wait_for()
        hers.get_by_label("Person or group").fill("gracie")
        hers.get_by_role("button", name="Share").click()
        hers.get_by_text("gracie is neither.").wait_for()
        hers.screenshot(path=pictures(tmp_path) / "sharing-refused.png")
        hers.get_by_label("Person or group").fill("grace")
        hers.get_by_role("button", name="Share").click()
        hers.get_by_role("button", name="End sharing with grace").wait_for()
        hers.screenshot(path=pictures(tmp_path) / "sharing.png")
    with browser_page(tmp_path / "grace") as theirs:
        sign_in(theirs, world, "grace")
        theirs.wait_for_url("**/hub/home")
        theirs.goto(f"{world.url}/hub/sharing")
        theirs.screenshot(path=pictures(tmp_path) / "shared-with-me.png")
        theirs.get_by_role("link", name="Open").click()
        theirs.get_by_role("heading", name="Open another person's server?").wait_for()
        theirs.screenshot(path=pictures(tmp_path) / "open-anothers-server.png")
        theirs.get_by_role("button", name="Open it").click()
        theirs.wait_for_url(re.compile("/user/hedy/lab"))
        theirs.locator("#jp-main-dock-panel").wait_for()
    with browser_page(tmp_path / "hedy-elsewhere") as hers:
        sign_in(hers, world, "hedy")
        hers.wait_for_url("**/hub/home")
        hers.goto(f"{world.url}/hub/sharing")
        hers.get_by_role("button", name="End sharing with grace").click()
        hers.get_by_text("Your servers are open to nobody but you.").wait_for()
