"""Who may read a report, and from when on no more."""

import asyncio
import json
from datetime import UTC, datetime, timedelta

import pytest

from hub import audit
from hub.services.reports import desk as desk_module
from hub.services.reports.desk import ReportsDesk
from hub.services.reports.runner import Runner
from tests.hub.services.reports.asking import (
    MADE,
    ask,
    hand_in,
    names_in,
    publish,
    signed_in,
)
from tests.hub.services.reports.token_hub import TokenHub

PLACES = ("", "/v/1", "/v/1/page", "/v/1/files/notebook.ipynb", "/v/1/files/report.json")


@pytest.fixture
def report(desk: ReportsDesk) -> int:
    """A report of ada's with one version, which nobody else may read."""
    job = publish(desk, "ada")
    run(desk, job["job"])
    number: int = job["report"]
    return number


def run(desk: ReportsDesk, job: int) -> None:
    """Let the job begin, and its server do it."""
    begin(desk)
    answer = hand_in(desk, job)
    assert answer.is_success, answer.text


def begin(desk: ReportsDesk, after: timedelta = timedelta(0)) -> None:
    """Let a runner that has just started go a round."""
    asyncio.run(Runner(desk).go_round(datetime.now(UTC) + after))


def read(desk: ReportsDesk, who: str, report: int) -> set[int]:
    """The status with which each place of a report answers."""
    return {
        ask(desk, who, "GET", f"/r/{report}{place}").status_code for place in PLACES
    } | {ask(desk, who, "GET", f"/api/reports/{report}").status_code}


def in_list(desk: ReportsDesk, who: str) -> list[str]:
    answer = ask(desk, who, "GET", "/api/reports").json()
    return [one["title"] for one in answer["reports"]]


def test_a_report_is_its_owners_alone_until_it_is_shared(
    desk: ReportsDesk, report: int
) -> None:
    assert read(desk, "ada", report) == {200}
    assert read(desk, "bob", report) == {404}
    assert (in_list(desk, "ada"), in_list(desk, "bob")) == (["Risk"], [])


@pytest.mark.parametrize("to", ["user/bob", "group/risk"])
def test_whom_it_is_shared_with_reads_it_and_nobody_else(
    desk: ReportsDesk, report: int, to: str
) -> None:
    at = f"/api/reports/{report}/grants/{to}"

    ask(desk, "ada", "PUT", at)

    assert read(desk, "bob", report) == {200}
    assert read(desk, "carol", report) == {404}
    assert (in_list(desk, "bob"), in_list(desk, "carol")) == (["Risk"], [])


def test_what_is_taken_back_is_refused_at_the_very_next_read(
    desk: ReportsDesk, report: int
) -> None:
    at = f"/api/reports/{report}/grants/group/risk"
    ask(desk, "ada", "PUT", at)
    assert read(desk, "bob", report) == {200}

    ask(desk, "ada", "DELETE", at)

    assert read(desk, "bob", report) == {404}


