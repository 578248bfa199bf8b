"""The admin service as a process of its own; all it needs is on its command line.

``python -m hub.services.admin --url ... --hub ... --public-url ...``; the token of the
service comes in ``JUPYTERHUB_API_TOKEN``, the database's address in ``MCHUB_DATABASE``.
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

from hub.choices import Budgets
from hub.database import engine_at
from hub.gpus import Capacity, n_parts
from hub.logs import begin
from hub.services.admin.application import admin_service
from hub.services.admin.archives import Archive, HomeFolders, NotReached
from hub.services.admin.desk import Desk

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> None:
    """Serve until told to stop."""
    options = _parser().parse_args(arguments)
    begin(options.service, logging.INFO)
    logging.getLogger("httpx").setLevel(logging.WARNING)
    address = urlsplit(options.url)
    # The environment's own proxy settings are for the internet, not for this machine.
    client = httpx.AsyncClient(
        base_url=f"{options.hub}/hub/api", trust_env=False, timeout=60
    )
    desk = Desk(
        client=client,
        engine=engine_at(make_url(os.environ["MCHUB_DATABASE"])),
        service=options.service,
        token=os.environ["JUPYTERHUB_API_TOKEN"],
        public_url=options.public_url,
        manages_groups=not options.groups_come_from_sign_in,
        archive=_archive(options),
        budgets=TypeAdapter(Budgets).validate_json(options.budgets)
        if options.budgets
        else None,
        storage=options.storage,
        capacity=Capacity(devices=tuple(options.gpu), parts=n_parts(options.gpu_share)),
        audit=options.audit / f"{options.service}.jsonl" if options.audit else None,
        fronts=tuple(options.front),
    )
    uvicorn.run(
        admin_service(desk),
        host=address.hostname or "127.0.0.1",
        port=address.port or 9092,
        log_level="warning",
        # Whose word on an address counts is decided in `hub.addresses`.
        proxy_headers=False,
    )


def _archive(options: argparse.Namespace) -> Archive:
    if options.homes and options.archives:
        return HomeFolders(homes=options.homes, archives=options.archives)
    return NotReached(options.no_archive)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m hub.services.admin")
    say = parser.add_argument
    say("--service", default="admin", help="name of this service in the hub")
    say("--url", required=True, help="address to listen on")
    say("--hub", required=True, help="address of the hub")
    say("--public-url", required=True, help="what people type")
    say(
        "--groups-come-from-sign-in",
        action="store_true",
        help="groups are shown and not changed: each sign-in sets them anew",
    )
    say("--homes", type=Path, metavar="FOLDER", help="home folders of users")
    say("--archives", type=Path, metavar="FOLDER", help="where homes are archived")
    say("--no-archive", default="no folder was named", metavar="WHY", help="why not")
    say("--budgets", metavar="JSON", help="budgets of the environment")
    say("--storage", metavar="SIZE", help="what a user may keep on disk, as 50G")
    say("--front", action="append", default=[], metavar="ADDRESS", help="before the proxy")
    say("--gpu", action="append", default=[], metavar="UUID", help="a device of this host")
    say("--gpu-share", type=float, default=0.0, help="fraction that may be leased of each")
    say(
        "--audit",
        type=Path,
        metavar="FOLDER",
        help="there is an audit log; what it can't take waits here",
    )
    return parser


if __name__ == "__main__":
    main()
