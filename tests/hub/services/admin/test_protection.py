"""Who gets in, and what a browser's cookie counts for."""

from collections.abc import Iterator

import pytest
from fastapi.routing import APIRoute

from hub import announcements, audit
from hub.services.admin.application import ROUTERS
from hub.services.admin.desk import Desk
from tests.hub.services.admin.asking import ask, signed_in
from tests.hub.services.admin.small_hub import ALL, SmallHub

TOKEN = {"Authorization": "token anything"}
NAVIGATES = {"sec-fetch-mode": "navigate", "sec-fetch-dest": "document"}
OPEN = ("/login", "/oauth_callback")


def places() -> Iterator[tuple[str, str]]:
    """Every method and path that the service answers to those who are signed in."""
    for router in ROUTERS:
        for route in router.routes:
            assert isinstance(route, APIRoute)
            path = route.path.replace("{report_id}", "1").replace("{number}", "1")
            for method in sorted(route.methods or ()):
                if path not in OPEN:
                    yield method, path.replace("{key}", "none")


PLACES = tuple(places())


def test_there_are_places_to_ask() -> None:
    assert ("POST", "/users/act") in PLACES
    assert ("POST", "/api/offboardings") in PLACES
    assert len(PLACES) > 35


def test_nobody_is_answered_without_signing_in(desk: Desk) -> None:
    answers = {place: ask(desk, *place) for place in PLACES}

    for (_, path), answer in answers.items():
        if path.startswith("/api/"):
            assert answer.status_code == 401
        else:
            assert answer.status_code == 302
            assert answer.headers["location"].startswith("/services/admin/login?next=")


def test_who_is_no_admin_gets_403_and_no_word_more(hub: SmallHub, desk: Desk) -> None:
    hub.acting = "ada"
    hub.scopes = frozenset({"access:services", "read:users!user=ada"})

    answers = [ask(desk, *place, headers=TOKEN) for place in PLACES]

    assert {answer.status_code for answer in answers} == {403}
    assert all("you are signed in as ada, who is none" in one.text for one in answers)
    assert all(list(one.json()) == ["message"] for one in answers)
    assert set(hub.asked) == {"GET /user"}
    recorded = [(one.actor, one.outcome, one.target) for one in audit.read(desk.engine)]
    changing = [path for method, path in PLACES if method != "GET"]
    assert recorded == [("ada", "refused", path) for path in changing]


@pytest.mark.parametrize("missing", sorted(ALL - {"access:services"}))
def test_a_token_changes_something_only_if_it_may_do_all_that_the_pages_do(
    hub: SmallHub, desk: Desk, missing: str
) -> None:
    hub.scopes = ALL - {missing}

    answer = ask(desk, "POST", "/api/announcements", headers=TOKEN, json={"text": "hello"})

    assert answer.status_code == 403
    assert f"does not include `{missing}`" in answer.json()["message"]
    assert announcements.all_announcements(desk.engine) == []


def test_a_token_that_may_only_read_reads(hub: SmallHub, desk: Desk) -> None:
    hub.scopes = frozenset({"access:services!service=admin", "list:users"})

    answer = ask(desk, "GET", "/api/users", headers=TOKEN)

    assert [user["name"] for user in answer.json()["users"]] == ["ada", "bob", "boss"]


def test_a_form_with_the_secret_is_taken(desk: Desk) -> None:
    cookie, xsrf = signed_in(desk)
    form = {"_xsrf": xsrf, "text": "The hub pauses on Sunday."}

    answer = ask(desk, "POST", "/announcements", headers=cookie, data=form)

    assert answer.status_code == 303
    [shown] = announcements.all_announcements(desk.engine)
    assert (shown.text, shown.by) == ("The hub pauses on Sunday.", "boss")


