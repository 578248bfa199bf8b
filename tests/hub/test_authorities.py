import os
import ssl
from pathlib import Path

import pytest

from hub.authorities import trust
from hub.services.reports.bucket_store import BucketStore
from hub.services.reports.store import StoreAway
from tests.object_store import KEY, KEY_ID, running_bucket
from tests.tools.authority import certify


@pytest.fixture
def authorities(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A site's authority, and what it has certified for this machine."""
    # What a test lets this process trust, it takes back.
    monkeypatch.setenv("SSL_CERT_FILE", os.environ.get("SSL_CERT_FILE", ""))
    monkeypatch.delenv("SSL_CERT_FILE")
    certify(tmp_path, "127.0.0.1")
    folder = tmp_path / "authorities"
    folder.mkdir()
    (folder / "site.crt").write_bytes((tmp_path / "ca.pem").read_bytes())
    return folder


def test_a_bucket_by_an_authority_of_the_sites_own_is_trusted_when_it_lies_there(
    authorities: Path,
) -> None:
    certificate = authorities.parent / "127.0.0.1.pem"
    with running_bucket(authorities.parent, certificate) as bucket:
        assert bucket.url.startswith("https://")
        stranger = BucketStore(bucket.place, KEY_ID, KEY)
        with pytest.raises(StoreAway):
            stranger.put(b"what a stranger says")

        assert trust(authorities) is not None
        digest = BucketStore(bucket.place, KEY_ID, KEY).put(b"three pages")

        assert [f"of/reports/{digest[:2]}/{digest}"] == bucket.names()


def test_the_systems_authorities_stay_trusted(authorities: Path) -> None:
    before = ssl.create_default_context().get_ca_certs()

    trust(authorities)

    after = ssl.create_default_context().get_ca_certs()
    assert len(before) + 1 == len(after)
    assert all(each in after for each in before)


def test_without_own_authorities_all_stays_as_it_is(authorities: Path) -> None:
    (authorities / "site.crt").unlink()

    assert trust(authorities) is None
    assert trust(authorities / "missing") is None
    assert "SSL_CERT_FILE" not in os.environ


def test_a_file_that_is_no_certificate_is_refused(authorities: Path) -> None:
    (authorities / "other.crt").write_text("a letter\n")

    with pytest.raises(ssl.SSLError):
        trust(authorities)
