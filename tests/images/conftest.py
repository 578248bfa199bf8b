"""Images are looked at as `make images` left them; one that is missing is no skip."""

import subprocess

import pytest

from tests.images.containers import KINDS, name_of


@pytest.fixture(scope="session", autouse=True)
def _images_are_here(request: pytest.FixtureRequest) -> None:
    if not any(item.get_closest_marker("docker") for item in request.session.items):
        return
    names = [name_of(kind) for kind, row in KINDS.items() if row.image]
    command = ["docker", "image", "inspect", *names]
    asked = subprocess.run(command, capture_output=True, text=True, check=False)
    if asked.returncode:
        pytest.fail(
            f"{asked.stderr}hint: `make images BASES=stand-in` makes them.", pytrace=False
        )
