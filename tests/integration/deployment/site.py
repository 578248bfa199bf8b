"""A host that an operator deploys to by the shell doors, and releases to deploy."""

import os
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from deploy.deployer.journal import Journal
from deploy.deployer.programs import Programs
from deploy.deployer.releases import Releases
from tests.architecture.checkout import ROOT
from tests.integration.platform.live import docker

HERE: Final = Path(__file__).parent
MADE: Final = "0.1.0"
"""Tag of the images that `make images` builds."""
GOOD, NEXT = "9.0.0", "9.1.0"
_INSTEAD = {
    name: os.environ[name]
    for name in os.environ
    if name.startswith("MC_") and name.endswith("_IMAGE")
}
"""Images that are tried instead of those that `make images` builds."""

_CONFIG = "/opt/mchub/jupyterhub_config.py"
_NO_WAY_BACK = r"""
import pathlib
folder = pathlib.Path('/opt/mchub/hub/database/migrations/versions')
head = max(file.name[:4] for file in folder.glob('0*.py'))
folder.joinpath('9999_no_way_back.py').write_text(
    'revision, down_revision, branch_labels, depends_on = '
    f'"9999", "{head}", None, None\n'
    'def upgrade(): pass\n'
    'def downgrade(): raise RuntimeError("there is no way back")\n'
)
"""
_NO_START = """
from hub.container_server import ContainerServer
async def _start(*_, **__): raise RuntimeError('servers do not start')
ContainerServer.start = _start
"""
_SLOW = """
import asyncio
from jupyterhub.handlers.base import BaseHandler
_prepare = BaseHandler.prepare
async def _late(self):
    await asyncio.sleep(0.7)
    await _prepare(self)
BaseHandler.prepare = _late
"""
BROKEN: Final[Mapping[str, tuple[str, str]]] = {
    "image": (
        "import nothing_of_this_name\n",
        "RUN cat /tmp/broken.py >>/opt/mchub/hub/settings.py",
    ),
    "migration": (_NO_WAY_BACK, "RUN python /tmp/broken.py"),
    "health": ("", "HEALTHCHECK --interval=1s --start-period=1s --retries=2 CMD false"),
    "smoke": (_NO_START, f"RUN cat /tmp/broken.py >>{_CONFIG}"),
    "performance": (_SLOW, f"RUN cat /tmp/broken.py >>{_CONFIG}"),
}
"""What a release is broken in: a program, and the line of a Dockerfile that puts it in."""


class Site:
    """An environment of this host, and the operator's shell."""

    def __init__(self, name: str, state: Path) -> None:
        self.name, self.state = name, state
        kept = {key: os.environ[key] for key in ("PATH", "HOME") if key in os.environ}
        self.variables = kept | {
            "MCHUB_STATE": str(state),
            "MCHUB_SITE": str(HERE / "site.toml"),
            "MC_OVERLAYS": str((HERE / "compose.login.yaml").relative_to(ROOT)),
            "MC_DEPLOYER_IMAGE": f"mchub/deployer:{GOOD}",
            "MC_OPERATOR": "olivia@test",
        }

    def call(self, door: str, *words: str, within: float = 600) -> tuple[int, str]:
        """Status and words of a shell door."""
        ended = subprocess.run(
            [ROOT / "deploy" / f"{door}.sh", *words],
            env=self.variables,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=within,
        )
        with (self.state.parent / "doors.log").open("a") as log:
            log.write(f"{door} {' '.join(words)}: {ended.returncode}\n{ended.stdout}\n")
        return ended.returncode, ended.stdout

    @property
    def releases(self) -> Releases:
        return Releases(self.state / self.name)

    @property
    def last_run(self) -> dict[str, Any]:
        """The last line of the journal."""
        return Journal(self.state / self.name).lines()[-1]

    def programs(self, version: str = GOOD) -> Programs:
        """Docker and compose, as the deployer has them."""
        return Programs.of(self.name, self.state, version)


@contextmanager
def _environment(variables: Mapping[str, str]) -> Iterator[None]:
    """Have the deployer's modules see in this process what the doors hand on."""
    before = dict(os.environ)
    for name in _INSTEAD:
        del os.environ[name]
    os.environ.update(variables)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def make_release(version: str, breaks: str = "") -> None:
    """Tag images as a release, of which the hub alone is another, and is broken or not."""
    listed = docker("images", "--format", "{{.Repository}}:{{.Tag}}").split()
    for image in listed:
        name, _, tag = image.partition(":")
        if name.startswith("mchub/") and tag.startswith(MADE) and "test" not in tag:
            made = _instead(name) or image
            docker("tag", made, f"{name}:{version}{tag.removeprefix(MADE)}")
    of = _instead("mchub/hub") or f"mchub/hub:{MADE}"
    program, line = BROKEN.get(breaks, ("", ""))
    text = (
        f"FROM {of}\nUSER 0:0\nCOPY broken.py /tmp/broken.py\n"
        f"RUN sed -i 's/^version = .*/version = \"{version}\"/' /opt/mchub/pyproject.toml\n"
        f"{line}\nUSER 1100:1100\n"
    )
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "Dockerfile").write_text(text)
        Path(folder, "broken.py").write_text(program)
        built = subprocess.run(
            ["docker", "build", "--quiet", "--tag", f"mchub/hub:{version}", folder],
            env=os.environ | {"DOCKER_BUILDKIT": "1"},
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )
    assert built.returncode == 0, built.stderr


def _instead(name: str) -> str:
    """The image that is tried instead of the one of this name."""
    short = name.removeprefix("mchub/").upper().replace("-", "_")
    return _INSTEAD.get(f"MC_{short}_IMAGE", "")


def remove_releases(*versions: str) -> None:
    """Take the tags of releases away again; images with other names stay."""
    listed = docker("images", "--format", "{{.Repository}}:{{.Tag}}").split()
    tags = [
        image
        for image in listed
        if image.startswith("mchub/") and image.partition(":")[2].startswith(versions)
    ]
    if tags:
        docker("image", "rm", *tags, check=False)


@contextmanager
def running_site(name: str, state: Path) -> Iterator[Site]:
    """A site without anything on it, which is taken down at the end."""
    site = Site(name, state)
    secrets = state / name / f"{name}.env"
    secrets.parent.mkdir(mode=0o711, parents=True)
    state.chmod(0o700)
    secrets.write_text(f"OIDC_CLIENT_SECRET={os.urandom(32).hex()}\n")
    secrets.chmod(0o600)
    make_release(GOOD)
    with _environment(site.variables):
        try:
            yield site
        finally:
            status, said = site.call("deployer", "down", name, "--forget")
            remove_releases("9.")
            assert status == 0, said
