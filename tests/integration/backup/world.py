"""Homes, a state folder, an object store, and what copies the first two; no platform."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from deploy.deployer.commands import Command, run
from deploy.deployer.compose import variables
from deploy.deployer.files_backup import container
from deploy.deployer.secret_sources import made_value
from hub import load
from hub.containers import volume_name
from hub.release import release
from tests.architecture.checkout import ROOT
from tests.tools.object_store.certificates import make_certificate

FILES = ("deploy/backup/compose.yaml", "tests/integration/backup/compose.yaml")
KINDS = ("container", "network", "volume")
IMAGE = f"mchub/base:{release()}"
SECRETS = ("files_passphrase", "off_site_passphrase", "off_site_key_id", "off_site_key")

# Every file of a home with all that a restore must bring back: kind, mode, owner, time of
# change, where a link leads, and what is in it.
_LISTED = (
    "find . -printf '%p %y %m %U:%G %T@ %l\\n' | sort"
    " && find . -type f -print0 | sort -z | xargs -0 -r sha256sum"
)


class World:
    """An environment that has homes and nothing else."""

    def __init__(self, state: Path) -> None:
        self.settings = replace(load("production", {}), name=f"mct{secrets.token_hex(3)}")
        self.state = state
        self._told = variables(self.settings, state, release()) | {
            "MC_OBJECT_STORE_IMAGE": f"mchub/object-store:{release()}",
            "MC_SECRETS": str(state / "parts"),
            "MC_BACKUP_EVERY": "21600",
            "MC_BACKUP_KEEP_DAYS": "30",
            "MC_OFF_SITE_ENDPOINT": "https://object-store:9443",
            "MC_OFF_SITE_BUCKET": "mchub-backups",
            "MC_OFF_SITE_REGION": "us-east-1",
            "MC_OFF_SITE_CLOSED": "true",
        }

    def docker(self, *words: str, stdin: bytes = b"") -> str:
        """What `docker` says."""
        return run(Command(words=("docker", *words), stdin=stdin, within=120), ROOT)

    def compose(self, *words: str) -> str:
        """What `docker compose` says."""
        files = [word for file in FILES for word in ("--file", file)]
        command = ("docker", "compose", "--project-directory=.", *files, *words)
        return run(Command(words=command, variables=self._told, within=120), ROOT)

    @property
    def backup(self) -> str:
        """Name of the container that makes copies."""
        return container(self.settings)

    def home(self, user: str) -> str:
        """Name of the volume of a user's home."""
        return volume_name(self.settings, user)

    def in_home(self, user: str, script: str) -> str:
        """What a script says that runs beside a home."""
        words = ("run", "--rm", "--network=none", "--workdir=/home")
        mount = ("--volume", f"{self.home(user)}:/home")
        return self.docker(*words, *mount, IMAGE, "sh", "-euc", script)

    def listing(self, user: str) -> str:
        """Everything about a home, file by file."""
        return self.in_home(user, _LISTED)

    def make_home(self, user: str, *options: str) -> None:
        """A home with a notebook, a model and what else people leave lying about."""
        label = f"--label=mchub.environment={self.settings.name}"
        self.docker("volume", "create", label, *options, self.home(user))
        self.in_home(
            user,
            "chown 1000:1000 . && mkdir -m 700 notebooks && echo '{}' > notebooks/a.ipynb"
            " && chmod 600 notebooks/a.ipynb && ln -s notebooks/a.ipynb latest"
            " && head -c 300000 /dev/urandom > model.bin && mkdir empty"
            f" && echo 'the plaintext of {user}' > 'with a space' && chown -hR 1000:1000 .",
        )


@contextmanager
def running_world(state: Path) -> Iterator[World]:
    """Two homes, a state with a secret, and copies of them that are gone at the end."""
    state.chmod(0o711)
    make_certificate(state)
    parts = state / "parts" / "backup"
    parts.mkdir(parents=True)
    for name in SECRETS:
        (parts / name).write_text(f"{made_value()}\n")
        (parts / name).chmod(0o400)
    (state / "secrets").mkdir(mode=0o700)
    (state / "secrets" / "cookie_key").write_text("the cookie key\n")
    world = World(state)
    try:
        world.make_home("ada")
        world.make_home("Grace@example.org")
        world.compose("up", "--detach", "--wait")
        yield world
    finally:
        world.compose("down", "--volumes", "--timeout=5")
        label = f"label=mchub.environment={world.settings.name}"
        volumes = world.docker("volume", "ls", "--quiet", "--filter", label).split()
        world.docker("volume", "rm", *volumes)
    project = f"label=com.docker.compose.project=mchub-{world.settings.name}"
    left = [world.docker(kind, "ls", "--quiet", "--filter", project) for kind in KINDS]
    assert "".join(left) == ""
