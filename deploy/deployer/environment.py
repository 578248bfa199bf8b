"""An environment on this host, brought up and taken down, each step told as it is done."""

import json
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from deploy.deployer.commands import Command, Failed, run
from deploy.deployer.compose import DOCKER_SOCKET, compose, variables
from deploy.deployer.docker_policy import docker_policy
from deploy.deployer.homes import archive_home, remove_home
from deploy.deployer.part_secrets import archive, make_missing, names_by_part
from hub.network import PROXY_PORT
from hub.settings import Settings
from hub.storage import checkout, write_whole

__all__ = ["Environment"]

Say = Callable[[str], None]

# More than any part takes to start on two busy processors.
_UP_WITHIN: Final = 180.0


class Environment:
    """One environment's containers, networks and state on this host.

    Parameters
    ----------
    settings : Settings
        What it is.
    state : Path
        Folder that holds its secrets and what compose is told.
    version : str
        Of the images.
    say : callable
        Told each step, a text at a time.
    """

    def __init__(self, settings: Settings, state: Path, version: str, say: Say) -> None:
        self._settings = settings
        self._state = state
        self._version = version
        self._say = say

    def up(self) -> None:
        """Start what doesn't run, and make what is missing for it.

        Raises
        ------
        Failed
            If a step does not succeed; everything that ran before it runs on.
        """
        with self._step("Docker answers"):
            self._check_docker()
        with self._step("images are here"):
            self._check_images()
        with self._step("secrets"):
            self._give_secrets()
        with self._step("what may be asked of Docker"):
            self._write_policy()
        with self._step("networks"):
            self._compose("create", "--no-build")
        with self._step("users are kept to the proxy"):
            self._firewall("apply")
        with self._step("containers"):
            self._compose("up", "--detach", "--wait", "--remove-orphans")

    def down(self, *, forget: bool = False) -> None:
        """Stop everything, users' servers included; with `forget`, delete its data too."""
        with self._step("users' servers end"):
            self._end_servers()
        with self._step("containers end"):
            self._compose("down", "--remove-orphans", *(["--volumes"] if forget else []))
        with self._step("the firewall's rules go"):
            self._firewall("remove")
        if forget:
            with self._step("data is deleted"):
                self._forget()

    def archive_home(self, user: str, folder: Path, *, delete: bool) -> None:
        """Write a user's home into `folder`, and with `delete` delete it then.

        Raises
        ------
        Failed
            If a step does not succeed; nothing is deleted that was not archived.
        """
        with self._step(f"the home of {user} is archived"):
            image = self._told()["MC_BASE_IMAGE"]
            archived = archive_home(self._docker, self._settings, user, folder, image)
        self._say(f"  {archived.file}: {archived.n_entries} entries, {archived.sha256}")
        with self._step("the audit log says so"):
            self._note("home.archive", user, archived.in_json())
        if delete:
            with self._step("the home is deleted"):
                remove_home(self._docker, self._settings, user)
                self._note("home.delete", user, archived.in_json())

    def status(self) -> str:
        """The parts and how they are."""
        return self._compose("ps", "--format", "table {{.Service}}\t{{.Status}}")

    @property
    def parts(self) -> Path:
        """Folder with the secrets of each part."""
        return self._state / "parts"

    @contextmanager
    def _step(self, name: str) -> Iterator[None]:
        began = time.monotonic()
        yield
        self._say(f"  {name:<32} {time.monotonic() - began:6.1f} s")

    def _docker(self, *words: str, stdin: bytes = b"") -> str:
        return run(Command(words=("docker", *words), stdin=stdin), checkout())

    def _told(self) -> dict[str, str]:
        return variables(self._settings, self._state, self._version)

    def _compose(self, *words: str) -> str:
        command = compose(self._settings, self._told(), words, within=_UP_WITHIN)
        return run(command, checkout())

    def _note(self, action: str, target: str, detail: str) -> None:
        words = (f"--action={action}", f"--target={target}", f"--detail={detail}")
        note = ("python", "-m", "hub", "audit", "note", "--actor=operator", *words)
        self._compose("exec", "-T", "steward", *note)

    def _check_docker(self) -> None:
        if not DOCKER_SOCKET.exists():
            message = f"Docker must listen at {DOCKER_SOCKET}; nothing is there."
            raise Failed(message)
        self._docker("version", "--format", "{{.Server.Version}}")
        self._docker("compose", "version", "--short")

    def _check_images(self) -> None:
        wanted = set(self._compose("config", "--images").split())
        wanted |= {profile.image for profile in self._settings.profiles}
        listed = self._docker("images", "--format", "{{.Repository}}:{{.Tag}}")
        missing = sorted(wanted - set(listed.split()))
        if missing:
            message = f"images are missing: {', '.join(missing)}.\nhint: `make images`."
            raise Failed(message)

    def _give_secrets(self) -> None:
        by_part = names_by_part(self._settings)
        names = {name for some in by_part.values() for name in some}
        values = make_missing(self._state / "secrets", names)
        self.parts.mkdir(mode=0o711, parents=True, exist_ok=True)
        # Only root may give files to the accounts that the parts run as. Folders stay the
        # ones that running containers have mounted.
        script = "tar --extract --overwrite --file=- --directory=/parts"
        self._docker(
            *("run", "--rm", "--interactive", "--network=none", "--user=0:0"),
            *("--volume", f"{self.parts}:/parts"),
            self._told()["MC_BASE_IMAGE"],
            *("sh", "-c", script),
            stdin=archive(values, by_part),
        )

    def _write_policy(self) -> None:
        policy = json.dumps(docker_policy(self._settings), indent=2)
        file = self._state / "docker-policy.json"
        write_whole(file, f"{policy}\n")
        # It holds no secret, and another account reads it.
        file.chmod(0o644)

    def _firewall(self, verb: str) -> None:
        told = self._told()
        self._docker(
            *("run", "--rm", "--network=host", "--cap-drop=ALL", "--read-only"),
            *("--cap-add=NET_ADMIN", "--cap-add=NET_RAW", "--tmpfs=/run"),
            told["MC_DEPLOYER_IMAGE"],
            *("deploy.firewall", verb, f"--environment={self._settings.name}"),
            f"--bridge={told['MC_USER_NETWORK']}",
            f"--proxy={told['MC_PROXY_ON_USER_NETWORK']}:{PROXY_PORT}",
            f"--trusted={told['MC_HUB_ON_USER_NETWORK']}",
            f"--egress={told['MC_EGRESS']}",
        )

    def _end_servers(self) -> None:
        label = f"label=mchub.environment={self._settings.name}"
        found = self._docker("ps", "--all", "--quiet", "--filter", label).split()
        if found:
            self._docker("rm", "--force", *found)

    def _forget(self) -> None:
        label = f"label=mchub.environment={self._settings.name}"
        found = self._docker("volume", "ls", "--quiet", "--filter", label).split()
        if found:
            self._docker("volume", "rm", *found)
        shutil.rmtree(self._state / "secrets", ignore_errors=True)
