"""The form of a notebook's parameters: what it shows, and what it takes."""

import html
import json
import re
from typing import Any

import pytest

from hub.services.reports import jobs
from hub.services.reports.desk import ReportsDesk
from hub.services.reports.made import Declared
from hub.services.reports.parameter_form import WrongValue, checked, fields_of, values_of
from mclib.errors import ArgumentError
from mclib.reports.parameters import parameters_in
from tests.hub.services.reports.asking import ask, begin, hand_in, publish, signed_in

SOURCE = """
rate = 0.02  # share of the profit [0 to 1]
n_trials = 1_000_000  # [from 1000]
market = "home"  # where it is sold [home | abroad]
is_taxed = True
note = "none"
"""
READ = parameters_in(SOURCE)
DECLARED = [Declared.model_validate(one.as_dict()) for one in READ]
REPORT = json.dumps({"parameters": [one.as_dict() for one in READ]}).encode()

VALUES: list[tuple[str, Any]] = [
    ("rate", 0.5),
    ("rate", 1),
    ("rate", 1.01),
    ("rate", "0.5"),
    ("rate", True),
    ("rate", float("nan")),
    ("n_trials", 1_000),
    ("n_trials", 2_000.0),
    ("n_trials", 999),
    ("n_trials", 1_000.5),
    ("market", "abroad"),
    ("market", "moon"),
    ("is_taxed", False),
    ("is_taxed", 1),
    ("note", "x" * 10_000),
    ("note", "x" * 10_001),
    ("note", None),
]


@pytest.fixture
def report(desk: ReportsDesk) -> int:
    """A report of ada's with one version that tells its parameters."""
    job = publish(desk, "ada")
    begin(desk)
    assert hand_in(desk, job["job"], **{"report.json": REPORT}).is_success
    number: int = job["report"]
    return number


def send(desk: ReportsDesk, report: int, **typed: str) -> Any:
    """The form, sent by ada's browser."""
    headers, xsrf = signed_in(desk, "ada")
    form = {f"parameter.{name}": text for name, text in typed.items()}
    form |= {"_xsrf": xsrf, "version": "1"}
    return ask(desk, "", "POST", f"/r/{report}/run", headers=headers, data=form)


def jobs_of(desk: ReportsDesk, report: int) -> list[dict[str, Any]]:
    """Parameters of the jobs of a report, the newest first."""
    with desk.engine.connect() as connection:
        return [dict(one.parameters) for one in jobs.jobs_of(connection, report)]


@pytest.mark.parametrize(("name", "value"), VALUES, ids=range(len(VALUES)))
def test_the_service_takes_what_the_run_takes_and_nothing_else(
    name: str, value: Any
) -> None:
    (known,) = (one for one in READ if one.name == name)
    (declared,) = (one for one in DECLARED if one.name == name)
    try:
        expected: Any = known.checked(value)
    except ArgumentError:
        expected = None

    try:
        found: Any = checked(declared, value)
    except WrongValue:
        found = None

    assert (type(expected), expected) == (type(found), found)


@pytest.mark.parametrize(
    "text", ["1e400", "inf", "nan", "9" * 401, "9" * 50, "", "a lot"], ids=range(7)
)
@pytest.mark.parametrize("name", ["rate", "n_trials"])
def test_a_text_that_is_no_number_or_too_large_is_refused(name: str, text: str) -> None:
    values, wrong = values_of(DECLARED, {name: text})

    assert (values, list(wrong)) == ({}, [name])
    assert re.match(rf"`{name}` must be (a whole|a finite|from|at least)", wrong[name])
    assert len(wrong[name]) < 200


def test_a_form_asks_for_what_was_changed_alone() -> None:
    shown = {one.name: one.text for one in fields_of(DECLARED)}

    assert values_of(DECLARED, shown) == ({}, {})
    asked = shown | {"rate": "0.03", "is_taxed": "false", "market": "abroad"}
    assert values_of(DECLARED, asked) == (
        {"rate": 0.03, "is_taxed": False, "market": "abroad"},
        {},
    )


def test_the_page_shows_each_parameter_with_its_help_and_its_law(
    desk: ReportsDesk, report: int
) -> None:
    headers, _ = signed_in(desk, "ada")

    html = ask(desk, "", "GET", f"/r/{report}", headers=headers).text

    assert "Parameters, in JSON" not in html
    assert "share of the profit. A number from 0 to 1. By default 0.02." in html
    assert "A whole number at least 1000. By default 1000000." in html
    assert re.search(r'<option value="home" selected>home</option>', html)
    labels = set(re.findall(r'<label for="(parameter-\d)">', html))
    assert labels == {f"parameter-{at}" for at in range(1, 6)}
    assert labels <= set(re.findall(r'id="([^"]+)"', html))


def test_who_may_not_change_the_report_has_no_form(desk: ReportsDesk, report: int) -> None:
    ask(desk, "ada", "PUT", f"/api/reports/{report}/grants/user/bob")

    assert "Run again" not in ask(desk, "bob", "GET", f"/r/{report}").text


def test_the_form_runs_the_version_with_what_was_changed(
    desk: ReportsDesk, report: int
) -> None:
    answer = send(desk, report, rate="0.03", market="abroad", n_trials="1_000_000")

    assert answer.status_code == 303
    assert jobs_of(desk, report)[0] == {"rate": 0.03, "market": "abroad"}


