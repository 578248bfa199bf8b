"""Versions side by side: what differs, and whether chance explains it."""

import json
from typing import Any

import pytest

from hub import audit
from hub.services.reports.comparing import compared
from hub.services.reports.desk import ReportsDesk
from hub.services.reports.made import Made, made_of_bytes
from tests.hub.services.reports.asking import ask, begin, hand_in, publish, signed_in


def provenance(**changed: Any) -> dict[str, Any]:
    told = {"model_name": "launch", "seed": 7, "n_trials": 1000, "model_hash": "ab"}
    return {"provenance": told | {"engine": "llvm", "device": "cpu"} | changed}


def estimate(value: Any, error: Any, kind: str = "mean") -> dict[str, Any]:
    told = {"result": "result", "output": "profit", "kind": kind, "n_trials": 1000}
    return told | {"value": value, "standard_error": error, "shown": "x"}


def parameter(value: float) -> dict[str, Any]:
    return {"name": "rate", "type": "float", "default": 0.02, "value": value}


FIRST: dict[str, Any] = {
    "parameters": [parameter(0.02)],
    "runs": [provenance()],
    "estimates": [
        estimate(10.0, 0.3),
        estimate(1.0, 0.1, "P5"),
        estimate("nan", 0.1, "P50"),
        estimate(5.0, 0.1, "P95"),
    ],
    "files_read": [{"name": "sales.csv", "sha256": "aa"}],
    "versions": {"mclib": "0.4", "python": "3.11"},
    "facts": {"profile": "local"},
    "source_sha256": "cc",
}
SECOND: dict[str, Any] = FIRST | {
    "parameters": [parameter(0.03)],
    "runs": [provenance(seed=8, model_hash="cd")],
    "estimates": [
        estimate(12.0, 0.4),
        estimate(1.2, 0.1, "P5"),
        estimate(2.0, 0.1, "P50"),
        estimate(5.0, 0.1, "P95"),
        estimate(0.0, 0.0, "P99"),
    ],
    "files_read": [{"name": "sales.csv", "sha256": "bb"}],
    "versions": {"mclib": "0.5", "python": "3.11"},
}


def made(told: dict[str, Any]) -> Made:
    return made_of_bytes(json.dumps(told).encode())


@pytest.fixture
def report(desk: ReportsDesk) -> int:
    """A report of ada's with two versions."""
    number: int | None = None
    for told in (FIRST, SECOND):
        job = publish(desk, "ada", report=number)
        begin(desk)
        content = {"report.json": json.dumps(told).encode()}
        assert hand_in(desk, job["job"], **content).is_success
        number = job["report"]
    assert number is not None
    return number


def test_everything_that_differs_is_told_and_nothing_else() -> None:
    found = compared(1, (1, made(FIRST)), (2, made(SECOND)))

    assert [(one.name, one.first, one.second) for one in found.parameters] == [
        ("rate", 0.02, 0.03)
    ]
    assert [(one.name, one.first, one.second) for one in found.computed] == [
        ("run 1 (launch), seed", 7, 8),
        ("run 1 (launch), model hash", "ab", "cd"),
    ]
    assert [(one.name, one.first, one.second) for one in found.data] == [
        ("sales.csv", "aa", "bb")
    ]
    assert [(one.name, one.first, one.second) for one in found.made_with] == [
        ("mclib", "0.4", "0.5")
    ]
    assert not found.shares_draws


def test_a_difference_is_held_against_the_two_standard_errors() -> None:
    found = compared(1, (1, made(FIRST)), (2, made(SECOND)))

    mean, p5, p50, p95, p99 = found.estimates
    # 12 - 10 with an error of hypot(0.3, 0.4), and 0.2 with one of 0.1 times root 2.
    assert (mean.difference, mean.standard_error, mean.verdict) == (2.0, 0.5, "more")
    assert mean.z == 4.0
    assert p5.z == pytest.approx(2**0.5)
    assert (p5.verdict, p50.verdict, p50.z) == ("chance", "unknown", None)
    assert (p95.verdict, p95.z, p99.verdict) == ("same", 0.0, "one")
    assert (p99.first, p99.second, found.n_more) == (None, 0.0, 1)
    assert found.expected_by_chance == pytest.approx(3 * 0.0027, rel=0.001)


