"""Subscriptions and the outbox: who wants to be told, and what waits to be sent."""

import threading
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine

from hub import audit
from hub.database import upgrade
from hub.database.connection import engine_at
from hub.services.reports import library, outbox, subscriptions
from hub.services.reports.desk import ReportsDesk
from tests.hub.services.reports.asking import ask, publish, signed_in
from tests.hub.services.reports.mail_server import Kept
from tests.hub.services.reports.mailing import run, run_again, send
from tests.postgres import running_postgres


def test_subscriptions_are_ones_own_and_end(
    post: ReportsDesk, server: Kept, told_report: int
) -> None:
    at = f"/api/reports/{told_report}/subscription"
    assert ask(post, "carol", "PUT", at).status_code == 404
    ask(post, "bob", "PUT", at)
    mine = ask(post, "bob", "GET", "/api/subscriptions").json()
    assert [one["title"] for one in mine] == ["Risk of Q3"]
    assert ask(post, "carol", "GET", "/api/subscriptions").json() == []

    ask(post, "bob", "DELETE", at)

    run_again(post, told_report)
    send(post)
    assert (server.mails, ask(post, "bob", "GET", "/api/subscriptions").json()) == ([], [])
    noted = [one.action for one in audit.read(post.engine) if "subscribe" in one.action]
    assert noted == ["report.subscribe", "report.unsubscribe"]


def test_the_pages_subscribe_and_unsubscribe(post: ReportsDesk, told_report: int) -> None:
    cookie, xsrf = signed_in(post, "bob")
    shown = ask(post, "", "GET", f"/r/{told_report}", headers=cookie).text
    assert "Unsubscribe" in shown
    assert "Risk of Q3" in ask(post, "", "GET", "/subscriptions", headers=cookie).text

    told = {"_xsrf": xsrf, "is_wanted": "", "from": "list"}
    at = f"/r/{told_report}/subscription"
    answer = ask(post, "", "POST", at, headers=cookie, data=told)

    assert answer.headers["location"] == "/services/reports/subscriptions"
    assert "no report" in ask(post, "", "GET", "/subscriptions", headers=cookie).text
    shown = ask(post, "", "GET", f"/r/{told_report}", headers=cookie).text
    assert "Subscribe by mail" in shown
    ask(post, "", "POST", at, headers=cookie, data={"_xsrf": xsrf, "is_wanted": "1"})
    assert ask(post, "bob", "GET", "/api/subscriptions").json() != []


def test_where_there_are_no_mails_nobody_can_subscribe(desk: ReportsDesk) -> None:
    number = publish(desk, "ada")["report"]
    run(desk, 1)

    answer = ask(desk, "ada", "PUT", f"/api/reports/{number}/subscription")

    assert (answer.status_code, "sends no mails" in answer.text) == (409, True)
    assert "Subscribe by" not in ask(desk, "ada", "GET", f"/r/{number}").text


def test_mails_that_nobody_will_send_are_swept(post: ReportsDesk, told_report: int) -> None:
    run_again(post, told_report)
    later = datetime.now(UTC) + timedelta(days=2)

    with post.engine.begin() as connection:
        assert outbox.sweep(connection, later, sends_mails=True) == 0
        assert outbox.sweep(connection, later, sends_mails=False) == 1


DATABASES = ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)]


@pytest.mark.parametrize("database", DATABASES)
def test_many_postmen_take_each_mail_once(database: str, engine: Engine) -> None:
    if database == "sqlite":
        _take_at_once(engine)
        return
    with running_postgres() as server:
        shared = engine_at(server.url)
        upgrade(shared)
        _take_at_once(shared)
        shared.dispose()


def _take_at_once(engine: Engine) -> None:
    now, n_mails = datetime(2026, 1, 1, tzinfo=UTC), 20
    with engine.begin() as connection:
        number = library.create(connection, "ada", "Risk", now)
        for i in range(n_mails):
            subscriptions.subscribe(connection, number, f"user{i}", now)
        outbox.tell_of_version(connection, number, 1, now)
    taken: list[int] = []

    def take() -> None:
        for _ in range(2 * n_mails):
            with engine.begin() as connection:
                letter = outbox.take(connection, now)
            if letter is not None:
                taken.append(letter.id)

    takers = [threading.Thread(target=take) for _ in range(4)]
    for one in takers:
        one.start()
    for one in takers:
        one.join()

    assert len(set(taken)) == len(taken) == n_mails
