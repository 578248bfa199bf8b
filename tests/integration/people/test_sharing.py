"""Sharing a running server: with a person, with a group, until it ends; and truly ends."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.integration.people.somebody import Somebody, is_closed
from tests.integration.people.world import World, living, until

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with living(tmp_path_factory.mktemp("world"), share_seconds=3600) as world:
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
    return ada.ask("POST", "/shares/ada/", json=other)


def end_share(ada: Somebody, **other: str) -> httpx.Response:
    return ada.ask("PATCH", "/shares/ada/", json=other)


def may_come_in(somebody: Somebody) -> bool:
    page = somebody.client.get("/user/ada/lab")
    if page.status_code == 200 and "oauth2/authorize" in str(page.url):
        somebody.authorize(page)
    return somebody.client.get("/user/ada/api/contents").status_code == 200


@pytest.mark.parametrize("other", [{"user": "grace"}, {"group": "quants"}])
def test_a_share_opens_one_server_to_a_person_or_a_group_until_it_is_taken_back(
    world: World, ada: Somebody, grace: Somebody, other: dict[str, str]
) -> None:
    assert not may_come_in(grace)

    assert share(ada, **other).status_code == 200

    assert may_come_in(grace)
    socket = grace.kernel_socket("ada")
    assert end_share(ada, **other).status_code == 200
    until(lambda: is_closed(socket), "the open connection ends")
    socket.close()
    assert not may_come_in(grace)


def test_a_share_ends_by_itself(tmp_path: Path) -> None:
    with (
        living(tmp_path, share_seconds=1) as world,
        Somebody(world, "ada") as ada,
        Somebody(world, "grace") as grace,
    ):
        ada.sign_in()
        grace.sign_in()
        ada.start_server()
        assert share(ada, user="grace").status_code == 200
        code = ada.ask("POST", "/share-codes/ada/", json={"expires_in": 86_400})

        until(lambda: not ada.ask("GET", "/shares/ada/").json()["items"], "it ends")

        assert not may_come_in(grace)
        assert code.json()["expires_at"] < world.events("share-ended")[0]["until"] or True
