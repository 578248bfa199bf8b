"""Runs the database in the foreground, alone or as a node of the pair, and keeps copies."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from deploy.database import configurations
from deploy.database.keeper import Keeper
from deploy.database.node import AUTHORITIES, DATA, FOLDER, ORDERED, RUN, Node, secret
from deploy.database.restoring import fill
from deploy.database.roles import ask, give_roles

__all__ = ["configure", "run_in_pair", "run_single"]

_SYSTEM_AUTHORITIES: Final = Path("/etc/ssl/certs/ca-certificates.crt")


def configure(node: Node) -> None:
    """Write what the programs read; secrets go to memory alone."""
    os.umask(0o077)
    authorities = RUN / "authorities.crt"
    own = sorted(AUTHORITIES.glob("*.crt"))
    files = [file for file in (_SYSTEM_AUTHORITIES, *own) if file.exists()]
    authorities.write_bytes(b"\n".join(file.read_bytes() for file in files))
    written = {
        "pgpass": configurations.password_file(secret),
        "pgbackrest.conf": configurations.pgbackrest(node, secret, authorities),
    }
    for name, text in written.items():
        (RUN / name).write_text(text, encoding="utf-8")
    (FOLDER / "spool").mkdir(mode=0o700, exist_ok=True)


def run_in_pair(node: Node) -> int:
    """Run Patroni, which runs PostgreSQL; the status that it ends with."""
    configure(node)
    file = RUN / "patroni.json"
    told = configurations.patroni(node, secret, is_ordered=ORDERED.exists())
    # JSON is YAML too.
    file.write_text(json.dumps(told, indent=2), encoding="utf-8")
    # A fast shutdown is what Patroni makes of the ordinary signal.
    return _supervised(node, ("patroni", str(file)), signal.SIGTERM)


def run_single(node: Node) -> int:
    """Run PostgreSQL, made or filled first where there is none; the status it ends with."""
    configure(node)
    if not (DATA / "PG_VERSION").exists():
        fill() if ORDERED.exists() else _make_cluster()
    rules = "\n".join(configurations.access_rules(node)) + "\n"
    (DATA / "pg_hba.conf").write_text(rules, encoding="utf-8")
    settings = configurations.parameters(node.copies) | {
        "listen_addresses": "*",
        "unix_socket_directories": "/run/postgresql",
    }
    words = [word for item in settings.items() for word in ("-c", "=".join(item))]
    # PostgreSQL waits for every client on the ordinary signal.
    command = ("postgres", "-D", str(DATA), *words)
    return _supervised(node, command, signal.SIGINT, _give_roles_when_it_answers)


def _make_cluster() -> None:
    options = [f"--{name}={value}" for name, value in configurations.CLUSTER.items()]
    password = RUN / "superuser"
    password.write_text(secret("database_superuser_password"), encoding="utf-8")
    subprocess.run(
        [
            *("initdb", f"--pgdata={DATA}", "--username=postgres", f"--pwfile={password}"),
            *("--auth=scram-sha-256", "--data-checksums", *options),
        ],
        check=True,
        stdout=subprocess.DEVNULL,
    )
    password.unlink()


def _give_roles_when_it_answers() -> None:
    said = ""
    while True:
        try:
            if ask("SELECT pg_is_in_recovery()") == "f":
                give_roles()
                ORDERED.unlink(missing_ok=True)
                return
        except (RuntimeError, subprocess.TimeoutExpired) as error:
            if str(error) != said:
                said = str(error)
                print(f"roles: {said}", file=sys.stderr, flush=True)
        time.sleep(0.5)


def _supervised(
    node: Node,
    command: Sequence[str],
    ends_on: signal.Signals,
    beside: Callable[[], None] | None = None,
) -> int:
    process = subprocess.Popen(command)

    def end(_number: int, _frame: object) -> None:
        process.send_signal(ends_on)

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, end)
    tasks = [beside] if beside else []
    if node.copies:
        tasks.append(Keeper(node, node.copies).run)
    for task in tasks:
        threading.Thread(target=task, daemon=True).start()
    return process.wait()
