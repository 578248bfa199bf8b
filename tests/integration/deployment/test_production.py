"""Production by its doors: its certificate, its pair, its copies elsewhere, and back."""

import ssl
from collections.abc import Iterator

import pytest
from cryptography import x509

from deploy.deployer.data_digests import DataDigests, differences, digest_data, sql, still
from tests.integration.deployment.production import HOST, running_production
from tests.integration.deployment.site import GOOD, NEXT, Site, make_release
from tests.integration.platform.live import docker

pytestmark = [
    pytest.mark.alone,
    pytest.mark.docker,
    pytest.mark.slow,
    pytest.mark.timeout(1200),
]

PROOF = "mchub-2dcheck"
KEPT = """
INSERT INTO mchub_announcements (text, level, starts, ends, by)
VALUES ('a release comes', 'info', now(), NULL, 'olivia');
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with running_production(tmp_path_factory.mktemp("production")) as site:
        yield site


@pytest.fixture(scope="module")
def first(site: Site) -> str:
    """What the first deployment says; there is something to lose after it."""
    status, said = site.call("deploy-production", GOOD, within=1200)
    assert status == 0, said
    sql(site.programs(), KEPT)
    return said


def _data(site: Site) -> DataDigests:
    found = still(digest_data(site.programs()))
    # The home in which the platform is proved is no person's.
    homes = {name: home for name, home in found.homes.items() if PROOF not in name}
    return DataDigests(tables=found.tables, homes=homes)


def _certificate() -> x509.Certificate:
    shown = ssl.get_server_certificate(("127.0.0.1", 443))
    return x509.load_pem_x509_certificate(shown.encode())


def test_from_nothing_to_a_release_that_is_proved(site: Site, first: str) -> None:
    for step in (
        *("this host", "images are the release's", "secrets", "every part is well"),
        *("known simulation", "smoke test", "API under 20 questions/s"),
    ):
        assert step in first
    assert site.releases.current == GOOD
    assert site.last_run["outcome"] == "DONE"


def test_the_certificate_is_the_authoritys(site: Site, first: str) -> None:
    shown = _certificate()

    assert "Pebble" in shown.issuer.rfc4514_string()
    names = shown.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    assert names.value.get_values_for_type(x509.DNSName) == [HOST]


def test_a_pair_keeps_the_data_and_copies_lie_elsewhere(site: Site, first: str) -> None:
    status, said = site.call("status", "production")

    assert status == 0, said
    assert "not known" not in said
    running = docker("ps", "--format", "{{.Names}}")
    assert {"mchub-production-postgres-1-1", "mchub-production-postgres-2-1"} <= set(
        running.split()
    )


@pytest.mark.thorough
def test_on_to_the_next_release_and_back_by_both_ways(site: Site, first: str) -> None:
    make_release(NEXT)
    before = _data(site)

    status, said = site.call("deploy-production", NEXT, within=1200)
    assert status == 0, said
    assert "is active, gap" in said
    assert differences(before, _data(site)) == []

    status, said = site.call("graceful-rollback", GOOD, within=1200)
    assert status == 0, said
    assert site.releases.current == GOOD
    assert differences(before, _data(site)) == []
