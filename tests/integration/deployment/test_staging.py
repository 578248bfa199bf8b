"""Staging by its shell doors: up from nothing, on, back, and past broken releases."""

import fcntl
from collections.abc import Iterator

import httpx
import pytest

from deploy.deployer.data_digests import (
    DataDigests,
    differences,
    digest_data,
    sql,
    still,
)
from tests.integration.deployment.site import (
    BROKEN,
    GOOD,
    NEXT,
    Site,
    make_release,
    running_site,
)
from tests.integration.platform.live import docker

pytestmark = [
    pytest.mark.alone,
    pytest.mark.docker,
    pytest.mark.slow,
    pytest.mark.timeout(900),
]

THOROUGH = pytest.mark.thorough
HOME = "mchub-staging-home-ada"
KEPT = """
INSERT INTO mchub_announcements (text, level, starts, ends, by)
VALUES ('a release comes', 'info', now(), NULL, 'olivia');
INSERT INTO mchub_suspended (user_name, since, by, reason)
VALUES ('mallory', now(), 'olivia', 'left');
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with running_site("staging", tmp_path_factory.mktemp("state")) as site:
        yield site


@pytest.fixture(scope="module")
def first(site: Site) -> str:
    """What the first deployment says; there are data to lose after it."""
    status, said = site.call("deploy-staging", GOOD)
    assert status == 0, said
    sql(site.programs(), KEPT)
    label = ("--label=mchub.environment=staging", "--label=mchub.user=ada")
    docker("volume", "create", *label, HOME)
    write = "echo 'a year of work' >/kept/model.py; ln -s model.py /kept/latest"
    docker("run", "--rm", f"--volume={HOME}:/kept", f"mchub/base:{GOOD}", "sh", "-c", write)
    return said


def _data(site: Site) -> DataDigests:
    found = still(digest_data(site.programs()))
    return DataDigests(tables=found.tables, homes={HOME: found.homes[HOME]})


def _running_release(site: Site) -> str:
    url = f"{site.programs().settings.url}/hub/api/"
    answer = httpx.get(url, verify=False, trust_env=False, timeout=10)
    assert answer.status_code == 200
    return str(answer.headers["X-MCHub-Release"])


def test_a_dry_run_changes_nothing(site: Site) -> None:
    status, said = site.call("deploy-staging", GOOD, "--dry-run")

    label = "--filter=label=com.docker.compose.project=mchub-staging"
    assert status == 0, said
    assert said.count("would be done") >= 8
    assert docker("ps", "--all", "--quiet", label) == ""


def test_from_nothing_to_a_release_that_is_proved(site: Site, first: str) -> None:
    assert "nothing to build" in first
    for step in (
        *("this host", "images are here", "secrets", "every part is well"),
        *("known simulation", "smoke test", "notebook runs", "API under 20 questions/s"),
    ):
        assert step in first
    assert "no GPU" in first
    assert _running_release(site) == GOOD
    assert site.releases.current == GOOD
    assert site.last_run["outcome"] == "DONE"
    assert site.last_run["by"] == "olivia@test"
    assert site.last_run["in_audit_log"]


def test_the_status_names_release_hub_copies_certificate_and_speed(
    site: Site, first: str
) -> None:
    status, said = site.call("status", "staging")

    assert status == 0
    for words in (f"{GOOD} since", "is active; standing by", "89 days left", "p95"):
        assert words in said
    assert "not known" not in said


def test_a_second_run_is_refused_while_one_lasts(site: Site, first: str) -> None:
    with (site.state / "staging" / "deployer.lock").open("r+") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        status, said = site.call("backup", "staging")

    assert status == 5
    assert "holds the lock of this environment; nothing was changed" in said


@THOROUGH
@pytest.mark.parametrize(
    ("breaks", "status", "at"),
    [
        ("image", 1, "schemas, rehearsed"),
        ("migration", 1, "schemas, rehearsed"),
        ("health", 3, "from hub to hub"),
        ("smoke", 3, "smoke test"),
        ("performance", 3, "API under 20 questions/s"),
    ],
)
def test_a_broken_release_is_changed_back(
    site: Site, first: str, breaks: str, status: int, at: str
) -> None:
    version = f"9.2.{list(BROKEN).index(breaks)}"
    make_release(version, breaks)
    before = _data(site)

    ended, said = site.call("deploy-staging", version)

    failed = next(line for line in said.splitlines() if line.endswith("FAILED"))
    assert ended == status, said
    assert failed.strip().startswith(at)
    assert differences(before, _data(site)) == []
    assert _running_release(site) == GOOD == site.releases.current
    assert site.last_run["outcome"] in ("NOTHING_CHANGED", "ROLLED_BACK")
    if status == 3:
        assert f"Release {GOOD} works again" in said


@THOROUGH
def test_on_to_the_next_release_and_back_with_the_data_as_they_were(
    site: Site, first: str
) -> None:
    make_release(NEXT)
    before = _data(site)

    status, said = site.call("deploy-staging", NEXT)
    assert status == 0, said
    assert "is active, gap" in said
    assert _running_release(site) == NEXT

    status, said = site.call("rollback-staging")
    assert status == 0, said
    assert _running_release(site) == GOOD == site.releases.current
    assert site.releases.kept() == [GOOD, NEXT]
    assert differences(before, _data(site)) == []


@THOROUGH
def test_an_emergency_takes_data_back_to_a_copy(site: Site, first: str) -> None:
    before = _data(site)
    status, said = site.call("backup", "staging", "--digests")
    assert status == 0, said
    label = said.split("database ")[1].split(" in 1")[0]
    sql(site.programs(), "DELETE FROM mchub_suspended; DELETE FROM mchub_announcements;")
    wipe = "rm -rf /kept/*"
    docker("run", "--rm", f"--volume={HOME}:/kept", f"mchub/base:{GOOD}", "sh", "-c", wipe)
    assert len(differences(before, _data(site))) == 3

    status, said = site.call("deployer", "emergency-rollback", "staging", label)

    assert status == 0, said
    assert differences(before, _data(site)) == []
    assert _running_release(site) == GOOD
