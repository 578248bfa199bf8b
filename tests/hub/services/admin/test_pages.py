"""Forms that break a law: nothing is done, the page says which, and nothing is lost."""

from dataclasses import replace
from datetime import timedelta
from html import unescape
from typing import Any

import pytest

from hub import announcements, audit, suspension
from hub.choices import Budget, Budgets
from hub.services.admin.desk import Desk
from hub.services.admin.exporting import csv_line
from hub.services.admin.reports import offboardings
from tests.hub.services.admin.asking import ask, signed_in
from tests.hub.services.admin.small_hub import SmallHub

LEAVE = {"name": "ada", "sure": "yes", "typed": "ada"}
NOTE = {"text": "hello", "level": "info"}
BUDGETS = Budgets(
    period=timedelta(days=30),
    warn_at=0.8,
    grace=timedelta(minutes=15),
    everybody=Budget(name="everybody", gpu_hours=20, cpu_hours=500),
    groups=(),
)


def send(desk: Desk, path: str, form: dict[str, Any], **content: Any) -> tuple[int, str]:
    """Status and text of the answer to a form of a page."""
    cookie, xsrf = signed_in(desk)
    data = form | {"_xsrf": xsrf}
    answer = ask(desk, "POST", path, headers=cookie, data=data, **content)
    return answer.status_code, unescape(answer.text)


@pytest.mark.parametrize(
    ("path", "form", "said"),
    [
        ("/groups", {"name": " "}, "`name` must be given; got ''."),
        ("/groups", {"name": "a/b"}, "`name` must not contain a slash; got 'a/b'."),
        ("/groups", {"name": "quants"},
         "The hub refused the group 'quants': Group quants already exists."),
        ("/groups/delete", {"name": "nosuch"}, "There is no group 'nosuch' (any more)"),
        ("/invite", {"name": "a/b"}, "`name` must not contain a slash; got 'a/b'."),
        ("/invite", {"name": ""}, "`name` must be given; got ''."),
        ("/users/act", {"act": "stop"}, "Nobody was chosen, so nothing was done."),
        ("/users/act", {"act": "erase", "name": "ada"},
         "`act` must be one of stop, suspend, resume, join, leave; got 'erase'."),
        ("/users/act", {"act": "join", "name": "ada"}, "No group was chosen"),
        ("/offboard", {}, "Nobody was chosen, so nothing was done."),
        ("/offboard", LEAVE | {"typed": "Ada"}, "Type 'ada' to confirm; got 'Ada'."),
        ("/offboard", LEAVE | {"deletes_files": "yes"},
         "Files would be deleted without an archive."),
        ("/offboard", LEAVE | {"name": "boss", "typed": "boss"},
         "Not offboarded: boss is you, and only another admin can do this to you."),
        ("/offboard", LEAVE | {"name": "nobody", "typed": "nobody"},
         "Not offboarded: there is no user 'nobody', and there are no files."),
        ("/announcements", NOTE | {"text": " "},
         "`text` must have 1 to 500 characters; got 0 characters."),
        ("/announcements", NOTE | {"text": "x" * 501},
         "`text` must have 1 to 500 characters; got 501 characters."),
        ("/announcements", NOTE | {"level": "loud"},
         "`level` must be one of info, warning, danger; got 'loud'."),
        ("/announcements", NOTE | {"starts": "soon"},
         "`starts` must be a date and a time; got 'soon'."),
        ("/announcements",
         NOTE | {"starts": "2026-01-02T10:00", "ends": "2026-01-02T09:00"},
         "`ends` must be after `starts`, 2026-01-02 10:00 UTC; got 2026-01-02 09:00 UTC."),
        ("/announcements/withdraw", {"id": "99"}, "There is no announcement '99'"),
        ("/announcements/withdraw", {"id": "9" * 30}, "There is no announcement '999"),
        ("/import", {"text": ""},
         "line 1: the list must have a header and a user; got ''."),
        ("/import", {"text": "x" * 1_000_001},
         "line 1: a list must have at most 1,000,000 characters; got 1000001."),
    ],
)  # fmt: skip
def test_a_form_that_breaks_a_law_changes_nothing_and_is_told_which(
    hub: SmallHub, desk: Desk, path: str, form: dict[str, str], said: str
) -> None:
    hub.groups["quants"] = set()

    status, page = send(desk, path, form)

    assert status == 400
    assert said in page
    assert (hub.users, hub.groups) == ({"boss", "ada", "bob"}, {"quants": set()})
    assert announcements.all_announcements(desk.engine) == []
    assert suspension.all_suspensions(desk.engine) == []
    assert offboardings(desk.engine) == []


