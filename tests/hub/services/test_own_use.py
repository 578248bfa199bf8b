"""What users are told of their storage, and admins of everybody's."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine

from hub import load
from hub.choices import Budget, Budgets
from hub.quotas import note_storage
from hub.services import admin_command
from hub.services.admin.__main__ import _parser
from hub.services.admin.consumption import Use, by_group, by_user
from hub.services.admin.rendering import _TEMPLATES
from hub.services.identities import Identity
from hub.services.own_use import usage_now
from tests.hub.databases import sqlite_database

REHEARSAL = load("rehearsal", {})
GIB = 1024**3


def budgets() -> Budgets:
    assert REHEARSAL.budgets is not None
    quants = Budget(name="quants", gpu_hours=1, cpu_hours=1, storage="3G")
    return replace(REHEARSAL.budgets, groups=(quants,))


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    with sqlite_database(tmp_path) as engine:
        yield engine


@pytest.mark.parametrize(
    ("groups", "limit"), [((), GIB), (("quants",), 3 * GIB), (("x",), GIB)]
)
def test_users_are_told_what_they_keep_of_what_they_may(
    engine: Engine, groups: tuple[str, ...], limit: int
) -> None:
    settings = replace(REHEARSAL, budgets=budgets())
    who = Identity(kind="user", name="ada", groups=groups, is_admin=False)

    before = usage_now(settings, engine, who)
    note_storage(engine, "ada", 5_000_000)
    note_storage(engine, "eve", 7)
    after = usage_now(settings, engine, who)

    assert (None, limit, None) == _stored(before)
    assert (5_000_000, limit) == _stored(after)[:2]
    assert after.storage_measured_at is not None


def _stored(usage: object) -> tuple[object, ...]:
    names = ("storage_bytes", "storage_limit_bytes", "storage_measured_at")
    return tuple(getattr(usage, name) for name in names)


def test_without_budgets_users_are_told_the_environments_limit(engine: Engine) -> None:
    who = Identity(kind="user", name="ada", groups=("quants",), is_admin=False)

    told = usage_now(replace(REHEARSAL, budgets=None), engine, who)

    assert GIB == told.storage_limit_bytes


def test_admins_see_what_each_keeps_of_what_they_may(engine: Engine) -> None:
    note_storage(engine, "ada", 2 * GIB)
    note_storage(engine, "eve", GIB // 2)
    groups, now = {"ada": ["quants"]}, datetime.now(UTC)

    # The period is another than the budgets': the limit holds at all times.
    found = by_user(engine, budgets(), groups, days=7, now=now, storage="1G")

    told = {use.name: (use.storage_bytes, use.storage_limit_bytes) for use in found}
    assert {"ada": (2 * GIB, 3 * GIB), "eve": (GIB // 2, GIB)} == told
    assert {None} == {use.storage_limit_bytes for use in by_group(found, groups)}
    for use in found:
        assert f"of {3 if use.name == 'ada' else 1} GB" in _page(use)


def _page(use: Use) -> str:
    shown = {"prefix": "/p", "places": (), "path": "/p", "person": None, "xsrf": ""}
    shown |= {"manages_groups": False, "now": datetime.now(UTC), "whole": None}
    shown |= {"days": 7, "choices": (7,), "each": "user", "budgets": None}
    return _TEMPLATES.get_template("usage.html").render(shown | {"found": [use]})


def test_the_admin_service_is_told_the_environments_limit() -> None:
    _, _, _, *arguments = admin_command(REHEARSAL)

    assert "1G" == _parser().parse_args(arguments).storage