@pytest.mark.parametrize(
    ("secret", "headers", "said"),
    [
        (None, {}, "did not come from a page of this service"),
        ("", {}, "did not come from a page of this service"),
        ("another", {}, "did not come from a page of this service"),
        ("own", {"Origin": "http://evil.example"}, "came from another site"),
        ("own", {"Origin": "null"}, "came from another site"),
        ("own", {"Sec-Fetch-Site": "cross-site"}, "came from another site"),
        ("own", {"Sec-Fetch-Site": "same-site"}, "came from another site"),
    ],
)
def test_a_form_from_elsewhere_changes_nothing_and_is_recorded(
    desk: Desk, secret: str | None, headers: dict[str, str], said: str
) -> None:
    cookie, xsrf = signed_in(desk)
    form = {"text": "hello"}
    if secret is not None:
        form["_xsrf"] = {"own": xsrf}.get(secret, secret)

    answer = ask(desk, "POST", "/announcements", headers=cookie | headers, data=form)

    assert answer.status_code == 403
    assert said in answer.text
    assert announcements.all_announcements(desk.engine) == []
    [record] = audit.read(desk.engine)
    assert (record.actor, record.action, record.target, record.outcome) == (
        "boss", "admin.request", "/announcements", "refused",
    )  # fmt: skip


def test_no_form_is_taken_without_the_secret(desk: Desk) -> None:
    cookie, _ = signed_in(desk)
    posts = [path for method, path in PLACES if method == "POST"]

    answers = [ask(desk, "POST", path, headers=cookie, data={}) for path in posts]

    assert [answer.status_code for answer in answers] == [403] * len(posts)


@pytest.mark.parametrize(
    ("how", "is_answered"),
    [
        (NAVIGATES, True),
        ({}, True),
        ({"sec-fetch-mode": "cors", "sec-fetch-dest": "empty"}, False),
        ({"sec-fetch-mode": "navigate", "sec-fetch-dest": "iframe"}, False),
        ({"sec-fetch-mode": "no-cors", "sec-fetch-dest": "script"}, False),
    ],
)
def test_a_page_is_shown_to_people_and_not_to_scripts_beside_it(
    desk: Desk, how: dict[str, str], is_answered: bool
) -> None:
    cookie, _ = signed_in(desk)

    answer = ask(desk, "GET", "/announcements", headers=cookie | how)

    assert answer.status_code == (200 if is_answered else 403)


def test_pages_forbid_frames_foreign_scripts_and_keeping(desk: Desk) -> None:
    cookie, _ = signed_in(desk)

    headers = ask(desk, "GET", "/announcements", headers=cookie).headers

    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert "script-src 'self';" in headers["content-security-policy"]
    assert headers["cache-control"] == "no-store"
    assert headers["x-content-type-options"] == "nosniff"


def test_what_users_are_called_is_text_and_not_a_page(hub: SmallHub, desk: Desk) -> None:
    hub.users.add("<script>alert(1)</script>")
    cookie, _ = signed_in(desk)

    page = ask(desk, "GET", "/users", headers=cookie).text

    assert "<script>alert" not in page
    assert "&lt;script&gt;alert" in page


@pytest.mark.parametrize(
    ("path", "status", "said"),
    [
        ("/nosuch", 404, "There is nothing at /services/admin/nosuch."),
        ("/offboardings/abc", 404, "There is nothing at /services/admin/offboardings/abc."),
        ("/offboardings/7", 404, "There is no report 7."),
        ("/user?name=nobody", 404, "There is no user &#39;nobody&#39;."),
        ("/user?name=..", 404, "There is no user &#39;..&#39;."),
        ("/user", 404, "There is no user &#39;&#39;."),
        ("/reports/none", 404, "This report is no longer kept"),
    ],
)
def test_a_page_that_is_not_there_is_a_page_that_says_so(
    desk: Desk, path: str, status: int, said: str
) -> None:
    cookie, _ = signed_in(desk)

    answer = ask(desk, "GET", path, headers=cookie)

    assert answer.status_code == status
    assert "<h1>That was not done</h1>" in answer.text
    assert said in answer.text


def test_a_hub_that_is_away_is_a_page_that_says_so(hub: SmallHub, desk: Desk) -> None:
    cookie, _ = signed_in(desk)
    hub.is_away = True

    answer = ask(desk, "GET", "/users", headers=cookie)

    assert answer.status_code == 503
    assert "Try again in a moment: the hub did not answer" in answer.text
