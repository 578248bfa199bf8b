"""The tables of two releases: rehearsed on a copy before they are changed, and led back.

Always by the newer image, which knows its own revisions and those before.
"""

import json
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from deploy.database.configurations import REHEARSAL
from deploy.deployer.commands import Failed
from deploy.deployer.database import primary
from deploy.deployer.programs import Programs

__all__ = ["Heads", "heads", "lead_back", "leading_down", "rehearse"]

_SCHEMA: Final = ("python", "-m", "hub", "schema")
_READY_WITHIN: Final = 60.0
_WAITS: Final = "waits for the lock before every hub"
_HOSTS: Final = ("postgres", "postgres-1", "postgres-2")
_MAKE_COPY: Final = f"""
set -eu
export PGHOST=/run/postgresql PGUSER=postgres
dropdb --if-exists {REHEARSAL}
createdb --template=template0 --owner=mchub {REHEARSAL}
psql -q -v ON_ERROR_STOP=1 -d {REHEARSAL} -c 'DROP SCHEMA public'
trap 'rm -f /tmp/{REHEARSAL}.sql' EXIT
pg_dump --no-owner --no-privileges --schema=public mchub >/tmp/{REHEARSAL}.sql
# What is restored is the hub's own, as it is in the database itself.
psql -q -v ON_ERROR_STOP=1 -d {REHEARSAL} -o /dev/null -c 'SET ROLE mchub' \\
    -f /tmp/{REHEARSAL}.sql
"""
_DROP_COPY: Final = (
    f"dropdb --host=/run/postgresql --username=postgres --if-exists {REHEARSAL}"
)


@dataclass(frozen=True, kw_only=True)
class Heads:
    """A release, and the revisions that its two sets of tables have."""

    release: str
    mchub: str
    jupyterhub: str

    @property
    def revisions(self) -> str:
        """As `python -m hub schema` takes them."""
        return f"{self.mchub}:{self.jupyterhub}"


def heads(programs: Programs, image: str) -> Heads:
    """The release in an image of the hub, and its revisions.

    Raises
    ------
    Failed
        If the image can't even say that.
    """
    alone = ("run", "--rm", "--network=none", "--read-only", "--tmpfs=/tmp")
    say = ("python", "-m", "hub", "schema", "heads")
    said = programs.docker(*alone, image, *say, within=180)
    told = json.loads(said.splitlines()[-1])
    return Heads(**told)


def rehearse(programs: Programs, old: str, new: str) -> float | None:
    """Lead a copy of the database to the new release's revisions, back, and there again.

    Parameters
    ----------
    programs : Programs
        The environment, whose database runs.
    old, new : str
        Images of the hub.

    Returns
    -------
    float or None
        Seconds that it took; None if the revisions are the same and nothing need be done.

    Raises
    ------
    Failed
        If the copy can't be made or led. The database itself is never touched.
    """
    back_to = heads(programs, old)
    if back_to.revisions == heads(programs, new).revisions:
        return None
    began = time.monotonic()
    client = ("exec", primary(programs.docker, programs.settings), "sh", "-c")
    programs.docker(*client, _MAKE_COPY)
    try:
        words = ("rehearse", f"--database={REHEARSAL}", f"--to={back_to.revisions}")
        programs.docker("run", "--rm", *_in_hub(programs), new, *_SCHEMA, *words)
    finally:
        programs.docker(*client, _DROP_COPY)
    return time.monotonic() - began


@contextmanager
def leading_down(programs: Programs, newer: str, to: Heads) -> Iterator[None]:
    """Lead the tables back between two hubs, the active one of which ends in this block.

    A program of the newer image waits for the lock before the hub that stands by does; when
    the active one has given it back, it leads the tables down, and passes the lock on.

    Raises
    ------
    Failed
        If it didn't succeed; then the tables are as they were.
    """
    name = f"mchub-{programs.settings.name}-downgrade"
    words = (*_SCHEMA, "downgrade", f"--to={to.revisions}")
    programs.docker("rm", "--force", name)
    programs.docker("run", "--detach", f"--name={name}", *_in_hub(programs), newer, *words)
    try:
        _wait_until_it_waits(programs, name)
        yield
        status = programs.docker("wait", name, within=120).strip()
        if status != "0":
            message = f"the tables were not led back:\n{programs.docker('logs', name)}"
            raise Failed(message)
    finally:
        programs.docker("rm", "--force", name)


def lead_back(programs: Programs, newer: str, to: Heads) -> None:
    """Lead the tables back where no hub is active."""
    words = (*_SCHEMA, "downgrade", f"--to={to.revisions}")
    programs.docker("run", "--rm", *_in_hub(programs), newer, *words)


def _in_hub(programs: Programs) -> tuple[str, ...]:
    """As a hub is started, as far as the database goes."""
    told = programs.told()
    site, cards = "/etc/mchub/site.toml", "/etc/mchub/cards.json"
    return (
        f"--network=mchub-{programs.settings.name}_database",
        *("--cap-drop=ALL", "--security-opt=no-new-privileges:true", "--read-only"),
        *("--tmpfs=/tmp", "--tmpfs=/srv/hub:uid=1100,gid=1100,mode=0700"),
        f"--volume={told['MC_SECRETS']}/hub:/run/secrets:ro",
        f"--volume={told['MC_SITE']}:{site}:ro",
        f"--volume={told['MC_CARDS']}:{cards}:ro",
        *(f"--add-host={host}:{_address(told, host)}" for host in _HOSTS),
        f"--env=MC_ENVIRONMENT={programs.settings.name}",
        f"--env=MCHUB_SITE={site}",
        f"--env=MCHUB_CARDS={cards}",
    )


def _address(told: Mapping[str, str], host: str) -> str:
    return told[f"MC_{host.upper().replace('-', '_')}_ADDRESS"]


def _wait_until_it_waits(programs: Programs, name: str) -> None:
    end = time.monotonic() + _READY_WITHIN
    while _WAITS not in programs.docker("logs", name):
        if time.monotonic() > end:
            message = f"the way back is not ready:\n{programs.docker('logs', name)}"
            raise Failed(message)
        time.sleep(0.3)
