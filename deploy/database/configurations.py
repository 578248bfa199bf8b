"""Configurations of PostgreSQL, Patroni and pgBackRest, as plain functions of a node."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from deploy.database.node import DATA, FOLDER, LOCAL_COPIES, RUN, STANZA, Copies, Node

__all__ = [
    "CLUSTER",
    "REHEARSAL",
    "access_rules",
    "parameters",
    "password_file",
    "patroni",
    "pgbackrest",
]

Secret = Callable[[str], str]

REHEARSAL: Final = "mchub_rehearsal"
"""The copy on which a change of the tables is rehearsed (`deploy/deployer/schema.py`)."""

BINARIES: Final = "/usr/lib/postgresql/17/bin"

# The built-in locale sorts alike on every system: an index outlives an update of it.
CLUSTER: Final[Mapping[str, str]] = {
    "encoding": "UTF8",
    "locale-provider": "builtin",
    "builtin-locale": "C.UTF-8",
    "locale": "C.UTF-8",
}
"""How a new database is made, besides its checksums."""

# A transaction may be lost off-site if it is younger than this and the push that follows,
# which takes seconds; together they stay below the minute that is promised.
_ARCHIVE_AFTER_SECONDS: Final = 45

# A primary that is silent for `ttl` is replaced; Patroni takes none below 20 s. Its law is
# `loop_wait + 2 * retry_timeout <= ttl`.
_TTL: Final = 20
_LOOP: Final = 5
_RETRY: Final = 5


def parameters(copies: Copies | None) -> dict[str, str]:
    """PostgreSQL's own parameters, the same in a pair and alone."""
    found = {
        "max_connections": "100",
        "password_encryption": "scram-sha-256",
        "wal_level": "replica",
        "wal_compression": "zstd",
        "wal_log_hints": "on",
        "log_line_prefix": "%m [%p] %q%u@%d ",
        "archive_mode": "off",
    }
    if copies is None:
        return found
    # Without a promise to the second a segment is pushed when it is full, or by a copy.
    after = _ARCHIVE_AFTER_SECONDS if copies.point_in_time else 0
    return found | {
        "archive_mode": "on",
        "archive_command": f"pgbackrest --stanza={STANZA} archive-push %p",
        "archive_timeout": str(after),
    }


def access_rules(node: Node) -> list[str]:
    """Who may come from where; everybody brings a password, even through the socket."""
    return [
        "local all all scram-sha-256",
        "host all postgres all reject",
        "host replication replicator samenet scram-sha-256",
        "host all rewinder samenet scram-sha-256",
        f"host mchub,{REHEARSAL} mchub {node.subnet} scram-sha-256",
        f"host all monitoring {node.subnet} scram-sha-256",
    ]


def password_file(secret: Secret) -> str:
    """For the programs of this container, in the form of libpq."""
    return f"*:*:*:postgres:{secret('database_superuser_password')}\n"


def patroni(node: Node, secret: Secret, *, is_ordered: bool) -> dict[str, Any]:
    """Configuration of a node of the pair.

    Parameters
    ----------
    node : Node
        The node.
    secret : callable
        Gives the value of a secret by its name.
    is_ordered : bool
        Whether a new database is to be made from a copy.
    """
    authentication = {
        "superuser": ("postgres", "database_superuser_password"),
        "replication": ("replicator", "database_replication_password"),
        "rewind": ("rewinder", "database_rewind_password"),
    }
    return {
        "scope": STANZA,
        "name": node.name,
        "restapi": {
            "listen": "0.0.0.0:8008",
            "connect_address": f"{node.name}:8008",
            # Anybody may ask how the node is; only who knows this may have it changed.
            "authentication": {
                "username": "operator",
                "password": secret("database_api_password"),
            },
        },
        "etcd3": {"hosts": "etcd:2379"},
        "bootstrap": _bootstrap(node, is_ordered=is_ordered),
        "postgresql": {
            "listen": "0.0.0.0:5432",
            "connect_address": f"{node.name}:5432",
            "data_dir": str(DATA),
            "bin_dir": BINARIES,
            "pgpass": str(RUN / "patroni.pgpass"),
            "use_unix_socket": True,
            "authentication": {
                role: {"username": user, "password": secret(name)}
                for role, (user, name) in authentication.items()
            },
            "parameters": {"unix_socket_directories": "/run/postgresql"},
            "pg_hba": access_rules(node),
            "create_replica_methods": ["basebackup"],
            "basebackup": [{"checkpoint": "fast"}],
        },
        "watchdog": {"mode": "off"},
        "log": {"level": "INFO"},
    }


