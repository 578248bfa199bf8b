"""Copies that leave the site: only where nobody can read them on the way."""

from dataclasses import replace

import pytest

from hub import SettingsError, load
from hub.choices import OffSite, Postgres

PRODUCTION = load("production", {})
PLACE = OffSite(endpoint="https://s3.example.org", bucket="copies", region="us-east-1")


@pytest.mark.parametrize(
    ("place", "sentence"),
    [
        (
            replace(PLACE, endpoint="http://s3.example.org"),
            "endpoint: must be `https://`, a",
        ),
        (
            replace(PLACE, endpoint="https://key@s3.example.org"),
            "endpoint: must be `https:",
        ),
        (replace(PLACE, endpoint="https://s3.example.org/x"), "a host and at most a port;"),
        (replace(PLACE, bucket="a/b"), "off_site.bucket: must be lower-case letters"),
        (replace(PLACE, region=""), "off_site.region: must be lower-case letters"),
    ],
)
def test_a_place_elsewhere_is_refused_with_its_path(place: OffSite, sentence: str) -> None:
    assert PRODUCTION.backup
    with pytest.raises(SettingsError) as refused:
        replace(PRODUCTION, backup=replace(PRODUCTION.backup, off_site=place))

    assert sentence in str(refused.value)
    assert "production.backup.off_site." in str(refused.value)


def test_a_pair_has_two_hosts_and_a_single_server_one() -> None:
    pair, single = (Postgres(host="postgres", replicas=number) for number in (1, 0))

    assert pair.hosts == ("postgres-1", "postgres-2")
    assert single.hosts == ("postgres",)
