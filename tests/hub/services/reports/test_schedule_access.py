"""Schedules by hand: who may make them, what they may be, and the pages of it."""

from hub import audit
from hub.services.reports.desk import ReportsDesk
from tests.hub.services.reports.asking import ask, publish, signed_in
from tests.hub.services.reports.planning import HOURLY, plan


def test_nobody_else_sees_or_changes_a_schedule(desk: ReportsDesk, report: int) -> None:
    plan(desk, report)
    ask(desk, "ada", "PUT", f"/api/reports/{report}/grants/user/bob")
    at = f"/api/reports/{report}/schedules"

    for who in ("bob", "carol"):
        tried = [
            ask(desk, who, "GET", at),
            ask(desk, who, "POST", at, json=HOURLY),
            ask(desk, who, "GET", f"{at}/1"),
            ask(desk, who, "GET", f"{at}/1/times"),
            ask(desk, who, "POST", f"{at}/1/pause"),
            ask(desk, who, "DELETE", f"{at}/1"),
            ask(desk, who, "GET", f"/r/{report}/schedules"),
        ]
        assert {answer.status_code for answer in tried} <= {403, 404}
    other = publish(desk, "ada", "Another")["report"]
    assert (
        ask(desk, "ada", "DELETE", f"/api/reports/{other}/schedules/1").status_code == 404
    )
    answer = ask(desk, "ada", "POST", f"/api/reports/{other}/schedules", json=HOURLY)
    assert (answer.status_code, "no version yet" in answer.text) == (409, True)


def test_what_a_schedule_may_not_be_is_said(desk: ReportsDesk, report: int) -> None:
    at = f"/api/reports/{report}/schedules"

    answer = ask(desk, "ada", "POST", at, json=HOURLY | {"cron": "61 * * * *"})

    assert answer.status_code == 422
    assert "`cron` must be five fields" in answer.text
    for _ in range(20):
        plan(desk, report)
    full = ask(desk, "ada", "POST", at, json=HOURLY)
    assert (full.status_code, "may have 20 schedules" in full.text) == (409, True)


def test_a_form_makes_pauses_and_deletes_a_schedule(desk: ReportsDesk, report: int) -> None:
    cookie, xsrf = signed_in(desk, "ada")
    at, form = f"/r/{report}/schedules", {"cron": "0 7 * * MON", "zone": "Europe/Berlin"}
    forged = ask(desk, "", "POST", at, headers=cookie, data=form)
    assert forged.status_code == 403

    form |= {"_xsrf": xsrf, "parameters": '{"rate": 0.05}'}
    assert ask(desk, "", "POST", at, headers=cookie, data=form).status_code == 303
    shown = ask(desk, "", "GET", at, headers=cookie).text
    assert "0 7 * * MON" in shown
    assert "07:00 Europe/Berlin" in shown
    assert (
        "07:00 Europe/Berlin" in ask(desk, "", "GET", f"/r/{report}", headers=cookie).text
    )
    for to, seen in (("pause", "paused"), ("resume", "active"), ("delete", "no schedule")):
        told = {"_xsrf": xsrf, "to": to}
        answer = ask(desk, "", "POST", f"{at}/1", headers=cookie, data=told)
        assert answer.status_code == 303
        assert seen in ask(desk, "", "GET", at, headers=cookie).text
    recorded = [one for one in audit.read(desk.engine) if "schedule" in one.action]
    assert [one.action for one in recorded] == ["report.schedule"] * 3 + [
        "report.unschedule"
    ]
    bad = ask(desk, "", "POST", at, headers=cookie, data=form | {"parameters": "[1]"})
    assert (bad.status_code, "an object in JSON" in bad.text) == (422, True)
