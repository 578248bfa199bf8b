"""An ACME authority for tests: what pebble needs to be one, and who vouches for it."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

__all__ = ["make_authority"]


def make_authority(folder: Path) -> None:
    """What pebble mounts: its own certificate, by a root that nobody else trusts."""
    folder.mkdir(mode=0o755)
    root_key, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    (folder / "ca.pem").write_bytes(_certificate("test-root", root_key, root_key))
    (folder / "pebble.pem").write_bytes(_certificate("pebble", key, root_key))
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
    for file in folder.iterdir():
        file.chmod(0o644)


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
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
    )
    return built.sign(by, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
