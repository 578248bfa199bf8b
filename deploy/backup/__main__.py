"""What the container of the copies does: keep making them, and act on request.

``python -m deploy.backup keep`` runs; the other verbs are for the deployer, by
``docker exec`` or in a container of their own, and answer in JSON.
"""

import argparse
import json
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from deploy.backup import copies
from deploy.backup.drill import drill
from deploy.backup.keeper import Keeper
from deploy.backup.repositories import Place

__all__ = ["main"]

_STATUS, _DATABASE = Path("/srv/status"), Path("/srv/database-status")
_SCRATCH: Final = Path("/scratch")


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
        ("keep", _keep, "make what is due, again and again"),
        ("copy", _copy, "make a copy"),
        ("copies", _copies, "the copies there are"),
        ("check", _check, "read repositories back"),
        ("restore", _restore, "put what a copy holds into folders"),
        ("drill", _drill, "restore some of the newest copy aside, and read it"),
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
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    Keeper(place, _STATUS, _DATABASE).run()


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


def _drill(place: Place, options: argparse.Namespace) -> None:
    [number] = options.repository
    print(json.dumps(drill(place, place.repository(number), _SCRATCH)))


def _numbers(place: Place, options: argparse.Namespace) -> list[int]:
    return options.repository or [each.number for each in place.repositories]


if __name__ == "__main__":
    sys.exit(main())
