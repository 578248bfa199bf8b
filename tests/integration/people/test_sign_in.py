"""Signing in through a real provider: who enters, as whom, and what is refused."""

import re
from collections.abc import Iterator
from html import unescape
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from jupyterhub import orm
from jupyterhub.scopes import expand_scopes

from hub import audit
from hub.roles import OWN, READING, ROLES
from tests.integration.people.somebody import Somebody
from tests.integration.people.world import World, living, until

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with living(tmp_path_factory.mktemp("world")) as world:
        yield world


@pytest.fixture
def ada(world: World) -> Iterator[Somebody]:
    with Somebody(world, "ada") as ada:
        ada.sign_in()
        yield ada


@pytest.fixture
def olivia(world: World) -> Iterator[Somebody]:
    with Somebody(world, "olivia") as olivia:
        olivia.sign_in()
        yield olivia


def by_token(world: World, token: str) -> dict[str, list[str]]:
    answer = httpx.get(
        f"{world.url}/hub/api/user",
        headers={"Authorization": f"token {token}"},
        trust_env=False,
    )
    found: dict[str, list[str]] = answer.json()
    return found


def test_two_users_of_different_groups_enter(world: World, ada: Somebody) -> None:
    with Somebody(world, "grace") as grace:
        grace.sign_in()

        assert grace.me()["groups"] == ["quants"]
    assert ada.me()["name"] == "ada"
    assert ada.me()["groups"] == ["analysts"]


def test_members_of_an_admin_group_alone_are_admins(
    ada: Somebody, olivia: Somebody
) -> None:
    assert olivia.me()["admin"] is True
    assert ada.me()["admin"] is False


def test_an_outsider_reads_why_and_leaves_no_trace(world: World, olivia: Somebody) -> None:
    with Somebody(world, "mallory") as mallory:
        page = mallory.sign_in()

        assert mallory.ask("GET", "/user").status_code == 403
    assert page.status_code == 403
    assert "you must be a member of analysts or quants" in page.text
    assert "mallory" not in [user["name"] for user in olivia.ask("GET", "/users").json()]


def test_everybody_has_the_scopes_of_the_table_and_no_other(ada: Somebody) -> None:
    table = {OWN, *READING}
    assert set(ada.me()["scopes"]) == expand_scopes(table, owner=orm.User(name="ada"))


@pytest.mark.parametrize("service", ROLES)
def test_every_service_has_the_scopes_of_the_table_and_no_other(
    world: World, service: str
) -> None:
    token = world.secret(f"{service.replace('-', '_')}_token")

    found = set(by_token(world, token)["scopes"])

    own = {f"read:services:name!service={service}", f"read:services!service={service}"}
    assert found - own == set(expand_scopes(set(ROLES[service])))


def test_nobody_shares_where_the_environment_has_no_sharing(
    ada: Somebody, olivia: Somebody
) -> None:
    ada.start_server()

    by_user = ada.ask("POST", "/shares/ada/", json={"user": "olivia"})
    by_admin = olivia.ask("POST", "/shares/ada/", json={"user": "olivia"})
    code = olivia.ask("POST", "/share-codes/ada/", json={})

    assert [answer.status_code for answer in (by_user, by_admin, code)] == [403, 403, 403]
    assert "Servers must not be shared in this environment" in by_admin.text
    assert olivia.ask("GET", "/shares/ada/").json()["items"] == []


def test_a_sign_in_carries_a_challenge_a_nonce_and_the_hubs_own_address(
    world: World,
) -> None:
    answer = httpx.get(
        f"{world.url}/hub/oauth_login",
        headers={"Host": "evil.example"},
        trust_env=False,
    )

    asked = parse_qs(urlsplit(answer.headers["location"]).query)
    assert asked["code_challenge_method"] == ["S256"]
    assert len(asked["code_challenge"][0]) == 43
    assert len(asked["nonce"][0]) == 43
    assert asked["redirect_uri"] == [f"{world.url}/hub/oauth_callback"]
    assert set(asked["scope"][0].split()) >= {"openid", "offline_access"}


def wanted_of(cookie: str) -> set[str]:
    return {"samesite=lax"} if cookie.startswith("_xsrf=") else {"samesite=lax", "httponly"}


