"""The admin service at a real hub: what it does to people, and what the audit log says."""

import csv
import hashlib
import io
import json
import os
import re
import signal
import tarfile
from collections.abc import Callable, Iterator
from html import unescape
from typing import Any

import httpx
import pytest

from hub import audit, quotas, suspension
from hub.services.admin.reports import offboardings
from tests.integration.brisk_hub import BriskHub, brisk_hub, people, until
from tests.integration.live_hub import Person

pytestmark = pytest.mark.slow

ADMIN = "/services/admin"


class Admin(Person):
    """An admin at the pages: forms bring the secret of the page they stand on."""

    def page(self, path: str) -> httpx.Response:
        return self.client.get(f"{ADMIN}{path}")

    def form(self, path: str, data: dict[str, Any], at: str = "/users") -> httpx.Response:
        found = re.search(r'name="_xsrf" value="([^"]+)"', self.page(at).text)
        assert found is not None
        return self.client.post(f"{ADMIN}{path}", data=data | {"_xsrf": found[1]})

    def act(self, act: str, *names: str, **fields: str) -> httpx.Response:
        form = {"act": act, "name": list(names), "sure": "yes", **fields}
        return self.form("/users/act", form)

    def import_list(self, text: str) -> httpx.Response:
        form = {"text": text, "seen": text, "sure": "yes"}
        return self.form("/import", form, at="/import")

    def csv(self, path: str) -> list[dict[str, str]]:
        answer = self.client.get(f"{ADMIN}/export/{path}")
        assert answer.headers["content-type"].startswith("text/csv")
        return list(csv.DictReader(io.StringIO(answer.text)))


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BriskHub]:
    with brisk_hub(tmp_path_factory.mktemp("admin", numbered=True)) as hub:
        yield hub


@pytest.fixture
def admin(hub: BriskHub) -> Iterator[Admin]:
    admin = Admin(hub, "admin")
    with admin:
        admin.sign_in(hub.secret("admin_password"))
        assert admin.page("/").status_code == 200
        yield admin


@pytest.fixture
def person(hub: BriskHub) -> Iterator[Callable[[str], Person]]:
    """People who have signed in."""
    with people(hub) as person:
        yield person


def recorded(hub: BriskHub, action: str, target: str) -> list[audit.Record]:
    found = audit.read(hub.engine, actor="admin", action=action)
    return [record for record in found if record.target == target]


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"token {token}"}


def test_a_list_makes_users_with_their_groups_and_twice_is_once(
    hub: BriskHub, admin: Admin
) -> None:
    admin.form("/groups", {"name": "quants"}, at="/groups")
    text = "name,groups\n" + "".join(f"roster-{n:02},quants\n" for n in range(12))

    looked = admin.form("/import", {"text": text}, at="/import").text
    made = admin.import_list(text).text
    again = admin.import_list(text).text

    assert "12 new" in looked
    assert made.count("made; added to quants") == 12
    assert again.count("was there already") == 12
    group = admin.ask("GET", "/groups/quants").json()
    assert sorted(group["users"]) == [f"roster-{n:02}" for n in range(12)]
    [first, second] = recorded(hub, "user.invite", "roster-07")
    assert (first.outcome, first.source) == ("ok", "127.0.0.1")
    assert json.loads(second.detail)["said"] == "was there already"


def test_a_list_that_breaks_a_law_makes_nobody_and_comes_back_whole(
    hub: BriskHub, admin: Admin
) -> None:
    text = "name,groups\nfine,\nfine,\na/b,\nother,nosuch\n"

    answer = admin.import_list(text)

    assert answer.status_code == 400
    said = unescape(answer.text)
    assert "3 things are wrong, so nothing can be added yet." in said
    assert "line 3: `name` must not stand in line 2 too; got 'fine'." in said
    assert text in said
    assert admin.ask("GET", "/users/fine").status_code == 404


