"""Whether a running environment is well: every part, and what people come through."""

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final

from deploy.deployer.outcomes import Failed
from deploy.deployer.performance import Answers, calm, held_to
from deploy.deployer.programs import Programs
from hub.choices import Acme, NoTls, Prometheus
from hub.roles import SYNTHETIC

__all__ = [
    "ask_speed",
    "await_certificate",
    "check_answers",
    "check_parts",
    "check_smoke",
    "connect_to",
    "shown_certificate",
    "states",
    "unwell",
    "wait_until_well",
]

_WELL_WITHIN: Final = 60.0
_ISSUED_WITHIN: Final = 120.0
# The hub's API without a database and with it, and the platform's own.
_PATHS: Final = ("/hub/api/", "/hub/api/user", "/api/version")
_SLOWEST_START: Final = 30.0
"""Seconds that a server of a warm image may take to start."""


def connect_to(programs: Programs) -> str:
    """Host and port of this machine that answer for the public address."""
    settings = programs.settings
    address = settings.network.address
    return f"{'127.0.0.1' if address == '0.0.0.0' else address}:{settings.port}"


def states(programs: Programs) -> dict[str, str]:
    """How each part is: ``healthy``, ``running`` where nothing is asked, or what else."""
    listed = programs.compose("ps", "--all", "--format", "json")
    rows: list[dict[str, Any]] = [json.loads(line) for line in listed.splitlines()]
    return {row["Service"]: row["Health"] or row["State"] for row in rows}


def unwell(wanted: Sequence[str], found: Mapping[str, str]) -> list[str]:
    """Parts that aren't well, each with how it is.

    Examples
    --------
    >>> unwell(["hub", "proxy", "front"], {"hub": "healthy", "proxy": "exited"})
    ['proxy is exited', 'front has no container']
    """
    return [
        f"{part} is {found[part]}" if part in found else f"{part} has no container"
        for part in wanted
        if found.get(part) not in ("healthy", "running")
    ]


def check_parts(programs: Programs) -> str:
    """Every part of the environment is well.

    Raises
    ------
    Failed
        If one isn't, within a minute; all of those are named.
    """
    wanted = programs.compose("config", "--services").split()

    def look() -> str:
        broken = unwell(wanted, states(programs))
        if broken:
            raise Failed(f"{'; '.join(broken)}.\nhint: `docker compose logs` says why.")
        return f"{len(wanted)} parts"

    return wait_until_well(look)


def wait_until_well(look: Callable[[], str], within: float = _WELL_WITHIN) -> str:
    """What `look` says, once it no longer fails; what it fails with after `within` s."""
    end = time.monotonic() + within
    while True:
        try:
            return look()
        except Failed:
            if time.monotonic() >= end:
                raise
            time.sleep(1)


def shown_certificate(programs: Programs) -> str:
    """How the certificate is that people are shown, as text."""
    if isinstance(programs.settings.tls, NoTls):
        return "none, by its settings"
    asked = ("deploy.deployer.shown_certificate", connect_to(programs))
    name = str(programs.settings.address.hostname)
    return programs.module(*asked, name, options=["--network=host"]).strip()


def await_certificate(programs: Programs) -> str:
    """The certificate that people are shown; an authority's first one is waited for.

    One that doesn't come is a warning: it may be the domain's fault, and not the release's.
    """
    told = shown_certificate(programs)
    if not isinstance(programs.settings.tls, Acme):
        return told
    end = time.monotonic() + _ISSUED_WITHIN
    while "self-signed" in told and time.monotonic() < end:
        time.sleep(5)
        told = shown_certificate(programs)
    if "self-signed" in told:
        return f"warning: {told}; the part `certificates` says why there is no other yet"
    return told


def check_answers(programs: Programs) -> str:
    """The API answers fast enough under a stream of questions.

    Raises
    ------
    Failed
        If it doesn't.
    """
    return held_to(calm(lambda: _asked(programs)))


def ask_speed(programs: Programs) -> str:
    """How fast the API answers now, as text."""
    return str(_asked(programs))


def _asked(programs: Programs) -> Answers:
    paths = [f"--path={path}" for path in _PATHS]
    said = programs.module(
        *("deploy.deployer.performance", programs.settings.url, *paths),
        f"--connect-to={connect_to(programs)}",
        options=["--network=host"],
        stdin=_token(programs),
    )
    return Answers(**json.loads(said))


def check_smoke(programs: Programs) -> str:
    """Somebody can sign in, start a server, run a notebook, see dashboards, and stop.

    Raises
    ------
    Failed
        If a step fails, or the server starts too slowly.
    """
    if not isinstance(programs.settings.monitoring, Prometheus):
        return "left out: there is no user for it without monitoring"
    smallest = min(programs.settings.profiles, key=lambda one: (one.gpu, one.memory))
    with _without_other_checks(programs):
        said = programs.module(
            *("deploy.deployer.smoke", programs.settings.url),
            *(f"--connect-to={connect_to(programs)}", f"--profile={smallest.name}"),
            options=["--network=host"],
            stdin=_token(programs),
        )
    steps: dict[str, float] = json.loads(said)
    starts = steps["server starts"]
    if starts > _SLOWEST_START:
        law = f"a server must start within {_SLOWEST_START:.0f} s"
        raise Failed(f"{law}; got {starts:.1f} s.")
    return ", ".join(f"{name} {seconds:.1f} s" for name, seconds in steps.items())


@contextmanager
def _without_other_checks(programs: Programs) -> Iterator[None]:
    """Have the check that comes again and again wait: it uses the same user's server.

    Each begins by ending a server that was left, and would end the other's.
    """
    programs.compose("stop", "--timeout=1", SYNTHETIC)
    try:
        yield
    finally:
        programs.compose("start", SYNTHETIC)


def _token(programs: Programs) -> bytes:
    folder = programs.state / "secrets"
    named = ("synthetic_token", "platform_api_token")
    return next((folder / name).read_bytes() for name in named if (folder / name).exists())
