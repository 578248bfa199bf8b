"""Access ends when the provider says so, and not when it says nothing."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from hub import audit
from tests.integration.people.somebody import Somebody, is_closed, status
from tests.integration.people.world import World, living, until

pytestmark = pytest.mark.slow
REFRESH_SECONDS = 6.0
# What a server and its kernels may take to end, once they were told.
STOP_SECONDS = 10.0


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("world")
    with living(folder, refresh_seconds=REFRESH_SECONDS) as world:
        yield world


def person(world: World, name: str) -> Somebody:
    world.provider(f"/users/{name}", name=name, password=name, groups=["analysts"])
    somebody = Somebody(world, name)
    somebody.sign_in()
    return somebody


def has_ended(world: World, name: str) -> bool:
    return any(event["who"] == name for event in world.events("access-ended"))


def wait_for_rounds(world: World) -> None:
    asked = world.provider("/requests").count("POST /token")
    until(
        lambda: world.provider("/requests").count("POST /token") > asked + 4,
        "rounds go on",
    )


def wait_for_a_question(world: World) -> None:
    asked = world.provider("/requests").count("POST /token")
    until(
        lambda: world.provider("/requests").count("POST /token") > asked,
        "the provider is asked",
    )


def test_a_change_of_groups_arrives_without_a_new_sign_in(world: World) -> None:
    with person(world, "ida") as ida:
        ida.token()
        assert ida.me()["groups"] == ["analysts"]

        world.provider("/users/ida", groups=["quants", "mchub-admins"])

        until(lambda: ida.me()["groups"] == ["mchub-admins", "quants"], "groups change")
        assert ida.me()["admin"] is True
        world.provider("/users/ida", groups=["quants"])
        until(lambda: not ida.me()["admin"], "an admin is none any more")


@pytest.mark.parametrize("change", [{"disabled": True}, {"groups": []}])
def test_a_user_who_was_removed_loses_server_sessions_and_tokens(
    world: World, change: dict[str, object]
) -> None:
    name = "joan" if "groups" in change else "jean"
    with person(world, name) as joan:
        joan.start_server()
        token = joan.token()
        joan.client.get(f"/user/{name}/lab")
        socket, process = joan.kernel_socket(name), joan.server_process()

        world.provider(f"/users/{name}", **change)
        removed_at = time.monotonic()

        until(lambda: status(world, token) == 403, "the token ends")
        assert time.monotonic() - removed_at <= REFRESH_SECONDS
        until(lambda: is_closed(socket), "the open connection ends")
        until(lambda: not process.is_running(), "the server ends")
        assert time.monotonic() - removed_at <= REFRESH_SECONDS + STOP_SECONDS
        assert has_ended(world, name)
        engine = world.database()
        until(
            lambda: any(r.target == name for r in audit.read(engine, action="access.end")),
            "it is audited",
        )
        engine.dispose()
        assert joan.ask("GET", "/user").status_code == 403
        assert "/hub/login" in str(joan.client.get("/hub/home").url)


def test_somebody_removed_who_was_not_here_since_cannot_use_an_old_token(
    world: World,
) -> None:
    with person(world, "emmy") as emmy:
        token = emmy.token()
    world.provider("/users/emmy", disabled=True)

    until(lambda: status(world, token) == 403, "the token ends")


@pytest.mark.parametrize(
    "trouble", [{"status": 500}, {"status": 429}, {"listening": False}]
)
def test_a_provider_that_does_not_answer_throws_nobody_out(
    world: World, trouble: dict[str, object]
) -> None:
    health = {"status": None, "listening": True}
    with person(world, "kurt") as kurt, Somebody(world, "ada") as ada:
        token = kurt.token()
        before = world.log("hub").count("no word about")

        world.provider("/behaviour", **trouble)
        try:
            until(
                lambda: world.log("hub").count("no word about") >= before + 3,
                "three rounds find no answer",
            )
            page = ada.sign_in()

            assert status(world, token) == 200
            assert kurt.me()["name"] == "kurt"
        finally:
            world.provider("/behaviour", **health)
        assert page.status_code == 503
        assert "To sign in the provider must answer" in page.text
        assert "Whoever is signed in already can go on working." in page.text
        assert ada.sign_in().status_code == 200
    assert not has_ended(world, "kurt")


def test_a_hub_restarted_while_the_provider_is_down_goes_on(world: World) -> None:
    with person(world, "alan") as alan:
        alan.start_server()
        token, process = alan.token(), alan.server_process()
        world.provider("/behaviour", listening=False)
        try:
            world.kill("hub")
            world.start_hub()

            assert status(world, token) == 200
            assert alan.me()["servers"][""]["ready"] is True
            assert process.is_running()
        finally:
            world.provider("/behaviour", listening=True)
        wait_for_rounds(world)
        assert status(world, token) == 200
    assert not has_ended(world, "alan")


def test_a_new_key_before_the_old_one_loses_no_sign_in(world: World) -> None:
    file = world.state / "secrets" / "state_key"
    with person(world, "rita") as rita:
        token = rita.token()
        world.stop("hub")
        file.write_text(f"{'ab' * 32}\n{file.read_text()}")
        world.start_hub()
        wait_for_rounds(world)

        # By now everything is encrypted with the new key.
        world.stop("hub")
        file.write_text(f"{'ab' * 32}\n")
        world.start_hub()
        wait_for_rounds(world)

        assert status(world, token) == 200
    assert "can't be decrypted" not in world.log("hub")


def test_a_hub_that_is_told_to_end_waits_for_what_it_asked(world: World) -> None:
    with person(world, "vera") as vera:
        token = vera.token()
        world.provider("/behaviour", delaySeconds=3)
        wait_for_a_question(world)

        world.stop("hub")

        world.provider("/behaviour", delaySeconds=0)
        world.start_hub()
        wait_for_rounds(world)
        assert status(world, token) == 200
    assert not has_ended(world, "vera")


def test_a_hub_killed_before_an_answer_came_throws_nobody_out(world: World) -> None:
    with person(world, "paul") as paul:
        paul.start_server()
        token, process = paul.token(), paul.server_process()
        world.provider("/behaviour", delaySeconds=2)
        wait_for_a_question(world)
        world.kill("hub")
        # Each answer now finds nobody, and the token to renew with is used up.
        time.sleep(3)
        world.provider("/behaviour", delaySeconds=0)
        before = world.provider("/requests").count("GET /me")

        world.start_hub()

        until(
            lambda: world.provider("/requests").count("GET /me") > before + 8,
            "rounds go on",
        )
        assert status(world, token) == 200
        assert process.is_running()
    assert not has_ended(world, "paul")


def test_a_hub_started_before_its_provider_finds_it_later(tmp_path: Path) -> None:
    world = World(tmp_path)
    try:
        world.start_proxy()
        world.start_hub()
        with Somebody(world, "ada") as ada:
            page = ada.sign_in()
            world.start_provider()
            ada.sign_in()

            assert ada.me()["name"] == "ada"
    finally:
        world.end()
    assert page.status_code == 503