@pytest.mark.parametrize(
    ("path", "form", "kept"),
    [
        ("/groups", {"name": "a/b"}, 'value="a/b"'),
        ("/invite", {"name": "a/b", "group": "quants"}, 'value="quants" checked'),
        (
            "/announcements",
            NOTE | {"text": "A long text.", "starts": "soon"},
            ">A long text.<",
        ),
        ("/import", {"text": "name\na/b\nfine"}, ">name\na/b\nfine</textarea>"),
        ("/offboard", LEAVE | {"typed": "no", "keeps_name_barred": ""}, "Type <strong>ada"),
        (
            "/budget",
            {"user": "ada", "gpu_hours": "-5", "why": "a reason"},
            'value="a reason"',
        ),
        (
            "/users/act",
            {"act": "stop", "search": "ad"},
            'href="/services/admin/users?search=ad"',
        ),
    ],
)
def test_what_was_typed_is_still_there(
    hub: SmallHub, desk: Desk, path: str, form: dict[str, str], kept: str
) -> None:
    hub.groups["quants"] = set()

    status, page = send(replace(desk, budgets=BUDGETS), path, form)

    assert status == 400
    assert kept in page


def test_a_file_that_is_not_utf_8_is_refused_and_no_name_is_spoiled(
    hub: SmallHub, desk: Desk
) -> None:
    file = {"file": ("list.csv", "name\nm\xfcller\n".encode("latin-1"), "text/csv")}

    status, page = send(desk, "/import", {"text": ""}, files=file)

    assert status == 400
    assert "line 2: `name` must be written in UTF-8; got 'm\ufffdller'." in page
    assert hub.users == {"boss", "ada", "bob"}


def test_a_list_that_was_changed_after_it_was_seen_is_shown_again(
    hub: SmallHub, desk: Desk
) -> None:
    form = {"text": "name\nnew\nnewer", "seen": "name\nnew", "sure": "yes"}

    status, page = send(desk, "/import", form)

    assert status == 200
    assert "This would be done" in page
    assert "new" not in hub.users


def test_an_act_on_very_many_users_is_understood(hub: SmallHub, desk: Desk) -> None:
    names = [f"user-{number:04}" for number in range(5_000)]

    status, page = send(desk, "/users/act", {"act": "stop", "name": names})

    assert status == 200
    assert "Stop all servers of: 5000 users?" in page
    assert page.count('type="hidden" name="name"') == 5_000


def test_where_sign_in_sets_groups_none_is_changed_here(hub: SmallHub, desk: Desk) -> None:
    hub.groups["quants"] = set()
    desk = replace(desk, manages_groups=False)

    made = send(desk, "/groups", {"name": "new"})
    gone = send(desk, "/groups/delete", {"name": "quants", "sure": "yes"})
    form = {"act": "join", "name": "ada", "to_group": "quants", "sure": "yes"}
    send(desk, "/users/act", form)

    said = "Groups come from the provider of sign-in here, and are changed there."
    assert [status for status, _ in (made, gone)] == [403] * 2
    assert all(said in page for _, page in (made, gone))
    [refused] = audit.read(desk.engine, action="user.join")
    assert refused.outcome == "refused"
    assert hub.groups == {"quants": set()}


def test_a_budget_where_none_is_kept_is_refused(desk: Desk) -> None:
    form = {"user": "ada", "kind": "grant", "gpu_hours": "1", "why": "x"}

    status, page = send(desk, "/budget", form)

    assert status == 403
    assert "No budgets are kept here, so there is none to change." in page


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@x", "\t=1", "\r=1"])
def test_a_name_is_no_formula_in_a_spreadsheet(cell: str) -> None:
    assert csv_line([cell]).lstrip('"').startswith("'")


def test_an_export_is_recorded_with_what_was_asked(desk: Desk) -> None:
    cookie, _ = signed_in(desk)

    for name in ("users", "usage", "leases", "audit"):
        assert ask(desk, "GET", f"/export/{name}.csv", headers=cookie).status_code == 200

    found = [(one.actor, one.action) for one in audit.read(desk.engine)]
    assert found == [
        ("boss", f"export.{name}") for name in ("users", "usage", "leases", "audit")
    ]
