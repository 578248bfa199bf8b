"""An empty database with the platform's tables."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from tests.hub.databases import sqlite_database


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    """The platform's tables in a file."""
    with sqlite_database(tmp_path) as engine:
        yield engine
