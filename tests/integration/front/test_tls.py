"""TLS, held by sslyze against Mozilla's recommendation, known weaknesses included."""

import re
import subprocess

import pytest

from hub.release import release
from tests.integration.front.world import World

pytestmark = [pytest.mark.alone, pytest.mark.docker]


def graded(world: World, *words: str) -> str:
    """What sslyze says, which stands where the front listens."""
    command = [
        *("docker", "run", "--rm", "--network", f"container:{world.part('front')}"),
        *(f"mchub/tls-tools:{release()}", "sslyze", "--sni"),
        *(str(world.settings.address.hostname), *words, "127.0.0.1:8443"),
    ]
    asked = subprocess.run(
        command, capture_output=True, text=True, check=False, timeout=200
    )
    return asked.stdout


def test_tls_is_as_mozilla_recommends(world: World) -> None:
    said = graded(world, "--mozilla_config=intermediate", "--slow_connection")

    _, _, verdict = said.partition('Checking results against Mozilla\'s "intermediate"')
    against = re.findall(r"^ +\* (\w+):", verdict, re.MULTILINE)
    # Its authority is nobody that Mozilla knows, and that is all that is said.
    assert against == ["certificate_path_validation"], said


def test_no_session_leaves_a_ticket_that_a_stolen_key_would_open(staging: World) -> None:
    said = graded(staging, "--resum")

    with_tickets = said[said.index("With TLS Tickets:") :].splitlines()[0]
    assert "NOT SUPPORTED" in with_tickets
