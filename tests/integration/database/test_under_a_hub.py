"""The primary dies under a whole platform at work: nobody's server notices."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from deploy.deployer import database
from deploy.deployer.commands import Command, run
from deploy.deployer.outcomes import Failed
from hub.choices import Postgres
from tests.architecture.checkout import ROOT
from tests.integration.database.conftest import Note
from tests.integration.platform.live import (
    SETTINGS,
    LivePlatform,
    Member,
    running_platform,
    wait_until,
)
from tests.integration.platform.traffic import traffic

pytestmark = [
    pytest.mark.alone,
    pytest.mark.docker,
    pytest.mark.slow,
    pytest.mark.timeout(900),
]

PAIR = replace(SETTINGS, database=Postgres(host="postgres", replicas=1))


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LivePlatform]:
    folder = tmp_path_factory.mktemp("platform")
    site = folder / "site.toml"
    site.write_text("[rehearsal.database]\nreplicas = 1\n")
    state = folder / "state"
    state.mkdir(mode=0o700)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MCHUB_SITE", str(site))
        with running_platform(state) as platform:
            yield platform


def _took_over(before: str) -> bool:
    try:
        return database.primary(_docker, PAIR) != before
    except Failed:
        return False


def _docker(*words: str) -> str:
    return run(Command(words=("docker", *words), within=120), ROOT)


def test_no_part_ends_because_the_database_is_not_up_yet(platform: LivePlatform) -> None:
    # While Docker starts a part anew it calls it unhealthy, and the deployment gives up.
    ours = "label=com.docker.compose.project=mchub-rehearsal"
    parts = _docker("ps", "--all", "--quiet", "--filter", ours).split()
    anew = _docker("inspect", "--format={{.RestartCount}} {{.Name}}", *parts).splitlines()

    assert len(anew) > 10
    assert [each for each in anew if not each.startswith("0 ")] == []


def test_a_primary_that_dies_costs_no_request_to_a_server(
    platform: LivePlatform, measured: Note
) -> None:
    with Member(platform, "ada") as ada:
        ada.start("cpu-small")
        before = database.primary(_docker, PAIR)
        with traffic(platform, ada) as work:
            _docker("kill", "--signal=KILL", before)
            gap = wait_until("the other took over", lambda: _took_over(before), 90)
            gap += wait_until(
                "the hub answers", lambda: ada.ask("GET", "/user").is_success, 90
            )

            assert work.lives()
        work.report("primary killed", measured)
        measured(f"primary killed: the hub answers from the other after {gap:.1f} s")
        assert work.server.failed == 0
        # What needs the database works again, with one node.
        ada.stop()
        ada.start("cpu-small")
        ada.stop()