def test_numbers_without_an_error_differ_by_what_they_differ() -> None:
    one, other = ({"estimates": [estimate(value, 0.0)]} for value in (1.0, 1.5))

    (found,) = compared(1, (1, made(one)), (2, made(other))).estimates

    assert (found.z, found.verdict) == (None, "more")


def test_a_version_beside_itself_differs_in_nothing() -> None:
    found = compared(1, (1, made(FIRST)), (1, made(FIRST)))

    assert found.parameters == found.computed == found.data == found.made_with == []
    assert {one.verdict for one in found.estimates} == {"same"}
    assert found.shares_draws


def test_the_page_and_the_api_show_it(desk: ReportsDesk, report: int) -> None:
    headers, _ = signed_in(desk, "ada")
    at = f"/r/{report}"

    html = ask(desk, "", "GET", f"{at}/compare?a=1&b=2", headers=headers).text
    told = ask(desk, "ada", "GET", f"/api/reports/{report}/compare").json()

    assert "10 ± 0.3" in html
    assert "12 ± 0.4" in html
    assert "2 ± 0.5" in html
    assert "+4.0" in html
    assert "1 of 5 differ by more than 3 standard errors" in html
    assert (told["first"], told["second"], told["n_more"]) == (1, 2, 1)
    shown = ask(desk, "", "GET", at, headers=headers).text
    assert f"{at}/compare?a=1&amp;b=2" in shown


def test_whoever_may_not_read_a_report_compares_nothing_of_it(
    desk: ReportsDesk, report: int
) -> None:
    places = (f"/r/{report}/compare?a=1&b=2", f"/api/reports/{report}/compare?a=1&b=2")

    assert {ask(desk, "bob", "GET", at).status_code for at in places} == {404}
    ask(desk, "ada", "PUT", f"/api/reports/{report}/grants/user/bob")
    assert {ask(desk, "bob", "GET", at).status_code for at in places} == {200}


@pytest.mark.parametrize(("wanted", "status"), [("a=1&b=9", 404), ("a=0", 422)])
def test_a_version_that_is_not_there_is_refused(
    desk: ReportsDesk, report: int, wanted: str, status: int
) -> None:
    answer = ask(desk, "ada", "GET", f"/api/reports/{report}/compare?{wanted}")

    assert answer.status_code == status


def test_what_is_compared_is_read_and_so_recorded(desk: ReportsDesk, report: int) -> None:
    ask(desk, "ada", "GET", f"/api/reports/{report}/compare")

    noted = audit.read(desk.engine)
    read = {one.target for one in noted if one.action == "report.read"}
    assert read >= {f"report/{report}/1", f"report/{report}/2"}


@pytest.mark.parametrize("others", [[], [estimate("nan", 0.1)], [estimate(1.0, 0.1, "P1")]])
def test_versions_without_an_estimate_in_common_are_said_to_have_none(
    desk: ReportsDesk, report: int, others: list[dict[str, Any]]
) -> None:
    sentence = "The two versions have no estimate in common."
    headers, _ = signed_in(desk, "ada")
    job = publish(desk, "ada", report=report)
    begin(desk)
    told = FIRST | {"estimates": others}
    content = {"report.json": json.dumps(told).encode()}
    assert hand_in(desk, job["job"], **content).is_success

    def shown(a: int, b: int) -> str:
        at = f"/r/{report}/compare?a={a}&b={b}"
        return ask(desk, "", "GET", at, headers=headers).text

    assert sentence in shown(1, 3)
    assert sentence not in shown(1, 2)
