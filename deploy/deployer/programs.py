"""Docker and compose, told which environment they work on."""

from collections.abc import Sequence
from pathlib import Path

from deploy.deployer.commands import Command, run
from deploy.deployer.compose import compose, variables
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
    """

    def __init__(self, settings: Settings, state: Path, version: str) -> None:
        self.settings = settings
        self.state = state
        self.version = version

    def docker(self, *words: str, stdin: bytes = b"", within: float = 600.0) -> str:
        """What `docker` says."""
        command = Command(words=("docker", *words), stdin=stdin, within=within)
        return run(command, checkout())

    def compose(self, *words: str, within: float = _UP_WITHIN) -> str:
        """What `docker compose` says, told the environment's variables."""
        return run(compose(self.settings, self.told(), words, within=within), checkout())

    def module(self, name: str, *words: str, options: Sequence[str] = ()) -> str:
        """What a module of this checkout says, in a container of its own with `options`."""
        return self.docker(
            *("run", "--rm", "--cap-drop=ALL", "--read-only", "--tmpfs=/run"),
            *("--security-opt=no-new-privileges:true", "--env=PYTHONDONTWRITEBYTECODE=1"),
            *(f"--volume={checkout()}:{checkout()}:ro", f"--workdir={checkout()}"),
            *("--env=PYTHONPATH=", *options, "--entrypoint=python"),
            *(self.told()["MC_DEPLOYER_IMAGE"], "-m", name, *words),
        )

    def told(self) -> dict[str, str]:
        """The variables of compose."""
        return variables(self.settings, self.state, self.version)

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
