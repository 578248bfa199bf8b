"""A hub with three users, a desk, and an empty database with the platform's tables."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from hub.services.admin.desk import Desk
from tests.hub.databases import sqlite_database
from tests.hub.services.admin.small_hub import SmallHub


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    """The platform's tables in a file."""
    with sqlite_database(tmp_path) as engine:
        yield engine


@pytest.fixture
def hub() -> SmallHub:
    """Nobody's servers run."""
    return SmallHub()


@pytest.fixture
def desk(hub: SmallHub, engine: Engine, tmp_path: Path) -> Desk:
    """With an audit log, without budgets."""
    return hub.desk(engine, audit=tmp_path / "admin.jsonl")
