"""A pair of databases: what a crash costs, what lies elsewhere, and the way back."""

import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from deploy.cis.rules import EXCEPTIONS, violations
from deploy.deployer import database
from tests.integration.database.conftest import Note
from tests.integration.database.world import (
    BUCKET,
    World,
    Writer,
    running_world,
    settings,
    wait_until,
)

pytestmark = [pytest.mark.docker, pytest.mark.slow, pytest.mark.timeout(600)]

IN_SYNC = "SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'sync'"
# Every object of the bucket, by its first bytes: those of a file that is encrypted with a
# passphrase are always the same.
LOOK = f"""
import boto3
names = {{"aws_access_key_id": "any", "aws_secret_access_key": "any"}}
client = boto3.client("s3", "us-east-1", endpoint_url="http://127.0.0.1:5000", **names)
for page in client.get_paginator("list_objects_v2").paginate(Bucket="{BUCKET}"):
    for each in page["Contents"]:
        got = client.get_object(Bucket="{BUCKET}", Key=each["Key"])["Body"].read()
        plain = b"known to all" in got or b"\\x28\\xb5\\x2f\\xfd" in got[:4]
        print(got[:8], plain, each["Key"])
"""


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    chosen = settings("pair-of-tests", replicas=1, subnet="10.216.0.0/20")
    with running_world(chosen, tmp_path_factory.mktemp("pair")) as pair:
        wait_until("one stands by", lambda: pair.sql(IN_SYNC) == "1")
        wait_until("there are copies", lambda: len(_copies(pair)) == 2, 180)
        yield pair


@pytest.fixture(autouse=True)
def _whole(pair: World) -> Iterator[None]:
    """Every test leaves a pair of which one stands by."""
    yield
    wait_until("one stands by", lambda: pair.sql(IN_SYNC) == "1", 90)


def _copies(pair: World) -> list[database.DatabaseCopy]:
    return database.database_backups(pair.docker, pair.settings)


def _standby(pair: World) -> str:
    (standby,) = set(pair.nodes) - {pair.primary()}
    return standby


def _numbers(pair: World, node: str | None = None) -> set[int]:
    return {int(line) for line in pair.sql("TABLE written", at=node).split()}


def test_every_role_has_its_own_password_and_no_more_rights_than_it_needs(
    pair: World,
) -> None:
    kinds = pair.sql(
        "SELECT rolname, rolsuper, left(rolpassword, 13) FROM pg_authid"
        " WHERE rolcanlogin ORDER BY rolname"
    )
    made = pair.sql(
        "SELECT datlocprovider, datlocale, pg_encoding_to_char(encoding),"
        " current_setting('data_checksums') FROM pg_database WHERE datname = 'mchub'"
    )

    assert kinds.splitlines() == [
        f"{role}|{'t' if role == 'postgres' else 'f'}|SCRAM-SHA-256"
        for role in ("mchub", "monitoring", "postgres", "replicator", "rewinder")
    ]
    assert made == "b|C.UTF-8|UTF8|on"


@pytest.mark.parametrize(
    ("role", "place", "refusal"),
    [
        ("postgres", "10.216.253.3", "pg_hba.conf rejects connection"),
        ("mchub", "10.216.253.3", "password authentication failed"),
        ("monitoring", "10.216.253.4", "password authentication failed"),
        ("mchub", "/run/postgresql", "password authentication failed"),
        # By another of its networks.
        ("mchub", "postgres-1", "no pg_hba.conf entry"),
    ],
)
def test_nobody_comes_in_without_the_password(
    pair: World, role: str, place: str, refusal: str
) -> None:
    node = pair.part("postgres-1")
    ask = ("psql", "-U", role, "-d", "mchub", "-h", place, "-c", "SELECT 1")

    with pytest.raises(database.Failed, match=refusal):
        pair.docker("exec", "--env=PGPASSWORD=wrong", node, *ask)


def test_only_who_knows_the_password_has_the_pair_change_its_primary(pair: World) -> None:
    ask = ("curl", "-sS", "-o", "/dev/null", "-w", "%{http_code}", "-X", "POST")
    where = "http://127.0.0.1:8008/restart"

    assert pair.docker("exec", pair.primary(), *ask, "-d", "{}", where) == "401"


