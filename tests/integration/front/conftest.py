"""A front of staging's settings and one of production's, for all tests of them."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from hub import load
from hub.choices import Acme
from tests.integration.front.world import HERE, World, moved, running_world

ORIGIN = "https://pages.example.org"


@pytest.fixture(scope="package")
def staging(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    settings = load("staging", {})
    front = replace(settings.front, origins=(ORIGIN,))
    settings = moved(replace(settings, front=front), "localhost", 210)
    state = tmp_path_factory.mktemp("staging")
    with running_world(settings, state, ["compose.self-signed.yaml"]) as world:
        yield world


@pytest.fixture(scope="package")
def production(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Its certificate comes from an authority that is started later."""
    state = tmp_path_factory.mktemp("production")
    _make_authority(state / "pebble")
    settings = load("production", {})
    assert isinstance(settings.tls, Acme)
    tls = replace(
        settings.tls,
        directory="https://pebble:14000/dir",
        ca_bundle=str(state / "pebble" / "ca.pem"),
    )
    settings = moved(replace(settings, tls=tls), "mc.test", 211)
    overlays = ["compose.acme.yaml", str(HERE / "compose.pebble.yaml")]
    with running_world(settings, state, overlays, but=["pebble"]) as world:
        yield world


@pytest.fixture(params=["staging", "production"])
def world(request: pytest.FixtureRequest) -> World:
    """Each of them."""
    found: World = request.getfixturevalue(request.param)
    return found


def _make_authority(folder: Path) -> None:
    """What pebble mounts: its own certificate, by a root that nobody else trusts."""
    folder.mkdir()
    root_key, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    root = _certificate("a root of the test", root_key, root_key, "a root of the test")
    leaf = _certificate("pebble", key, root_key, "a root of the test")
    (folder / "ca.pem").write_bytes(root)
    (folder / "pebble.pem").write_bytes(leaf)
    (folder / "pebble.key").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    told = {
        "listenAddress": "0.0.0.0:14000",
        "managementListenAddress": "0.0.0.0:15000",
        "certificate": "/etc/pebble/pebble.pem",
        "privateKey": "/etc/pebble/pebble.key",
        # Where the front listens for its questions.
        "httpPort": 8080,
        "tlsPort": 8443,
        "ocspResponderURL": "",
        "externalAccountBindingRequired": False,
        "certificateValidityPeriod": int(timedelta(days=10).total_seconds()),
    }
    (folder / "config.json").write_text(json.dumps({"pebble": told}))


def _certificate(
    name: str, key: ec.EllipticCurvePrivateKey, by: ec.EllipticCurvePrivateKey, issuer: str
) -> bytes:
    def named(text: str) -> x509.Name:
        return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])

    now = datetime.now(UTC)
    built = (
        x509.CertificateBuilder()
        .subject_name(named(name))
        .issuer_name(named(issuer))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=key is by, path_length=None), critical=True)
        .add_extension(
            x509.SubjectAlternativeName([x509.DNSName(name.replace(" ", "-"))]),
            critical=False,
        )
    )
    return built.sign(by, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
