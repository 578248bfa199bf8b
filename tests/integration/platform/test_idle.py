"""The platform's own idle culler: who works lives, who forgot is warned, then stopped."""

import time
from collections.abc import Iterator

import pytest

from tests.integration.platform.conftest import Note
from tests.integration.platform.live import LivePlatform, Member, wait_until
from tests.integration.platform.traffic import traffic

pytestmark = [
    pytest.mark.alone,
    pytest.mark.docker,
    pytest.mark.slow,
    pytest.mark.timeout(400),
]

SITE = """
[rehearsal.idle]
after = "40 s"
warn_before = "15 s"
check_every = "2 s"
read_every = "5 s"
"""
WARNED = "SELECT text FROM mchub_notices WHERE kind = 'idle'"
STOPPED = (
    "SELECT outcome FROM mchub_audit WHERE action = 'server.stop' "
    "AND actor = 'idle-culler' AND target = 'emmy/'"
)


@pytest.fixture(scope="module")
def brisk(
    platform: LivePlatform, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[LivePlatform]:
    """A platform that thinks a server idle after 40 s."""
    site = tmp_path_factory.mktemp("idle") / "site.toml"
    site.write_text(SITE)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MCHUB_SITE", str(site))
        platform.deployer("up")
    yield platform
    platform.deployer("up")


def test_who_works_lives_and_who_forgot_is_warned_and_then_stopped(
    brisk: LivePlatform, measured: Note
) -> None:
    for name in ("hypatia", "emmy"):
        brisk.register(name, "quants")
    with Member(brisk, "hypatia") as hypatia, Member(brisk, "emmy") as emmy:
        for member in (hypatia, emmy):
            member.start("cpu-small")
        began = time.monotonic()
        with traffic(brisk, hypatia) as work:
            wait_until("Emmy is warned", lambda: brisk.sql(WARNED), 120)
            warned = brisk.sql(WARNED)
            told_after = time.monotonic() - began
            wait_until("Emmy's server ends", lambda: not brisk.servers("emmy"), 120)
            ended_after = time.monotonic() - began

            assert work.lives()
            assert len(brisk.servers("hypatia")) == 1
        hypatia.stop()
    measured(f"idle: warned after {told_after:.0f} s, stopped after {ended_after:.0f} s")
    assert len(warned) == 1
    assert "It is stopped in 15 seconds unless you use it." in warned[0][0]
    assert brisk.sql(STOPPED) == [["ok"]]
    assert ended_after - told_after >= 14
    assert brisk.sql(WARNED) == []
