"""A certificate for the object store of a test, and the authority that says it is one."""

from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

NAME = "object-store"


def make_certificate(state: Path, *addresses: str) -> None:
    """Put certificate and key where the store mounts them, the authority where others do.

    Parameters
    ----------
    state : Path
        State folder of the environment, as compose is told by ``MC_STATE``.
    *addresses : str
        By which it is known besides, where no network has its name.
    """
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, NAME)])
    now = datetime.now(UTC)
    # pgBackRest looks for an address among the names, restic among the addresses.
    names = [x509.DNSName(each) for each in (NAME, *addresses)]
    others = [x509.IPAddress(ip_address(each)) for each in addresses]
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5))
        .not_valid_after(now + timedelta(days=30))
        .add_extension(x509.SubjectAlternativeName([*names, *others]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    written = certificate.public_bytes(serialization.Encoding.PEM)
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    for folder, file, content in (
        ("authorities", "object-store.crt", written),
        ("object-store", "object-store.crt", written),
        ("object-store", "object-store.key", private),
    ):
        (state / folder).mkdir(mode=0o755, parents=True, exist_ok=True)
        (state / folder / file).write_bytes(content)
        # Another account reads it, of a key that is a test's own.
        (state / folder / file).chmod(0o644)
