"""What can be asked of the hub at a terminal.

``python -m hub show | check | diff | compose-env | start | run``; ``--help`` explains each.
"""

import argparse
import contextlib
import os
import sys
from collections.abc import Sequence

from hub.display import compose_variables, table
from hub.environments import ENVIRONMENTS, load
from hub.laws import SettingsError
from hub.settings import Settings

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the command line asks; the status to end with."""
    options = _parser().parse_args(arguments)
    try:
        status: int = options.verb(options)
    except SettingsError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("interrupted; the same command goes on from here", file=sys.stderr)
        return 130
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m hub", description=__doc__)
    verbs = parser.add_subparsers(required=True, metavar="verb")

    show = verbs.add_parser("show", help="settings of environments, side by side")
    show.add_argument("environments", nargs="*", metavar="ENVIRONMENT", help="all if none")
    show.set_defaults(verb=_show)

    check = verbs.add_parser("check", help="hold an environment against its laws")
    check.add_argument("environment", metavar="ENVIRONMENT")
    check.set_defaults(verb=_check)

    diff = verbs.add_parser("diff", help="where two environments differ")
    diff.add_argument("environments", nargs=2, metavar="ENVIRONMENT")
    diff.set_defaults(verb=_diff)

    compose = verbs.add_parser("compose-env", help="the values that compose needs")
    compose.add_argument("environment", metavar="ENVIRONMENT")
    compose.set_defaults(verb=_compose_env)

    start = verbs.add_parser("start", help="become one part of MC_ENVIRONMENT's hub")
    start.add_argument("part", metavar="PART", help="hub, platform-api, idle-culler, ...")
    start.set_defaults(verb=_start)

    run = verbs.add_parser("run", help="start the hub on this machine")
    run.add_argument("--port", metavar="N", help="port of the hub (MCHUB_PORT; 3000)")
    run.add_argument("--api-port", metavar="N", help="port of the platform API (9090)")
    run.set_defaults(verb=_run)
    return parser


def _named(names: Sequence[str]) -> list[Settings]:
    # As they are written: the ports of this machine belong to a hub, not to a table.
    return [load(name, {}) for name in names]


def _show(options: argparse.Namespace) -> int:
    print(table(_named(options.environments or list(ENVIRONMENTS))))
    return 0


def _check(options: argparse.Namespace) -> int:
    settings = load(options.environment)
    print(f"{settings.name}: every law holds")
    return 0


def _diff(options: argparse.Namespace) -> int:
    print(table(_named(options.environments), only_differences=True))
    return 0


def _compose_env(options: argparse.Namespace) -> int:
    print(compose_variables(load(options.environment)))
    return 0


def _start(options: argparse.Namespace) -> int:
    from hub.plans import plan_of

    plan = plan_of(load(os.environ.get("MC_ENVIRONMENT")), options.part)
    os.execve(plan.command[0], list(plan.command), os.environ | dict(plan.variables))


def _run(options: argparse.Namespace) -> int:
    # Heavy, and for this verb alone.
    from hub.launch import launch

    variables = dict(os.environ)
    given = {"MCHUB_PORT": options.port, "MCHUB_API_PORT": options.api_port}
    variables |= {name: port for name, port in given.items() if port is not None}
    settings = load(os.environ.get("MC_ENVIRONMENT") or "development", variables)
    return launch(settings, _say)


def _say(text: str) -> None:
    # A terminal that was closed must not keep the hub from ending what it started.
    with contextlib.suppress(BrokenPipeError):
        print(text, flush=True)


if __name__ == "__main__":
    sys.exit(main())
