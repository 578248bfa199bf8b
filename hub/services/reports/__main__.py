"""The reports service as a process of its own; all it needs is on its command line.

``python -m hub.services.reports --url ... --hub ... --public-url ... --store ...``; the
service's token comes in ``JUPYTERHUB_API_TOKEN``, the database's in ``MCHUB_DATABASE``, the
mail server's password in ``MCHUB_SMTP_PASSWORD``, what opens a bucket in
``MCHUB_STORE_KEY_ID`` and ``MCHUB_STORE_KEY``.
"""

import argparse
import logging
import os
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import uvicorn
from pydantic import TypeAdapter
from sqlalchemy import make_url

from hub.authorities import OWN_AUTHORITIES, trust
from hub.choices import Reports
from hub.database import engine_at
from hub.logs import begin
from hub.services.reports.application import Worker, reports_service
from hub.services.reports.bucket_store import BucketStore
from hub.services.reports.desk import ReportsDesk
from hub.services.reports.folder_store import FolderStore
from hub.services.reports.postman import Postman
from hub.services.reports.runner import Runner
from hub.services.reports.store import Store
from hub.waiting import make_tables

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> None:
    """Serve until told to stop."""
    options = _parser().parse_args(arguments)
    begin(options.service, logging.INFO)
    logging.getLogger("httpx").setLevel(logging.WARNING)
    trust(OWN_AUTHORITIES)
    address = urlsplit(options.url)
    # The environment's own proxy settings are for the internet, not for this machine.
    client = httpx.AsyncClient(
        base_url=f"{options.hub}/hub/api", trust_env=False, timeout=60
    )
    engine = engine_at(make_url(os.environ["MCHUB_DATABASE"]))
    # A part that ends because the database isn't up yet would be told unhealthy meanwhile.
    make_tables(engine, logging.getLogger("hub.services.reports").info)
    allowed = TypeAdapter(Reports).validate_json(options.allowed)
    desk = ReportsDesk(
        client=client,
        engine=engine,
        service=options.service,
        token=os.environ["JUPYTERHUB_API_TOKEN"],
        public_url=options.public_url,
        store=_store(allowed, options.store),
        reports=allowed,
        audit=options.audit / f"{options.service}.jsonl" if options.audit else None,
        fronts=tuple(options.front),
    )
    workers: list[Worker] = [Runner(desk)]
    if desk.reports.mails is not None:
        password = os.environ.get("MCHUB_SMTP_PASSWORD", "")
        workers.append(Postman(desk, desk.reports.mails, password))
    uvicorn.run(
        reports_service(desk, *workers),
        host=address.hostname or "127.0.0.1",
        port=address.port or 9093,
        log_level="warning",
        # Whose word on an address counts is decided in `hub.addresses`.
        proxy_headers=False,
    )


def _store(allowed: Reports, folder: Path) -> Store:
    """Where files lie: in the environment's bucket, if it has one, or in a folder."""
    if allowed.store is None:
        return FolderStore(folder)
    keys = (os.environ[f"MCHUB_STORE_{name}"] for name in ("KEY_ID", "KEY"))
    return BucketStore(allowed.store, *keys)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m hub.services.reports")
    say = parser.add_argument
    say("--service", default="reports", help="name of this service in the hub")
    say("--url", required=True, help="address to listen on")
    say("--hub", required=True, help="address of the hub")
    say("--public-url", required=True, help="what people type")
    say("--front", action="append", default=[], metavar="ADDRESS", help="before the proxy")
    say(
        "--store", type=Path, required=True, metavar="FOLDER", help="files, if in no bucket"
    )
    say("--allowed", required=True, metavar="JSON", help="what reports may take")
    say(
        "--audit",
        type=Path,
        metavar="FOLDER",
        help="there is an audit log; what it can't take waits here",
    )
    return parser


if __name__ == "__main__":
    main()