def test_an_export_says_what_the_page_shows(hub: BriskHub, admin: Admin) -> None:
    admin.import_list("name\nshown-b\nshown-a\nshown-c\n")
    admin.act("suspend", "shown-b", reason="a test")
    asked = "search=shown-&sort=-id"

    rows = admin.csv(f"users.csv?{asked}")
    page = admin.page(f"/users?{asked}").text

    assert [row["name"] for row in rows] == re.findall(r"Choose (shown-\w)", page)
    assert {row["name"]: row["state"] for row in rows} == {
        "shown-a": "active", "shown-b": "suspended", "shown-c": "active",
    }  # fmt: skip
    [record] = [one for one in recorded(hub, "export.users", "") if "shown-" in one.detail]
    assert json.loads(record.detail) == {"search": "shown-", "sort": "-id"}


def test_a_suspension_ends_session_tokens_and_server_and_can_be_taken_back(
    hub: BriskHub, admin: Admin, person: Callable[[str], Person]
) -> None:
    sam = person("sam")
    token = sam.token()
    sam.start_server()
    user = f"{hub.url}/hub/api/user"
    assert httpx.get(user, headers=bearer(token), trust_env=False).status_code == 200

    report = admin.act("suspend", "sam", reason="left")

    assert "suspended; 1 server stopped" in report.text
    # The token ends with the act itself, the session at the hub's next look.
    assert httpx.get(user, headers=bearer(token), trust_env=False).status_code == 403
    until(lambda: sam.ask("GET", "/users/sam").status_code == 403, seconds=20)
    with Person(hub, "sam") as again:
        refused = again.sign_in(hub.secret("user_password"))
    assert refused.status_code == 403
    assert "while an account is suspended; sam is, since" in refused.text
    until(lambda: not admin.ask("GET", "/users/sam").json()["servers"])
    [record] = recorded(hub, "user.suspend", "sam")
    assert json.loads(record.detail)["reason"] == "left"

    admin.act("resume", "sam")

    assert person("sam").ask("GET", "/users/sam").status_code == 200
    assert httpx.get(user, headers=bearer(token), trust_env=False).status_code == 403
    assert len(recorded(hub, "user.resume", "sam")) == 1


def test_nobody_shuts_themselves_out(hub: BriskHub, admin: Admin) -> None:
    said = admin.act("suspend", "admin").text
    form = {"name": "admin", "sure": "yes", "typed": "admin", "archives": "yes"}
    left = admin.form("/offboard", form)

    law = "admin is you, and only another admin can do this to you"
    assert law in said
    assert (left.status_code, law in left.text) == (400, True)
    assert not suspension.is_suspended(hub.engine, "admin")
    assert admin.page("/users").status_code == 200
    assert {one.outcome for one in recorded(hub, "user.suspend", "admin")} == {"refused"}
    assert {one.outcome for one in recorded(hub, "offboard.begin", "admin")} == {"refused"}


def test_servers_of_several_are_stopped_at_once(
    hub: BriskHub, admin: Admin, person: Callable[[str], Person]
) -> None:
    for name in ("tim", "tom"):
        person(name).start_server()

    report = admin.act("stop", "tim", "tom", "admin").text

    assert report.count("1 server stopped") == 2
    assert report.count("no server ran") == 1
    for name in ("tim", "tom"):
        servers = f"/users/{name}"
        until(lambda at=servers: not admin.ask("GET", at).json()["servers"])  # type: ignore[misc]
        assert [one.outcome for one in recorded(hub, "user.stop", name)] == ["ok"]


def test_budgets_are_granted_and_set_and_a_slip_changes_nothing(
    hub: BriskHub, admin: Admin
) -> None:
    admin.import_list("name\nbudget-user\n")
    form = {"user": "budget-user", "kind": "grant", "why": "a project"}

    slip = admin.form("/budget", form | {"gpu_hours": "-5"})
    granted = admin.form("/budget", form | {"gpu_hours": "2.5"})
    own = admin.form("/budget", form | {"kind": "override", "cpu_hours": "7"})

    assert slip.status_code == 400
    assert "`gpu_hours` must be a number of hours from 0 on; got -5." in slip.text
    assert 'value="-5"' in slip.text
    # One hour is everybody's.
    assert "0.0 of 3.5" in granted.text
    assert "0.0 of 7.0" in own.text
    decided = quotas.decisions(hub.engine, "budget-user")
    assert [(one.kind, one.gpu_hours, one.by) for one in decided] == [
        ("grant", 2.5, "admin"), ("override", None, "admin"),
    ]  # fmt: skip
    assert len(recorded(hub, "budget.grant", "budget-user")) == 1
    assert len(recorded(hub, "budget.override", "budget-user")) == 1