def _bootstrap(node: Node, *, is_ordered: bool) -> dict[str, Any]:
    program = "python3 -m deploy.database"
    return {
        "method": "pitr" if is_ordered else "initdb",
        "pitr": {
            "command": f"{program} fill",
            # What pgBackRest wrote says up to when; Patroni's own would wait for ever.
            "keep_existing_recovery_conf": True,
            "no_params": True,
        },
        "initdb": [*({name: value} for name, value in CLUSTER.items()), "data-checksums"],
        "post_init": f"{program} roles",
        "dcs": {
            "ttl": _TTL,
            "loop_wait": _LOOP,
            "retry_timeout": _RETRY,
            "maximum_lag_on_failover": 1024**2,
            "primary_start_timeout": 30,
            # What was acknowledged is on both nodes, and nobody else may take over.
            "synchronous_mode": True,
            # A primary that still sees its standby goes on when etcd is away.
            "failsafe_mode": True,
            "postgresql": {
                "use_pg_rewind": True,
                "use_slots": True,
                "parameters": parameters(node.copies),
            },
        },
    }


def pgbackrest(node: Node, secret: Secret, authorities: Path) -> str:
    """Configuration of pgBackRest; empty where no copies are made.

    Parameters
    ----------
    node : Node
        The node.
    secret : callable
        Gives the value of a secret by its name.
    authorities : Path
        File with the certificate authorities that the object store's may come from.
    """
    copies = node.copies
    if copies is None:
        return ""
    settings: dict[str, object] = {
        "archive-async": "y",
        "archive-push-queue-max": copies.queue,
        # A place that doesn't answer is given up soon, and what waits is counted again.
        "io-timeout": 15,
        "spool-path": FOLDER / "spool",
        "lock-path": RUN,
        "log-level-console": "warn",
        "log-level-file": "off",
        "compress-type": "zst",
        "start-fast": "y",
        "delta": "y",
        "process-max": 2,
        "repo1-path": LOCAL_COPIES,
        **_kept(1, copies),
    }
    if copies.off_site:
        address = urlsplit(copies.off_site.endpoint)
        settings |= {
            "repo2-type": "s3",
            "repo2-path": f"/{node.environment}/database",
            "repo2-s3-endpoint": address.hostname,
            "repo2-storage-port": address.port or 443,
            "repo2-storage-ca-file": authorities,
            "repo2-s3-bucket": copies.off_site.bucket,
            "repo2-s3-region": copies.off_site.region,
            "repo2-s3-uri-style": "path",
            "repo2-s3-key": secret("off_site_key_id"),
            "repo2-s3-key-secret": secret("off_site_key"),
            "repo2-cipher-type": "aes-256-cbc",
            "repo2-cipher-pass": secret("off_site_passphrase"),
            **_kept(2, copies),
        }
    place = {
        "pg1-path": DATA,
        "pg1-socket-path": "/run/postgresql",
        "pg1-user": "postgres",
    }
    return _section("global", settings) + _section(STANZA, place)


def _kept(number: int, copies: Copies) -> dict[str, object]:
    # By age: the newest full copy that is older stays too, and so all of it is covered.
    return {
        f"repo{number}-retention-full-type": "time",
        f"repo{number}-retention-full": copies.keep_days,
        f"repo{number}-bundle": "y",
        f"repo{number}-block": "y",
    }


def _section(name: str, settings: Mapping[str, object]) -> str:
    lines = (f"{key}={value}" for key, value in settings.items())
    return f"[{name}]\n" + "\n".join(lines) + "\n\n"
