"""A real PostgreSQL for a test: an ordinary process in a temporary folder."""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
from sqlalchemy import URL

ACCOUNT = "nobody"


def programs() -> Path | None:
    """Folder of Debian's newest PostgreSQL; PATH holds only its clients."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"))
    return found[-1].parent if found else None


@dataclass
class Postgres:
    """A server that listens on loopback and believes whoever comes from there."""

    folder: Path
    port: int
    process: "subprocess.Popen[bytes] | None" = None

    @property
    def url(self) -> URL:
        return URL.create(
            "postgresql+psycopg2",
            username="mchub",
            host="127.0.0.1",
            port=self.port,
            database="mchub",
        )

    def start(self) -> "subprocess.Popen[bytes]":
        """A process that answers."""
        options = ("fsync=off", "full_page_writes=off", "max_connections=60")
        process = _as_account(
            "postgres",
            *("-D", str(self.folder / "data"), "-p", str(self.port)),
            *("-k", str(self.folder), "-c", "listen_addresses=127.0.0.1"),
            *(word for option in options for word in ("-c", option)),
            log=self.folder / "log",
        )
        for _ in range(200):
            if process.poll() is not None:
                raise RuntimeError((self.folder / "log").read_text())
            if self._answers():
                self.process = process
                return process
            time.sleep(0.05)
        process.kill()
        raise RuntimeError((self.folder / "log").read_text())

    def kill(self) -> None:
        """End it and all its backends, in the middle of whatever they do."""
        assert self.process is not None
        postmaster = psutil.Process(self.process.pid)
        # One that is stopped sees no backend of its own die, and starts no other.
        postmaster.suspend()
        backends = postmaster.children(recursive=True)
        for one in (*backends, postmaster):
            one.kill()
        self.process.wait(20)
        _, left = psutil.wait_procs(backends, timeout=20)
        assert left == []

    def end(self) -> None:
        """End it, and the connections that are open with it."""
        if self.process is not None:
            self.process.send_signal(signal.SIGINT)
            self.process.wait(20)

    def _answers(self) -> bool:
        asked = _as_account("pg_isready", "-q", "-h", "127.0.0.1", "-p", str(self.port))
        return asked.wait() == 0


@contextmanager
def running_postgres() -> Iterator[Postgres]:
    """A server with an empty database `mchub`, until the block ends."""
    # Not pytest's folder: the account that runs the server may not enter it.
    folder = Path(tempfile.mkdtemp(prefix="mchub-postgres-"))
    if os.geteuid() == 0:
        shutil.chown(folder, ACCOUNT)
    try:
        made = _as_account(
            "initdb", "--no-sync", "-A", "trust", "-U", "mchub", "-D", str(folder / "data"),
            "--locale=C.UTF-8", log=folder / "initdb.log",
        )  # fmt: skip
        if made.wait() != 0:
            raise RuntimeError((folder / "initdb.log").read_text())
        server = Postgres(folder, _free_port())
        server.start()
        try:
            database = ("-h", "127.0.0.1", "-p", str(server.port), "-U", "mchub", "mchub")
            assert _as_account("createdb", *database).wait() == 0
            yield server
        finally:
            server.end()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _as_account(
    program: str, *arguments: str, log: Path | None = None
) -> "subprocess.Popen[bytes]":
    """PostgreSQL refuses to run as root."""
    folder = programs()
    assert folder is not None
    account = {"user": ACCOUNT, "group": "nogroup", "extra_groups": []}
    with (log or Path(os.devnull)).open("ab") as output:
        return subprocess.Popen(
            [folder / program, *arguments],
            cwd="/",
            stdout=output,
            stderr=output,
            **(account if os.geteuid() == 0 else {}),  # type: ignore[arg-type]
        )


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port: int = listening.getsockname()[1]
    return port
