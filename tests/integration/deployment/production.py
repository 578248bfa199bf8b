"""A site for production: an authority, a store elsewhere, and who takes its alerts."""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from tests.architecture.checkout import ROOT
from tests.integration.deployment.site import HERE, Site, running_site
from tests.integration.disaster.elsewhere import elsewhere
from tests.tools.authority import make_authority

__all__ = ["HOST", "running_production"]

HOST: Final = "mc.test"


def _issued() -> dict[str, str]:
    """What others issue: the provider of sign-in, the mail server, the object store."""
    return {
        "oidc_client_secret": secrets.token_hex(32),
        "smtp_password": secrets.token_hex(8),
        "slack_webhook": f"http://sink:8099/slack?{secrets.token_hex(16)}",
        "off_site_key_id": f"AKIA{secrets.token_hex(8).upper()}",
        "off_site_key": secrets.token_urlsafe(30),
        "off_site_passphrase": secrets.token_hex(32),
    }


_SITE: Final = """
[production]
url = "https://{host}"
admins = ["olivia"]

[production.tls]
kind = "Acme"
contact = "ops@example.org"
warn_before = "1 d"
directory = "https://pebble:14000/dir"
ca_bundle = "{state}/production/pebble/ca.pem"

[production.login.provider]
issuer = "http://login.localhost:3391"

[production.secrets]
kind = "SecretFiles"
folder = "/run/secrets"
source = "files"

[production.server.limits]
memory = "2G"
cpus = 2

[[production.server.runs_as.profiles]]
name = "cpu-small"
memory = "1G"

[production.backup.off_site]
kind = "OffSite"
endpoint = "{endpoint}"
bucket = "mchub-backups"
region = "us-east-1"

[production.monitoring.mail]
kind = "Mail"
to = "oncall@example.org"
sender = "mchub@example.org"
server = "sink:2525"
user = ""
encrypted = false
"""


@contextmanager
def running_production(folder: Path) -> Iterator[Site]:
    """A site without anything on it, and what it needs around it."""
    with elsewhere(folder / "elsewhere") as store:
        endpoint = next(
            line.split('"')[1]
            for line in store.read_text().splitlines()
            if line.startswith("endpoint")
        )
        state = folder / "state"
        overlays = [
            HERE / "compose.production.yaml",
            HERE.parent / "monitoring" / "compose.yaml",
        ]
        with running_site("production", state) as site:
            _furnish(state / "production", store.parent / "authorities")
            named = folder / "site.toml"
            named.write_text(_SITE.format(host=HOST, state=state, endpoint=endpoint))
            site.variables |= {
                "MCHUB_SITE": str(named),
                "MC_OVERLAYS": ":".join(str(each.relative_to(ROOT)) for each in overlays),
            }
            os.environ.update(site.variables)
            yield site


def _furnish(own: Path, authorities: Path) -> None:
    """What an operator brings: issued secrets, and who vouches for whom."""
    (own / "production.env").unlink()
    make_authority(own / "pebble")
    (own / "authorities").mkdir()
    for file in authorities.iterdir():
        (own / "authorities" / file.name).write_bytes(file.read_bytes())
    _give_secrets(own / "secrets")


def _give_secrets(folder: Path) -> None:
    folder.mkdir(mode=0o700)
    for name, value in _issued().items():
        file = folder / name
        file.write_text(f"{value}\n")
        file.chmod(0o600)
