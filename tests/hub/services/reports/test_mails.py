"""Mails by a real SMTP server: who is told, of what, once, and who no more."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, select, update

from hub.services.reports import outbox, subscriptions
from hub.services.reports import postman as postman_module
from hub.services.reports.desk import ReportsDesk
from hub.services.reports.outbox import LEASE, Letter
from hub.services.reports.runner import Runner
from hub.services.reports.schedule_tables import MAILS
from hub.services.reports.tables import REPORTS
from hub.sign_on import identities
from hub.suspension import suspend
from tests.hub.services.reports.asking import ask, publish
from tests.hub.services.reports.mail_server import Kept
from tests.hub.services.reports.mailing import run, run_again, send
from tests.hub.services.reports.token_hub import TokenHub


def states(desk: ReportsDesk) -> list[tuple[str, str]]:
    with desk.engine.connect() as connection:
        rows = connection.execute(select(MAILS.c.state, MAILS.c.why).order_by(MAILS.c.id))
        return [(row.state, row.why) for row in rows]


def test_a_subscriber_is_told_of_a_new_version_once(
    post: ReportsDesk, server: Kept, told_report: int
) -> None:
    run_again(post, told_report)

    for _ in range(3):
        send(post)

    [mail] = server.mails
    assert (mail["To"], mail["From"]) == ("bob@example.org", "mchub@example.org")
    assert mail["Subject"] == "New version of “Risk of Q3”"
    assert mail["Auto-Submitted"] == "auto-generated"
    text = mail.get_content()
    assert "“Risk of Q3” has a new version: 2, run by ada on " in text
    assert f"http://hub/services/reports/r/{told_report}/v/2" in text.splitlines()
    assert states(post) == [("sent", "")]


def test_a_mail_says_nothing_that_a_report_or_its_parameters_hold(
    post: ReportsDesk, server: Kept, told_report: int
) -> None:
    told = {"parameters": {"secret": "mackerel"}}
    ask(post, "ada", "POST", f"/api/reports/{told_report}/versions/1/runs", json=told)
    run(post, 2)

    send(post)

    assert "mackerel" not in server.mails[0].as_string()
    assert "42" not in server.mails[0].get_content().partition("http")[0]


def test_a_title_can_add_no_header(post: ReportsDesk, server: Kept) -> None:
    title = "Risk\r\nBcc: eve@example.org\r\n\r\n.\r\nQUIT"
    number = publish(post, "ada", users=["bob"])["report"]
    # As one that is there from a release that let it be.
    with post.engine.begin() as connection:
        connection.execute(update(REPORTS).values(title=title))
    run(post, 1)
    ask(post, "bob", "PUT", f"/api/reports/{number}/subscription")
    run_again(post, number)

    send(post)

    [mail] = server.mails
    assert mail["Bcc"] is None
    assert mail["Subject"] == "New version of “Risk Bcc: eve@example.org . QUIT”"


def test_the_owner_is_told_of_a_scheduled_run_that_failed(
    post: ReportsDesk, server: Kept, told_report: int
) -> None:
    at, told = f"/api/reports/{told_report}/schedules", {"cron": "0 0 * * *"}
    planned = ask(post, "ada", "POST", at, json=told).json()
    now = datetime.fromisoformat(planned["next"])
    for job in (2, 3):
        asyncio.run(Runner(post).go_round(now))
        own, failed = f"ada/report-{job}-1", {"why": "mackerel", "failure": {"cell": 1}}
        ask(post, own, "GET", f"/api/jobs/{job}/1/work")
        ask(post, own, "POST", f"/api/jobs/{job}/1/failed", json=failed)
        asyncio.run(Runner(post).go_round(now))
        now += timedelta(minutes=1)

    send(post, after=timedelta(days=2))

    [mail] = server.mails
    assert (mail["To"], mail["Subject"]) == (
        "ada@example.org",
        "A run of “Risk of Q3” has failed",
    )
    text = mail.get_content()
    assert "has failed, after 2 tries" in text
    assert f"/r/{told_report}/schedules" in text
    assert "mackerel" not in text


@pytest.mark.parametrize("how", ["revoked", "left the group", "suspended", "removed"])
def test_who_lost_access_gets_no_more_mail(
    post: ReportsDesk, hub: TokenHub, server: Kept, told_report: int, how: str
) -> None:
    at = f"/api/reports/{told_report}/grants"
    if how == "left the group":
        ask(post, "ada", "PUT", f"{at}/group/risk")
    if how in ("left the group", "revoked"):
        ask(post, "ada", "DELETE", f"{at}/user/bob")
    run_again(post, told_report)
    match how:
        case "left the group":
            hub.groups["bob"] = set()
        case "suspended":
            suspend(post.engine, "bob", "olivia")
        case "removed":
            del hub.groups["bob"]

    send(post)

    assert server.mails == []
    assert states(post) == [("dropped", "bob may not read the report now.")]
    with post.engine.connect() as connection:
        is_kept = subscriptions.is_subscribed(connection, told_report, "bob")
    assert is_kept == (how != "removed")


def test_who_has_no_verified_address_gets_no_mail(
    post: ReportsDesk, server: Kept, told_report: int
) -> None:
    identities.note_address(post.engine, "issuer", "1", "")
    run_again(post, told_report)

    send(post)

    assert server.mails == []
    [(state, why)] = states(post)
    assert (state, why[:30]) == ("dropped", "The provider of sign-in told n")


def test_while_the_hub_is_away_nobody_is_told(
    post: ReportsDesk, hub: TokenHub, server: Kept, told_report: int
) -> None:
    run_again(post, told_report)
    hub.is_away = True
    send(post)
    hub.is_away = False
    assert server.mails == []

    send(post, after=timedelta(minutes=2))

    assert len(server.mails) == 1


def test_what_the_server_refuses_for_now_is_sent_later(
    post: ReportsDesk, server: Kept, told_report: int
) -> None:
    run_again(post, told_report)
    for refusal in ("sender_says", "recipient_says", "end_says"):
        setattr(server, refusal, "451 come back")
        send(post, after=timedelta(days=1))
        setattr(server, refusal, "")
        assert states(post) == [("waiting", "The mail server said: 451 come back")]
        assert server.mails == []
        _hurry(post.engine)

    send(post)
    send(post)

    assert len(server.mails) == 1


@pytest.mark.parametrize("refusal", ["recipient_says", "end_says"])
def test_what_the_server_refuses_for_good_is_dropped(
    post: ReportsDesk, server: Kept, told_report: int, refusal: str
) -> None:
    run_again(post, told_report)
    setattr(server, refusal, "550 nobody is called so")

    send(post)

    assert states(post) == [("dropped", "The mail server said: 550 nobody is called so")]


def test_a_server_that_is_away_is_tried_for_three_days(
    post: ReportsDesk, told_report: int
) -> None:
    run_again(post, told_report)
    assert post.reports.mails is not None
    nobody = replace(post.reports.mails, server="127.0.0.1:1")
    away = replace(post, reports=replace(post.reports, mails=nobody))

    send(away)
    assert states(post)[0][0] == "waiting"
    _hurry(post.engine, at=datetime.now(UTC) - timedelta(days=4))
    send(away)

    [(state, why)] = states(post)
    assert state == "dropped"
    assert why.endswith(" That was the last try.")


def test_a_mail_whose_answer_was_lost_is_never_sent_again(
    post: ReportsDesk, server: Kept, told_report: int
) -> None:
    run_again(post, told_report)
    server.breaks = "after it kept the mail"

    send(post)
    server.breaks = ""
    for minutes in (1, 10, 10_000):
        send(post, after=timedelta(minutes=minutes))

    assert len(server.mails) == 1
    assert states(post)[0][0] == "unsure"


def test_a_postman_that_dies_before_the_last_line_leaves_the_mail_to_the_next(
    post: ReportsDesk, server: Kept, told_report: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_again(post, told_report)

    def dies(*_: object) -> bool:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(postman_module.outbox, "hand_over", dies)
        with pytest.raises(KeyboardInterrupt):
            send(post)
    assert states(post) == [("leased", "")]
    send(post)
    assert server.mails == []

    send(post, after=LEASE + timedelta(seconds=1))

    assert len(server.mails) == 1


def test_a_postman_that_dies_after_the_last_line_leaves_a_doubt(
    post: ReportsDesk, server: Kept, told_report: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_again(post, told_report)

    def dies(*_: object) -> bool:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(postman_module.outbox, "mark_sent", dies)
        with pytest.raises(KeyboardInterrupt):
            send(post)
    for minutes in (1, 10, 10_000):
        send(post, after=timedelta(minutes=minutes))

    assert len(server.mails) == 1
    why = "The service ended before the mail server had answered."
    assert states(post) == [("unsure", why)]


def test_a_postman_who_was_asleep_for_longer_than_the_lease_sends_nothing(
    post: ReportsDesk, server: Kept, told_report: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_again(post, told_report)
    hand_over = outbox.hand_over

    def asleep(connection: Any, letter: Letter, now: datetime) -> bool:
        monkeypatch.setattr(postman_module.outbox, "hand_over", hand_over)
        taken = outbox.take(connection, now + LEASE + timedelta(seconds=1))
        assert taken is not None
        return hand_over(connection, letter, now)

    monkeypatch.setattr(postman_module.outbox, "hand_over", asleep)
    send(post)

    assert (server.mails, states(post)) == ([], [("leased", "")])


def _hurry(engine: Engine, **values: Any) -> None:
    """Let no mail wait any longer."""
    with engine.begin() as connection:
        past = datetime.now(UTC) - timedelta(seconds=1)
        connection.execute(update(MAILS).values(due=past, **values))
