"""A database with its copies and an object store, and no platform around it."""

import json
import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from deploy.deployer import database
from deploy.deployer.commands import Command, run
from deploy.deployer.compose import variables
from deploy.deployer.giving_secrets import Secrets
from deploy.deployer.outcomes import Failed
from hub import choices, load
from hub.choices.keeping import GENERATED
from hub.release import release
from hub.settings import Settings
from tests.architecture.checkout import ROOT
from tests.tools.object_store.certificates import make_certificate

KINDS = ("container", "network", "volume")
BUCKET = "mchub-backups"
OFF_SITE = choices.OffSite(
    endpoint="https://object-store:9443", bucket=BUCKET, region="us-east-1"
)
OVERLAY = "tests/integration/database/compose.yaml"


def settings(name: str, *, replicas: int, subnet: str) -> Settings:
    """Production's settings under another name, with the object store of the tests."""
    production = load("production", {})
    assert production.backup
    assert isinstance(production.server.runs_as, choices.Container)
    runs_as = replace(production.server.runs_as, subnet=subnet)
    return replace(
        production,
        name=name,
        database=choices.Postgres(host="postgres", replicas=replicas),
        server=replace(production.server, runs_as=runs_as),
        secrets=choices.SecretFiles(folder="/run/secrets", source=GENERATED),
        backup=replace(production.backup, off_site=OFF_SITE),
    )


class World:
    """The containers of one database."""

    def __init__(self, settings: Settings, state: Path, extra: Mapping[str, str]) -> None:
        self.settings = settings
        self.state = state
        self.told = variables(settings, state, release()) | {
            "MC_OBJECT_STORE_IMAGE": f"mchub/object-store:{release()}",
            **extra,
        }
        pair = settings.database.replicas  # type: ignore[union-attr]
        self._files = [
            f"deploy/database/compose.{'pair' if pair else 'single'}.yaml",
            OVERLAY,
        ]

    def docker(self, *words: str, stdin: bytes = b"", within: float = 180) -> str:
        """What `docker` says."""
        return run(Command(words=("docker", *words), stdin=stdin, within=within), ROOT)

    def compose(self, *words: str) -> str:
        files = [word for file in self._files for word in ("--file", file)]
        command = ("docker", "compose", "--project-directory=.", *files, *words)
        return run(Command(words=command, variables=self.told, within=300), ROOT)

    def part(self, name: str) -> str:
        """Name of the container of a part."""
        return database.container(self.settings, name)

    @property
    def nodes(self) -> tuple[str, ...]:
        return database.nodes(self.settings)

    def give_secrets(self) -> None:
        image = self.told["MC_BASE_IMAGE"]
        Secrets(self.settings, self.state, self.docker, image, image).give()

    def secret(self, name: str) -> str:
        return (self.state / "secrets" / name).read_text().strip()

    def sql(self, question: str, *, at: str | None = None, of: str = "mchub") -> str:
        """What the superuser is answered, on the primary or at a node."""
        node = at or self.primary()
        psql = ("psql", "--no-psqlrc", "-qtA", "--set=ON_ERROR_STOP=1", "-d", of)
        return self.docker("exec", node, *psql, "-c", question).strip()

    def primary(self) -> str:
        return database.primary(self.docker, self.settings)

    def is_healthy(self, node: str) -> bool:
        form = "{{.State.Health.Status}}"
        return self.docker("inspect", "--format", form, node).strip() == "healthy"


@dataclass(frozen=True)
class Written:
    """Numbers whose writing was acknowledged, and the longest wait for one."""

    numbers: range
    longest: float


class Writer:
    """A container with the hub's engine, which writes as fast as the database lets it."""

    def __init__(self, world: World, first: int = 1) -> None:
        self._docker, self._name = world.docker, f"mchub-{world.settings.name}-writer-1"
        told, subnet = world.told, f"mchub-{world.settings.name}_database"
        self._docker(
            *("run", "--detach", f"--name={self._name}", f"--network={subnet}"),
            *("--read-only", "--tmpfs=/tmp", "--env=MC_ENVIRONMENT=production"),
            f"--volume={ROOT}/hub:/opt/mchub/hub:ro",
            f"--volume={world.state}/parts/hub:/run/secrets:ro",
            f"--volume={ROOT}/tests/integration/database/writer.py:/tmp/writer.py:ro",
            # As deploy/compose.yaml gives them to the hub.
            f"--add-host=postgres-1:{told['MC_POSTGRES_1_ADDRESS']}",
            f"--add-host=postgres-2:{told['MC_POSTGRES_2_ADDRESS']}",
            *(told["MC_HUB_IMAGE"], "python", "/tmp/writer.py", str(first)),
        )
        wait_until("it writes", lambda: "writing" in self._logs(), 30)

    def _logs(self) -> str:
        return self._docker("logs", self._name)

    def stop(self) -> Written:
        """End it; what it wrote."""
        self._docker("stop", "--time=20", self._name)
        told = json.loads(self._logs().splitlines()[-1])
        self._docker("rm", self._name)
        first, count = told["first"], told["count"]
        return Written(range(first, first + count), told["longest"])


def wait_until(what: str, is_so: Callable[[], object], within: float = 60.0) -> float:
    """Wait for something and return how many seconds it took."""
    began = time.monotonic()
    while True:
        try:
            if is_so():
                return time.monotonic() - began
        except Failed:
            pass
        assert time.monotonic() - began < within, f"{what}: not within {within:.0f} s"
        time.sleep(0.2)


@contextmanager
def running_world(settings: Settings, state: Path, **extra: str) -> Iterator[World]:
    """A database that is gone at the end, with all that it kept."""
    state.chmod(0o711)
    make_certificate(state)
    world = World(settings, state, extra)
    label = f"label=com.docker.compose.project=mchub-{settings.name}"
    try:
        world.give_secrets()
        world.compose("up", "--detach", "--wait")
        yield world
    finally:
        if not os.environ.get("MC_KEEP"):
            named = f"name=mchub-{settings.name}-"
            beside = world.docker("ps", "--all", "--quiet", "--filter", named).split()
            world.docker("rm", "--force", "--volumes", *beside)
            world.compose("down", "--volumes", "--timeout=5")
    left = [world.docker(kind, "ls", "--quiet", "--filter", label) for kind in KINDS]
    assert os.environ.get("MC_KEEP") or "".join(left) == ""
