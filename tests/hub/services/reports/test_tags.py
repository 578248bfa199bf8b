"""Reports found by tags and by words, among very many, and by nobody who may not read."""

import time
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import URL, Engine, event, insert, text

from hub.database import engine_at, upgrade
from hub.services.reports import finding, library
from hub.services.reports.desk import ReportsDesk
from hub.services.reports.finding import Sought
from hub.services.reports.library import words_of
from hub.services.reports.tables import GRANTS, REPORTS, TAGS
from tests.hub.services.reports.asking import ask, begin, hand_in, publish, signed_in
from tests.postgres import running_postgres

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
N_MANY = 10_000


def report_of(desk: ReportsDesk, user: str, title: str, **about: Any) -> int:
    """A report with one version; its number."""
    job = publish(desk, user, title)
    begin(desk)
    assert hand_in(desk, job["job"], by=user).is_success
    begin(desk)
    number: int = job["report"]
    answer = ask(desk, user, "PATCH", f"/api/reports/{number}", json=about)
    assert answer.status_code == 204, answer.text
    return number


def found(desk: ReportsDesk, who: str, asked: str) -> list[str]:
    answer = ask(desk, who, "GET", f"/api/reports?{asked}").json()
    assert answer["total"] == len(answer["reports"])
    return sorted(one["title"] for one in answer["reports"])


@pytest.fixture
def three(desk: ReportsDesk) -> dict[str, int]:
    """Two reports of ada's and one of bob's, which is shared with ada."""
    numbers = {
        "Übersicht": report_of(desk, "ada", "Übersicht", tags=["Risk", "Q3"]),
        "Pricing": report_of(
            desk, "ada", "Pricing", description="50% of the Risk", tags=["risk"]
        ),
        "Fleet": report_of(desk, "bob", "Fleet", tags=["fleet"]),
    }
    ask(desk, "bob", "PUT", f"/api/reports/{numbers['Fleet']}/grants/user/ada")
    return numbers


@pytest.mark.parametrize(
    ("asked", "titles"),
    [
        ("", ["Fleet", "Pricing", "Übersicht"]),
        ("tag=risk", ["Pricing", "Übersicht"]),
        ("tag=risk&tag=q3", ["Übersicht"]),
        ("tag=none", []),
        ("search=übers", ["Übersicht"]),
        ("search=ÜBERSICHT", ["Übersicht"]),
        ("search=risk", ["Pricing"]),
        ("search=ada+pric", ["Pricing"]),
        ("search=bob", ["Fleet"]),
        ("search=50%25", ["Pricing"]),
        ("search=%25", ["Pricing"]),
        ("search=_", []),
        ("search=risk&tag=q3", []),
    ],
    ids=lambda value: str(value) if isinstance(value, str) else "",
)
def test_all_words_and_all_tags_are_in_what_is_found(
    desk: ReportsDesk, three: dict[str, int], asked: str, titles: list[str]
) -> None:
    assert found(desk, "ada", asked) == titles


def test_nobody_finds_what_they_may_not_read(
    desk: ReportsDesk, three: dict[str, int]
) -> None:
    assert found(desk, "carol", "search=risk") == found(desk, "carol", "tag=risk") == []
    assert ask(desk, "carol", "GET", "/api/tags").json() == []
    assert ask(desk, "ada", "GET", "/api/tags").json() == [
        {"tag": "fleet", "reports": 1},
        {"tag": "q3", "reports": 1},
        {"tag": "risk", "reports": 2},
    ]


def test_only_the_owner_says_what_a_report_is_about(
    desk: ReportsDesk, three: dict[str, int]
) -> None:
    at = f"/api/reports/{three['Fleet']}"

    assert ask(desk, "ada", "PATCH", at, json={"tags": ["mine"]}).status_code == 403
    assert ask(desk, "carol", "PATCH", at, json={"tags": ["mine"]}).status_code == 404
    assert ask(desk, "ada", "GET", at).json()["tags"] == ["fleet"]


def test_what_is_not_said_stays(desk: ReportsDesk, three: dict[str, int]) -> None:
    at = f"/api/reports/{three['Pricing']}"

    ask(desk, "ada", "PATCH", at, json={"tags": ["b", "a", "A "]})
    first = ask(desk, "ada", "GET", at).json()
    ask(desk, "ada", "PATCH", at, json={"description": "Other"})
    second = ask(desk, "ada", "GET", at).json()

    assert (first["tags"], first["description"]) == (["a", "b"], "50% of the Risk")
    assert (second["tags"], second["description"]) == (["a", "b"], "Other")
    assert found(desk, "ada", "search=50") == []


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ({"tags": ["a/b"]}, "A tag must be letters, digits, spaces and"),
        ({"tags": ["x" * 41]}, "at most 40 of them; got 'xxx"),
        ({"tags": [f"t{at}" for at in range(21)]}, "at most 20 tags; got 21."),
        ({"description": "x" * 2_001}, "2000"),
    ],
    ids=["sign", "long", "many", "description"],
)
def test_what_may_not_be_is_refused(
    desk: ReportsDesk, three: dict[str, int], told: Any, said: str
) -> None:
    answer = ask(desk, "ada", "PATCH", f"/api/reports/{three['Pricing']}", json=told)

    assert answer.status_code == 422
    assert said in answer.text


