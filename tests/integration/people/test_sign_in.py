"""Signing in through a real provider: who enters, as whom, and what is refused."""

from collections.abc import Iterator

import pytest

from tests.integration.people.somebody import Somebody
from tests.integration.people.world import World, living

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with living(tmp_path_factory.mktemp("world")) as world:
        yield world


def test_two_users_of_different_groups_enter(world: World) -> None:
    with Somebody(world, "ada") as ada, Somebody(world, "grace") as grace:
        ada.sign_in()
        grace.sign_in()

        assert ada.me()["name"] == "ada"
        assert ada.me()["groups"] == ["analysts"]
        assert grace.me()["groups"] == ["quants"]
        assert not ada.me()["admin"]
