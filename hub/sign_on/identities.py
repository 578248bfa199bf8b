"""Who is who, for good: a provider's subject and the name it got here.

A name belongs to the first subject that came with it. Somebody renamed at the provider
keeps the name, and with it the home; somebody else who takes the old name there doesn't
get it.
"""

from datetime import UTC, datetime

from sqlalchemy import Column, Engine, String, Table, Text, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from hub.database import METADATA, Instant

__all__ = [
    "NameTaken",
    "address_of",
    "bind",
    "forget",
    "has_identity",
    "name_of",
    "note_address",
    "remember_provider",
    "remembered_provider",
]

IDENTITIES = Table(
    "mchub_identities",
    METADATA,
    Column("issuer", String(255), primary_key=True),
    Column("subject", String(255), primary_key=True),
    Column("name", String(255), nullable=False, unique=True),
    Column("since", Instant, nullable=False),
    # Where mail reaches them, as the provider last said.
    Column("email", String(254), nullable=True),
)

PROVIDERS = Table(
    "mchub_providers",
    METADATA,
    Column("issuer", String(255), primary_key=True),
    Column("document", Text, nullable=False),
    Column("read_at", Instant, nullable=False),
)


class NameTaken(ValueError):
    """Another subject has this name already."""


def name_of(engine: Engine, issuer: str, subject: str) -> str | None:
    """Name that a subject has here, if it has been here."""
    asked = select(IDENTITIES.c.name).where(
        IDENTITIES.c.issuer == issuer, IDENTITIES.c.subject == subject
    )
    with engine.begin() as connection:
        return connection.execute(asked).scalar_one_or_none()


def bind(engine: Engine, issuer: str, subject: str, name: str) -> None:
    """Give a subject its name, once.

    Raises
    ------
    NameTaken
        If the name is another subject's.
    """
    row = {"issuer": issuer, "subject": subject, "name": name, "since": datetime.now(UTC)}
    try:
        with engine.begin() as connection:
            connection.execute(insert(IDENTITIES).values(row))
    except IntegrityError as error:
        if name_of(engine, issuer, subject) != name:
            raise NameTaken(name) from error


def has_identity(engine: Engine, name: str) -> bool:
    """Whether somebody has come to this name through a provider."""
    asked = select(IDENTITIES.c.name).where(IDENTITIES.c.name == name)
    with engine.begin() as connection:
        return connection.execute(asked).first() is not None


def note_address(engine: Engine, issuer: str, subject: str, email: str) -> None:
    """Keep the mail address of a subject; an empty one is forgotten."""
    is_it = IDENTITIES.c.issuer == issuer, IDENTITIES.c.subject == subject
    is_new = IDENTITIES.c.email.is_distinct_from(email or None)
    noted = update(IDENTITIES).where(*is_it, is_new).values(email=email or None)
    with engine.begin() as connection:
        connection.execute(noted)


def address_of(engine: Engine, name: str) -> str:
    """Mail address of whoever has this name; empty if none is known that was verified."""
    asked = select(IDENTITIES.c.email).where(IDENTITIES.c.name == name)
    with engine.connect() as connection:
        return connection.execute(asked).scalar_one_or_none() or ""


def forget(engine: Engine, name: str) -> None:
    """Let a name go to whoever comes with it next."""
    with engine.begin() as connection:
        connection.execute(delete(IDENTITIES).where(IDENTITIES.c.name == name))


def remember_provider(engine: Engine, issuer: str, document: str) -> None:
    """Keep what a provider says about itself, for a start while it is away."""
    values = {"document": document, "read_at": datetime.now(UTC)}
    changed = update(PROVIDERS).where(PROVIDERS.c.issuer == issuer).values(values)
    with engine.begin() as connection:
        if not connection.execute(changed).rowcount:
            connection.execute(insert(PROVIDERS).values(issuer=issuer, **values))


def remembered_provider(engine: Engine, issuer: str) -> str | None:
    """What a provider last said about itself."""
    asked = select(PROVIDERS.c.document).where(PROVIDERS.c.issuer == issuer)
    with engine.begin() as connection:
        return connection.execute(asked).scalar_one_or_none()
