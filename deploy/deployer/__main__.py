"""Look after the environments of this host.

``python -m deploy.deployer up | down | status ENVIRONMENT``; ``--help`` explains each.
"""

import argparse
import sys
from collections.abc import Sequence

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
    ):
        added = verbs.add_parser(name, help=text)
        added.add_argument("environment", metavar="ENVIRONMENT")
        added.set_defaults(verb=verb)
        if name == "down":
            added.add_argument(
                "--forget", action="store_true", help="delete its data and secrets too"
            )
    return parser


def _up(environment: Environment, _: argparse.Namespace) -> None:
    environment.up()


def _down(environment: Environment, options: argparse.Namespace) -> None:
    environment.down(forget=options.forget)


def _status(environment: Environment, _: argparse.Namespace) -> None:
    print(environment.status(), end="")


def _say(text: str) -> None:
    print(text, flush=True)


if __name__ == "__main__":
    sys.exit(main())