def test_an_announcement_is_on_every_page_until_it_is_withdrawn(
    hub: BriskHub, admin: Admin
) -> None:
    text = "The hub <pauses> on Sunday & on Monday."

    def shown() -> bool:
        page = httpx.get(f"{hub.url}/hub/login", trust_env=False).text
        return text in unescape(page) and "<pauses>" not in page

    admin.form("/announcements", {"text": text, "level": "warning"}, at="/announcements")
    until(shown, seconds=20)
    [number] = re.findall(r'name="id" value="(\d+)"', admin.page("/announcements").text)
    admin.form("/announcements/withdraw", {"id": number}, at="/announcements")
    until(lambda: not shown(), seconds=20)

    [published] = recorded(hub, "announcement.publish", number)
    assert json.loads(published.detail)["text"] == text
    assert len(recorded(hub, "announcement.withdraw", number)) == 1


def test_who_leaves_is_archived_deleted_and_recorded(
    hub: BriskHub, admin: Admin, person: Callable[[str], Person]
) -> None:
    lea = person("lea")
    lea.start_server()
    home = hub.state / "homes" / "lea"
    (home / "thesis.txt").write_text("years of work")
    form = {
        "name": "lea", "sure": "yes", "archives": "yes", "deletes_files": "yes",
        "keeps_name_barred": "yes",
    }  # fmt: skip

    slip = admin.form("/offboard", form | {"typed": "leah"})
    assert slip.status_code == 400
    assert "Type 'lea' to confirm; got 'leah'. Nothing was done." in unescape(slip.text)
    assert admin.ask("GET", "/users/lea").status_code == 200
    admin.form("/offboard", form | {"typed": "lea"})
    until(lambda: offboardings(hub.engine)[0].is_done)

    [whole] = (hub.state / "archives").glob("lea-*.tar.gz")
    checksum = whole.with_name(f"{whole.name}.sha256").read_text().split()[0]
    assert hashlib.sha256(whole.read_bytes()).hexdigest() == checksum
    with tarfile.open(whole) as tar:
        held = tar.extractfile("lea/thesis.txt")
        assert held is not None
        assert held.read() == b"years of work"
    assert not home.exists()
    assert admin.ask("GET", "/users/lea").status_code == 404
    with Person(hub, "lea") as again:
        refused = again.sign_in(hub.secret("user_password"))
    assert "while an account is suspended; lea is, since" in refused.text
    steps = [one.action for one in recorded(hub, "offboard.", "lea")]
    assert steps == [
        f"offboard.{step}"
        for step in (
            "begin", "suspend", "stop", "tokens", "shares", "archive", "delete-files",
            "delete-user", "free-name",
        )
    ]  # fmt: skip
    [archived] = recorded(hub, "offboard.archive", "lea")
    assert checksum in archived.detail
    report = admin.page(f"/offboardings/{offboardings(hub.engine)[0].id}").text
    assert str(whole) in unescape(report)