def test_who_is_put_out_of_a_group_reads_no_more_after_five_seconds(
    desk: ReportsDesk, hub: TokenHub, report: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask(desk, "ada", "PUT", f"/api/reports/{report}/grants/group/risk")
    assert read(desk, "bob", report) == {200}
    hub.groups["bob"].clear()
    assert desk_module.REMEMBER_FOR <= 5
    now = desk_module.time.monotonic()
    later = now + desk_module.REMEMBER_FOR + 0.1
    monkeypatch.setattr(desk_module.time, "monotonic", lambda: later)

    assert read(desk, "bob", report) == {404}


@pytest.mark.parametrize("who", ["bob", "carol"])
def test_only_the_owner_may_share_run_again_or_end(
    desk: ReportsDesk, report: int, who: str
) -> None:
    ask(desk, "ada", "PUT", f"/api/reports/{report}/grants/user/bob")
    tried = [
        ask(desk, who, "PUT", f"/api/reports/{report}/grants/user/{who}"),
        ask(desk, who, "DELETE", f"/api/reports/{report}/grants/user/bob"),
        ask(desk, who, "POST", f"/api/reports/{report}/versions/1/runs", json={}),
        ask(desk, who, "GET", "/api/jobs/1"),
        ask(desk, who, "DELETE", "/api/jobs/1"),
    ]

    assert {answer.status_code for answer in tried} <= {403, 404}


def test_a_stranger_and_a_token_for_something_else_are_refused(
    desk: ReportsDesk, report: int
) -> None:
    assert read(desk, "nobody", report) <= {302, 401}
    assert ask(desk, "", "GET", f"/api/reports/{report}").status_code == 401
    # A browser is sent to sign in, and comes back.
    answer = ask(desk, "", "GET", f"/r/{report}")
    assert answer.headers["location"].endswith("/login?next=%2Fservices%2Freports%2Fr%2F1")


def test_every_read_and_every_refusal_is_recorded(desk: ReportsDesk, report: int) -> None:
    ask(desk, "ada", "GET", f"/r/{report}/v/1/page")
    ask(desk, "carol", "GET", f"/r/{report}/v/1/page")

    found = [
        (one.actor, one.action, one.target, one.outcome)
        for one in audit.read(desk.engine)
        if one.action == "report.read"
    ]
    assert found == [
        ("ada", "report.read", "report/1/1", "ok"),
        ("carol", "report.read", "report/1", "refused"),
    ]


def test_a_page_never_goes_out_without_what_keeps_it_in(
    desk: ReportsDesk, report: int
) -> None:
    answers = [
        ask(desk, "ada", "GET", f"/r/{report}{place}")
        for place in PLACES
        if "/v/1/" in place
    ]

    for answer in answers:
        policy = answer.headers["content-security-policy"]
        assert policy.startswith("sandbox allow-scripts; default-src 'none';")
        assert "allow-same-origin" not in policy
        assert answer.headers["x-content-type-options"] == "nosniff"
    assert answers[0].text.endswith("<p>42</p>")
    assert all("attachment" in one.headers["content-disposition"] for one in answers[1:])


def test_a_forms_cookie_counts_only_with_its_secret(desk: ReportsDesk, report: int) -> None:
    cookie, xsrf = signed_in(desk, "ada")
    form = {"kind": "user", "name": "bob"}

    forged = ask(desk, "", "POST", f"/r/{report}/share", headers=cookie, data=form)
    assert forged.status_code == 403
    assert read(desk, "bob", report) == {404}

    given = form | {"_xsrf": xsrf}
    done = ask(desk, "", "POST", f"/r/{report}/share", headers=cookie, data=given)
    assert done.status_code == 303
    assert read(desk, "bob", report) == {200}


def test_a_script_with_a_readers_cookie_reads_nothing(
    desk: ReportsDesk, report: int
) -> None:
    cookie, _ = signed_in(desk, "ada")
    by_script = {"sec-fetch-mode": "cors", "sec-fetch-dest": "empty"}
    framed = {"sec-fetch-mode": "navigate", "sec-fetch-dest": "iframe"}

    def status(path: str, said: dict[str, str]) -> int:
        return ask(desk, "", "GET", path, headers=cookie | said).status_code

    page = f"/r/{report}/v/1/page"
    assert status(page, by_script) == 403
    assert status(page, framed | {"sec-fetch-site": "same-origin"}) == 200
    # By itself it could lead its tab away, and is shown in its frame.
    alone = {"sec-fetch-mode": "navigate", "sec-fetch-dest": "document"}
    assert status(page, alone | {"sec-fetch-site": "none"}) == 303
    # A page of somebody's in a frame on another site, or a frame of a list.
    assert status(page, framed | {"sec-fetch-site": "cross-site"}) == 403
    assert status("/", framed | {"sec-fetch-site": "same-origin"}) == 403


def test_a_link_opens_one_report_until_it_ends(desk: ReportsDesk, report: int) -> None:
    cookie, xsrf = signed_in(desk, "ada")
    form = {"_xsrf": xsrf, "reader": "eve@example.org", "days": "7"}
    made = ask(desk, "", "POST", f"/r/{report}/links", headers=cookie, data=form)
    secret = made.text.partition("/l/")[2].partition("<")[0]

    shown = ask(desk, "", "GET", f"/l/{secret}")
    page = ask(desk, "", "GET", f"/l/{secret}/page")

    assert (shown.status_code, page.text[-9:]) == (200, "<p>42</p>")
    assert page.headers["content-security-policy"].startswith("sandbox")
    assert ask(desk, "", "GET", f"/l/{secret[:-1]}x").status_code == 404
    readers = [one.actor for one in audit.read(desk.engine) if one.action == "report.read"]
    assert readers == ["link:eve@example.org"]

    end = {"_xsrf": xsrf, "end": "1"}
    ask(desk, "", "POST", f"/r/{report}/links", headers=cookie, data=end)
    assert ask(desk, "", "GET", f"/l/{secret}/page").status_code == 404


def test_a_link_longer_than_the_settings_allow_is_refused(
    desk: ReportsDesk, report: int
) -> None:
    cookie, xsrf = signed_in(desk, "ada")
    form = {"_xsrf": xsrf, "reader": "eve", "days": "31"}

    answer = ask(desk, "", "POST", f"/r/{report}/links", headers=cookie, data=form)

    assert answer.status_code == 422
    assert "1 to 30" in answer.text


def test_another_run_makes_another_version_and_the_first_stays(
    desk: ReportsDesk, report: int
) -> None:
    told = {"parameters": {"rate": 0.03}}
    job = ask(desk, "ada", "POST", f"/api/reports/{report}/versions/1/runs", json=told)
    begin(desk)
    work = ask(desk, "ada/report-2-1", "GET", "/api/jobs/2/1/work").json()
    hand_in(desk, job.json()["job"], **{"page.html": b"<p>43</p>"})

    texts = [ask(desk, "ada", "GET", f"/r/1/v/{n}/page").text[-9:] for n in (1, 2)]
    assert texts == ["<p>42</p>", "<p>43</p>"]
    assert work["parameters"] == told["parameters"]
    assert json.loads(json.dumps(work["notebook"]))["cells"][0]["source"] == "# Risk"


def test_a_deleted_report_is_gone_and_so_are_its_files_after_two_days(
    desk: ReportsDesk, report: int
) -> None:
    assert ask(desk, "ada", "DELETE", f"/api/reports/{report}").status_code == 409
    begin(desk)
    ask(desk, "ada", "PUT", f"/api/reports/{report}/grants/user/bob")
    assert ask(desk, "bob", "DELETE", f"/api/reports/{report}").status_code == 403

    assert ask(desk, "ada", "DELETE", f"/api/reports/{report}").status_code == 204

    assert read(desk, "ada", report) == read(desk, "bob", report) == {404}
    folder = desk.store.path("0" * 64).parent.parent
    assert len(names_in(folder)) == len(MADE)
    begin(desk, after=timedelta(days=2))
    assert names_in(folder) == set()


def test_the_secret_of_a_link_is_in_no_log(
    desk: ReportsDesk, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level("INFO"):
        by_proxy = {"X-Forwarded-For": "192.0.2.7"}
        ask(desk, "", "GET", "/l/abcdefgh/page", headers=by_proxy)

    # What the test's own client logs is not the service's.
    told = [one.getMessage() for one in caplog.records if one.name.startswith("hub")]
    assert "/services/reports/l/…/page" in " ".join(told)
    assert "abcdefgh" not in " ".join(told)
