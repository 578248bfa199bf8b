"""What PostgreSQL, Patroni and pgBackRest are told, out of the settings."""

from dataclasses import replace
from pathlib import Path

import pytest

from deploy.database.configurations import access_rules, parameters, patroni, pgbackrest
from deploy.database.node import Node
from deploy.deployer.compose import files
from hub import load
from hub.choices import Postgres
from hub.display import compose_variables

AUTHORITIES = Path("/run/mchub/authorities.crt")


def _node(environment: str, name: str = "postgres-1") -> Node:
    lines = compose_variables(load(environment, {})).splitlines()
    told = dict(line.split("=", 1) for line in lines)
    return Node.of(told | {"MC_DATABASE_NODE": name})


def _secret(name: str) -> str:
    return f"<{name}>"


def test_production_copies_to_two_places_and_keeps_thirty_days() -> None:
    lines = pgbackrest(_node("production"), _secret, AUTHORITIES).splitlines()

    assert {
        "repo1-retention-full-type=time",
        "repo1-retention-full=30",
        "repo2-retention-full=30",
        "repo2-type=s3",
        "repo2-s3-endpoint=s3.example.org",
        "repo2-storage-port=443",
        "repo2-cipher-type=aes-256-cbc",
        "repo2-cipher-pass=<off_site_passphrase>",
        f"repo2-storage-ca-file={AUTHORITIES}",
        "archive-async=y",
        "archive-push-queue-max=4GiB",
        "compress-type=zst",
        "repo1-bundle=y",
        "repo2-block=y",
    } <= set(lines)


def test_staging_copies_to_one_place_and_keeps_seven_days() -> None:
    text = pgbackrest(_node("staging"), _secret, AUTHORITIES)

    assert "repo1-retention-full=7\n" in text
    assert "repo2" not in text


def test_without_copies_nothing_is_archived() -> None:
    node = _node("rehearsal")

    assert pgbackrest(node, _secret, AUTHORITIES) == ""
    assert parameters(node.copies)["archive_mode"] == "off"


@pytest.mark.parametrize(("name", "seconds"), [("production", 45), ("staging", 0)])
def test_what_is_promised_to_the_second_leaves_within_a_minute(
    name: str, seconds: int
) -> None:
    assert parameters(_node(name).copies)["archive_timeout"] == str(seconds)


def test_every_way_in_asks_for_a_password_or_is_closed() -> None:
    methods = {rule.split()[-1] for rule in access_rules(_node("production"))}

    assert methods == {"scram-sha-256", "reject"}


def test_a_node_of_the_pair_loses_nothing_and_keeps_patronis_own_law() -> None:
    told = patroni(_node("production"), _secret, is_ordered=False)
    rules = told["bootstrap"]["dcs"]

    assert rules["synchronous_mode"] is rules["failsafe_mode"] is True
    assert rules["ttl"] >= rules["loop_wait"] + 2 * rules["retry_timeout"]
    # Patroni's least; it would raise a smaller one by itself.
    assert rules["ttl"] >= 20
    assert "data-checksums" in told["bootstrap"]["initdb"]
    assert {"builtin-locale": "C.UTF-8"} in told["bootstrap"]["initdb"]
    passwords = [each["password"] for each in told["postgresql"]["authentication"].values()]
    assert len(set(passwords)) == len(passwords) == 3
    assert told["restapi"]["authentication"]["password"] == "<database_api_password>"


@pytest.mark.parametrize(("is_ordered", "method"), [(False, "initdb"), (True, "pitr")])
def test_a_new_pair_is_filled_from_a_copy_only_where_that_was_ordered(
    is_ordered: bool, method: str
) -> None:
    told = patroni(_node("production"), _secret, is_ordered=is_ordered)

    assert told["bootstrap"]["method"] == method
    assert told["bootstrap"]["pitr"]["keep_existing_recovery_conf"] is True


@pytest.mark.parametrize("replicas", [0, 1])
def test_settings_say_whether_there_is_one_server_or_a_pair(replicas: int) -> None:
    database = Postgres(host="postgres", replicas=replicas)
    chosen = files(replace(load("rehearsal", {}), database=database))

    kind = "pair" if replicas else "single"
    assert [file for file in chosen if "deploy/database/" in file] == [
        f"deploy/database/compose.{kind}.yaml"
    ]