def test_containers_keep_the_benchmark_and_tell_no_secret(pair: World) -> None:
    parts = [*pair.nodes, pair.part("etcd")]
    inspected = json.loads(pair.docker("inspect", *parts))
    secrets = [file.read_text().strip() for file in (pair.state / "secrets").iterdir()]
    logs = "".join(pair.docker("logs", part) for part in parts)

    found = [
        str(each)
        for container in inspected
        for each in violations(container, EXCEPTIONS["postgres-1"])
        # Docker's machine need not have AppArmor.
        if each.number != "5.1"
    ]
    assert found == []
    told = json.dumps(inspected) + logs
    assert [secret for secret in secrets if secret in told] == []


def test_no_acknowledged_write_is_lost_when_the_primary_is_killed(
    pair: World, measured: Note
) -> None:
    primary, standby = pair.primary(), _standby(pair)
    writer = Writer(pair)
    wait_until("much is written", lambda: len(_numbers(pair)) >= 700)

    pair.docker("kill", "--signal=KILL", primary)

    wait_until("the other took over", lambda: pair.primary() == standby)
    wait_until("more is written", lambda: len(_numbers(pair)) >= 1100)
    written = writer.stop()
    pair.docker("start", primary)
    back = wait_until("it stands by", lambda: pair.sql(IN_SYNC) == "1", 90)
    lost = set(written.numbers) - _numbers(pair)
    measured(
        f"primary killed: {len(written.numbers)} acknowledged, {len(lost)} lost, written "
        f"again after {written.longest:.1f} s, two nodes again {back:.1f} s after its start"
    )
    assert len(written.numbers) >= 1000
    assert lost == set()
    assert set(written.numbers) <= _numbers(pair, primary)
    assert written.longest < 60


def test_a_planned_switch_takes_seconds_and_loses_nothing(
    pair: World, measured: Note
) -> None:
    writer = Writer(pair, 1_000_000)
    before = pair.primary()

    after = database.switch_primary(pair.docker, pair.settings)

    time.sleep(2)
    written = writer.stop()
    measured(f"planned switch: written again after {written.longest:.1f} s")
    assert {before, after} == set(pair.nodes)
    assert set(written.numbers) <= _numbers(pair)
    assert written.longest < 20


def test_without_etcd_the_primary_goes_on_and_what_it_takes_leaves_within_a_minute(
    pair: World, measured: Note
) -> None:
    primary, etcd = pair.primary(), pair.part("etcd")
    pair.docker("stop", "--time=5", etcd)
    try:
        pair.sql("CREATE TABLE pushed AS SELECT 1 AS number")
        segment = pair.sql("SELECT pg_walfile_name(pg_current_wal_lsn())")

        lag = wait_until("it left", lambda: _pushed(pair, 2) >= segment, 75)

        # Longer than the primary's lease; it still sees its standby.
        time.sleep(max(0.0, 25 - lag))
        pair.sql("INSERT INTO pushed VALUES (2)", at=primary)
        assert pair.primary() == primary
    finally:
        pair.docker("start", etcd)
    measured(f"off-site: a transaction is there after {lag:.1f} s")
    assert lag <= 60


def _pushed(pair: World, repository: int) -> str:
    told = pair.docker(
        *("exec", pair.part("postgres-1"), "pgbackrest", "--stanza=mchub"),
        *(f"--repo={repository}", "--output=json", "info"),
    )
    return max(each["max"] or "" for each in json.loads(told)[0]["archive"])


