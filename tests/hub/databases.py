"""Databases for a test: a file of its own, or a PostgreSQL server of its own."""

import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Engine
from sqlalchemy.engine import make_url

from hub.database import upgrade
from hub.database.connection import engine_at
from tests.architecture.checkout import ROOT


@contextmanager
def sqlite_database(folder: Path) -> Iterator[Engine]:
    """The platform's tables in a file."""
    engine = engine_at(make_url(f"sqlite:///{folder}/hub.sqlite"))
    upgrade(engine)
    yield engine
    engine.dispose()


def run_at_once(program: str, argument_lists: Sequence[Sequence[str]]) -> list[str]:
    """Run a program in several processes at the same time; what each printed."""
    running = [
        subprocess.Popen(
            [sys.executable, "-c", program, *arguments],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
        )
        for arguments in argument_lists
    ]
    printed = [process.communicate(timeout=120)[0] for process in running]
    assert [process.returncode for process in running] == [0] * len(running)
    return printed
