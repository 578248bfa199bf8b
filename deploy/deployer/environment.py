"""An environment on this host, brought up and taken down, each step told as it is done."""

import json
from functools import cached_property
from pathlib import Path

from deploy.deployer.commands import Failed, run
from deploy.deployer.compose import DOCKER_SOCKET, LOGGING, own_services
from deploy.deployer.docker_policy import docker_policy
from deploy.deployer.front import prepare_front
from deploy.deployer.giving_secrets import Secrets, parts_folder
from deploy.deployer.gpu_registry import GpuRegistry, host_folder
from deploy.deployer.homes import Archived, archive_home, remove_home
from deploy.deployer.programs import Programs
from deploy.deployer.simulation import reported_gpus
from deploy.deployer.story import Story
from deploy.monitoring import configuration
from hub.choices import NoTls, Prometheus
from hub.network import PROXY_PORT
from hub.release import COLORS
from hub.settings import Settings
from hub.storage import checkout, write_whole

# What Docker says of a network where it has lost count of containers that were ended.
_COUNTED = "has active endpoints"

__all__ = ["Environment"]


class Environment:
    """One environment's containers, networks and state on this host.

    Parameters
    ----------
    programs : Programs
        Docker and compose, told which environment and release this is.
    story : Story
        Is told each step.
    """

    def __init__(self, programs: Programs, story: Story) -> None:
        self.programs = programs
        self._state = programs.state
        self._story = story

    @property
    def _settings(self) -> Settings:
        # Asked for each time: the cards that a driver names come later than the rest.
        return self.programs.settings

    def up(self) -> None:
        """Start what doesn't run, and make what is missing for it.

        Raises
        ------
        Failed
            If a step does not succeed; everything that ran before it runs on.
        """
        story = self._story
        story.check("Docker answers", self.check_docker)
        story.check("images are here", self.check_images)
        self.prepare()
        story.change("containers", self.start_containers)

    def prepare(self) -> None:
        """Make what containers need before they start, as far as it is missing."""
        change = self._story.change
        change("cards are told to the parts", self._find_cards)
        change("secrets, to each part its own", self.give_secrets)
        change("what may be asked of Docker", self._write_policy)
        if not isinstance(self._settings.tls, NoTls):
            change("the front's configuration", lambda: prepare_front(self.programs))
        if isinstance(self._settings.monitoring, Prometheus):
            change("what is watched, and who is told", self._write_monitoring)
        change("networks", self._make_networks)
        change("users are kept to the proxy", lambda: self._firewall("apply"))

    def down(self, *, forget: bool = False) -> None:
        """Stop everything, users' servers included; with `forget`, delete its data too."""
        change = self._story.change
        change("users' servers end", self._end_all_servers)
        change("containers end", lambda: self._end_containers(with_volumes=forget))
        change("the firewall's rules go", lambda: self._firewall("remove"))
        change("its part of the GPUs is free", self._free_gpus)
        if forget:
            change("data is deleted", self._forget)

    def archive_home(self, user: str, folder: Path, *, delete: bool) -> None:
        """Write a user's home into `folder`, and with `delete` delete it then.

        Raises
        ------
        Failed
            If a step does not succeed; nothing is deleted that was not archived.
        """
        programs, change = self.programs, self._story.change
        archived: list[Archived] = []

        def write() -> str:
            image = programs.told()["MC_BASE_IMAGE"]
            made = archive_home(programs.docker, self._settings, user, folder, image)
            archived.append(made)
            return f"{made.file}: {made.n_entries} entries, {made.sha256}"

        def note(action: str) -> None:
            programs.note(action, user, archived[0].in_json())

        def remove() -> None:
            remove_home(programs.docker, self._settings, user)
            note("home.delete")

        change(f"the home of {user} is archived", write)
        change("the audit log says so", lambda: note("home.archive"))
        if delete:
            change("the home is deleted", remove)

    def status(self) -> str:
        """The parts and how they are."""
        return self.programs.compose("ps", "--format", "table {{.Service}}\t{{.Status}}")

    @property
    def parts(self) -> Path:
        """Folder with the secrets of each part."""
        return parts_folder(self._settings, self._state)

    def check_docker(self) -> str:
        """Docker answers, and has compose."""
        if not DOCKER_SOCKET.exists():
            message = f"Docker must listen at {DOCKER_SOCKET}; nothing is there."
            raise Failed(message)
        docker = self.programs.docker
        server = docker("version", "--format", "{{.Server.Version}}").strip()
        return f"{server}, compose {docker('compose', 'version', '--short').strip()}"

    def images(self) -> set[str]:
        """Names of the images of this release: the parts', the deployer's, the users'."""
        told = self.programs.told()
        return {
            *self.programs.compose("config", "--images").split(),
            *(profile.image for profile in self._settings.profiles),
            told["MC_BASE_IMAGE"],
            told["MC_DEPLOYER_IMAGE"],
        }

    def check_images(self) -> str:
        """Every image of this release is on this host."""
        wanted = self.images()
        listed = self.programs.docker("images", "--format", "{{.Repository}}:{{.Tag}}")
        missing = sorted(wanted - set(listed.split()))
        if missing:
            message = f"images are missing: {', '.join(missing)}.\nhint: `make images`."
            raise Failed(message)
        return f"{len(wanted)} images"

    @cached_property
    def secrets(self) -> Secrets:
        """Where its secrets come from, and how they reach the parts."""
        programs, told = self.programs, self.programs.told()
        images = (told["MC_BASE_IMAGE"], told["MC_BACKUP_IMAGE"])
        return Secrets(self._settings, self._state, programs.docker, *images)

    def check_secrets(self) -> str:
        """Every secret that is there is strong, private, and in no tracked file."""
        found = self.secrets.weaknesses()
        if found:
            raise Failed("\n".join(map(str, found)))
        return f"{len(self.secrets.names)} by name"

    def give_secrets(self) -> None:
        """Secrets that are missing are made, and each part gets its own."""
        self.secrets.give()

    def _find_cards(self) -> str:
        images = [profile.image for profile in self._settings.profiles if profile.gpu]
        found = reported_gpus(self.programs.docker, images[0]) if images else ()
        self.programs.know_cards(found)
        return f"{len(found)} answer their driver" if found else "no driver answers"

    def _write_policy(self) -> None:
        policy = json.dumps(docker_policy(self._settings), indent=2)
        file = self._state / "docker-policy.json"
        write_whole(file, f"{policy}\n")
        # It holds no secret, and another account reads it.
        file.chmod(0o644)

    def _write_monitoring(self) -> None:
        configuration.write(self._settings, self._state / "monitoring")
        overlay = self._state / LOGGING

        told = self.programs.told()
        services = run(own_services(self._settings, told), checkout()).split()
        text = configuration.logging_overlay(told["MC_LOGS_ADDRESS"], services)
        overlay.write_text(text, encoding="utf-8")

    def _firewall(self, verb: str) -> None:
        told = self.programs.told()
        rights = ("--network=host", "--cap-add=NET_ADMIN", "--cap-add=NET_RAW")
        self.programs.module(
            *("deploy.firewall", verb, f"--environment={self._settings.name}"),
            f"--bridge={told['MC_USER_NETWORK']}",
            f"--proxy={told['MC_PROXY_ON_USER_NETWORK']}:{PROXY_PORT}",
            f"--trusted={told['MC_HUB_BLUE_ON_USER_NETWORK']}",
            f"--trusted={told['MC_HUB_GREEN_ON_USER_NETWORK']}",
            f"--egress={told['MC_EGRESS']}",
            options=rights,
        )

    def _make_networks(self) -> None:
        # What runs is not this step's: a changed part is started anew by what comes later.
        self.programs.compose("create", "--no-build", "--no-recreate")

    def start_containers(self) -> None:
        """Start every part, and wait until each is well."""
        self.programs.compose("up", "--detach", "--wait", "--remove-orphans")

    def _end_containers(self, *, with_volumes: bool) -> str:
        volumes = ["--volumes"] if with_volumes else []
        try:
            self.programs.compose("down", "--remove-orphans", *volumes)
        except Failed as error:
            left = self._networks_of_nobody()
            if _COUNTED not in str(error) or not left:
                raise
            return f"left, until Docker is started anew: {', '.join(left)}"
        return "ok"

    def _networks_of_nobody(self) -> list[str]:
        """Networks that are left although no container is."""
        docker, own = self.programs.docker, f"mchub-{self._settings.name}"
        ours = f"label=com.docker.compose.project={own}"
        if docker("ps", "--all", "--quiet", "--filter", ours).strip():
            return []
        form = "{{.Name}}"
        return docker("network", "ls", "--format", form, "--filter", ours).split()

    def _end_all_servers(self) -> None:
        # The hubs first: until then somebody may start another.
        self.programs.compose("stop", *(f"hub-{color}" for color in COLORS))
        self.end_servers()

    def end_servers(self) -> None:
        """End every user's server; homes stay."""
        label = f"label=mchub.environment={self._settings.name}"
        found = self.programs.docker("ps", "--all", "--quiet", "--filter", label).split()
        if found:
            self.programs.docker("rm", "--force", *found)

    def _free_gpus(self) -> None:
        GpuRegistry(host_folder()).give_back(self._settings.name)

    def _forget(self) -> None:
        label = f"label=mchub.environment={self._settings.name}"
        found = self.programs.docker("volume", "ls", "--quiet", "--filter", label).split()
        if found:
            self.programs.docker("volume", "rm", *found)
        self.secrets.forget()
