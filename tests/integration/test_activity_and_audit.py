"""A hub in a hurry: who works lives, who forgot is warned and stopped, all is audited."""

import json
import os
import signal
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import httpx
import pytest

from hub import audit, notices, quotas
from tests.integration.brisk_hub import BriskHub, brisk_hub, people, until
from tests.integration.live_hub import Kernel, Person

pytestmark = pytest.mark.slow

SILENT_WORK = """
import mclib as mc

@mc.model
def total(a=mc.Uniform(0, 1), b=mc.Normal(0, 1)):
    return a + b

for seed in range(10**6):
    mc.simulate(total, 200_000, seed=seed, progress=False)
"""


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BriskHub]:
    with brisk_hub(tmp_path_factory.mktemp("brisk", numbered=True)) as hub:
        yield hub


@pytest.fixture
def person(hub: BriskHub) -> Iterator[Callable[[str], Person]]:
    """People who have signed in."""
    with people(hub) as person:
        yield person


def is_running(who: Person) -> bool:
    answer = who.ask("GET", f"/users/{who.name}").json()
    return bool(answer["servers"].get("", {}).get("ready"))


def records(hub: BriskHub, action: str, target: str = "") -> list[audit.Record]:
    found = audit.read(hub.engine, action=action)
    return [record for record in found if record.target == target or not target]


def test_silent_work_lives_and_a_forgotten_server_ends_after_a_warning(
    hub: BriskHub, person: Callable[[str], Person]
) -> None:
    works, forgets = person("ada"), person("bob")
    works.start_server()
    with Kernel(hub, "ada", works.token()) as kernel:
        kernel.begin(SILENT_WORK)
    began = time.monotonic()
    forgets.start_server()
    warned: dict[str, str] = {}

    def has_ended() -> bool:
        for notice in notices.current(hub.engine, "bob"):
            warned[notice.kind] = notice.text
        return not is_running(forgets)

    until(has_ended)
    # Longer than an idle server lives.
    until(lambda: time.monotonic() - began > 60)

    assert is_running(works)
    assert list(warned) == ["idle"]
    assert "It is stopped in 10 seconds unless you use it." in warned["idle"]
    [stop] = records(hub, "server.stop", "bob/")
    assert (stop.actor, stop.outcome) == ("idle-culler", "ok")
    until(lambda: bool(records(hub, "server.end", "bob/")))


def test_what_people_do_is_audited_with_who_and_where(
    hub: BriskHub, person: Callable[[str], Person]
) -> None:
    with Person(hub, "eve") as eve:
        eve.client.headers["X-Forwarded-For"] = "203.0.113.9"
        assert eve.sign_in("wrong").status_code == 403
    cleo = person("cleo")
    cleo.token()
    cleo.ask("POST", "/users/dora")
    with Person(hub, "admin") as admin:
        admin.sign_in(hub.secret("admin_password"))
        admin.ask("POST", "/groups/quants")
        admin.ask("POST", "/groups/quants/users", json={"users": ["cleo"]})
        admin.ask("PATCH", "/users/cleo", json={"admin": False})
    cleo.client.get("/hub/logout")
    until(lambda: bool(records(hub, "sign-out", "cleo")))

    found = {
        (record.actor, record.action, record.target, record.outcome)
        for record in audit.read(hub.engine)
    }
    refused = records(hub, "sign-in", "eve")
    assert {
        ("eve", "sign-in", "eve", "refused"),
        ("cleo", "sign-in", "cleo", "ok"),
        ("cleo", "token.create", "cleo", "ok"),
        ("cleo", "user.create", "dora", "refused"),
        ("admin", "group.create", "quants", "ok"),
        ("admin", "group.member.create", "quants", "ok"),
        ("admin", "user.change", "cleo", "ok"),
        ("cleo", "sign-out", "cleo", "ok"),
    } <= found
    # What a client says of where it comes from is not believed.
    assert [record.source for record in refused] == ["127.0.0.1"]
    [change] = records(hub, "user.change", "cleo")
    assert json.loads(change.detail)["admin"] is False
    everything = "".join(record.detail for record in audit.read(hub.engine))
    assert "password" not in everything
    assert audit.verify(hub.engine) is None


