"""A database made from a copy: in place of the one there is, or aside to try the copy."""

import json
import os
import shutil
import subprocess
import time
from pathlib import Path
from typing import Any, Final

from deploy.database.copies import run_pgbackrest
from deploy.database.node import DATA, FOLDER, ORDERED
from deploy.database.roles import ask

__all__ = ["bring_back", "drill", "fill", "mark", "push", "set_aside"]

_ASIDE: Final = "data.before."


def fill() -> None:
    """Fill the empty data folder as ordered; PostgreSQL then goes on to the moment."""
    order = json.loads(ORDERED.read_text(encoding="utf-8"))
    run_pgbackrest(*_words(order), "--log-level-console=info", "restore")


def _words(order: dict[str, Any]) -> list[str]:
    words = [f"--repo={order['repository']}"]
    if order.get("copy"):
        words.append(f"--set={order['copy']}")
    if order.get("to"):
        words += ["--type=time", f"--target={order['to']}", "--target-action=promote"]
    elif order.get("copy"):
        words += ["--type=immediate", "--target-action=promote"]
    return words


def set_aside(stamp: str, order: str) -> None:
    """Move the data of a stopped node aside, and leave the order to fill it anew."""
    if DATA.exists():
        DATA.rename(FOLDER / f"{_ASIDE}{stamp}")
    shutil.rmtree(FOLDER / "spool", ignore_errors=True)
    json.loads(order)
    ORDERED.write_text(order, encoding="utf-8")


def bring_back(stamp: str) -> None:
    """Undo `set_aside`: what was filled meanwhile is deleted."""
    ORDERED.unlink(missing_ok=True)
    aside = FOLDER / f"{_ASIDE}{stamp}"
    if aside.exists():
        shutil.rmtree(DATA, ignore_errors=True)
        aside.rename(DATA)


def drill(folder: Path, order: str, within: float = 300) -> dict[str, Any]:
    """Restore into `folder`, start what came out of it cut off from everybody, and look.

    Returns
    -------
    dict
        Seconds that it took; the versions of both schemas; the number of users; the marks;
        and what ``pg_checksums`` said of every page.
    """
    began = time.monotonic()
    folder.mkdir(mode=0o700, parents=True)
    run_pgbackrest(
        *_words(json.loads(order)), f"--pg1-path={folder}", "--archive-mode=off", "restore"
    )
    # Nobody but this container's own account reaches the socket.
    rules = folder / "drill_hba.conf"
    rules.write_text("local all all trust\n", encoding="utf-8")
    (folder / "patroni.dynamic.json").unlink(missing_ok=True)
    settings = {
        "listen_addresses": "",
        "unix_socket_directories": str(folder),
        "hba_file": str(rules),
        "ident_file": str(folder / "pg_ident.conf"),
        "shared_buffers": "64MB",
        "archive_mode": "off",
        "synchronous_standby_names": "",
    }
    options = " ".join(f"-c {name}='{value}'" for name, value in settings.items())
    log = folder.with_suffix(".log")
    command = ["pg_ctl", f"--pgdata={folder}", "--wait", f"--timeout={within:.0f}"]
    _checked([*command, f"--options={options}", f"--log={log}", "start"], log)
    os.environ["PGHOST"] = str(folder)
    while ask("SELECT pg_is_in_recovery()") == "t":
        time.sleep(0.2)
    found = {"seconds": round(time.monotonic() - began, 1), **_seen()}
    _checked([*command, "--mode=fast", "stop"], log)
    found["checksums"] = _checked(["pg_checksums", "--check", f"--pgdata={folder}"], log)
    return found


def _seen() -> dict[str, Any]:
    return {
        "versions": {
            "jupyterhub": _value("mchub", "alembic_version", "max(version_num)"),
            "platform": _value("mchub", "mchub_version", "max(version_num)"),
        },
        "n_users": int(_value("mchub", "users", "count(*)") or 0),
        "marks": _value("postgres", "marks", "string_agg(name, ' ')").split(),
    }


def _value(database: str, table: str, expression: str) -> str:
    """One value; nothing where the hub has not made the table yet."""
    if ask(f"SELECT to_regclass('{table}') IS NULL", database) == "t":
        return ""
    return ask(f"SELECT {expression} FROM {table}", database)


def mark(name: str) -> None:
    """Leave a mark, by which a restore is recognized; those of a month ago go."""
    ask(
        "CREATE TABLE IF NOT EXISTS marks"
        " (name text PRIMARY KEY, at timestamptz NOT NULL DEFAULT clock_timestamp());\n"
        "DELETE FROM marks WHERE at < now() - interval '30 days';\n"
        f"INSERT INTO marks (name) VALUES ('{name}');\n"
    )


def push(within: float = 60) -> None:
    """Have all that was written until now pushed to every repository, and wait for it.

    Raises
    ------
    RuntimeError
        If it is not there in time.
    """
    segment = ask("SELECT pg_walfile_name(pg_switch_wal())")
    end = time.monotonic() + within
    while (
        ask("SELECT coalesce(max(last_archived_wal), '') FROM pg_stat_archiver") < segment
    ):
        if time.monotonic() > end:
            message = f"{segment} was not pushed within {within:.0f} s"
            raise RuntimeError(message)
        time.sleep(0.2)


def _checked(command: list[str], log: Path) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        said = (done.stdout + done.stderr).strip()
        tail = log.read_text(encoding="utf-8")[-2000:] if log.exists() else ""
        message = f"{' '.join(command[:2])}: status {done.returncode}\n{said}\n{tail}"
        raise RuntimeError(message)
    return done.stdout.strip()
