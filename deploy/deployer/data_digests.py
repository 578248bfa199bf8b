"""A digest of all data of an environment: every table row by row, every home file by file.

Two of them are equal if and only if the data are; what differs is named. No content leaves
the containers, digests do.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from deploy.deployer.outcomes import Failed
from deploy.deployer.programs import Programs

__all__ = ["MOVING", "DataDigests", "differences", "digest_data", "sql", "still"]

MOVING: Final = frozenset(
    {
        *("api_tokens", "oauth_clients", "oauth_codes", "proxies", "roles", "servers"),
        *("services", "spawners", "users", "mchub_audit", "mchub_meter"),
        *("mchub_providers", "mchub_storage", "mchub_usage"),
    }
)
"""Tables that a running platform writes by itself: who was seen when, what was used, and at
every start of a hub its services, their roles, and what the provider says of itself."""

_ROWS: Final = """
SELECT format(
    'SELECT %L, count(*), coalesce(md5(string_agg(row, E''\\n'' ORDER BY row)), '''')
     FROM (SELECT t::text AS row FROM %I.%I AS t) AS rows',
    table_name, table_schema, table_name)
FROM information_schema.tables
WHERE table_schema = 'public' AND table_type = 'BASE TABLE'
ORDER BY table_name \\gexec
"""
_CLIENT: Final = """
export PGPASSWORD=$(cat /run/secrets/database_password)
exec psql --no-psqlrc --username=mchub --dbname=mchub --host=/run/postgresql \
    --tuples-only --no-align --field-separator='|' --set=ON_ERROR_STOP=1 --quiet
"""
# Name, kind, owner, mode and content of everything; a link is where it leads.
_HOMES: Final = """
cd /homes && for home in *; do
    [ -d "$home" ] || continue
    cd "/homes/$home"
    n=$(find . | wc -l)
    sum=$({
        find . -printf '%y %m %U %G %p %l\\n' | LC_ALL=C sort
        find . -type f -print0 | LC_ALL=C sort -z | xargs -0 -r sha256sum
    } | sha256sum | cut -d ' ' -f 1)
    echo "$home|$n|$sum"
done
"""


@dataclass(frozen=True, kw_only=True)
class DataDigests:
    """How many rows or entries, and their digest: by table, and by home."""

    tables: Mapping[str, tuple[int, str]] = field(default_factory=dict)
    homes: Mapping[str, tuple[int, str]] = field(default_factory=dict)

    @property
    def summary(self) -> str:
        """How much was read."""
        rows = sum(n for n, _ in self.tables.values())
        entries = sum(n for n, _ in self.homes.values())
        tables = f"{len(self.tables)} tables, {rows} rows"
        return f"{tables}; {len(self.homes)} homes, {entries} entries"


def differences(before: DataDigests, after: DataDigests) -> list[str]:
    """What differs, each in a line; nothing if all data are the same."""
    found = []
    for kind, old, new in (
        ("table", before.tables, after.tables),
        ("home", before.homes, after.homes),
    ):
        for name in sorted({*old, *new}):
            if old.get(name) != new.get(name):
                counts = [
                    str(each[name][0]) if name in each else "none" for each in (old, new)
                ]
                found.append(f"{kind} {name}: {counts[0]} before, {counts[1]} after")
    return found


def still(found: DataDigests) -> DataDigests:
    """What only people change: all but the tables of `MOVING`."""
    tables = {name: found.tables[name] for name in found.tables if name not in MOVING}
    return DataDigests(tables=tables, homes=found.homes)


def digest_data(programs: Programs) -> DataDigests:
    """Read every table and every home of an environment."""
    return DataDigests(tables=_read(sql(programs, _ROWS)), homes=_homes(programs))


def sql(programs: Programs, script: str) -> str:
    """What the database says to a script of `psql`, asked where it can be written to.

    Raises
    ------
    Failed
        If no database runs, or it refuses.
    """
    running = programs.compose("ps", "--services", "--status=running").split()
    for service in sorted(name for name in running if name.startswith("postgres")):
        if service.startswith("postgres-exporter"):
            continue
        ask = ("exec", "-T", service, "sh", "-c", _CLIENT)
        if programs.compose(*ask, stdin=b"SELECT pg_is_in_recovery()").strip() == "f":
            return programs.compose(*ask, stdin=script.encode())
    message = "a database must run that can be written to; none does."
    raise Failed(message)


def _homes(programs: Programs) -> dict[str, tuple[int, str]]:
    label = f"label=mchub.environment={programs.settings.name}"
    listed = programs.docker("volume", "ls", "--filter", label, "--format={{json .}}")
    names = [json.loads(line)["Name"] for line in listed.splitlines()]
    mounts = [f"--volume={name}:/homes/{name}:ro" for name in names]
    if not mounts:
        return {}
    said = programs.docker(
        *("run", "--rm", "--network=none", "--read-only", "--user=0:0", "--cap-drop=ALL"),
        *("--cap-add=DAC_READ_SEARCH", "--tmpfs=/homes", *mounts),
        *(programs.told()["MC_BASE_IMAGE"], "sh", "-c", _HOMES),
    )
    return _read(said)


def _read(said: str) -> dict[str, tuple[int, str]]:
    rows = (line.split("|") for line in said.splitlines() if line.strip())
    return {name: (int(n), digest) for name, n, digest in rows}
