"""Parts die while people work: what goes on, what comes back, and what it costs."""

import json
import time
from collections.abc import Iterator

import httpx
import pytest

from tests.integration.live_hub import Kernel
from tests.integration.platform.conftest import Note
from tests.integration.platform.live import (
    SETTINGS,
    LivePlatform,
    Member,
    docker,
    ended_docker,
    wait_until,
)
from tests.integration.platform.traffic import traffic

pytestmark = [
    pytest.mark.alone,
    pytest.mark.docker,
    pytest.mark.slow,
    pytest.mark.timeout(600),
]

NETWORK = getattr(SETTINGS.server.runs_as, "network", "")
REFUSAL = "a hub that can't reach them stops them all"


@pytest.fixture(autouse=True)
def well(platform: LivePlatform, ada: Member) -> Iterator[None]:
    """Every fault meets a platform that is well, and leaves one; nobody lost a server."""
    before = [each["Id"] for each in platform.servers()]
    yield
    platform.must_be_well()
    wait_until("Docker can be asked", lambda: _is_up(platform, "docker-policy"), 90)
    wait_until("a hub stands by", platform.has_two_hubs, 90)
    wait_until("the hub knows the server", lambda: ada.servers()[""]["ready"], 60)
    assert [each["Id"] for each in platform.servers()] == before


def _is_up(platform: LivePlatform, part: str) -> bool:
    form = "{{.State.Status}} {{.State.Health.Status}}"
    return docker("inspect", "--format", form, platform.part(part)) == "running healthy\n"


def test_a_killed_hub_is_noticed_by_nobody_who_works(
    platform: LivePlatform, ada: Member, measured: Note
) -> None:
    with traffic(platform, ada) as work:
        platform.kill(platform.part(platform.active_hub()))
        gone = time.monotonic()
        wait_until("the hub answers", lambda: ada.ask("GET", "/user").is_success, 90)
        away = time.monotonic() - gone

        assert work.lives()
    work.report("hub killed", measured)
    assert work.server.failed == 0
    assert work.hub.failed > 0
    # The other hub stood by; a cold start takes several times as long.
    assert away < 10


def test_a_killed_proxy_has_its_routes_back_within_a_second(
    platform: LivePlatform, ada: Member, measured: Note
) -> None:
    headers = {"Authorization": f"token {ada.token()}"}
    url = f"{platform.url}/user/ada/api/status"
    answers: list[tuple[float, str]] = []

    def is_right() -> bool:
        try:
            status = str(httpx.get(url, headers=headers, trust_env=False).status_code)
        except httpx.HTTPError as error:
            status = type(error).__name__
        answers.append((time.monotonic(), status))
        return status == "200"

    platform.kill(platform.part("proxy"))
    away = wait_until("the server answers", is_right)
    listens = next(at for at, status in answers if status.isdigit())
    routed = answers[-1][0]

    away_of = f"{away:.2f} s without an answer"
    measured(
        f"proxy killed: {away_of}, routes back {routed - listens:.2f} s after it listens"
    )
    assert answers[0][1] != "200"
    assert routed - listens < 1


def test_a_database_that_restarts_takes_no_kernel_and_no_request_of_a_server(
    platform: LivePlatform, ada: Member, measured: Note
) -> None:
    with traffic(platform, ada) as work:
        docker("restart", platform.part("postgres"))
        wait_until("the database is well", lambda: _is_up(platform, "postgres"))
        wait_until("the hub answers", lambda: ada.ask("GET", "/user").is_success)
        time.sleep(1)

        assert work.lives()
    work.report("database restarted", measured)
    assert work.server.failed == 0
    # A token that can't be looked up is not taken for one that is worth nothing.
    assert work.hub.answers["403"] == 0


def test_a_database_that_dies_comes_back_with_all_that_was_written(
    platform: LivePlatform, ada: Member, measured: Note
) -> None:
    written = platform.sql("SELECT count(*) FROM mchub_audit")[0][0]
    with traffic(platform, ada) as work:
        platform.kill(platform.part("postgres"))
        wait_until("the database is well", lambda: _is_up(platform, "postgres"), 90)
        wait_until("the hub answers", lambda: ada.ask("GET", "/user").is_success)

        assert work.lives()
    work.report("database killed", measured)
    assert work.server.failed == work.hub.answers["403"] == 0
    assert int(platform.sql("SELECT count(*) FROM mchub_audit")[0][0]) >= int(written)


