"""Signing in and out in a real browser: one button, a form at the provider, and back."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.browser import browser_page, pictures
from tests.integration.people.world import World, living

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with living(tmp_path_factory.mktemp("world")) as world:
        yield world


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
        page.goto(f"{world.url}/hub/oauth_login")
        page.get_by_label("Name").fill("mallory")
        page.get_by_label("Password").fill("mallory")
        page.get_by_role("button", name="Sign in").click()
        page.get_by_role("heading", name="This is not open to you.").wait_for()
        page.screenshot(path=pictures(tmp_path) / "outsider.png")
        text = page.locator("div.error").inner_text()

    assert "you must be a member of analysts or quants or mchub-admins" in text
    assert "mallory is in no group." in text
    assert "Ask whoever manages the groups" in text
