"""What can be asked of the hub at a terminal.

``python -m hub show | check | diff | compose-env | start | run | serve | hubs |
schema | audit``;
``--help`` explains each.
"""

import argparse
import contextlib
import json
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from hub.display import compose_variables, table
from hub.environments import ENVIRONMENTS, load
from hub.laws import SettingsError, require
from hub.settings import Settings

if TYPE_CHECKING:
    from sqlalchemy import Engine

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

    serve = verbs.add_parser("serve", help="be one part of MC_ENVIRONMENT's hub")
    serve.add_argument("part", choices=sorted(_PARTS))
    serve.set_defaults(verb=_serve)

    found = verbs.add_parser("hubs", help="which hub is active, and what it starts")
    found.set_defaults(verb=_hubs)

    _add_schema(verbs.add_parser("schema", help="revisions of the tables, up and down"))
    _add_audit(verbs.add_parser("audit", help="give out the audit log, or verify it"))
    return parser


def _add_audit(audit: argparse.ArgumentParser) -> None:
    verbs = audit.add_subparsers(required=True, metavar="verb")
    export = verbs.add_parser("export", help="records, to the terminal or a file")
    export.add_argument("--format", choices=("csv", "jsonl"), default="csv")
    for name, help_text in (
        ("--since", "2026-01-31, or with a time and a zone"),
        ("--until", "without what happened then"),
    ):
        export.add_argument(name, metavar="MOMENT", type=_moment, help=help_text)
    export.set_defaults(verb=_export_audit)
    verify = verbs.add_parser("verify", help="whether a record was tampered with")
    verify.add_argument("--noted", metavar="ID:HASH", help="a last record noted earlier")
    verify.set_defaults(verb=_verify_audit)
    note = verbs.add_parser("note", help="record what was done outside the platform")
    for name, help_text in (
        ("--actor", "who did it"),
        ("--action", "what, as in `home.archive`"),
        ("--target", "to whom or what"),
    ):
        note.add_argument(name, required=True, help=help_text)
    note.add_argument("--detail", default="{}", metavar="JSON", help="an object")
    note.set_defaults(verb=_note_audit)


def _add_schema(schema: argparse.ArgumentParser) -> None:
    verbs = schema.add_subparsers(required=True, metavar="verb")
    heads = verbs.add_parser("heads", help="this release and its revisions, in JSON")
    heads.set_defaults(verb=_show_heads)
    rehearse = verbs.add_parser("rehearse", help="lead a copy up, down and up again")
    rehearse.add_argument("--database", required=True, metavar="NAME", help="the copy")
    rehearse.set_defaults(verb=_rehearse)
    downgrade = verbs.add_parser("downgrade", help="lead the tables back between two hubs")
    downgrade.set_defaults(verb=_downgrade)
    for verb in (rehearse, downgrade):
        verb.add_argument(
            "--to",
            required=True,
            metavar="MCHUB:JUPYTERHUB",
            help="revisions to go back to",
        )


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


def _serve(options: argparse.Namespace) -> int:
    settings = load(os.environ.get("MC_ENVIRONMENT"))
    _PARTS[options.part](settings)
    return 0


def _hubs(_options: argparse.Namespace) -> int:
    import httpx

    from hub.database import connect
    from hub.services.starting import starting_servers
    from hub.standby import hubs

    settings = load(os.environ.get("MC_ENVIRONMENT"))
    engine = connect(settings)
    found = hubs(engine).in_json()
    starting: list[str] | None = None
    with contextlib.suppress(httpx.HTTPError):
        starting = starting_servers(settings, engine)
    # None where the hub doesn't say.
    print(json.dumps(found | {"starting": starting}))
    return 0


def _show_heads(_options: argparse.Namespace) -> int:
    from hub.release import release
    from hub.schema import newest

    print(json.dumps({"release": release(), **newest().in_json()}))
    return 0


