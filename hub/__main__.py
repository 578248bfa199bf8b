"""What can be asked of the hub at a terminal.

``python -m hub show | check | diff | compose-env | run | serve | reconcile``; ``--help``
explains each.
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

    run = verbs.add_parser("run", help="start the hub on this machine")
    run.add_argument("--port", metavar="N", help="port of the hub (MCHUB_PORT; 3000)")
    run.add_argument("--api-port", metavar="N", help="port of the platform API (9090)")
    run.set_defaults(verb=_run)

    serve = verbs.add_parser("serve", help="become the hub of a deployment's container")
    serve.set_defaults(verb=_serve)

    reconcile = verbs.add_parser("reconcile", help="keep leases, Docker and hub in step")
    reconcile.set_defaults(verb=_reconcile)
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


def _run(options: argparse.Namespace) -> int:
    # Heavy, and for this verb alone.
    from hub.launch import launch

    variables = dict(os.environ)
    given = {"MCHUB_PORT": options.port, "MCHUB_API_PORT": options.api_port}
    variables |= {name: port for name, port in given.items() if port is not None}
    settings = load(os.environ.get("MC_ENVIRONMENT") or "development", variables)
    return launch(settings, _say)


def _serve(_options: argparse.Namespace) -> int:
    from hub.gate import serve

    serve(load(os.environ.get("MC_ENVIRONMENT")), _say)


def _reconcile(_options: argparse.Namespace) -> int:
    import httpx

    from hub.container_server import leases_of
    from hub.network import hub_url
    from hub.roles import RECONCILER
    from hub.secret_files import service_token
    from hub.services.reconciler import run

    settings = load(os.environ.get("MC_ENVIRONMENT"))
    token = service_token(settings, RECONCILER)
    with httpx.Client(
        base_url=f"{hub_url(settings)}/hub/api",
        headers={"Authorization": f"token {token}"},
        timeout=30,
        trust_env=False,
    ) as hub:
        run(settings, leases_of(settings), hub, _say)
    return 0


def _say(text: str) -> None:
    # A terminal that was closed must not keep the hub from ending what it started.
    with contextlib.suppress(BrokenPipeError):
        print(text, flush=True)


if __name__ == "__main__":
    sys.exit(main())
