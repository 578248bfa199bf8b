"""Who is suspended, since when, by whom; and what they read."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine
from traitlets.config import Config

from hub import suspension
from hub.local_password import LocalPasswordAuthenticator
from hub.pages import Refused
from hub.suspension import Suspension
from hub.suspension.watch import SuspensionWatch, suspended
from tests.hub.databases import sqlite_database


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    with sqlite_database(tmp_path) as engine:
        yield engine


def test_a_suspension_is_new_once_and_ends_once(engine: Engine) -> None:
    assert suspension.suspend(engine, "ada", "olivia", "left a key in a notebook")
    assert not suspension.suspend(engine, "ada", "ops", "another reason")

    (found,) = suspension.all_suspensions(engine)
    assert replace(found, since=datetime(2026, 1, 2, tzinfo=UTC)) == Suspension(
        user="ada",
        since=datetime(2026, 1, 2, tzinfo=UTC),
        by="olivia",
        reason="left a key in a notebook",
    )
    assert suspension.resume(engine, "ada")
    assert not suspension.resume(engine, "ada")
    assert suspension.all_suspensions(engine) == []


def test_only_those_asked_about_are_found(engine: Engine) -> None:
    for name in ("ada", "grace"):
        suspension.suspend(engine, name, "olivia")

    assert set(suspension.suspensions(engine, ["ada", "kurt"])) == {"ada"}
    assert suspension.is_suspended(engine, "ada")
    assert not suspension.is_suspended(engine, "kurt")
    assert set(suspension.suspensions(engine, [])) == set()


def test_a_suspended_user_reads_the_law_since_when_and_the_way_out() -> None:
    since = datetime(2026, 11, 28, 12, 0, tzinfo=UTC)

    page = suspended(Suspension(user="ada", since=since, by="olivia", reason="secret"))

    assert page.status_code == 403
    assert page.who == "ada"
    assert page.get_message() == (
        "Sign-in is closed while an account is suspended; ada is, since 28 November 2026. "
        "Your files are kept. An administrator of this hub can say why, and can let you "
        "in again."
    )


def test_a_suspended_name_is_refused_only_with_the_right_password(engine: Engine) -> None:
    config = Config()
    config.SharedPasswordAuthenticator.user_password = "p" * 32
    config.SharedPasswordAuthenticator.admin_password = "q" * 32
    config.LocalPasswordAuthenticator.suspensions = SuspensionWatch(lambda: engine)
    authenticator = LocalPasswordAuthenticator(config=config)
    suspension.suspend(engine, "ada", "admin")

    async def sign_in(name: str, password: str) -> object:
        return await authenticator.authenticate(
            None, {"username": name, "password": password}
        )

    with pytest.raises(Refused, match="ada is, since"):
        asyncio.run(sign_in("Ada", "p" * 32))
    assert asyncio.run(sign_in("ada", "wrong")) is None
    assert asyncio.run(sign_in("grace", "p" * 32)) is not None
