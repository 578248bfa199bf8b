"""From one hub to the other while people work: planned, with a new schema, back, killed.

Nobody's request fails and no kernel's output is lost; how long no hub answers is measured.
The limits here are three times what is promised, because a test shares its processors.
"""

import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import httpx
import pytest

from deploy.deployer import schema
from deploy.deployer.compose import hub_images
from deploy.deployer.hub_switch import Found, found, switch, wait_for_starts
from deploy.deployer.programs import Programs
from hub.addresses import platform_addresses
from hub.release import release
from tests.integration.platform.conftest import Note
from tests.integration.platform.crowd import Crowd, crowd
from tests.integration.platform.live import (
    SETTINGS,
    LivePlatform,
    Member,
    docker,
    wait_until,
)

pytestmark = [
    pytest.mark.alone,
    pytest.mark.docker,
    pytest.mark.slow,
    pytest.mark.timeout(600),
]

ADDRESSES = platform_addresses(getattr(SETTINGS.server.runs_as, "subnet", ""))
NEXT, LATER = "0.1.1-test", "0.2.0-test"
# A release that changes what is said and not what is kept.
SAYS_NEXT = f"""
FROM {{image}}
USER 0:0
RUN sed -i 's/^version = .*/version = "{NEXT}"/' /opt/mchub/pyproject.toml
USER 1100:1100
"""
REVISION = '''
"""A column that only the next release knows."""

import sqlalchemy as sa
from alembic import op

revision = "next"
down_revision = "{head}"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("mchub_announcements", sa.Column("color", sa.String(16)))


def downgrade() -> None:
    op.drop_column("mchub_announcements", "color")
'''
KEEPS_MORE = f"""
FROM {{image}}
USER 0:0
RUN sed -i 's/^version = .*/version = "{LATER}"/' /opt/mchub/pyproject.toml
COPY next.py /opt/mchub/hub/database/migrations/versions/next.py
USER 1100:1100
"""
SMALL = {"profile": "cpu-small"}
COLUMN = (
    "SELECT count(*) FROM information_schema.columns"
    " WHERE table_name = 'mchub_announcements' AND column_name = 'color'"
)


@pytest.fixture(scope="module")
def programs(platform: LivePlatform) -> Programs:
    return Programs(SETTINGS, platform.state / SETTINGS.name, release())


@pytest.fixture(scope="module")
def images(
    programs: Programs, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, str]]:
    """Images of the hub by their release: this one, one more, and one with a new schema."""
    folder = tmp_path_factory.mktemp("images")
    now = programs.told()["MC_HUB_BLUE_IMAGE"]
    head = schema.heads(programs, now).mchub
    (folder / "next.py").write_text(REVISION.format(head=head))
    built = {NEXT: f"mchub/hub:{NEXT}", LATER: f"mchub/hub:{LATER}"}
    for version, text in ((NEXT, SAYS_NEXT), (LATER, KEEPS_MORE)):
        (folder / "Dockerfile").write_text(text.format(image=now))
        docker("build", "--quiet", "--tag", built[version], str(folder))
    yield {release(): now, **built}
    switch(programs, now)
    docker("image", "rm", "--force", *built.values())


@pytest.fixture(scope="module")
def work(platform: LivePlatform, ada: Member, grace: Member) -> Iterator[Crowd]:
    """People at work through all switches of this module."""
    with crowd(platform, (ada, grace)) as working:
        yield working


@pytest.fixture(autouse=True)
def both_are_well(platform: LivePlatform) -> None:
    """Every switch begins with two hubs."""
    wait_until("one hub works and one stands by", platform.has_two_hubs, 90)


