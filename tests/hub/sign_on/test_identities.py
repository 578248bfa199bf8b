"""A name belongs to the first subject that came with it."""

from pathlib import Path

import pytest
from sqlalchemy import URL, Engine

from hub.database import upgrade
from hub.database.connection import engine_at
from hub.sign_on import identities
from hub.sign_on.identities import NameTaken


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    made = engine_at(URL.create("sqlite", database=str(tmp_path / "people.sqlite")))
    upgrade(made)
    return made


def test_a_subject_keeps_its_name(engine: Engine) -> None:
    assert identities.name_of(engine, "issuer", "7") is None

    identities.bind(engine, "issuer", "7", "ada")
    identities.bind(engine, "issuer", "7", "ada")

    assert identities.name_of(engine, "issuer", "7") == "ada"
    assert identities.has_identity(engine, "ada")


@pytest.mark.parametrize(("issuer", "subject"), [("issuer", "8"), ("another", "7")])
def test_another_subject_does_not_get_the_name(
    engine: Engine, issuer: str, subject: str
) -> None:
    identities.bind(engine, "issuer", "7", "ada")

    with pytest.raises(NameTaken):
        identities.bind(engine, issuer, subject, "ada")

    assert identities.name_of(engine, issuer, subject) is None


def test_a_name_that_was_let_go_is_free(engine: Engine) -> None:
    identities.bind(engine, "issuer", "7", "ada")

    identities.forget(engine, "ada")

    assert not identities.has_identity(engine, "ada")
    identities.bind(engine, "issuer", "8", "ada")
    assert identities.name_of(engine, "issuer", "8") == "ada"


def test_an_address_is_kept_as_the_provider_last_said_it(engine: Engine) -> None:
    identities.bind(engine, "issuer", "7", "ada")
    assert identities.address_of(engine, "ada") == ""

    identities.note_address(engine, "issuer", "7", "ada@example.org")
    assert identities.address_of(engine, "ada") == "ada@example.org"
    identities.note_address(engine, "issuer", "7", "")
    assert identities.address_of(engine, "ada") == ""
    assert identities.address_of(engine, "bob") == ""


def test_what_a_provider_said_last_is_remembered(engine: Engine) -> None:
    assert identities.remembered_provider(engine, "issuer") is None

    identities.remember_provider(engine, "issuer", "{}")
    identities.remember_provider(engine, "issuer", '{"a": 1}')

    assert identities.remembered_provider(engine, "issuer") == '{"a": 1}'
