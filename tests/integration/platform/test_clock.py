"""Somebody sets the clock while people work: nobody is stopped, charged or signed out."""

import time
from collections.abc import Iterator

import pytest

from tests.integration.platform.clocks import Clocks, running_with_clocks
from tests.integration.platform.conftest import Note
from tests.integration.platform.live import LivePlatform, Member, wait_until
from tests.integration.platform.traffic import traffic

pytestmark = [
    pytest.mark.alone,
    pytest.mark.docker,
    pytest.mark.slow,
    pytest.mark.timeout(600),
]

LEASES = "SELECT user_name, device, since, until FROM mchub_leases"
IDLE = "SELECT count(*) FROM mchub_notices WHERE kind = 'idle'"
# Of the idle culler, which looks every three seconds.
TWO_ROUNDS = 7.0


@pytest.fixture(scope="module")
def clocks(
    platform: LivePlatform, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Clocks]:
    with running_with_clocks(platform, tmp_path_factory.mktemp("clocks")) as clocks:
        yield clocks


def _charged(platform: LivePlatform, user: str) -> int:
    asked = (
        "SELECT coalesce(sum(end_minute - begin_minute), 0) FROM mchub_usage "
        f"WHERE user_name = '{user}'"
    )
    ((minutes,),) = platform.sql(asked)
    return int(minutes)


def _n_jumps(platform: LivePlatform) -> int:
    return platform.logs("steward").count("the clock was set by")


def test_a_clock_that_jumps_costs_nobody_anything(
    platform: LivePlatform, clocks: Clocks, measured: Note
) -> None:
    for name in ("hypatia", "emmy"):
        platform.register(name, "quants")
    before = {name: _charged(platform, name) for name in ("hypatia", "emmy")}
    with Member(platform, "hypatia") as hypatia, Member(platform, "emmy") as emmy:
        began = time.monotonic()
        hypatia.start("gpu-slice")
        # She works; her server's neighbor is left alone.
        emmy.start("cpu-small")
        servers = {each["Id"] for each in platform.servers()}
        leases = platform.sql(LEASES)
        assert len(leases) == 1
        with traffic(platform, hypatia) as work:
            for hours in (2, -2, 0):
                seen = _n_jumps(platform)
                clocks.set(hours)
                wait_until("it is noticed", lambda: _n_jumps(platform) > seen, 30)  # noqa: B023
                time.sleep(TWO_ROUNDS)

                assert work.lives()
                assert servers == {each["Id"] for each in platform.servers()}
                assert leases == platform.sql(LEASES)
                assert [["0"]] == platform.sql(IDLE)
                assert hypatia.ask("GET", "/user").is_success
                # A busy machine is late with an answer now and then.
                platform.must_be_well(30)
        work.report("clock set by 2, -4 and 2 hours", measured)
        for member in (hypatia, emmy):
            member.stop()
        passed = (time.monotonic() - began) / 60
        charged = {name: _charged(platform, name) - n for name, n in before.items()}
        measured(f"clock: {passed:.1f} minutes passed, charged {charged}")
    assert work.server.failed == work.hub.failed == 0
    # A minute that has begun counts whole, at the start and after each of three jumps.
    assert all(0 < minutes <= passed + 4 for minutes in charged.values())
