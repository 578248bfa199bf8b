"""Certificate authorities of the site's own, as far as this process looks outside.

Who has a bucket or a mail server of one's own often has its certificate from an authority
of one's own too. Its certificates lie where the database and the copies find them.
"""

import os
import ssl
import tempfile
from pathlib import Path
from typing import Final

__all__ = ["OWN_AUTHORITIES", "trust"]

OWN_AUTHORITIES: Final = Path("/etc/mchub/authorities")
"""Where containers find ``<environment's state>/authorities/*.crt``."""

_TOLD: Final = "SSL_CERT_FILE"
"""Where OpenSSL and rustls look for a file of all authorities."""

_SYSTEM: Final = Path("/etc/ssl/certs/ca-certificates.crt")


def trust(folder: Path) -> Path | None:
    """Let this process trust the authorities in a folder, beside the system's.

    Parameters
    ----------
    folder : Path
        Holds certificates as PEM in files ``*.crt``; it may be missing.

    Returns
    -------
    Path or None
        The file of all authorities; None if the folder has none, and all stays as it is.

    Raises
    ------
    ssl.SSLError
        If a file holds no certificate.
    """
    own = sorted(folder.glob("*.crt"))
    if not own:
        return None
    for file in own:
        # What is no certificate would be passed over in silence later.
        ssl.create_default_context(cafile=str(file))
    known = [Path(os.environ.get(_TOLD, _SYSTEM)), *own]
    together = b"\n".join(file.read_bytes() for file in known if file.exists())
    where = Path(tempfile.mkdtemp(prefix="authorities-")) / "authorities.crt"
    where.write_bytes(together)
    os.environ[_TOLD] = str(where)
    return where