def test_copies_go_to_both_places_and_elsewhere_nobody_can_read_them(
    pair: World, measured: Note
) -> None:
    pair.sql("CREATE TABLE said AS SELECT 'known to all' AS word")

    began = time.monotonic()
    full = database.backup_database(
        pair.docker, pair.settings, reason="test", release="1.2.3", full=True
    )
    middle = time.monotonic()
    small = database.backup_database(pair.docker, pair.settings, reason="test")
    end = time.monotonic()

    measured(
        f"copies to both places: full {middle - began:.1f} s, incremental "
        f"{end - middle:.1f} s, {[copy.n_bytes for copy in (*full, *small)]} bytes"
    )
    assert [(copy.repository, copy.kind) for copy in (*full, *small)] == [
        (1, "full"),
        (2, "full"),
        (1, "incr"),
        (2, "incr"),
    ]
    assert full[0].notes == {"reason": "test", "release": "1.2.3"}
    assert {copy.label for copy in (*full, *small)} <= {c.label for c in _copies(pair)}
    store = pair.part("object-store")
    looked = pair.docker("exec", store, "python", "-c", LOOK).splitlines()
    assert len(looked) > 10
    assert [line for line in looked if " True " in line] == []
    # Parts of a bundle are encrypted each for itself, without this word before them.
    whole = [line for line in looked if "/bundle/" not in line]
    assert [line for line in whole if not line.startswith("b'Salted__' False")] == []


@pytest.mark.parametrize("repository", [1, 2])
def test_a_copy_restores_to_a_moment_and_every_page_of_it_is_whole(
    pair: World, measured: Note, repository: int
) -> None:
    began = time.monotonic()

    drilled = database.drill_database(pair.docker, pair.settings, repository=repository)

    measured(
        f"drill from repository {repository}: {drilled.seconds:.1f} s, "
        f"in all {time.monotonic() - began:.1f} s"
    )
    assert "Bad checksums:  0" in drilled.checksums
    assert drilled.seconds < 60


def test_the_live_pair_goes_back_to_a_second(pair: World, measured: Note) -> None:
    pair.sql("CREATE TABLE story AS SELECT 'before' AS word")
    time.sleep(1.1)
    to = datetime.now(UTC)
    time.sleep(1.1)
    pair.sql("INSERT INTO story VALUES ('after')")
    steps: list[str] = []
    began = time.monotonic()

    aside = database.restore_database(
        pair.docker, pair.settings, to=to, say=lambda step: _note(steps, began, step)
    )

    measured("back to a second: " + ", ".join(steps))
    assert pair.sql("TABLE story") == "before"
    wait_until("one stands by", lambda: pair.sql(IN_SYNC) == "1")
    assert pair.sql("TABLE story", at=_standby(pair)) == "before"
    for node in pair.nodes:
        kept = pair.docker("exec", node, "ls", "/srv/database").split()
        assert aside in kept
        assert "restore.json" not in kept
    assert time.monotonic() - began < 240
    # And from there on as ever, the application's password included.
    writer = Writer(pair, 2_000_000)
    time.sleep(1)
    assert set(writer.stop().numbers) <= _numbers(pair)
    database.backup_database(pair.docker, pair.settings, reason="after-restore")


def _note(steps: list[str], began: float, step: str) -> None:
    steps.append(f"{step} after {time.monotonic() - began:.1f} s")


def test_a_restore_to_before_the_first_copy_is_refused_and_changes_nothing(
    pair: World,
) -> None:
    primary = pair.primary()

    with pytest.raises(database.Failed, match="`to` must lie after the oldest copy"):
        database.restore_database(
            pair.docker, pair.settings, to=datetime(2020, 1, 1, tzinfo=UTC)
        )

    assert pair.primary() == primary


def test_a_restore_that_fails_brings_back_what_was_there(pair: World) -> None:
    pair.sql("CREATE TABLE kept AS SELECT 1 AS number")
    copies = "/var/lib/pgbackrest/backup/mchub"
    node = pair.primary()

    # The copies turn out to be unreadable just when they are needed.
    with pytest.raises(database.Failed, match="again as it was before the restore"):
        database.restore_database(
            pair.docker,
            pair.settings,
            to=datetime.now(UTC),
            within=5,
            say=lambda _: pair.docker(
                *("run", "--rm", f"--volumes-from={node}", "--entrypoint=sh"),
                *(pair.told["MC_DATABASE_IMAGE"], "-c"),
                f"[ ! -d {copies} ] || mv {copies} {copies}.gone",
            ),
        )

    pair.docker("exec", node, "mv", f"{copies}.gone", copies)
    assert pair.sql("TABLE kept") == "1"
