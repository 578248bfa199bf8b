"""Sharing a running server: with a person, with a group, until it ends; and truly ends."""

import json
import re
import time
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import httpx
import pytest
import websocket

from hub import audit
from tests.integration.people.somebody import Somebody, is_closed
from tests.integration.people.world import World, living, until

pytestmark = pytest.mark.slow
# A look every second for shares that have ended; in the server itself the hub is asked
# about guests every ten; and what both take.
ENDS_WITHIN = 15.0
REFRESH_SECONDS = 6.0


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("world")
    with living(folder, share_seconds=86_400, refresh_seconds=REFRESH_SECONDS) as world:
        yield world


@pytest.fixture(scope="module")
def ada(world: World) -> Iterator[Somebody]:
    with Somebody(world, "ada") as ada:
        ada.sign_in()
        ada.start_server()
        yield ada


@pytest.fixture
def grace(world: World) -> Iterator[Somebody]:
    with Somebody(world, "grace") as grace:
        grace.sign_in()
        yield grace


def share(ada: Somebody, **other: str) -> httpx.Response:
    return ada.ask("POST", f"/shares/{ada.name}/", json=other)


def end_share(ada: Somebody, **other: str) -> httpx.Response:
    return ada.ask("PATCH", f"/shares/{ada.name}/", json=other)


def loses_all(guest: Somebody, socket: websocket.WebSocket, owner: str) -> float:
    """Wait until a guest has nothing left at a server; the seconds that took."""
    start = time.monotonic()
    until(lambda: is_closed(socket), "the open connection ends")
    until(
        lambda: guest.client.get(f"/user/{owner}/api/contents").status_code == 403,
        "requests are refused",
    )
    return time.monotonic() - start


def on_page(somebody: Somebody, **fields: str) -> httpx.Response:
    """Send the form of the sharing page."""
    page = somebody.client.get("/hub/sharing")
    found = re.search(r'name="_xsrf" value="([^"]+)"', page.text)
    xsrf = found[1] if found else somebody.client.cookies.get("_xsrf", path="/hub/")
    return somebody.client.post("/hub/sharing", data=fields | {"_xsrf": xsrf})


def text_of(page: httpx.Response) -> str:
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", page.text)))


@pytest.mark.parametrize("other", [{"user": "grace"}, {"group": "quants"}])
def test_a_share_opens_one_server_to_a_person_or_a_group_until_it_is_taken_back(
    ada: Somebody, grace: Somebody, other: dict[str, str]
) -> None:
    assert not grace.enter("ada")

    assert share(ada, **other).status_code == 200

    assert grace.enter("ada")
    socket = grace.kernel_socket("ada")
    assert end_share(ada, **other).status_code == 200
    assert loses_all(grace, socket, "ada") <= ENDS_WITHIN
    assert not grace.enter("ada")


def test_the_owner_keeps_working_while_guests_are_asked_about(ada: Somebody) -> None:
    ada.client.get("/user/ada/lab")
    socket = ada.kernel_socket("ada")

    time.sleep(ENDS_WITHIN)

    assert not is_closed(socket)
    socket.close()


def test_members_who_join_later_come_in_and_those_who_leave_go(
    world: World, ada: Somebody
) -> None:
    world.provider("/users/kurt", name="kurt", password="kurt", groups=["analysts"])
    world.provider("/users/emmy", name="emmy", password="emmy", groups=["quants"])
    with Somebody(world, "kurt") as kurt, Somebody(world, "emmy") as emmy:
        emmy.sign_in()
        kurt.sign_in()
        kurt.token()
        assert share(ada, group="quants").status_code == 200
        assert not kurt.enter("ada")

        world.provider("/users/kurt", groups=["analysts", "quants"])
        until(lambda: "quants" in kurt.me()["groups"], "kurt is a member")

        assert kurt.enter("ada")
        socket = kurt.kernel_socket("ada")
        world.provider("/users/kurt", groups=["analysts"])
        assert loses_all(kurt, socket, "ada") <= REFRESH_SECONDS + ENDS_WITHIN
        assert kurt.me()["groups"] == ["analysts"]
        assert emmy.enter("ada")
        end_share(ada, group="quants")


