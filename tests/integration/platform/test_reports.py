"""A notebook becomes a report: run in its owner's container, read by those who may."""

import json
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from tests.integration.platform.conftest import Note
from tests.integration.platform.live import LivePlatform, Member, docker, wait_until

pytestmark = [
    pytest.mark.alone,
    pytest.mark.docker,
    pytest.mark.slow,
    pytest.mark.timeout(600),
]

PUBLISH = """\
import mclib as mc
made = mc.publish({title!r}, notebook={notebook!r}, groups=["quants"])
print(made.job, made.page)
"""
REVOKE = """\
import os, urllib.request
request = urllib.request.Request(
    os.environ["MCHUB_REPORTS_URL"] + "/api/reports/{report}/grants/group/quants",
    method="DELETE",
    headers={{"Authorization": "token " + os.environ["JUPYTERHUB_API_TOKEN"]}},
)
print(urllib.request.urlopen(request).status)
"""
FAILS = """\
import nbformat
from nbformat.v4 import new_code_cell, new_notebook
book = new_notebook(cells=[new_code_cell("reserve = 1\\nreserve / 0")])
nbformat.write(book, "fails.ipynb")
"""


def _in_server(platform: LivePlatform, member: Member, code: str) -> str:
    """What a program says that the member runs in the server without a name."""
    (server,) = (
        found["Id"]
        for found in platform.servers(member.name)
        if not found["Config"]["Labels"]["mchub.server"]
    )
    folder = "/home/analyst"
    return docker("exec", "--workdir", folder, server, "python", "-c", code).strip()


@pytest.fixture(scope="module")
def people(platform: LivePlatform) -> Iterator[tuple[Member, Member, Member]]:
    """The author, one of the group that may read, one of another."""
    with ExitStack() as stack:
        members = []
        for name, group in (("rhea", "analysts"), ("otto", "quants"), ("vera", "analysts")):
            platform.register(name, group)
            member = Member(platform, name)
            stack.enter_context(member)
            member.sign_in(name)
            assert member.client.get("/services/reports/").is_success
            members.append(member)
        author, reader, other = members
        author.start_server(profile="cpu-small")
        stack.callback(author.stop)
        yield author, reader, other


def _job(author: Member, number: str) -> dict[str, object]:
    answer = author.client.get(f"/services/reports/api/jobs/{number}")
    assert answer.is_success, answer.text
    found: dict[str, object] = answer.json()
    return found


def _ended(platform: LivePlatform, author: Member, number: str) -> dict[str, object]:
    """Wait for a job, and until its server is gone."""
    wait_until(
        "the job ended", lambda: _job(author, number)["state"] in ("done", "failed"), 240
    )
    wait_until("its server is gone", lambda: list(author.servers()) == [""], 60)
    wait_until("its container too", lambda: len(platform.servers(author.name)) == 1, 60)
    return _job(author, number)


def test_a_report_runs_in_a_container_of_its_own_and_is_read_by_those_who_may(
    platform: LivePlatform, people: tuple[Member, Member, Member], measured: Note
) -> None:
    author, reader, other = people
    published = PUBLISH.format(title="Launch", notebook="notebooks/00-five-minutes.ipynb")
    number, page = _in_server(platform, author, published).split()

    wait_until(
        "a container runs it", lambda: len(platform.servers(author.name)) == 2, within=60
    )
    (own,) = (
        found["Config"]["Labels"]
        for found in platform.servers(author.name)
        if found["Config"]["Labels"]["mchub.server"]
    )
    assert own["mchub.server"] == f"report-{number}-1"
    assert own["mchub.profile"] == "cpu-small"
    job = _ended(platform, author, number)
    assert job["state"] == "done", job

    for member in (author, reader):
        answer = member.client.get(page)
        assert answer.is_success
        assert "Launch" in answer.text
    framed = reader.client.get(f"{page}/v/1/page")
    assert framed.headers["content-security-policy"].startswith("sandbox allow-scripts;")
    assert "plotly" in framed.text
    assert "rhea" in framed.text
    ran = reader.client.get(f"{page}/v/1/files/report.json").json()["took"]
    lasted = "SELECT extract(epoch FROM changed - asked) FROM mchub_report_jobs"
    ((took,),) = platform.sql(f"{lasted} WHERE id = {number}")
    measured(f"publishing: {float(took):.1f} s, of which {ran:.1f} s ran the notebook")
    printed = reader.client.get(f"{page}/v/1/files/page.pdf")
    assert printed.headers["content-type"] == "application/pdf"
    assert printed.content.startswith(b"%PDF")
    refused = other.client.get(page)
    assert refused.status_code == 404
    assert "Launch" not in refused.text
    assert other.client.get(f"{page}/v/1/page").status_code == 404

    read = platform.sql(
        "SELECT actor, outcome FROM mchub_audit WHERE action = 'report.read' ORDER BY id"
    )
    assert ["otto", "ok"] in read
    assert ["vera", "refused"] in read

    revoked = REVOKE.format(report=page.rpartition("/")[2])
    assert _in_server(platform, author, revoked) == "204"
    assert reader.client.get(f"{page}/v/1/page").status_code == 404


def test_a_notebook_that_fails_publishes_nothing_and_shows_its_cell(
    platform: LivePlatform, people: tuple[Member, Member, Member]
) -> None:
    author, reader, _other = people
    _in_server(platform, author, FAILS)
    published = PUBLISH.format(title="Reserves", notebook="fails.ipynb")
    number, page = _in_server(platform, author, published).split()

    job = _ended(platform, author, number)

    assert job["state"] == "failed"
    assert "ZeroDivisionError" in json.dumps(job["failure"])
    assert job["version"] is None
    shown = author.client.get(page)
    assert "reserve / 0" in shown.text
    assert reader.client.get(f"{page}/v/1/page").status_code == 404
