"""The database stands up from a secret file alone, and lets nobody in without it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.images.containers import docker, name_of, running, wait_until_healthy

pytestmark = pytest.mark.docker

QUERY = (
    "select datlocprovider, pg_encoding_to_char(encoding), datcollate, "
    "current_setting('data_checksums'), current_setting('password_encryption') "
    "from pg_database where datname = 'jupyterhub'"
)


@pytest.fixture(scope="module")
def secret(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("secret") / "database_password"
    file.write_text("right and long\n")
    file.chmod(0o644)
    return file


def _options(secret: Path) -> list[str]:
    return [
        f"--volume={secret}:/run/secrets/database_password:ro",
        "--env=POSTGRES_PASSWORD_FILE=/run/secrets/database_password",
        "--env=POSTGRES_DB=jupyterhub",
    ]


@pytest.fixture(scope="module")
def database(secret: Path) -> Iterator[str]:
    with running("postgres", *_options(secret)) as name:
        wait_until_healthy(name)
        yield name


def _ask(database: str, password: str, query: str, check: bool = True) -> str:
    connection = "host=127.0.0.1 user=postgres dbname=jupyterhub"
    psql = ("psql", "--no-psqlrc", "-tA", connection, "-c", query)
    return docker("exec", "--env", f"PGPASSWORD={password}", database, *psql, check=check)


def test_the_locale_is_built_in_and_pages_have_checksums(database: str) -> None:
    assert "b|UTF8|C.UTF-8|on|scram-sha-256\n" == _ask(database, "right and long", QUERY)


def test_a_wrong_password_is_refused_on_every_way_in(database: str) -> None:
    by_socket = ("psql", "-U", "postgres", "-w", "-c", "select 1")

    refused = _ask(database, "wrong", "select 1", check=False)
    without = docker("exec", database, *by_socket, check=False)

    assert "password authentication failed" in refused
    assert "no password supplied" in without


def test_it_stops_at_once_although_a_client_is_connected(secret: Path) -> None:
    with running("postgres", *_options(secret)) as name:
        wait_until_healthy(name)
        psql = ("psql", "-h", "127.0.0.1", "-U", "postgres", "-c", "select pg_sleep(90)")
        docker("exec", "--detach", "--env=PGPASSWORD=right and long", name, *psql)

        docker("stop", "--time", "30", name)

        state = docker("inspect", "--format", "{{.State.ExitCode}}", name)
        said = docker("logs", name)
    assert "0\n" == state
    assert "received fast shutdown request" in said
    assert "database system is shut down" in said


def test_without_a_password_it_says_what_to_give() -> None:
    said = docker(
        "run", "--rm", "--label=mchub.test=images", name_of("postgres"), check=False
    )

    assert "POSTGRES_PASSWORD_FILE: must name a file that holds the password" in said
    assert "got ''" in said
