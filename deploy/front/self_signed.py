"""A certificate that the deployment makes for itself, and makes anew before it ends.

``python -m deploy.front.self_signed --host NAME --folder FOLDER``; the front uses it where
`tls` is `SelfSigned`, and with `Acme` until the authority has issued one.
"""

import argparse
import ipaddress
import os
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

__all__ = ["FILE", "VALID_FOR", "is_good", "made", "main"]

FILE: Final = "self-signed.pem"
VALID_FOR: Final = timedelta(days=90)
_LEFT_AT_LEAST: Final = timedelta(days=21)
_FRONT: Final = (101, 101)
"""The account of nginx in its official image."""


def made(host: str, now: datetime) -> bytes:
    """Key and certificate for `host`, in PEM, valid from `now` for 90 days.

    Parameters
    ----------
    host : str
        A name, or an address.
    now : datetime
        With its zone.
    """
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host[:64])])
    usage = x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=False,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        # A browser's clock may be behind ours.
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + VALID_FOR)
        .add_extension(x509.SubjectAlternativeName([_named(host)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(
            x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False
        )
        .sign(key, hashes.SHA256())
    )
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ) + certificate.public_bytes(serialization.Encoding.PEM)


def is_good(pem: bytes, host: str, now: datetime) -> bool:
    """Whether the certificate in `pem` is for `host` and has at least 21 days left."""
    try:
        certificate = x509.load_pem_x509_certificate(pem)
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    except (ValueError, x509.ExtensionNotFound):
        return False
    is_for_host = _named(host) in list(names.value)
    return is_for_host and certificate.not_valid_after_utc - now >= _LEFT_AT_LEAST


def _named(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _make_if_needed(host: str, folder: Path) -> bool:
    file, now = folder / FILE, datetime.now(UTC)
    if file.exists() and is_good(file.read_bytes(), host, now):
        return False
    new = file.with_suffix(".new")
    new.unlink(missing_ok=True)
    with open(new, "xb", opener=lambda path, flags: os.open(path, flags, 0o600)) as stream:
        stream.write(made(host, now))
    _give_to_owner_of(folder, new)
    new.replace(file)
    return True


def _prepare(folder: Path) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if os.geteuid() == 0:
        os.chown(folder, *_FRONT)


def _give_to_owner_of(folder: Path, file: Path) -> None:
    owner = folder.stat()
    if file.stat().st_uid != owner.st_uid:
        os.chown(file, owner.st_uid, owner.st_gid)


def main(arguments: Sequence[str] | None = None) -> None:
    """Make the certificate if it is missing or ends soon; with `--every`, for ever."""
    parser = argparse.ArgumentParser(prog="python -m deploy.front.self_signed")
    say = parser.add_argument
    say("--host", required=True, help="name or address that people type")
    say("--folder", type=Path, required=True, help=f"where {FILE} lies")
    say("--prepare", type=Path, action="append", default=[], help="a folder for the front")
    say("--every", type=float, metavar="SECONDS", help="look again after this time")
    options = parser.parse_args(arguments)
    for folder in (options.folder, *options.prepare):
        _prepare(folder)
    while True:
        if _make_if_needed(options.host, options.folder):
            print(f'{{"part": "certificates", "message": "made for {options.host}"}}')
            sys.stdout.flush()
        if options.every is None:
            return
        time.sleep(options.every)


if __name__ == "__main__":
    main()
