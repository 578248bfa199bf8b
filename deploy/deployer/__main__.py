"""Look after the environments of this host.

``python -m deploy.deployer VERB ENVIRONMENT``; ``--help`` lists the verbs.

Status: 0 done; 1 failed, nothing was changed; 2 usage; 3 failed, and changed back;
4 failed, a person must look; 5 another run holds the lock.
"""

import argparse
import os
import signal
import sys
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path
from types import FrameType
from typing import Any

from deploy.deployer.doctor import examine
from deploy.deployer.environment import Environment
from deploy.deployer.journal import Journal
from deploy.deployer.locking import only_run
from deploy.deployer.outcomes import Failed, Outcome
from deploy.deployer.programs import Programs
from deploy.deployer.story import Story
from hub.environments import load
from hub.laws import SettingsError
from hub.release import RELEASE_VARIABLE, release
from hub.storage import state_folder

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the command line asks; the status to end with."""
    options = _parser().parse_args(arguments)
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        return _run(options)
    except (Failed, SettingsError) as error:
        print(f"deployer: {error}", file=sys.stderr)
        return int(getattr(error, "outcome", Outcome.NOTHING_CHANGED))
    except KeyboardInterrupt:
        print("interrupted; the same command goes on from here", file=sys.stderr)
        return 130


def _run(options: argparse.Namespace) -> int:
    version = getattr(options, "version", None) or release()
    settings = load(options.environment, os.environ | {RELEASE_VARIABLE: version})
    state = state_folder() / settings.name
    state.mkdir(mode=0o711, exist_ok=True)
    dry_run = getattr(options, "dry_run", False)
    story = Story(_say, dry_run=dry_run)
    environment = Environment(Programs(settings, state, version), story)
    if not options.changes:
        options.verb(environment, options)
        return Outcome.DONE
    line: dict[str, Any] = {"verb": options.name, "version": version, "dry_run": dry_run}
    what = f"{options.name} {settings.name}"
    with nullcontext() if dry_run else only_run(state, what):
        try:
            options.verb(environment, options)
            line["outcome"] = Outcome.DONE.name
        except BaseException as error:
            outcome = getattr(error, "outcome", None)
            line["outcome"] = outcome.name if outcome else type(error).__name__
            line["error"] = str(error)
            raise
        finally:
            line |= {"seconds": round(story.seconds, 1), "done": story.done}
            Journal(state).append(line)
    return Outcome.DONE


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m deploy.deployer",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    verbs = parser.add_subparsers(required=True, metavar="verb")
    for name, verb, changes, text in (
        ("up", _up, True, "start what doesn't run"),
        ("down", _down, True, "stop everything, users' servers included"),
        ("status", _status, False, "the parts and how they are"),
        ("doctor", _doctor, False, "what is wrong on this host, and what to do"),
        ("archive-home", _archive_home, True, "a user's files, in one file of yours"),
    ):
        added = verbs.add_parser(name, help=text)
        added.add_argument("environment", metavar="ENVIRONMENT")
        added.set_defaults(verb=verb, name=name, changes=changes)
        if changes:
            added.add_argument(
                "--dry-run", action="store_true", help="look, and say what would be done"
            )
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


def _doctor(environment: Environment, _: argparse.Namespace) -> None:
    print(examine(environment.programs))


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _say(text: str) -> None:
    print(text, flush=True)


if __name__ == "__main__":
    sys.exit(main())
