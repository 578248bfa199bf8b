"""Look after the environments of this host.

``python -m deploy.deployer up | down | status | archive-home ENVIRONMENT``;
``--help`` explains each.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from deploy.deployer.commands import Failed
from deploy.deployer.environment import Environment
from hub.environments import load
from hub.laws import SettingsError
from hub.release import release
from hub.storage import state_folder

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the command line asks; the status to end with."""
    options = _parser().parse_args(arguments)
    try:
        settings = load(options.environment)
        state = state_folder() / settings.name
        state.mkdir(mode=0o711, exist_ok=True)
        environment = Environment(settings, state, release(), _say)
        options.verb(environment, options)
    except (Failed, SettingsError) as error:
        print(f"deployer: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("interrupted; the same command goes on from here", file=sys.stderr)
        return 130
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m deploy.deployer", description=__doc__)
    verbs = parser.add_subparsers(required=True, metavar="verb")
    for name, verb, text in (
        ("up", _up, "start what doesn't run"),
        ("down", _down, "stop everything, users' servers included"),
        ("status", _status, "the parts and how they are"),
        ("archive-home", _archive_home, "a user's files, in one file of the operator's"),
    ):
        added = verbs.add_parser(name, help=text)
        added.add_argument("environment", metavar="ENVIRONMENT")
        added.set_defaults(verb=verb)
        if name == "down":
            added.add_argument(
                "--forget", action="store_true", help="delete its data and secrets too"
            )
        if name == "archive-home":
            added.add_argument("user", metavar="USER")
            added.add_argument(
                "--to", type=Path, required=True, metavar="FOLDER", help="where it goes"
            )
            added.add_argument(
                "--delete", action="store_true", help="delete the home after that"
            )
    return parser


def _up(environment: Environment, _: argparse.Namespace) -> None:
    environment.up()


def _down(environment: Environment, options: argparse.Namespace) -> None:
    environment.down(forget=options.forget)


def _archive_home(environment: Environment, options: argparse.Namespace) -> None:
    environment.archive_home(options.user, options.to, delete=options.delete)


def _status(environment: Environment, _: argparse.Namespace) -> None:
    print(environment.status(), end="")


def _say(text: str) -> None:
    print(text, flush=True)


if __name__ == "__main__":
    sys.exit(main())