def test_the_pages_have_a_form_a_filter_and_links(
    desk: ReportsDesk, three: dict[str, int]
) -> None:
    headers, xsrf = signed_in(desk, "ada")
    at = f"/r/{three['Pricing']}"
    form = {"_xsrf": xsrf, "description": "<b>Two\r\nlines", "tags": "new one, risk,"}

    answer = ask(desk, "", "POST", f"{at}/about", headers=headers, data=form)

    assert answer.status_code == 303
    shown = ask(desk, "", "GET", at, headers=headers).text
    assert '<p class="said">&lt;b&gt;Two\nlines</p>' in shown
    assert 'href="/services/reports/?tag=new+one"' in shown
    assert 'value="new one, risk"' in shown
    listed = ask(desk, "", "GET", "/?tag=risk&search=lines", headers=headers).text
    assert '<option value="risk" selected>risk (2)</option>' in listed
    assert ">Pricing</a>" in listed
    assert "Übersicht" not in listed


def test_a_report_is_deleted_with_its_tags(
    desk: ReportsDesk, three: dict[str, int]
) -> None:
    number = three["Fleet"]

    assert ask(desk, "bob", "DELETE", f"/api/reports/{number}").status_code == 204
    assert ask(desk, "ada", "GET", "/api/tags").json()[0]["tag"] == "q3"


DATABASES = [
    pytest.param("sqlite", marks=pytest.mark.slow),
    pytest.param("postgres", marks=pytest.mark.postgres),
]


@pytest.fixture(params=DATABASES)
def many(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """Ten thousand reports of bob's: one in two shared with all of risk, with tags."""
    with ExitStack() as stack:
        url = URL.create("sqlite", database=str(tmp_path / "hub.sqlite"))
        if request.param == "postgres":
            url = stack.enter_context(running_postgres()).url
        engine = engine_at(url)
        upgrade(engine)
        with engine.begin() as connection:
            _fill(connection)
            connection.execute(text("ANALYZE"))
        yield engine
        engine.dispose()


def _fill(connection: Any) -> None:
    numbers = range(1, N_MANY + 1)
    reports = [
        {"id": at, "owner": "bob", "title": f"Report {at}", "n_versions": 1}
        | {"created": NOON, "changed": NOON + timedelta(minutes=at % 977)}
        | {"description": "x " * 50, "words": words_of(f"Report {at}", "x " * 50, "bob")}
        for at in numbers
    ]
    grants = [
        {"report": at, "kind": "group", "name": "risk", "since": NOON}
        for at in numbers[::2]
    ]
    tags = [{"report": at, "tag": f"t{at % 7}"} for at in numbers]
    for table, rows in ((REPORTS, reports), (GRANTS, grants), (TAGS, tags)):
        connection.execute(insert(table), rows)


def test_pages_of_ten_thousand_are_whole_in_order_and_fast(many: Engine) -> None:
    took: dict[str, float] = {}
    for user, groups, total in (("bob", (), N_MANY), ("ada", ("risk",), N_MANY // 2)):
        sought = Sought(user=user, groups=groups)
        seen: list[int] = []
        with many.connect() as connection:
            for page in range(total // 50 + 1):
                began = time.perf_counter()
                shown = finding.readable(connection, sought, offset=50 * page)
                took[f"{user} {page}"] = time.perf_counter() - began
                seen += [one.id for one in shown]
            counted = finding.n_readable(connection, sought)

        assert counted == len(seen) == len(set(seen)) == total
        expected = sorted(seen, key=lambda at: (at % 977, at), reverse=True)
        assert seen == expected
    # Milliseconds each; a bound that a busy machine keeps, and a sort of a join doesn't.
    assert sorted(took.values())[len(took) // 2] < 0.2


def test_words_and_tags_are_found_among_ten_thousand(many: Engine) -> None:
    with many.connect() as connection:
        one = Sought(user="ada", groups=("risk",), words="report 1235 BOB")
        with_tag = Sought(user="ada", groups=("risk",), tags=("t3",))
        began = time.perf_counter()
        by_words = finding.readable(connection, one)
        n_by_tag = finding.n_readable(connection, with_tag)
        tags = finding.readable_tags(connection, Sought(user="ada", groups=("risk",)))
        took = time.perf_counter() - began

    assert [found.title for found in by_words] == ["Report 1235"]
    assert n_by_tag == sum(at % 7 == 3 for at in range(1, N_MANY + 1, 2))
    assert sum(one.n_reports for one in tags) == N_MANY // 2
    assert took < 1


def test_a_page_is_read_along_an_index(many: Engine) -> None:
    asked: list[tuple[str, Any]] = []

    def note(_c: Any, _u: Any, statement: str, given: Any, *_: Any) -> None:
        if statement.startswith("SELECT"):
            asked.append((statement, given))

    is_sqlite = many.dialect.name == "sqlite"
    with many.connect() as connection:
        event.listen(connection, "before_cursor_execute", note)
        finding.readable(connection, Sought(user="ada", groups=("risk",)))
        event.remove(connection, "before_cursor_execute", note)
        ((statement, given),) = asked
        how = "EXPLAIN QUERY PLAN" if is_sqlite else "EXPLAIN"
        plan = str(connection.exec_driver_sql(f"{how} {statement}", given).all())

    assert "ix_mchub_reports_newest" in plan
    assert ("TEMP B-TREE" if is_sqlite else "Sort") not in plan


def test_reports_of_before_are_searched_too(tmp_path: Path) -> None:
    engine = engine_at(URL.create("sqlite", database=str(tmp_path / "hub.sqlite")))
    upgrade(engine, "0007")
    with engine.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO mchub_reports (owner, title, created, changed, n_versions) "
                "VALUES ('ada', 'Ärger', '2026-01-01', '2026-01-01', 1)"
            )
        )

    upgrade(engine)

    with engine.connect() as connection:
        sought = Sought(user="ada", groups=(), words="äRG ada")
        (one,) = finding.readable(connection, sought)
        assert library.report_of(connection, one.id) == one
    engine.dispose()
