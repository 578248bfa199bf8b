"""What the container of the copies does: keep making them, and act on request.

``python -m deploy.backup keep`` runs; the other verbs are for the deployer, by
``docker exec`` or in a container of their own, and answer in JSON.
"""

import argparse
import json
import sys
import threading
from collections.abc import Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Final

from deploy.backup import copies
from deploy.backup.keeper import Keeper, metrics
from deploy.backup.repositories import Place

__all__ = ["main"]

_PORT: Final = 9107
_STATUS, _DATABASE = Path("/srv/status"), Path("/srv/database-status")


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the command line asks; the status to end with."""
    options = _parser().parse_args(arguments)
    try:
        options.verb(Place.of(), options)
    except RuntimeError as error:
        print(f"backup: {error}", file=sys.stderr)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m deploy.backup", description=__doc__)
    verbs = parser.add_subparsers(required=True, metavar="verb")
    for name, verb, text in (
        ("keep", _keep, "make what is due, and answer Prometheus"),
        ("copy", _copy, "make a copy"),
        ("copies", _copies, "the copies there are"),
        ("check", _check, "read repositories back"),
        ("restore", _restore, "put what a copy holds into folders"),
    ):
        added = verbs.add_parser(name, help=text)
        added.set_defaults(verb=verb)
        if name != "keep":
            added.add_argument("--repository", type=int, action="append")
        if name == "copy":
            added.add_argument("--note", action="append", default=[], metavar="NAME=TEXT")
        if name == "restore":
            added.add_argument("label")
            added.add_argument(
                "--into", action="append", required=True, metavar="NAME=FOLDER"
            )
    return parser


def _keep(place: Place, _: argparse.Namespace) -> None:
    keeper = Keeper(place, _STATUS, _DATABASE)
    server = ThreadingHTTPServer(("0.0.0.0", _PORT), _Metrics)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    keeper.run()


def _copy(place: Place, options: argparse.Namespace) -> None:
    notes = dict(note.split("=", 1) for note in options.note)
    where = [place.repository(number) for number in _numbers(place, options)]
    made = [copies.make(place, repository, notes) for repository in where]
    print(json.dumps([copy.in_json() for copy in made]))


def _copies(place: Place, options: argparse.Namespace) -> None:
    found = [
        copy.in_json()
        for number in _numbers(place, options)
        for copy in copies.listed(place, place.repository(number))
    ]
    print(json.dumps(found))


def _check(place: Place, options: argparse.Namespace) -> None:
    for number in _numbers(place, options):
        print(copies.check(place, place.repository(number)), end="")


def _restore(place: Place, options: argparse.Namespace) -> None:
    [number] = options.repository
    pairs = (each.split("=", 1) for each in options.into)
    targets = {name: Path(folder) for name, folder in pairs}
    copies.restore(place, place.repository(number), options.label, targets)


def _numbers(place: Place, options: argparse.Namespace) -> list[int]:
    return options.repository or [each.number for each in place.repositories]


class _Metrics(BaseHTTPRequestHandler):
    """Answers every question with the metrics."""

    def do_GET(self) -> None:
        content = metrics(_STATUS, _DATABASE).encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/plain; version=0.0.4")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Say nothing: it is asked every few seconds."""


if __name__ == "__main__":
    sys.exit(main())
