"""An empty database with the platform's tables, a store, and a hub that knows tokens."""

import shutil
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
import uvicorn
from sqlalchemy import Engine, make_url

from hub.database import engine_at
from hub.environments import load
from hub.services.reports.application import reports_service
from hub.services.reports.desk import ReportsDesk
from hub.services.reports.folder_store import FolderStore
from hub.sign_on import identities
from tests.hub.databases import sqlite_database
from tests.hub.services.reports.asking import ask, hand_in, publish
from tests.hub.services.reports.mail_server import Kept, mail_server
from tests.hub.services.reports.mailing import run
from tests.hub.services.reports.planning import look
from tests.hub.services.reports.token_hub import TokenHub


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
def hub() -> TokenHub:
    """Ada and bob are of the group risk, carol is of none."""
    return TokenHub(groups={"ada": {"risk"}, "bob": {"risk"}, "carol": set()})


@pytest.fixture
def desk(hub: TokenHub, engine: Engine, tmp_path: Path) -> ReportsDesk:
    """The desk of a service that has just started, with an audit log."""
    reports = replace(load("development", {}).reports, storage="1M")
    return ReportsDesk(
        client=hub.client(),
        engine=engine,
        service="reports",
        token="token of the service",
        public_url="http://hub",
        audit=tmp_path / "reports.jsonl",
        store=FolderStore(tmp_path / "store"),
        reports=reports,
    )


@pytest.fixture
def address(desk: ReportsDesk) -> Iterator[str]:
    """The service as a server reaches it: at a port of this machine."""
    config = uvicorn.Config(reports_service(desk), port=0, log_level="error")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        assert thread.is_alive()
    (socket,) = server.servers[0].sockets
    yield f"http://127.0.0.1:{socket.getsockname()[1]}{desk.prefix}"
    server.should_exit = True
    thread.join(20)


@pytest.fixture
def server() -> Iterator[Kept]:
    with mail_server() as kept:
        yield kept


@pytest.fixture
def post(desk: ReportsDesk, server: Kept) -> ReportsDesk:
    """A desk whose environment sends mails; ada and bob have addresses."""
    for number, name in enumerate(("ada", "bob")):
        identities.bind(desk.engine, "issuer", str(number), name)
        address = f"{name}@example.org"
        identities.note_address(desk.engine, "issuer", str(number), address)
    return replace(desk, reports=replace(desk.reports, mails=server.settings))


@pytest.fixture
def told_report(post: ReportsDesk) -> int:
    """A report of ada's with one version, of which bob wants to hear."""
    number: int = publish(post, "ada", "Risk of Q3", users=["bob"])["report"]
    run(post, 1)
    at = f"/api/reports/{number}/subscription"
    assert ask(post, "bob", "PUT", at).status_code == 204
    return number


@pytest.fixture
def report(desk: ReportsDesk) -> int:
    """A report of ada's with one version, whose server is gone."""
    number: int = publish(desk, "ada", parameters={"rate": 0.01, "days": 5})["report"]
    look(desk, datetime.now(UTC))
    assert hand_in(desk, 1).is_success
    look(desk, datetime.now(UTC))
    return number