def test_a_used_up_budget_stops_and_refuses_with_the_numbers(
    hub: BriskHub, person: Callable[[str], Person]
) -> None:
    dido = person("dido")
    dido.start_server()
    quotas.override(
        hub.engine, "dido", gpu_hours=None, cpu_hours=0.0001, by="admin", why="a test"
    )

    until(lambda: "cpu_hours.gone" in [n.kind for n in notices.current(hub.engine, "dido")])
    with Kernel(hub, "dido", dido.token()) as kernel:
        # A server that nobody uses would be stopped for that.
        kernel.begin("import time\nwhile True: print(time.time()); time.sleep(1)")
        until(lambda: not is_running(dido), seconds=200)
    until(lambda: not dido.ask("GET", "/users/dido").json()["servers"])
    said = dido.ask("POST", "/users/dido/server").text

    # A start that is refused after the answer says why on its page.
    numbers = "CPU hours were used in the last 30 days"
    until(lambda: numbers in said + dido.ask("GET", "/users/dido/server/progress").text)
    [stop] = records(hub, "budget.stop", "dido/")
    assert (stop.actor, stop.outcome) == ("steward", "ok")
    until(lambda: len(records(hub, "server.start", "dido/")) == 2)
    assert [r.outcome for r in records(hub, "server.start", "dido/")] == ["ok", "refused"]


def test_a_start_that_fails_is_recorded_as_failed_and_not_charged(
    hub: BriskHub, person: Callable[[str], Person]
) -> None:
    settings = hub.state / "homes" / "fay" / ".jupyter" / "jupyter_server_config.py"
    settings.parent.mkdir(parents=True)
    settings.write_text("import os\nos._exit(3)\n")
    fay = person("fay")

    fay.ask("POST", "/users/fay/server")
    fay.ask("GET", "/users/fay/server/progress")
    until(lambda: len(records(hub, "server.start", "fay/")) == 2)

    outcomes = [record.outcome for record in records(hub, "server.start", "fay/")]
    assert outcomes[0] == "ok"
    assert outcomes[1] in ("refused", "failed")
    now = datetime.now(UTC)
    assert quotas.used(hub.engine, datetime(2020, 1, 1, tzinfo=UTC), now, "fay") == []


def test_users_are_told_of_their_own_use_and_of_nobody_elses(
    hub: BriskHub, person: Callable[[str], Person]
) -> None:
    gus = person("gus")
    gus.start_server()
    headers = {"Authorization": f"token {gus.token()}"}
    url = f"{hub.url}/api/usage/me"

    def own() -> dict[str, object]:
        answer: dict[str, object] = httpx.get(url, headers=headers, trust_env=False).json()
        return answer

    until(lambda: bool(own()["servers"]))

    assert (own()["user"], own()["budget"]) == ("gus", "everybody")
    assert httpx.get(url, trust_env=False).status_code == 401
    stranger = {"Authorization": "token not-a-token"}
    assert httpx.get(url, headers=stranger, trust_env=False).status_code == 401
    service = {"Authorization": f"token {hub.secret('steward_token')}"}
    assert httpx.get(url, headers=service, trust_env=False).status_code == 403


def test_a_killed_steward_charges_no_minute_twice_and_loses_none(
    hub: BriskHub, person: Callable[[str], Person]
) -> None:
    hal = person("hal")
    hal.start_server()
    long_ago = datetime(2020, 1, 1, tzinfo=UTC)

    def stretches() -> list[quotas.Stretch]:
        return quotas.used(hub.engine, long_ago, datetime.now(UTC), "hal")

    until(lambda: bool(stretches()))
    os.kill(hub.pid_of("steward"), signal.SIGKILL)
    hal.ask("DELETE", "/users/hal/server")
    until(lambda: bool(records(hub, "server.end", "hal/")))
    hub.start_again("steward")

    [stretch] = stretches()
    [end] = records(hub, "server.end", "hal/")
    assert stretch.begin <= stretch.started
    assert stretch.begin < end.at <= stretch.end
