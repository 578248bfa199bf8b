"""A platform whose clocks a test sets: its parts' and its users' servers'.

Every part, the proxy and the users' servers run from images with `libfaketime`, which adds
what a file says to the time of day. The clock that only counts stays true. PostgreSQL and
the provider of sign-in keep the right time, as servers elsewhere do.
"""

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import pytest

from hub.release import release
from tests.architecture.checkout import ROOT
from tests.integration.platform.live import PROJECT, LivePlatform, docker

__all__ = ["Clocks", "running_with_clocks"]

# In a home, because a user's server can write nowhere else that outlives a command.
_OF_SERVERS: Final = "/home/analyst/.clock"
_KERNEL: Final = f"mchub-clock/kernel:{release()}"

# Rounds every three seconds, and a provider that is asked again all the time.
_SITE: Final = f"""
[rehearsal.idle]
check_every = "3 s"

[rehearsal.login]
refresh_every = "5 s"

[[rehearsal.server.runs_as.profiles]]
name = "cpu-small"
image = "{_KERNEL}"

[[rehearsal.server.runs_as.profiles]]
name = "gpu-slice"
image = "{_KERNEL}"
"""


class Clocks:
    """The clocks of a platform.

    Parameters
    ----------
    platform : LivePlatform
        Whose.
    file : Path
        What the parts read.
    """

    def __init__(self, platform: LivePlatform, file: Path) -> None:
        self._platform, self._file = platform, file

    def set(self, hours: int) -> None:
        """Have every clock go wrong by so many hours."""
        text = f"{3600 * hours:+d}\n"
        # The same file, not another in its place: the parts have it mounted.
        self._file.write_text(text)
        for server in self._platform.servers():
            script = f"echo '{text.strip()}' > {_OF_SERVERS}"
            docker("exec", server["Id"], "sh", "-c", script)


def _image(name: str, of: str, offset: str = "/clock/offset") -> str:
    made = f"mchub-clock/{name}:{release()}"
    arguments = {"IMAGE": of, "BASE": f"mchub/base:{release()}", "OFFSET": offset}
    given = [word for each in arguments.items() for word in ("--build-arg", "=".join(each))]
    dockerfile = ROOT / "tests" / "tools" / "jumping_clock" / "Dockerfile"
    command = ["docker", "build", "--quiet", "--file", dockerfile, "--tag", made, *given]
    subprocess.run([*command, ROOT], check=True, capture_output=True, timeout=300)
    return made


def _parts() -> dict[str, str]:
    """Images of the platform's services."""
    label = f"label=com.docker.compose.project={PROJECT}"
    form = '{{.Label "com.docker.compose.service"}} {{.Image}}'
    listed = docker("ps", "--filter", label, "--format", form)
    return dict(line.split() for line in listed.splitlines())


@contextmanager
def running_with_clocks(platform: LivePlatform, folder: Path) -> Iterator[Clocks]:
    """Clocks of a platform that runs; its parts are themselves again at the end."""
    parts = _parts()
    hub, proxy = parts["platform-api"], parts["proxy"]
    clock, site, overlay = (folder / name for name in ("offset", "site.toml", "clock.yaml"))
    clock.write_text("+0\n")
    site.write_text(_SITE)
    mounted = {"volumes": [f"{clock}:/clock/offset:ro"]}
    with_clock = [part for part, image in parts.items() if image in (hub, proxy)]
    overlay.write_text(json.dumps({"services": dict.fromkeys(with_clock, mounted)}))
    _image("kernel", f"mchub/kernel:{release()}-cpu", _OF_SERVERS)
    try:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("MC_HUB_IMAGE", _image("hub", hub))
            patch.setenv("MC_PROXY_IMAGE", _image("proxy", proxy))
            patch.setenv("MC_OVERLAYS", str(overlay))
            patch.setenv("MCHUB_SITE", str(site))
            platform.deployer("up")
            yield Clocks(platform, clock)
    finally:
        platform.deployer("up")