def test_cookies_are_out_of_reach_of_scripts_and_other_sites(world: World) -> None:
    with Somebody(world, "ada") as ada:
        said: list[httpx.Response] = []
        ada.client.event_hooks["response"].append(said.append)
        ada.sign_in()

    cookies = [
        cookie
        for answer in said
        if str(answer.url).startswith(world.url)
        for cookie in answer.headers.get_list("set-cookie")
    ]
    names = {cookie.partition("=")[0] for cookie in cookies}
    loose = [
        cookie
        # An empty one takes a cookie away; `_xsrf` is for the page's scripts to send back.
        for cookie in cookies
        if not cookie.partition("=")[2].startswith('""')
        and not wanted_of(cookie) <= set(re.split("; ?", cookie.lower()))
    ]
    assert {"oauthenticator-state", "jupyterhub-hub-login"} <= names
    assert loose == []


def test_a_challenge_is_a_must_at_the_provider(world: World) -> None:
    asked = {
        "client_id": "mchub",
        "response_type": "code",
        "scope": "openid",
        "redirect_uri": f"{world.url}/hub/oauth_callback",
        "state": "s",
    }

    answer = httpx.get(f"{world.issuer}/auth", params=asked, trust_env=False)

    assert "error=invalid_request" in answer.headers["location"]


def test_an_answer_to_another_sign_in_is_refused(world: World) -> None:
    with Somebody(world, "ada") as ada:
        ada.client.get("/hub/oauth_login")
        forged = ada.client.get(
            "/hub/oauth_callback", params={"code": "x", "state": "eyJzdGF0ZV9pZCI6ICJ4In0="}
        )
        bare = ada.client.get("/hub/oauth_callback", params={"code": "x", "state": "x"})

        assert ada.ask("GET", "/user").status_code == 403
    for page in (forged, bare):
        assert page.status_code == 403
        assert "must belong to this sign-in; " in page.text
        assert "Begin again at the sign-in page." in page.text


def test_a_code_from_another_browser_is_refused(world: World) -> None:
    with Somebody(world, "grace") as grace, Somebody(world, "ada") as ada:
        stolen = grace.code()
        state = ada.state()

        brought = {"code": stolen, "state": state}
        page = ada.client.get("/hub/oauth_callback", params=brought)

        assert ada.ask("GET", "/user").status_code == 403
    assert page.status_code == 403
    assert "it has not accepted the code" in page.text


@pytest.mark.parametrize(
    "then", ["https://evil.example/", "//evil.example", "/\\evil.example"]
)
def test_a_sign_in_ends_at_this_hub_whatever_the_link_said(world: World, then: str) -> None:
    with Somebody(world, "ada") as ada:
        page = ada.sign_in(then)

    assert page.url.host == "localhost"
    assert page.url.port == world.port


def test_a_person_renamed_at_the_provider_keeps_the_name_here(world: World) -> None:
    world.provider("/users/rosa", name="Rosa", password="rosa", groups=["analysts"])
    with Somebody(world, "rosa") as rosa:
        rosa.sign_in()
        world.provider("/users/rosa", preferred_username="rosalind")
        rosa.client.cookies.clear()
        rosa.sign_in()

        assert rosa.me()["name"] == "rosa"


def test_a_name_that_is_somebody_elses_is_refused_with_a_way_out(
    world: World, ada: Somebody
) -> None:
    world.provider(
        "/users/second",
        name="Ada",
        password="second",
        groups=["quants"],
        preferred_username="ADA",
    )
    with Somebody(world, "second") as second:
        page = second.sign_in()

        assert second.ask("GET", "/user").status_code == 403
    assert page.status_code == 403
    assert "The name ada must belong to one person" in page.text
    assert "Ask an administrator" in page.text
    engine = world.database()
    until(
        lambda: any(
            (one.actor, one.outcome) == ("ada", "refused")
            for one in audit.read(engine, action="sign-in")
        ),
        "it is audited, with the name",
    )
    engine.dispose()


def test_signing_out_ends_the_session_here_and_leads_to_the_providers_end(
    world: World, ada: Somebody
) -> None:
    page = ada.client.get("/hub/logout")

    assert str(page.url).startswith(f"{world.issuer}/session/end")
    assert ada.ask("GET", "/user").status_code == 403


def test_an_address_without_a_page_says_so_and_leads_on(ada: Somebody) -> None:
    page = ada.client.get("/hub/nothing-here")

    assert page.status_code == 404
    heading = re.search(r"<h1>(.*?)</h1>", page.text)
    assert heading is not None
    assert unescape(heading[1]) == "There is nothing at this address."
    assert 'href="/hub/home">Go to your servers</a>' in page.text
