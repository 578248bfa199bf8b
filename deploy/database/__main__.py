"""What the database's container does: run, and act on request.

``python3 -m deploy.database single | pair`` runs; the other verbs are for the deployer, by
``docker exec``, and answer in JSON.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from deploy.database import copies, restoring, running
from deploy.database.keeper import is_primary
from deploy.database.node import ORDERED, Node
from deploy.database.roles import give_roles

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the command line asks; the status to end with."""
    options = _parser().parse_args(arguments)
    try:
        status: int = options.verb(options)
    except RuntimeError as error:
        print(f"database: {error}", file=sys.stderr)
        return 1
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python3 -m deploy.database", description=__doc__)
    verbs = parser.add_subparsers(required=True, metavar="verb")
    for name, verb, text in (
        ("single", _single, "run PostgreSQL"),
        ("pair", _pair, "run a node of the pair"),
        ("configure", _configure, "read the secrets anew"),
        ("roles", _roles, "give each role its password"),
        ("fill", _fill, "fill an empty data folder as ordered"),
        ("is-primary", _is_primary, "status 0 if data may be changed here"),
        ("copies", _copies, "the copies there are"),
        ("copy", _copy, "make a copy"),
        ("set-aside", _set_aside, "make room for what a copy holds"),
        ("bring-back", _bring_back, "undo that"),
        ("forget-order", _forget_order, "a restore has come to its end"),
        ("mark", _mark, "leave a mark, by which a restore is recognized"),
        ("push", _push, "have all that was written pushed to every repository"),
        ("drill", _drill, "restore a copy aside and look at it"),
    ):
        added = verbs.add_parser(name, help=text)
        added.set_defaults(verb=verb)
        if name == "roles":
            added.add_argument("connection", nargs="?", help="Patroni gives one")
        if name == "copy":
            added.add_argument("--kind", choices=["full", "incr"], default="incr")
            added.add_argument("--note", action="append", default=[], metavar="NAME=TEXT")
            added.add_argument("--repository", type=int, action="append")
        if name in ("set-aside", "bring-back"):
            added.add_argument("stamp")
        if name == "mark":
            added.add_argument("name")
        if name in ("set-aside", "drill"):
            added.add_argument("order", help="JSON: repository, to, copy")
    return parser


def _single(_: argparse.Namespace) -> int:
    return running.run_single(Node.of())


def _pair(_: argparse.Namespace) -> int:
    return running.run_in_pair(Node.of())


def _configure(_: argparse.Namespace) -> int:
    running.configure(Node.of())
    return 0


def _roles(_: argparse.Namespace) -> int:
    give_roles()
    ORDERED.unlink(missing_ok=True)
    return 0


def _fill(_: argparse.Namespace) -> int:
    restoring.fill()
    return 0


def _is_primary(_: argparse.Namespace) -> int:
    return 0 if is_primary(Node.of()) else 1


def _copies(_: argparse.Namespace) -> int:
    print(copies.in_json(copies.listed()))
    return 0


def _copy(options: argparse.Namespace) -> int:
    kept = Node.of().copies
    if kept is None:
        message = "no copies are made here: `backup` is none."
        raise RuntimeError(message)
    notes = dict(note.split("=", 1) for note in options.note)
    before = {(one.repository, one.label) for one in copies.listed()}
    copies.prepare(kept.repositories)
    for repository in options.repository or kept.repositories:
        copies.make(repository, options.kind, notes)
    made = [one for one in copies.listed() if (one.repository, one.label) not in before]
    print(copies.in_json(made))
    return 0


def _set_aside(options: argparse.Namespace) -> int:
    restoring.set_aside(options.stamp, options.order)
    return 0


def _bring_back(options: argparse.Namespace) -> int:
    restoring.bring_back(options.stamp)
    return 0


def _forget_order(_: argparse.Namespace) -> int:
    ORDERED.unlink(missing_ok=True)
    return 0


def _mark(options: argparse.Namespace) -> int:
    restoring.mark(options.name)
    return 0


def _push(_: argparse.Namespace) -> int:
    restoring.push()
    return 0


def _drill(options: argparse.Namespace) -> int:
    running.configure(Node.of())
    print(json.dumps(restoring.drill(Path("/tmp/drill/data"), options.order)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