def test_what_may_not_be_is_said_beside_its_field_and_nothing_is_run(
    desk: ReportsDesk, report: int
) -> None:
    answer = send(desk, report, rate="<b>2", n_trials="5000", colour="red")

    assert answer.status_code == 422
    assert "`rate` must be a finite number; got &#39;&lt;b&gt;2&#39;." in answer.text
    assert 'aria-describedby="parameter-1-help parameter-1-wrong" aria-invalid="true"' in (
        answer.text
    )
    # What was typed stays, and what belongs to no field is said above them.
    assert 'value="5000"' in answer.text
    assert "Parameters must be those of the notebook (rate, n_trials" in answer.text
    assert "2 parameters can’t be that" in answer.text
    assert len(jobs_of(desk, report)) == 1


@pytest.mark.parametrize(
    ("parameters", "status", "said"),
    [
        ({"rate": 2, "n_trials": 1}, 422, "`rate` must be from 0 to 1; got 2."),
        ({"rates": 0.1}, 422, "Parameters must be those of the notebook"),
        ({"note": "x" * 300_000}, 413, "must have at most 256 KB in JSON"),
        ({"n_trials": 2**70}, 422, "a whole number of at most 64 bits"),
    ],
)
def test_a_program_is_refused_what_the_form_is(
    desk: ReportsDesk, report: int, parameters: Any, status: int, said: str
) -> None:
    at = f"/api/reports/{report}/versions/1/runs"

    answer = ask(desk, "ada", "POST", at, json={"parameters": parameters})

    assert answer.status_code == status
    assert said in answer.json()["message"]
    assert len(jobs_of(desk, report)) == 1


def test_a_program_is_told_the_parameters(desk: ReportsDesk, report: int) -> None:
    told = ask(desk, "ada", "GET", f"/api/reports/{report}/versions/1/parameters").json()

    assert {**told[0], "value": None} == {
        "name": "rate",
        "type": "float",
        "default": 0.02,
        "help": "share of the profit",
        "minimum": 0.0,
        "maximum": 1.0,
        "choices": None,
        "value": None,
    }
    assert told[2]["choices"] == ["home", "abroad"]


@pytest.mark.parametrize("content", [b"{}", b"not JSON", b'{"parameters": [{"name": 3}]}'])
def test_a_version_that_does_not_tell_its_parameters_is_run_with_json(
    desk: ReportsDesk, content: bytes
) -> None:
    job = publish(desk, "ada")
    begin(desk)
    assert hand_in(desk, job["job"], **{"report.json": content}).is_success
    headers, xsrf = signed_in(desk, "ada")
    at = f"/r/{job['report']}"

    html = ask(desk, "", "GET", at, headers=headers).text
    form = {"_xsrf": xsrf, "version": "1", "parameters": '{"rate": 0.5}'}
    answer = ask(desk, "", "POST", f"{at}/run", headers=headers, data=form)

    assert "Parameters, in JSON" in html
    assert answer.status_code == 303
    assert jobs_of(desk, job["report"])[0] == {"rate": 0.5}


def test_a_schedule_is_made_with_the_same_form_and_the_same_laws(
    desk: ReportsDesk, report: int
) -> None:
    headers, xsrf = signed_in(desk, "ada")
    at = f"/r/{report}/schedules"
    page = ask(desk, "", "GET", at, headers=headers).text
    assert "share of the profit. A number from 0 to 1. By default 0.02." in page
    assert '<option value="abroad">' in page
    form = {"_xsrf": xsrf, "cron": "61 7 * * MON", "zone": "Europe/Berlin"}
    typed = {"parameter.rate": "3", "parameter.n_trials": "5000", "parameter.x": "1"}

    refused = ask(desk, "", "POST", at, headers=headers, data=form | typed)

    assert refused.status_code == 422
    assert "No schedule was made: 3 fields can’t be that." in refused.text
    assert "`rate` must be from 0 to 1; got 3.0." in html.unescape(refused.text)
    assert "got `x`." in refused.text
    assert re.search('id="cron-wrong">.*`cron` must be five fields', refused.text)
    # What was typed is still there, to be mended.
    for text in ("61 7 * * MON", "Europe/Berlin", "3", "5000"):
        assert f'value="{text}"' in refused.text
    assert refused.text.count('aria-invalid="true"') == 2
    assert schedules_of(desk, report) == []

    right = form | {"cron": "0 7 * * MON", "parameter.rate": "0.03"}
    assert ask(desk, "", "POST", at, headers=headers, data=right).status_code == 303
    assert [one["parameters"] for one in schedules_of(desk, report)] == [{"rate": 0.03}]


def test_a_schedule_by_the_api_keeps_the_same_laws(desk: ReportsDesk, report: int) -> None:
    at = f"/api/reports/{report}/schedules"
    told = {"cron": "0 7 * * MON", "parameters": {"rate": 3, "x": 1}}

    refused = ask(desk, "ada", "POST", at, json=told)

    assert refused.status_code == 422
    assert "`rate` must be from 0 to 1; got 3." in refused.json()["message"]
    assert "got `x`." in refused.json()["message"]
    assert schedules_of(desk, report) == []


def schedules_of(desk: ReportsDesk, report: int) -> Any:
    return ask(desk, "ada", "GET", f"/api/reports/{report}/schedules").json()