def _rehearse(options: argparse.Namespace) -> int:
    from hub.database import database_url
    from hub.schema import Revisions, rehearse

    url = database_url(load(os.environ.get("MC_ENVIRONMENT")))
    law = "be the name of a copy, and not of the database itself"
    require(options.database != url.database, "--database", law, options.database)
    stood = rehearse(url.set(database=options.database), Revisions.parse(options.to))
    print(json.dumps([each.in_json() for each in stood]))
    return 0


def _downgrade(options: argparse.Namespace) -> int:
    from hub.database import database_url
    from hub.release import release
    from hub.schema import Revisions, lead, present
    from hub.standby import HubLock

    url = database_url(load(os.environ.get("MC_ENVIRONMENT")))
    lock = HubLock(url, f"mchub schema {release()}")
    lock.take_first(_say)
    lead(url, Revisions.parse(options.to))
    print(json.dumps(present(url).in_json()))
    lock.release()
    return 0


def _serve_platform_api(settings: Settings) -> None:
    from hub.services.platform_api import serve

    serve(settings)


def _serve_steward(settings: Settings) -> None:
    from hub.services.steward import serve

    serve(settings)


def _serve_hub(settings: Settings) -> None:
    from hub.gate import serve

    serve(settings, _say)


def _serve_reconciler(settings: Settings) -> None:
    import httpx

    from hub.container_server import leases_of
    from hub.database import connect
    from hub.network import hub_url
    from hub.roles import RECONCILER
    from hub.secret_files import service_token
    from hub.services.home_sizes import start_watching
    from hub.services.reconciler import run

    start_watching(settings, connect(settings))
    token = service_token(settings, RECONCILER)
    with httpx.Client(
        base_url=f"{hub_url(settings)}/hub/api",
        headers={"Authorization": f"token {token}"},
        timeout=30,
        trust_env=False,
    ) as hub:
        run(settings, leases_of(settings), hub, _say)


def _serve_exporter(settings: Settings) -> None:
    from hub.services.exporter import serve

    serve(settings)


def _serve_synthetic(settings: Settings) -> None:
    from hub.services.synthetic.service import serve

    serve(settings)


_PARTS: Final[Mapping[str, Callable[[Settings], None]]] = {
    "hub": _serve_hub,
    "platform-api": _serve_platform_api,
    "reconciler": _serve_reconciler,
    "steward": _serve_steward,
    "exporter": _serve_exporter,
    "synthetic": _serve_synthetic,
}


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _audited() -> "Engine":
    from hub.database import connect, upgrade

    engine = connect(load(os.environ.get("MC_ENVIRONMENT")))
    upgrade(engine)
    return engine


def _export_audit(options: argparse.Namespace) -> int:
    from hub.audit import FORMATS, read

    records = read(_audited(), since=options.since, until=options.until)
    n_records = FORMATS[options.format](records, sys.stdout)
    print(f"{n_records} records", file=sys.stderr)
    return 0


def _verify_audit(options: argparse.Namespace) -> int:
    from hub.audit import head, verify

    engine = _audited()
    noted = None
    if options.noted:
        number, _, digest = options.noted.partition(":")
        law = "be the number and the hash of a record, as `verify` prints them"
        require(number.isdigit() and len(digest) == 64, "--noted", law, options.noted)
        noted = int(number), digest
    broken = verify(engine, noted)
    if broken is not None:
        print(f"record {broken.id} of {broken.at} was tampered with, or what stood by it")
        return 1
    print("every record is whole; the last is {}:{}".format(*head(engine)))
    return 0


def _note_audit(options: argparse.Namespace) -> int:
    from hub.audit import Event, record

    law = "be an object in JSON"
    try:
        detail = json.loads(options.detail)
    except ValueError:
        detail = None
    require(isinstance(detail, dict), "--detail", law, options.detail)
    event = Event(
        actor=options.actor,
        action=options.action,
        target=options.target,
        detail=detail,
        outcome="ok",
    )
    print(f"recorded as {record(_audited(), event).id}")
    return 0


def _say(text: str) -> None:
    # A terminal that was closed must not keep the hub from ending what it started.
    with contextlib.suppress(BrokenPipeError):
        print(text, flush=True)


if __name__ == "__main__":
    sys.exit(main())
