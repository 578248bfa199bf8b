"""An object store that outlives the environment whose copies it holds."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hub.release import release
from tests.integration.platform.live import docker, wait_until
from tests.tools.object_store.certificates import make_certificate

__all__ = ["elsewhere"]

_BUCKET = "mchub-backups"


@contextmanager
def elsewhere(folder: Path) -> Iterator[Path]:
    """A store on the host's own address, and the site's file that names it.

    Docker keeps its networks from each other, and a port that is published on one from
    containers on another; so the store is on none of them.

    In `folder` are also the certificates of the authorities that vouch for it.
    """
    address = docker(
        *("network", "inspect", "--format", "{{(index .IPAM.Config 0).Gateway}}", "bridge")
    ).strip()
    make_certificate(folder, address)
    folder.chmod(0o711)
    name = f"mct{secrets.token_hex(3)}-elsewhere"
    docker(
        *("run", "--detach", "--name", name, "--read-only", "--tmpfs=/tmp:mode=1777"),
        *("--cap-drop=ALL", f"--env=BUCKET={_BUCKET}", "--network=host"),
        *("--volume", f"{folder}/object-store:/certificates:ro"),
        f"mchub/object-store:{release()}",
    )
    site = folder / "site.toml"
    site.write_text(f"""
[rehearsal.backup]
kind = "Backup"
every = "6 h"
keep = "30 d"
point_in_time = true
[rehearsal.backup.off_site]
kind = "OffSite"
endpoint = "https://{address}:9443"
bucket = "{_BUCKET}"
region = "us-east-1"
""")
    try:
        form = "{{.State.Health.Status}}"
        wait_until(
            "the object store answers",
            lambda: docker("inspect", "--format", form, name) == "healthy\n",
        )
        yield site
    finally:
        docker("rm", "--force", "--volumes", name)
