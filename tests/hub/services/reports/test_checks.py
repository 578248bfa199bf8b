"""A version run anew: its numbers are compared to the last bit, and no version is made."""

import asyncio
import json
from pathlib import Path
from typing import Any

import nbformat
import pytest

from hub import audit
from hub.in_server import report_runs
from hub.services.reports import library
from hub.services.reports.desk import ReportsDesk
from tests.hub.services.reports.asking import (
    ask,
    begin,
    hand_in,
    publish,
    signed_in,
)

SAME: dict[str, Any] = {
    "parameters": [],
    "runs": [],
    "estimates": [],
    "trials": [],
    "n_different": 0,
    "n_estimates": 5,
    "n_trials": 3_000,
    "same_bits": True,
}
OTHER: dict[str, Any] = SAME | {
    "runs": [{"name": "run 1 (launch), seed", "first": 7, "second": 8}],
    "estimates": [
        {"name": "profit, mean", "first": 0.1, "second": 0.2, "standard_errors": 1.5}
    ],
    "n_different": 1,
    "same_bits": False,
}
DATA = b"PAR1"


@pytest.fixture
def report(desk: ReportsDesk) -> int:
    """A report of ada's with one version, run with a parameter."""
    job = publish(desk, "ada", parameters={"rate": 0.05})
    begin(desk)
    assert hand_in(desk, job["job"], **{"data/result.parquet": DATA}).is_success
    begin(desk)
    number: int = job["report"]
    return number


def check(desk: ReportsDesk, report: int, version: int = 1, by: str = "ada") -> Any:
    at = f"/api/reports/{report}/versions/{version}/checks"
    return ask(desk, by, "POST", at)


def be_server(desk: ReportsDesk, job: int, found: dict[str, Any]) -> Any:
    """Take the work of a check, and tell what was found."""
    begin(desk)
    token, at = f"ada/report-{job}-1", f"/api/jobs/{job}/1"
    work = ask(desk, token, "GET", f"{at}/work").json()
    answer = ask(desk, token, "POST", f"{at}/checked", json=found)
    return work, answer


def told(desk: ReportsDesk, report: int, by: str = "ada") -> Any:
    return ask(desk, by, "GET", f"/api/reports/{report}/versions/1/checks").json()


def n_versions(desk: ReportsDesk, report: int) -> int:
    n: int = ask(desk, "ada", "GET", f"/api/reports/{report}").json()["versions"]
    return n


def test_a_check_has_the_versions_parameters_and_makes_no_version(
    desk: ReportsDesk, report: int
) -> None:
    asked = check(desk, report)
    assert (asked.status_code, asked.json()["outcome"]) == (202, "under way")

    work, answer = be_server(desk, asked.json()["job"], SAME)

    assert answer.status_code == 204
    assert work["parameters"] == {"rate": 0.05}
    assert sorted(work["compared"]) == ["data/result.parquet", "report.json"]
    (found,) = told(desk, report)
    assert (found["outcome"], found["found"]["n_trials"]) == ("same", 3_000)
    assert found["told"] is not None
    assert n_versions(desk, report) == 1
    job = ask(desk, "ada", "GET", f"/api/jobs/{asked.json()['job']}").json()
    assert (job["state"], job["version"], job["checks"]) == ("done", None, 1)


def test_the_page_tells_when_and_what_differed(desk: ReportsDesk, report: int) -> None:
    headers, xsrf = signed_in(desk, "ada")
    form = {"_xsrf": xsrf, "version": "1"}

    answer = ask(desk, "", "POST", f"/r/{report}/check", headers=headers, data=form)
    (found,) = told(desk, report)
    be_server(desk, found["job"], OTHER)

    assert answer.status_code == 303
    html = ask(desk, "", "GET", f"/r/{report}", headers=headers).text
    assert "other numbers" in html
    assert "asked by ada, a check of version 1" in html
    assert "run 1 (launch), seed" in html
    assert "A run had another seed." in html
    assert "1.5 standard errors apart" in html
    ask(desk, "ada", "PUT", f"/api/reports/{report}/grants/user/bob")
    seen = ask(desk, "bob", "GET", f"/r/{report}").text
    assert "other numbers" in seen
    assert "Check version 1" not in seen
    assert told(desk, report, "bob")[0]["outcome"] == "different"


def test_what_was_told_first_stays(desk: ReportsDesk, report: int) -> None:
    job = check(desk, report).json()["job"]
    be_server(desk, job, SAME)

    token = f"ada/report-{job}-1"
    again = ask(desk, token, "POST", f"/api/jobs/{job}/1/checked", json=OTHER)

    assert again.status_code == 204
    assert told(desk, report)[0]["outcome"] == "same"


def test_while_a_check_goes_on_no_other_begins(desk: ReportsDesk, report: int) -> None:
    first, second = (check(desk, report).json()["job"] for _ in range(2))
    be_server(desk, first, SAME)

    third = check(desk, report).json()["job"]

    assert first == second
    assert third > first