def test_a_service_killed_in_the_middle_goes_on_from_its_report(
    hub: BriskHub, admin: Admin, person: Callable[[str], Person]
) -> None:
    person("max")
    home = hub.state / "homes" / "max"
    home.mkdir(exist_ok=True)
    # Long enough to pack that the end comes in between.
    for number in range(4):
        (home / f"big-{number}.bin").write_bytes(os.urandom(50_000_000))
    form = {"name": "max", "sure": "yes", "typed": "max", "archives": "yes"}

    admin.form("/offboard", form | {"deletes_files": "yes"})
    until(lambda: offboardings(hub.engine)[0].steps[4].state == "running")
    os.kill(hub.pid_of("admin"), signal.SIGKILL)
    hub.start_again("admin")
    until(lambda: admin.page("/users").status_code == 200)

    [report] = [one for one in offboardings(hub.engine) if one.user == "max"]
    page = admin.page(f"/offboardings/{report.id}").text
    assert report.steps[4].state == "running"
    assert "cut off" in page
    assert (home / "big-3.bin").stat().st_size == 50_000_000
    admin.form(f"/offboardings/{report.id}", {}, at=f"/offboardings/{report.id}")
    until(lambda: offboardings(hub.engine)[0].is_done)
    [whole] = (hub.state / "archives").glob("max-*.tar.gz")
    with tarfile.open(whole) as tar:
        assert [one.size for one in tar if one.name.endswith(".bin")] == [50_000_000] * 4
    assert not home.exists()
    assert admin.ask("GET", "/users/max").status_code == 404


def test_programs_do_the_same_with_an_admins_token(hub: BriskHub, admin: Admin) -> None:
    headers = bearer(admin.token()) | {"X-Forwarded-For": "203.0.113.9"}
    typed = {"name": "robot-1", "confirmed_name": "robot-2"}
    url = f"{hub.url}{ADMIN}/api"
    with httpx.Client(base_url=url, headers=headers, trust_env=False) as api:
        [made] = api.post("/users", json=[{"name": "Robot-1"}]).json()
        [stopped] = api.post("/acts", json={"act": "stop", "names": ["robot-1"]}).json()
        slip = api.post("/offboardings", json=typed)
        typed["confirmed_name"] = "robot-1"
        left = api.post("/offboardings", json=typed).json()

    assert (made["name"], made["said"]) == ("robot-1", "made")
    assert stopped["said"] == "no server ran"
    assert slip.json() == {
        "message": "`confirmed_name` must be `name`, 'robot-1'; got 'robot-2'."
    }
    assert [step["state"] for step in left["steps"]].count("failed") == 0
    assert admin.ask("GET", "/users/robot-1").status_code == 404
    # What a client says of where it comes from is not believed.
    assert {one.source for one in recorded(hub, "user.invite", "robot-1")} == {"127.0.0.1"}


def test_who_is_no_admin_is_turned_away_everywhere(
    hub: BriskHub, person: Callable[[str], Person]
) -> None:
    una = person("una")
    headers = bearer(una.token())
    places = ("users", "audit", "export/users.csv", "announcements", "offboardings")

    by_browser = [una.client.get(f"{ADMIN}/{at}").status_code for at in places]
    by_program = [
        httpx.get(f"{hub.url}{ADMIN}/{at}", headers=headers, trust_env=False).status_code
        for at in (*places, "api/users", "api/leases")
    ]
    acted = httpx.post(
        f"{hub.url}{ADMIN}/api/acts",
        headers=headers,
        json={"act": "suspend", "names": ["admin"]},
        trust_env=False,
    )

    assert by_browser == [403] * 5
    assert by_program == [403] * 7
    assert acted.status_code == 403
    assert not suspension.is_suspended(hub.engine, "admin")


def test_a_form_without_the_secret_of_its_page_is_refused(
    hub: BriskHub, admin: Admin
) -> None:
    form = {"act": "suspend", "name": "admin-2", "sure": "yes"}

    bare = admin.client.post(f"{ADMIN}/users/act", data=form)
    guessed = admin.client.post(f"{ADMIN}/users/act", data=form | {"_xsrf": "guess"})
    hubs = admin.client.cookies.get("_xsrf", path="/hub/") or ""
    of_hub = admin.client.post(f"{ADMIN}/users/act", data=form | {"_xsrf": hubs})

    assert [one.status_code for one in (bare, guessed, of_hub)] == [403] * 3
    assert "did not come from a page of this service" in bare.text
    assert len(recorded(hub, "admin.request", "/users/act")) >= 3


def test_the_chain_of_all_this_is_whole(hub: BriskHub, admin: Admin) -> None:
    admin.csv("audit.csv")

    assert audit.verify(hub.engine) is None
    assert len(recorded(hub, "export.audit", "")) == 1
    assert list((hub.state / "audit").glob("*")) == []
