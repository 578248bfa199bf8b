"""The database's roles: each with a password of its own, and no more than it needs."""

import os
import subprocess
from typing import Final

from deploy.database.node import secret

__all__ = ["ask", "give_roles"]

# Once more does no harm: after a restore the passwords of then become those of now.
_STATEMENTS: Final = """
SET log_statement = 'none';
SET password_encryption = 'scram-sha-256';
SELECT format('CREATE ROLE %I LOGIN', name)
FROM (VALUES ('mchub'), ('monitoring')) AS roles(name)
WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name) \\gexec
ALTER ROLE mchub NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION PASSWORD :'application';
ALTER ROLE monitoring CONNECTION LIMIT 8 PASSWORD :'monitoring';
GRANT pg_monitor TO monitoring;
SELECT 'CREATE DATABASE mchub OWNER mchub'
WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = 'mchub') \\gexec
REVOKE ALL ON DATABASE mchub FROM PUBLIC;
GRANT CONNECT ON DATABASE mchub TO monitoring;
"""


def give_roles() -> None:
    """Make the roles and the database that are missing; give each role its password."""
    variables = {
        "application": secret("database_password"),
        "monitoring": secret("database_monitoring_password"),
    }
    told = "".join(
        f"\\set {name} '{_quoted(value)}'\n" for name, value in variables.items()
    )
    ask(told + _STATEMENTS)


def ask(statements: str, database: str = "postgres", *options: str) -> str:
    """What the database answers the superuser, through the socket.

    Raises
    ------
    RuntimeError
        If a statement fails, with psql's last words.
    """
    command = ("psql", "--no-psqlrc", "--quiet", "--tuples-only", "--no-align")
    where = ("--username=postgres", f"--dbname={database}", "--set=ON_ERROR_STOP=1")
    done = subprocess.run(
        (*command, *where, *options),
        input=statements,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        env={**os.environ, "PGHOST": os.environ.get("PGHOST", "/run/postgresql")},
    )
    if done.returncode:
        message = f"psql: {done.stderr.strip()}"
        raise RuntimeError(message)
    return done.stdout.strip()


def _quoted(value: str) -> str:
    return value.replace("\\", "\\\\").replace("'", "''")