def test_a_share_ends_by_itself_with_what_it_has_opened(tmp_path: Path) -> None:
    at_most = 12.0
    with (
        living(tmp_path, share_seconds=at_most) as world,
        Somebody(world, "ada") as ada,
        Somebody(world, "grace") as grace,
    ):
        ada.sign_in()
        grace.sign_in()
        ada.start_server()
        start = time.monotonic()
        assert share(ada, user="grace").status_code == 200
        code = ada.ask("POST", "/share-codes/ada/", json={"expires_in": 86_400}).json()
        assert grace.enter("ada")
        socket = grace.kernel_socket("ada")

        loses_all(grace, socket, "ada")

        assert at_most <= time.monotonic() - start <= at_most + ENDS_WITHIN
        assert not grace.enter("ada")
        assert ada.ask("GET", "/shares/ada/").json()["items"] == []
        accepted = grace.client.get(code["accept_url"])
    assert accepted.status_code == 404
    (event,) = world.events("share-ended")
    assert (event["who"], event["shared_with"]) == ("ada", "grace")


def test_the_page_shares_and_ends_and_both_are_audited(
    world: World, ada: Somebody, grace: Somebody
) -> None:
    page = on_page(ada, server="", seconds="3600", **{"with": "Grace"})

    assert page.status_code == 200
    assert "grace person My server 60 minutes End" in text_of(page)
    seen = text_of(grace.client.get("/hub/sharing"))
    assert "ada you 60 minutes Open" in seen
    assert grace.enter("ada")
    socket = grace.kernel_socket("ada")

    found = re.search(r'name="end" value="([^"]+)"', page.text)
    assert found is not None
    ended = on_page(ada, end=found[1])

    assert "Your servers are open to nobody but you." in text_of(ended)
    assert loses_all(grace, socket, "ada") <= ENDS_WITHIN
    engine = world.database()
    records = [
        (one.actor, one.action, one.target, json.loads(one.detail)["user"])
        for one in audit.read(engine)
        if one.action.startswith("share.") and '"user"' in one.detail
    ][-2:]
    engine.dispose()
    assert records == [
        ("ada", "share.create", "ada/", "grace"),
        ("ada", "share.delete", "ada/", "grace"),
    ]


def test_sharing_again_sets_a_new_end(ada: Somebody, grace: Somebody) -> None:
    on_page(ada, server="", seconds="3600", **{"with": "grace"})

    page = on_page(ada, server="", seconds="28800", **{"with": "grace"})

    text = text_of(page)
    assert "grace person My server 8 hours End" in text
    assert text.count("grace person") == 1
    end_share(ada, user="grace")


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"with": "nobody-here"}, "Name a person who has signed in here, or a group"),
        ({"with": "ada"}, "A server is shared with others"),
        ({"with": "grace", "seconds": "999999"}, "Choose one of the times on this page."),
        ({"with": "grace", "server": "x"}, "A server must have been started before"),
        ({"end": "share-x"}, "Use the buttons of this page to end a share."),
    ],
)
def test_what_cannot_be_shared_is_refused_in_a_sentence(
    ada: Somebody, grace: Somebody, fields: dict[str, str], sentence: str
) -> None:
    page = on_page(ada, **({"server": "", "seconds": "3600"} | fields))

    assert page.status_code == 400
    assert sentence in text_of(page)
    assert ada.ask("GET", "/shares/ada/").json()["items"] == []


def test_nobody_ends_the_share_of_another(ada: Somebody, grace: Somebody) -> None:
    page = on_page(ada, server="", seconds="3600", **{"with": "grace"})
    found = re.search(r'name="end" value="([^"]+)"', page.text)
    assert found is not None

    on_page(grace, end=found[1])

    assert len(ada.ask("GET", "/shares/ada/").json()["items"]) == 1
    end_share(ada, user="grace")


def test_a_form_from_elsewhere_shares_nothing(ada: Somebody, grace: Somebody) -> None:
    fields = {"server": "", "seconds": "3600", "with": "grace", "_xsrf": "guessed"}

    answer = ada.client.post("/hub/sharing", data=fields)

    assert answer.status_code == 403
    assert ada.ask("GET", "/shares/ada/").json()["items"] == []
