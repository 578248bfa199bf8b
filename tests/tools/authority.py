"""Certificates for tests, by a root that nobody else trusts; and a whole ACME authority."""

import json
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

__all__ = ["certify", "make_authority"]


def make_authority(folder: Path) -> None:
    """What pebble mounts: its own certificate, by a root that nobody else trusts."""
    folder.mkdir(mode=0o755)
    certify(folder, "pebble")
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
    (folder / "config.json").chmod(0o644)


def certify(folder: Path, name: str) -> None:
    """Make a name a key and a certificate, ``<name>.key`` and ``.pem``, by ``ca.pem``."""
    root_key, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    for file, content in (
        ("ca.pem", _certificate("test-root", root_key, root_key)),
        (f"{name}.pem", _certificate(name, key, root_key)),
        (f"{name}.key", private),
    ):
        (folder / file).write_bytes(content)
        # Another account reads it, of a key that is a test's own.
        (folder / file).chmod(0o644)


def _known_by(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _certificate(
    name: str, key: ec.EllipticCurvePrivateKey, by: ec.EllipticCurvePrivateKey
) -> bytes:
    def named(text: str) -> x509.Name:
        return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])

    now = datetime.now(UTC)
    built = (
        x509.CertificateBuilder()
        .subject_name(named(name))
        .issuer_name(named("test-root"))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=key is by, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName([_known_by(name)]), critical=False)
    )
    return built.sign(by, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
