"""The images, which stands on which, and containers of them for a test."""

import json
import subprocess
import time
import tomllib
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import pytest

from tests.architecture.checkout import ROOT

VERSION = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
LABEL = "mchub.test=images"
# An image's own interval is for the long run; a test waits for the first answer.
ASKED_OFTEN = "--health-interval=1s"
# What the platform takes from every container.
HARDENED = (
    *("--read-only", "--tmpfs=/tmp", "--cap-drop=ALL", "--pids-limit=512"),
    "--security-opt=no-new-privileges",
)


class Kind(NamedTuple):
    """A kind of image: whose laws it keeps too, its name, its user, where it may write."""

    parent: str | None
    image: str | None = None
    user: str = ""
    volumes: tuple[str, ...] = ()


KINDS = {
    "image": Kind(None),
    "base": Kind("image", "mchub/base"),
    "node": Kind("base", "mchub/node"),
    "service": Kind("image"),
    "postgres": Kind(
        "service", "mchub/postgres", "999", ("/var/lib/postgresql/data", "/run/postgresql")
    ),
    "database": Kind(
        "service",
        "mchub/database",
        "999",
        ("/srv/database", "/srv/status", "/var/lib/pgbackrest", "/run/mchub"),
    ),
    "proxy": Kind("service", "mchub/proxy", "1101", ("/run/proxy",)),
    "hub": Kind("service", "mchub/hub", "1100", ("/srv/hub", "/run/proxy")),
    "cpu": Kind("service", "mchub/kernel", "1000", ("/home/analyst",)),
    "gpu": Kind("cpu", "mchub/kernel", "1000", ("/home/analyst",)),
}


def lineage(kind: str) -> list[str]:
    """A kind and all that it stands on."""
    parent = KINDS[kind].parent
    return [kind, *(lineage(parent) if parent else ())]


def name_of(kind: str) -> str:
    """Name of a kind's image, with its version."""
    tag = f"{VERSION}-{kind}" if kind in ("cpu", "gpu") else VERSION
    return f"{KINDS[kind].image}:{tag}"


def every(law_of: str) -> pytest.MarkDecorator:
    """Run a test on every image that keeps the laws of the kind `law_of`."""
    kinds = [kind for kind, row in KINDS.items() if row.image and law_of in lineage(kind)]
    return pytest.mark.parametrize("kind", kinds)


def docker(*words: str, check: bool = True, given: str | None = None) -> str:
    """What `docker` printed, on either stream."""
    done = subprocess.run(
        ["docker", *words],
        input=given,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=240,
    )
    assert not check or done.returncode == 0, f"docker {' '.join(words)}\n{done.stdout}"
    return done.stdout


def configuration(kind: str) -> dict[str, Any]:
    """How an image says that it is to be run."""
    said: dict[str, Any] = json.loads(docker("image", "inspect", name_of(kind)))[0]
    return said


def output(kind: str, *command: str, given: str | None = None, user: str = "") -> str:
    """What a command prints in a fresh container of an image, hardened, without network."""
    named = ["--label", LABEL, "--network=none", "--entrypoint", command[0]]
    # As another user the command looks at the whole image, not at what the platform allows.
    limits = ["--user", user] if user else [*HARDENED, *_volumes(kind)]
    keep_open = ["--interactive"] if given is not None else []
    words = [*named, *limits, *keep_open, name_of(kind), *command[1:]]
    return docker("run", "--rm", *words, given=given)


@contextmanager
def running(kind: str, *options: str, command: tuple[str, ...] = ()) -> Iterator[str]:
    """Name of a container of an image, started as the platform does; gone afterwards."""
    name = f"mchub-test-{kind}-{uuid.uuid4().hex[:8]}"
    given = " ".join(options)
    own = [path for path in KINDS[kind].volumes if f":{path}" not in given]
    volumes = [word for path in own for word in ("--volume", path)]
    words = ["--name", name, "--label", LABEL, ASKED_OFTEN, *HARDENED, *volumes, *options]
    docker("run", "--detach", *words, name_of(kind), *command)
    try:
        yield name
    finally:
        docker("rm", "--force", "--volumes", name, check=False)


def _volumes(kind: str) -> list[str]:
    return [word for path in KINDS[kind].volumes for word in ("--volume", path)]


def wait_until_healthy(name: str, seconds: float = 60) -> None:
    """Wait until Docker's own check of a container holds."""
    deadline = time.monotonic() + seconds
    while True:
        state = json.loads(docker("inspect", "--format", "{{json .State}}", name))
        if state["Health"]["Status"] == "healthy":
            return
        gone = state["Status"] != "running" or time.monotonic() > deadline
        assert not gone, f"{name}: {state}\n{docker('logs', name)}"
        time.sleep(0.5)