def test_only_the_owner_asks_for_a_check(desk: ReportsDesk, report: int) -> None:
    assert check(desk, report, by="bob").status_code == 404
    ask(desk, "ada", "PUT", f"/api/reports/{report}/grants/user/bob")

    assert check(desk, report, by="bob").status_code == 403
    assert check(desk, report, version=2).status_code == 404
    assert told(desk, report) == []


def test_what_was_published_as_it_is_can_not_be_checked(desk: ReportsDesk) -> None:
    job = publish(desk, "ada", as_it_is=True)
    begin(desk)
    assert hand_in(desk, job["job"]).is_success

    answer = check(desk, job["report"])

    assert answer.status_code == 409
    assert "was published as it is" in answer.json()["message"]


def test_a_server_reads_what_it_checks_and_nothing_else(
    desk: ReportsDesk, report: int
) -> None:
    run = publish(desk, "ada", report=report)["job"]
    job = check(desk, report).json()["job"]
    begin(desk)
    token, at = f"ada/report-{job}-1", f"/api/jobs/{job}/1/checked"
    ask(desk, token, "GET", f"/api/jobs/{job}/1/work")

    assert ask(desk, token, "GET", f"{at}/data/result.parquet").content == DATA
    assert ask(desk, token, "GET", f"{at}/page.html").status_code == 404
    others = f"ada/report-{run}-1"
    assert ask(desk, others, "GET", f"{at}/report.json").status_code == 403
    assert ask(desk, "ada", "GET", f"{at}/report.json").status_code == 403
    own = ask(desk, others, "GET", f"/api/jobs/{run}/1/checked/report.json")
    assert own.status_code == 409


def test_a_server_that_can_not_check_makes_no_version(
    desk: ReportsDesk, report: int
) -> None:
    job = check(desk, report).json()["job"]
    begin(desk)

    answer = hand_in(desk, job)

    assert answer.status_code == 409
    assert n_versions(desk, report) == 1
    (found,) = told(desk, report)
    assert (found["outcome"], found["told"]) == ("failed", None)
    assert "of an older release" in found["why"]


def test_a_report_is_deleted_with_its_checks(desk: ReportsDesk, report: int) -> None:
    be_server(desk, check(desk, report).json()["job"], SAME)
    begin(desk)

    assert ask(desk, "ada", "DELETE", f"/api/reports/{report}").status_code == 204


def test_who_asked_and_what_came_out_is_recorded(desk: ReportsDesk, report: int) -> None:
    be_server(desk, check(desk, report).json()["job"], OTHER)

    noted = {one.action: json.loads(one.detail) for one in audit.read(desk.engine)}

    assert noted["report.check"]["version"] == 1
    assert noted["report.checked"]["same_bits"] is False


def notebook_of(*sources: str) -> dict[str, Any]:
    cells = [nbformat.v4.new_code_cell(source) for source in sources]
    spec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    made = nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": spec})
    read: dict[str, Any] = json.loads(nbformat.writes(made))
    return read


MODEL = "import mclib as mc\n@mc.model\ndef launch(x=mc.Normal(1, 2)):\n    return {'y': x}"


def run_job(address: str, job: int) -> None:
    """Run a job as its server does, with the real `mclib.reports`."""
    service = report_runs.Service(address, f"ada/report-{job}-1", (job, 1))
    asyncio.run(report_runs.do_run(service))


@pytest.mark.notebook
@pytest.mark.parametrize(
    ("simulated", "outcome"),
    [("result = mc.simulate(launch, 2_000, seed=7)", "same"),
     ("mc.simulate(launch, 10)\nresult = mc.simulate(launch, 2_000)", "same"),
     ("import time\nresult = mc.simulate(launch, 2_000, seed=time.time_ns())", "different"),
     ("print(1)", "no numbers")],
    ids=["named", "drawn", "different", "none"],
)  # fmt: skip
def test_a_server_runs_the_notebook_anew_and_compares_to_the_last_bit(
    desk: ReportsDesk,
    address: str,
    simulated: str,
    outcome: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    published = publish(desk, "ada", notebook=notebook_of(MODEL, simulated))
    begin(desk)
    run_job(address, published["job"])
    with desk.engine.connect() as connection:
        assert library.version_of(connection, published["report"], 1) is not None
    job = check(desk, published["report"]).json()["job"]
    begin(desk)

    run_job(address, job)

    (found,) = told(desk, published["report"])
    assert (found["outcome"], found["why"]) == (outcome, "")
    assert n_versions(desk, published["report"]) == 1
    if outcome == "same":
        assert (found["found"]["n_estimates"], found["found"]["n_trials"]) == (5, 6_000)
    if outcome == "different":
        assert found["found"]["runs"][0]["name"] == "run 1 (launch), seed"
