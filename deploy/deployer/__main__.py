"""Look after the environments of this host.

``python -m deploy.deployer VERB ENVIRONMENT``; ``--help`` lists the verbs.

Status: 0 done; 1 failed, nothing was changed; 2 usage; 3 failed, and changed back;
4 failed, a person must look; 5 another run holds the lock; 130 interrupted before anything
was changed.
"""

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from typing import Any

from deploy.deployer.interrupts import interruptible
from deploy.deployer.journal import Journal
from deploy.deployer.locking import only_run
from deploy.deployer.options import OPTIONS
from deploy.deployer.outcomes import Failed, Outcome
from deploy.deployer.story import Story
from deploy.deployer.verbs import VERBS, Run
from hub.environments import load
from hub.laws import SettingsError
from hub.storage import state_folder

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the command line asks; the status to end with."""
    options = _parser().parse_args(arguments)
    interruptible()
    try:
        return _run(options)
    except (Failed, SettingsError) as error:
        print(f"deployer: {error}", file=sys.stderr)
        return int(getattr(error, "outcome", Outcome.NOTHING_CHANGED))
    except KeyboardInterrupt:
        print("interrupted; the same command goes on from here", file=sys.stderr)
        return 130


def _run(options: argparse.Namespace) -> int:
    verb, name = VERBS[options.verb], load(options.environment).name
    states = state_folder()
    (states / name).mkdir(mode=0o711, exist_ok=True)
    dry_run = getattr(options, "dry_run", False)
    run = Run(name=name, states=states, story=Story(_say, dry_run=dry_run), options=options)
    if not verb.changes:
        verb.act(run)
        return Outcome.DONE
    line: dict[str, Any] = {"verb": options.verb, "dry_run": dry_run}
    with nullcontext() if dry_run else only_run(states / name, f"{options.verb} {name}"):
        try:
            verb.act(run)
            line["outcome"] = Outcome.DONE.name
        except BaseException as error:
            outcome = getattr(error, "outcome", None)
            line["outcome"] = outcome.name if outcome else type(error).__name__
            line["error"] = str(error)
            if outcome == Outcome.NOTHING_CHANGED:
                print(f"left as it was: {run.story.left}", file=sys.stderr)
            raise
        finally:
            line |= {"release": run.releases.current, "done": run.story.done}
            line["seconds"] = round(run.story.seconds, 1)
            _record(run, line)
    _say(f"done in {run.story.seconds:.0f} s")
    return Outcome.DONE


def _record(run: Run, line: Mapping[str, Any]) -> None:
    """Write the audit line: into the state, and into the audit log of what runs."""
    is_known = False
    if not run.story.dry_run:
        try:
            told = {name: line[name] for name in ("outcome", "seconds", "release")}
            action = f"deployer.{line['verb']}"
            run.programs().note(action, run.name, json.dumps(told))
            is_known = True
        except (Failed, SettingsError, OSError):
            # It doesn't run, or not any more: then the file alone knows.
            is_known = False
    Journal(run.states / run.name).append(dict(line) | {"in_audit_log": is_known})


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m deploy.deployer",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    verbs = parser.add_subparsers(required=True, metavar="verb")
    for name, verb in VERBS.items():
        added = verbs.add_parser(name, help=verb.text)
        added.add_argument("environment", metavar="ENVIRONMENT")
        added.set_defaults(verb=name)
        for flag, about in OPTIONS.get(name, {}).items():
            added.add_argument(flag, **about)
        if verb.changes:
            added.add_argument(
                "--dry-run", action="store_true", help="look, and say what would be done"
            )
    return parser


def _say(text: str) -> None:
    print(text, flush=True)


if __name__ == "__main__":
    sys.exit(main())
