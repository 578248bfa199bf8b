"""A suspended user: out within seconds, refused at the door, and back with all files."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from hub import suspension
from hub.sign_on import identities
from tests.integration.people.somebody import Somebody, is_closed, status
from tests.integration.people.world import World, living, until

pytestmark = pytest.mark.slow
# A look every second, and what it takes.
AT_ONCE = 3.0
# In the server itself the hub is asked about guests every ten.
GUESTS_WITHIN = 15.0
STOP_SECONDS = 10.0


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with living(tmp_path_factory.mktemp("world"), share_seconds=3600) as world:
        yield world


@contextmanager
def signed_in(world: World, name: str) -> Iterator[Somebody]:
    world.provider(f"/users/{name}", name=name, password=name, groups=["analysts"])
    with Somebody(world, name) as somebody:
        somebody.sign_in()
        yield somebody


def suspend(world: World, name: str) -> float:
    """Suspend somebody as the admin pages do; when that was."""
    engine = world.database()
    assert suspension.suspend(engine, name, "olivia", "a reason for admins")
    engine.dispose()
    return time.monotonic()


def resume(world: World, name: str) -> None:
    engine = world.database()
    assert suspension.resume(engine, name)
    engine.dispose()


def test_sessions_tokens_and_servers_end_and_the_files_stay(world: World) -> None:
    with signed_in(world, "ida") as ida, Somebody(world, "ida") as elsewhere:
        elsewhere.sign_in()
        ida.start_server()
        token, process = ida.token(), ida.server_process()
        ida.client.get("/user/ida/lab")
        socket = ida.kernel_socket("ida")
        (world.state / "homes" / "ida" / "model.py").write_text("x = 1\n")

        at = suspend(world, "ida")

        until(lambda: status(world, token) == 403, "the token ends")
        for browser in (ida, elsewhere):
            assert browser.ask("GET", "/user").status_code == 403
            assert "/hub/login" in str(browser.client.get("/hub/home").url)
        assert time.monotonic() - at <= AT_ONCE
        until(lambda: is_closed(socket), "the open connection ends")
        until(lambda: not process.is_running(), "the server ends")
        assert time.monotonic() - at <= AT_ONCE + STOP_SECONDS

        refused = elsewhere.sign_in()
        resume(world, "ida")
        ida.sign_in()

        assert ida.me()["groups"] == ["analysts"]
        ida.start_server()
        ida.client.get("/user/ida/lab")
        file = ida.client.get("/user/ida/api/contents/model.py").json()
    assert refused.status_code == 403
    assert "Sign-in is closed while an account is suspended; ida is, since " in refused.text
    assert "An administrator of this hub can say why" in refused.text
    assert "a reason for admins" not in refused.text
    assert file["content"] == "x = 1\n"
    refusals = [e for e in world.events("sign-in") if e["outcome"] == "refused"]
    assert refusals[-1]["who"] == "ida"


def test_a_session_ends_though_there_is_no_token_and_no_server(world: World) -> None:
    with signed_in(world, "lise") as lise:
        at = suspend(world, "lise")

        until(lambda: lise.ask("GET", "/user").status_code == 403, "the session ends")
        assert time.monotonic() - at <= AT_ONCE


def test_an_admin_who_is_suspended_is_out_as_well(world: World) -> None:
    with Somebody(world, "olivia") as olivia:
        olivia.sign_in()
        token = olivia.token()
        suspend(world, "olivia")
        try:
            until(lambda: status(world, token) == 403, "the token ends")

            assert olivia.sign_in().status_code == 403
        finally:
            resume(world, "olivia")
        assert olivia.sign_in().status_code == 200


def test_nobody_starts_a_server_for_somebody_suspended(world: World) -> None:
    with signed_in(world, "kurt"), Somebody(world, "olivia") as olivia:
        olivia.sign_in()
        suspend(world, "kurt")

        answer = olivia.ask("POST", "/users/kurt/server")

    assert answer.status_code == 403
    assert "kurt is, since " in answer.json()["message"]


def test_a_guest_who_is_suspended_loses_the_servers_of_others(world: World) -> None:
    with signed_in(world, "host") as host, signed_in(world, "guest") as guest:
        host.start_server()
        host.ask("POST", "/shares/host/", json={"user": "guest"})
        guest.enter("host")
        socket = guest.kernel_socket("host")

        at = suspend(world, "guest")

        until(lambda: is_closed(socket), "the open connection ends")
        assert time.monotonic() - at <= GUESTS_WITHIN
        assert not guest.enter("host")
        assert host.me()["servers"][""]["ready"] is True


def test_a_suspension_while_the_hub_is_down_holds_when_it_is_back(world: World) -> None:
    with signed_in(world, "emmy") as emmy:
        emmy.start_server()
        token, process = emmy.token(), emmy.server_process()
        world.kill("hub")
        suspend(world, "emmy")

        world.start_hub()
        started = time.monotonic()

        until(lambda: status(world, token) == 403, "the token ends")
        assert time.monotonic() - started <= AT_ONCE
        assert emmy.ask("GET", "/user").status_code == 403
        until(lambda: not process.is_running(), "the server ends")


def test_a_barred_name_becomes_nobodys_at_a_sign_in(world: World) -> None:
    suspend(world, "rosa")
    world.provider("/users/rosa", name="Rosa", password="rosa", groups=["analysts"])
    with Somebody(world, "rosa") as rosa:
        page = rosa.sign_in()
    engine = world.database()
    is_known = identities.has_identity(engine, "rosa")
    engine.dispose()

    assert page.status_code == 403
    assert not is_known