class Answers(threading.Thread):
    """Who answers at the hubs' own addresses, asked again and again without the proxy."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.at: dict[str, list[tuple[float, float]]] = {"blue": [], "green": []}
        self._over = threading.Event()

    def run(self) -> None:
        port = SETTINGS.network.hub_port
        with httpx.Client(trust_env=False, timeout=0.5) as client:
            while not self._over.is_set():
                for color, answers in self.at.items():
                    began = time.monotonic()
                    address = ADDRESSES[f"MC_HUB_{color.upper()}_ADDRESS"]
                    with suppress(httpx.HTTPError):
                        client.get(f"http://{address}:{port}/hub/api/")
                        answers.append((began, time.monotonic()))
                time.sleep(0.02)

    def stop(self) -> None:
        self._over.set()
        self.join(timeout=10)


@contextmanager
def never_both(old: str, new: str) -> Iterator[None]:
    """The new hub answers nobody before the old one has answered its last."""
    answers = Answers()
    answers.start()
    try:
        yield
        time.sleep(0.5)
    finally:
        answers.stop()
    assert answers.at[old]
    assert answers.at[new]
    assert max(end for _, end in answers.at[old]) < min(end for _, end in answers.at[new])


def _report(what: str, work: Crowd, began: float, measured: Note) -> float:
    away, longest = work.away(began), work.longest(began)
    measured(
        f"{what}: no hub for {away:.2f} s, longest answer {longest:.2f} s; servers: "
        f"{work.failed} of {work.answers.total()} requests failed {dict(work.answers)}"
    )
    assert work.failed == 0
    assert all(stream.is_whole for stream in work.streams)
    return away


def _other(color: str) -> str:
    return {"blue": "green", "green": "blue"}[color]


def _is(state: Found, version: str) -> bool:
    """Whether both hubs are of a release."""
    hubs = (state.active, *state.standing_by)
    return [hub.release for hub in hubs if hub is not None] == [version] * 2


def test_a_switch_waits_for_a_server_that_is_just_starting(
    platform: LivePlatform, programs: Programs
) -> None:
    platform.register("emmy", "quants")
    with Member(platform, "emmy") as emmy:
        emmy.sign_in("emmy")
        asked = emmy.ask("POST", "/users/emmy/server", json={"user_options": SMALL})
        assert asked.status_code in (201, 202), asked.text
        # A start may end before it is looked at, and then there is nothing to wait for.
        was_starting = found(programs).starting or ()
        assert set(was_starting) <= {"emmy/"}

        assert wait_for_starts(programs) == ()

        assert emmy.servers()[""]["ready"]
        emmy.stop()


def test_a_planned_switch_is_noticed_by_nobody_who_works(
    platform: LivePlatform,
    programs: Programs,
    images: dict[str, str],
    work: Crowd,
    measured: Note,
) -> None:
    old = platform.active_hub().removeprefix("hub-")
    began = time.monotonic()

    with never_both(old, _other(old)):
        done = switch(programs, images[NEXT])

    assert done.hub.release == NEXT
    assert done.cut == ()
    assert _is(found(programs), NEXT)
    assert set(hub_images(programs.state).values()) == {images[NEXT]}
    what = f"planned switch ({done.gap:.2f} s by its own clock)"
    assert _report(what, work, began, measured) < 3


def test_a_hub_ends_in_the_order_that_the_next_one_needs(platform: LivePlatform) -> None:
    # The log of the hub that was told to end went with its container; so one more is told.
    active = platform.active_hub()
    container = platform.part(active)
    docker("kill", "--signal=SIGTERM", container)
    wait_until("it has ended", lambda: _state(container, "Running") == "false", 30)

    said = platform.logs(active)
    steps = (
        "hub ends",
        "listens no more",
        "Leaving single-user servers running",
        "has left the database",
        "has given the lock back",
    )
    places = [said.rindex(step) for step in steps]
    assert places == sorted(places)
    assert _state(container, "ExitCode") == "0"
    lasted = _state_of_other(platform, active)
    assert lasted == "healthy"
    docker("start", container)


def test_a_switch_with_a_new_schema_is_rehearsed_and_takes_little_longer(
    platform: LivePlatform,
    programs: Programs,
    images: dict[str, str],
    work: Crowd,
    measured: Note,
) -> None:
    assert schema.rehearse(programs, images[release()], images[NEXT]) is None
    took = schema.rehearse(programs, images[NEXT], images[LATER])
    assert took is not None
    assert platform.sql(COLUMN) == [["0"]]
    old = platform.active_hub().removeprefix("hub-")
    began = time.monotonic()

    with never_both(old, _other(old)):
        done = switch(programs, images[LATER])

    assert platform.sql(COLUMN) == [["1"]]
    assert _is(found(programs), LATER)
    what = f"a schema, rehearsed in {took:.1f} s ({done.gap:.2f} s by its own clock)"
    assert _report(what, work, began, measured) < 9


def test_a_rollback_leads_the_schema_down_between_the_hubs(
    platform: LivePlatform,
    programs: Programs,
    images: dict[str, str],
    work: Crowd,
    measured: Note,
) -> None:
    before = platform.sql("SELECT name, created FROM users ORDER BY id")
    down_to = schema.heads(programs, images[NEXT])
    old = platform.active_hub().removeprefix("hub-")
    began = time.monotonic()

    with never_both(old, _other(old)):
        done = switch(programs, images[NEXT], down_to=down_to)

    assert platform.sql(COLUMN) == [["0"]]
    assert _is(found(programs), NEXT)
    assert platform.sql("SELECT name, created FROM users ORDER BY id") == before
    what = f"rollback with a schema ({done.gap:.2f} s by its own clock)"
    assert _report(what, work, began, measured) < 9


def test_a_killed_hub_is_replaced_by_the_one_that_stands_by(
    platform: LivePlatform, work: Crowd, measured: Note
) -> None:
    active = platform.active_hub()
    began = time.monotonic()

    platform.kill(platform.part(active))

    wait_until("the other answers", lambda: platform.active_hub() != active, 30)
    time.sleep(2)
    assert _report("hub killed", work, began, measured) < 3


def test_a_hub_that_loses_its_lock_ends_at_once(
    platform: LivePlatform, work: Crowd, measured: Note
) -> None:
    active = platform.active_hub()
    container = platform.part(active)
    since = str(int(time.time()))
    began = time.monotonic()

    # As a fail-over of the database does.
    ended = platform.sql(
        "SELECT pg_terminate_backend(l.pid) FROM pg_locks l JOIN pg_stat_activity a"
        " ON a.pid = l.pid WHERE l.locktype = 'advisory' AND l.granted"
        f" AND a.application_name LIKE 'mchub hub {active.removeprefix('hub-')} %'"
    )

    assert ended == [["t"]]
    wait_until("the other answers", lambda: platform.active_hub() != active, 30)
    time.sleep(2)
    assert "the lock is lost, this hub ends at once" in platform.logs(active)
    assert _exit_codes(container, since)[0] == "75"
    assert _report("lock lost", work, began, measured) < 3


def test_the_crowd_was_large_enough(work: Crowd, measured: Note) -> None:
    wait_until("ten thousand requests", lambda: work.answers.total() >= 10_000, 180)
    numbers = [len(stream.numbers) for stream in work.streams]

    total = work.answers.total()
    measured(f"switches in all: {total} requests, {work.failed} failed; streams {numbers}")
    assert work.failed == 0
    assert len(numbers) >= 5
    assert all(stream.is_whole for stream in work.streams)
    work.stop()


def test_a_proxy_without_routes_has_them_back_from_either_hub(
    platform: LivePlatform, ada: Member, measured: Note
) -> None:
    # What the proxy believes by itself is the blue one.
    if platform.active_hub() == "hub-blue":
        docker("restart", "--time", "20", platform.part("hub-blue"))
        wait_until("the green hub is active", lambda: platform.active_hub() == "hub-green")
        wait_until("the blue one stands by", platform.has_two_hubs, 90)
    headers = {"Authorization": f"token {ada.token()}"}
    began = time.monotonic()
    # The socket of a proxy that is killed stays in its volume.
    platform.kill(platform.part("proxy"))

    def status(path: str) -> int:
        return httpx.get(
            f"{platform.url}{path}", headers=headers, trust_env=False, timeout=5
        ).status_code

    wait_until("it listens", lambda: status("/_chp_healthz") == 200, 30)
    listens = time.monotonic()
    wait_until("the server answers", lambda: status("/user/ada/api/status") == 200, 30)
    wait_until("the hub answers", lambda: status("/hub/api/user") == 200, 30)
    back = time.monotonic()
    measured(
        f"proxy killed, green active: routes back {back - listens:.2f} s after it listens, "
        f"{back - began:.2f} s after its end"
    )
    assert back - listens < 3


def _state(container: str, field: str) -> str:
    return docker("inspect", "--format", f"{{{{.State.{field}}}}}", container).strip()


def _state_of_other(platform: LivePlatform, part: str) -> str:
    other = platform.part(f"hub-{_other(part.removeprefix('hub-'))}")
    wait_until("the other answers", lambda: _state(other, "Health.Status") == "healthy", 30)
    return _state(other, "Health.Status")


def _exit_codes(container: str, since: str) -> list[str]:
    told = subprocess.run(
        [
            *("docker", "events", f"--since={since}", f"--until={int(time.time()) + 1}"),
            *(f"--filter=container={container}", "--filter=event=die"),
            *("--format", "{{.Actor.Attributes.exitCode}}"),
        ],
        capture_output=True,
        text=True,
        check=True,
        timeout=30,
    )
    return told.stdout.split()
