"""A hub with three users, a desk, and an empty database with the platform's tables."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, make_url

from hub.database import engine_at
from hub.services.admin.desk import Desk
from tests.hub.databases import sqlite_database
from tests.hub.services.admin.small_hub import SmallHub


@pytest.fixture(scope="session")
def tables(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with the platform's tables: to copy it is faster than to make it."""
    folder = tmp_path_factory.mktemp("tables")
    with sqlite_database(folder):
        pass
    return folder / "hub.sqlite"


@pytest.fixture
def engine(tables: Path, tmp_path: Path) -> Iterator[Engine]:
    """The platform's tables in a file."""
    copied = shutil.copy(tables, tmp_path / "hub.sqlite")
    engine = engine_at(make_url(f"sqlite:///{copied}"))
    yield engine
    engine.dispose()


@pytest.fixture
def hub() -> SmallHub:
    """Nobody's servers run."""
    return SmallHub()


@pytest.fixture
def desk(hub: SmallHub, engine: Engine, tmp_path: Path) -> Desk:
    """With an audit log, without budgets."""
    return hub.desk(engine, audit=tmp_path / "admin.jsonl")
