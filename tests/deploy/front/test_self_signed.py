"""The self-signed certificate: for whom, for how long, and when it is made anew."""

import ipaddress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from deploy.front.self_signed import FILE, VALID_FOR, is_good, made, main

NOW = datetime(2026, 3, 1, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("host", "name"),
    [
        ("mc.example.org", x509.DNSName("mc.example.org")),
        ("10.1.2.3", x509.IPAddress(ipaddress.ip_address("10.1.2.3"))),
    ],
)
def test_it_is_for_the_host_that_people_type(host: str, name: x509.GeneralName) -> None:
    certificate = x509.load_pem_x509_certificate(made(host, NOW))

    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    assert list(names.value) == [name]
    key = certificate.public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey)
    assert key.curve.name == "secp256r1"


@pytest.mark.parametrize(
    ("host", "later", "good"),
    [
        ("mc.example.org", 0 * DAY, True),
        ("mc.example.org", VALID_FOR - 22 * DAY, True),
        ("mc.example.org", VALID_FOR - 20 * DAY, False),
        ("other.example.org", 0 * DAY, False),
    ],
)
def test_it_is_good_for_its_host_until_three_weeks_are_left(
    host: str, later: timedelta, good: bool
) -> None:
    assert is_good(made("mc.example.org", NOW), host, NOW + later) == good


def test_what_is_no_certificate_is_not_good() -> None:
    assert not is_good(b"cut off", "mc.example.org", NOW)


def test_it_is_made_once_and_again_only_when_it_must_be(tmp_path: Path) -> None:
    folder, arguments = tmp_path / "shown", ["--host=localhost"]
    arguments.append(f"--folder={folder}")

    main(arguments)
    first = (folder / FILE).read_bytes()
    main(arguments)
    second = (folder / FILE).read_bytes()
    (folder / FILE).write_bytes(made("localhost", datetime.now(UTC) - VALID_FOR + 20 * DAY))
    main(arguments)
    third = (folder / FILE).read_bytes()

    assert first == second
    assert is_good(third, "localhost", datetime.now(UTC))
    assert third != first
    assert [file.name for file in folder.iterdir()] == [FILE]
    assert (folder / FILE).stat().st_mode & 0o777 == 0o600
