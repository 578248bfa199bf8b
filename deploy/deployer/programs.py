"""Docker and compose, told which environment they work on."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from deploy.deployer.cards import CARDS, keep_cards
from deploy.deployer.commands import Command, run
from deploy.deployer.compose import compose, variables
from deploy.deployer.outcomes import Failed
from deploy.deployer.release_lock import ReleaseLock
from deploy.deployer.releases import Releases
from hub.choices import Device
from hub.environments import CARDS_VARIABLE, load
from hub.release import RELEASE_VARIABLE
from hub.settings import Settings
from hub.storage import checkout

__all__ = ["Programs"]

# More than any part takes to start on two busy processors.
_UP_WITHIN = 180.0


class Programs:
    """What the deployer runs for one environment and one release of it.

    Parameters
    ----------
    settings : Settings
        What the environment is, in that release.
    state : Path
        Folder that holds its secrets and what compose is told.
    version : str
        The release: tag of the images.

    Attributes
    ----------
    named_cards : sequence of Device
        Cards that the settings name themselves.
    kept_images : dict of str to str
        Names of images by compose's variable, where they aren't of this release's tag: an
        image that did not change keeps the name that it runs under.
    """

    def __init__(self, settings: Settings, state: Path, version: str) -> None:
        self.settings = settings
        self.state = state
        self.version = version
        self.named_cards = settings.gpus.devices
        self.kept_images: dict[str, str] = {}

    @classmethod
    def of(cls, environment: str, state: Path, version: str) -> "Programs":
        """Those of an environment in a release, with the names of images in its lock."""
        made = cls(load(environment, _variables(version)), state / environment, version)
        made.settings = load(environment, _variables(version, made.state / CARDS))
        file = Releases(made.state).file(version)
        if file.exists():
            made.kept_images.update(ReleaseLock.read(file).variables)
        return made

    def know_cards(self, cards: Sequence[Device]) -> None:
        """Take over what the driver says of this host's cards, where settings name none."""
        services = self.compose("config", "--services").split()
        keep_cards(self.state, cards, services)
        name = self.settings.name
        self.settings = load(name, _variables(self.version, self.state / CARDS))

    def docker(self, *words: str, stdin: bytes = b"", within: float = 600.0) -> str:
        """What `docker` says."""
        command = Command(words=("docker", *words), stdin=stdin, within=within)
        return run(command, checkout())

    def try_docker(self, *words: str) -> str | None:
        """What `docker` says, or nothing where it refuses."""
        try:
            return self.docker(*words)
        except Failed:
            return None

    def compose(self, *words: str, within: float = _UP_WITHIN, stdin: bytes = b"") -> str:
        """What `docker compose` says, told the environment's variables."""
        told = self.told()
        command = compose(self.settings, told, words, within=within, stdin=stdin)
        return run(command, checkout())

    def module(
        self, name: str, *words: str, options: Sequence[str] = (), stdin: bytes = b""
    ) -> str:
        """What a module of this checkout says, in a container of its own with `options`."""
        return self.docker(
            *("run", "--rm", "--interactive", "--cap-drop=ALL", "--read-only"),
            *("--tmpfs=/run", "--tmpfs=/tmp"),
            *("--security-opt=no-new-privileges:true", "--env=PYTHONDONTWRITEBYTECODE=1"),
            *(f"--volume={checkout()}:{checkout()}:ro", f"--workdir={checkout()}"),
            *("--env=PYTHONPATH=", *options, "--entrypoint=python"),
            *(self.told()["MC_DEPLOYER_IMAGE"], "-m", name, *words),
            stdin=stdin,
        )

    def told(self) -> dict[str, str]:
        """The variables of compose."""
        told = variables(self.settings, self.state, self.version)
        kept = self.kept_images.items()
        return told | {name: image for name, image in kept if name not in os.environ}

    def runs(self, service: str) -> bool:
        """Whether a part has a container that runs."""
        wanted = ("ps", "--quiet", "--status=running", service)
        return bool(self.compose(*wanted).strip())

    def container(self, service: str) -> str:
        """Id of a part's container; empty if it has none."""
        return self.compose("ps", "--all", "--quiet", service).strip()

    def note(self, action: str, target: str, detail: str) -> None:
        """Have the audit log record what an operator did."""
        words = (f"--action={action}", f"--target={target}", f"--detail={detail}")
        note = ("python", "-m", "hub", "audit", "note", "--actor=operator", *words)
        self.compose("exec", "-T", "steward", *note)


def _variables(version: str, cards: Path | None = None) -> Mapping[str, str]:
    known = {CARDS_VARIABLE: str(cards)} if cards is not None and cards.exists() else {}
    return os.environ | {RELEASE_VARIABLE: version} | known