def test_a_killed_policy_proxy_takes_no_kernel(
    platform: LivePlatform, ada: Member, measured: Note
) -> None:
    with traffic(platform, ada) as work:
        platform.kill(platform.part("docker-policy"))
        wait_until("Docker is asked again", lambda: _is_up(platform, "docker-policy"))

        assert work.lives()
    work.report("policy proxy killed", measured)
    assert work.server.failed == work.hub.failed == 0


def test_a_hub_cut_off_from_the_servers_does_not_stop_them(
    platform: LivePlatform, ada: Member, measured: Note
) -> None:
    active = platform.active_hub()
    hub = platform.part(active)
    inspected = json.loads(docker("inspect", hub))[0]["NetworkSettings"]["Networks"]
    address = inspected[NETWORK]["IPAMConfig"]["IPv4Address"]
    with traffic(platform, ada) as work:
        docker("network", "disconnect", NETWORK, hub)
        try:
            docker("restart", "--time", "20", hub)
            wait_until("it refuses", lambda: REFUSAL in platform.logs(active), 60)
            time.sleep(5)
            assert work.lives()
        finally:
            docker("network", "connect", "--ip", address, NETWORK, hub)
        docker("restart", "--time", "20", hub)
        wait_until("the hub answers", lambda: ada.ask("GET", "/user").is_success, 90)

        assert work.lives()
    work.report("hub cut off", measured)
    assert work.server.failed == 0


def test_a_killed_server_costs_its_own_user_alone_and_gives_back_its_lease(
    platform: LivePlatform, ada: Member, measured: Note
) -> None:
    with Member(platform, "grace") as grace, traffic(platform, ada) as work:
        grace.start("gpu-slice")
        with Kernel(platform, "grace", grace.token()) as kernel:  # type: ignore[arg-type]
            kernel.run("open('kept.txt', 'w').write('kept')")
        held = "SELECT user_name FROM mchub_leases"
        assert platform.sql(held) == [["grace"]]
        (found,) = platform.servers("grace")

        platform.kill(found["Id"])

        wait_until("the hub has noticed", lambda: not grace.servers(), 90)
        wait_until("the lease is given back", lambda: not platform.sql(held))
        grace.start("cpu-small")
        with Kernel(platform, "grace", grace.token()) as kernel:  # type: ignore[arg-type]
            assert kernel.run("print(open('kept.txt').read())").strip() == "kept"
        grace.stop()
        assert work.lives()
    work.report("server killed", measured)
    assert work.server.failed == work.hub.failed == 0


def test_a_full_home_is_an_error_in_its_notebook_and_nowhere_else(
    platform: LivePlatform, ada: Member, measured: Note
) -> None:
    volume = f"mchub-{SETTINGS.name}-home-linus"
    labels = [f"mchub.environment={SETTINGS.name}", "mchub.user=linus"]
    options = ["type=tmpfs", "device=tmpfs", "o=size=24m,uid=1000,gid=1000"]
    words = [f"--label={label}" for label in labels] + [f"--opt={each}" for each in options]
    docker("volume", "create", *words, volume)
    platform.register("linus", "analysts")
    with Member(platform, "linus") as linus, traffic(platform, ada) as work:
        linus.start("cpu-small")
        with Kernel(platform, "linus", linus.token()) as kernel:  # type: ignore[arg-type]
            kernel.run("kept = 41")
            said = kernel.run(FILL)
            assert "No space left on device" in said
            # The kernel goes on, and so it can be put right.
            assert kernel.run("print(kept)").startswith("41")
            kernel.run("import os; os.remove('fill')")
            assert kernel.run("print(open('small', 'w').write('x'))").strip() == "1"
        linus.stop()
        assert work.lives()
    work.report("home full", measured)
    assert work.server.failed == work.hub.failed == 0


FILL = """
try:
    with open("fill", "wb") as file:
        while True:
            file.write(bytes(2**20))
            file.flush()
except OSError as error:
    print(error)
"""


@pytest.mark.daemon
def test_a_docker_daemon_that_restarts_takes_no_kernel(
    platform: LivePlatform, ada: Member, measured: Note
) -> None:
    with traffic(platform, ada) as work:
        with ended_docker():
            time.sleep(2)
            assert work.lives()
        wait_until("the hub answers", lambda: ada.ask("GET", "/user").is_success, 90)

        assert work.lives()
    work.report("Docker restarted", measured)
    assert work.server.failed == work.hub.failed == 0
