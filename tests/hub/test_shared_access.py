"""In a user's server: who is a guest, and what the hub's answers do to them."""

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

from hub.in_server import shared_access


class Socket:
    def __init__(self, name: str | None, *, is_open: bool = True) -> None:
        self.ws_connection = object() if is_open else None
        self._jupyterhub_user = name and SimpleNamespace(username=name)
        self.closed_with: tuple[int, str] | None = None

    def close(self, code: int, reason: str) -> None:
        self.closed_with = (code, reason)


class Hub:
    """What the hub answers about the token of a socket, as `HubAuth` gives it on."""

    access_scopes = frozenset({"access"})

    def __init__(self, answer: Any) -> None:
        self._answer = answer
        self.asked = 0

    def get_token(self, socket: Socket) -> str:
        return "token"

    async def user_for_token(self, token: str, *, use_cache: bool, sync: bool) -> Any:
        assert not use_cache
        self.asked += 1
        if isinstance(self._answer, Exception):
            raise self._answer
        return self._answer

    def check_scopes(self, wanted: frozenset[str], model: dict[str, Any]) -> set[str]:
        return set(wanted) & set(model["scopes"])


def test_guests_are_those_with_an_open_connection_who_are_not_the_owner() -> None:
    ada, grace, gone, nobody = (
        Socket("ada"),
        Socket("grace"),
        Socket("grace", is_open=False),
        Socket(None),
    )

    assert [grace] == shared_access.guests_of([ada, grace, gone, nobody], "ada")


@pytest.mark.parametrize(
    ("answer", "is_closed"),
    [
        ({"name": "grace", "scopes": ["access"]}, False),
        ({"name": "grace", "scopes": []}, True),
        (None, True),
        (ConnectionRefusedError(), False),
    ],
)
def test_a_guests_connections_end_when_the_hub_says_so(
    answer: Any, is_closed: bool
) -> None:
    sockets, hub = [Socket("grace"), Socket("grace")], Hub(answer)

    asyncio.run(shared_access.close_sockets(hub, sockets))

    assert [is_closed] * 2 == [socket.closed_with is not None for socket in sockets]
    assert 1 == hub.asked


def test_what_the_hub_said_about_the_owner_alone_is_believed_on() -> None:
    cache = SimpleNamespace(
        values={1: {"name": "ada"}, 2: {"name": "grace"}, 3: None},
        timestamps={1: 0.0, 2: 0.0, 3: 0.0},
    )

    shared_access.forget_guests(cache, "ada")

    assert cache.values == {1: {"name": "ada"}}
    assert cache.timestamps == {1: 0.0}
