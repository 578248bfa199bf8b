"""Comments: of those who may read, read by those who may read, and never obeyed."""

import pytest

from hub.services.reports.desk import ReportsDesk
from tests.hub.services.reports.asking import ask, begin, hand_in, publish, signed_in

EVIL = "<script>alert(1)</script>\nand a second line"


def _say(desk: ReportsDesk, who: str, report: int, text: str, version: int = 1) -> int:
    content = {"version": version, "text": text}
    path = f"/api/reports/{report}/comments"
    return ask(desk, who, "POST", path, json=content).status_code


def _said(desk: ReportsDesk, who: str, report: int) -> list[tuple[int, str, str]]:
    found = ask(desk, who, "GET", f"/api/reports/{report}/comments").json()
    return [(one["version"], one["by"], one["text"]) for one in found]


@pytest.fixture
def report(desk: ReportsDesk) -> int:
    """A report of ada's with one version."""
    job = publish(desk, "ada")
    begin(desk)
    assert hand_in(desk, job["job"]).is_success
    number: int = job["report"]
    return number


@pytest.fixture
def shared(desk: ReportsDesk, report: int) -> int:
    ask(desk, "ada", "PUT", f"/api/reports/{report}/grants/user/bob")
    return report


def test_readers_comment_and_read_what_others_said(desk: ReportsDesk, shared: int) -> None:
    assert _say(desk, "bob", shared, "  Why 42?  ") == 201
    assert _say(desk, "ada", shared, "Ask the model.") == 201

    said = [(1, "bob", "Why 42?"), (1, "ada", "Ask the model.")]
    assert _said(desk, "bob", shared) == _said(desk, "ada", shared) == said


def test_who_may_not_read_neither_says_nor_reads(desk: ReportsDesk, shared: int) -> None:
    _say(desk, "bob", shared, "Why 42?")

    assert _say(desk, "carol", shared, "Me too") == 404
    assert ask(desk, "carol", "GET", f"/api/reports/{shared}/comments").status_code == 404
    ask(desk, "ada", "DELETE", f"/api/reports/{shared}/grants/user/bob")
    assert _say(desk, "bob", shared, "Still here?") == 404
    assert [by for _, by, _ in _said(desk, "ada", shared)] == ["bob"]


@pytest.mark.parametrize(("text", "version"), [("", 1), (" \n", 1), ("x" * 2_001, 1)])
def test_nothing_and_too_much_are_refused(
    desk: ReportsDesk, shared: int, text: str, version: int
) -> None:
    assert _say(desk, "bob", shared, text, version) == 422
    assert _said(desk, "bob", shared) == []


def test_a_version_that_is_not_there_has_no_comments(
    desk: ReportsDesk, shared: int
) -> None:
    assert _say(desk, "bob", shared, "Of which?", version=7) == 404


def test_who_wrote_it_and_the_owner_delete_a_comment_and_nobody_else(
    desk: ReportsDesk, shared: int
) -> None:
    ask(desk, "ada", "PUT", f"/api/reports/{shared}/grants/user/carol")
    for text in ("one", "two"):
        _say(desk, "bob", shared, text)
    at = f"/api/reports/{shared}/comments"
    first, second = (one["id"] for one in ask(desk, "bob", "GET", at).json())

    refused = ask(desk, "carol", "DELETE", f"{at}/{first}")

    assert refused.status_code == 403
    assert "bob made this comment" in refused.json()["message"]
    assert ask(desk, "bob", "DELETE", f"{at}/{first}").status_code == 204
    assert ask(desk, "ada", "DELETE", f"{at}/{second}").status_code == 204
    assert ask(desk, "ada", "DELETE", f"{at}/{second}").status_code == 404
    assert _said(desk, "bob", shared) == []


def test_the_page_shows_them_and_its_form_makes_them(
    desk: ReportsDesk, shared: int
) -> None:
    cookie, xsrf = signed_in(desk, "bob")
    content = {"_xsrf": xsrf, "version": "1", "text": EVIL.replace("\n", "\r\n")}
    path = f"/r/{shared}/comments"

    made = ask(desk, "", "POST", path, headers=cookie, data=content)
    shown = ask(desk, "", "GET", f"/r/{shared}", headers=cookie).text

    assert made.status_code == 303
    assert _said(desk, "bob", shared) == [(1, "bob", EVIL)]
    assert "<script>alert" not in shown
    assert "&lt;script&gt;alert(1)&lt;/script&gt;\nand a second line" in shown
    assert "Delete the comment of bob" in shown
    ask(desk, "ada", "PUT", f"/api/reports/{shared}/grants/user/carol")
    carols = ask(desk, "", "GET", f"/r/{shared}", headers=signed_in(desk, "carol")[0]).text
    assert "and a second line" in carols
    assert "Delete the comment of bob" not in carols
    forged = ask(desk, "", "POST", path, headers=cookie, data=content | {"_xsrf": "no"})
    assert forged.status_code == 403
