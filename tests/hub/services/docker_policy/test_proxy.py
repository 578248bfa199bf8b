"""The proxy at work: what Docker is asked in the hub's name, and what is said of it."""

import asyncio
import json
from io import StringIO
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from hub.services.docker_policy.journal import Event, Journal
from hub.services.docker_policy.rules import RULES, read_call
from tests.hub.services.docker_policy.attacks import STRANGER, create, wire
from tests.hub.services.docker_policy.lawful import (
    LABELS,
    NAME,
    POLICY,
    lawful,
    lawful_gpu,
)
from tests.hub.services.docker_policy.live import answered, ask, proxy

LAWFUL: list[tuple[str, str, str]] = [
    ("ping", "HEAD", "/_ping"),
    ("version", "GET", "/version"),
    ("image", "GET", "/v1.41/images/mctest-kernel:1/json"),
    ("image", "GET", "/v1.41/images/mctest-kernel%3A1/json"),
    ("network", "GET", "/v1.41/networks/mctest-users"),
    ("list", "GET", "/v1.41/containers/json?all=1&limit=-1&size=0&trunc_cmd=0"),
    ("create", "POST", f"/v1.41/containers/create?name={NAME}"),
    ("inspect", "GET", f"/v1.41/containers/{NAME}/json"),
    ("start", "POST", f"/v1.99/containers/{NAME}/start"),
    ("stop", "POST", f"/v1.40/containers/{NAME}/stop?t=10"),
    ("kill", "POST", f"/containers/{NAME}/kill?signal=SIGKILL"),
    ("remove", "DELETE", f"/v1.41/containers/{NAME}?v=True&link=False&force=False"),
    ("stats", "GET", f"/v1.41/containers/{NAME}/stats?stream=False"),
    ("logs", "GET", f"/v1.41/containers/{NAME}/logs?stdout=1&stderr=1&tail=50&follow=0"),
    ("create volume", "POST", "/v1.41/volumes/create"),
    ("volume", "GET", "/v1.41/volumes/mctest-user-home-ada"),
    ("homes", "GET", "/v1.41/system/df?type=volume"),
]


@pytest.mark.parametrize(("rule", "method", "target"), LAWFUL)
def test_what_the_hub_needs_is_allowed(rule: str, method: str, target: str) -> None:
    assert rule == read_call(method, target, POLICY).rule.name


def test_every_rule_is_used_and_has_a_reason() -> None:
    assert {rule.name for rule in RULES} == {rule for rule, _, _ in LAWFUL}
    assert all(rule.reason for rule in RULES)


def test_docker_gets_a_body_written_anew(tmp_path: Path) -> None:
    body = lawful()
    body["HostConfig"]["privileged"] = False

    answer = answered(tmp_path, create(body))

    (asked,) = answer.asked
    sent = json.loads(asked.body)
    assert "privileged" not in asked.body
    assert "1000:100" == sent["User"]
    assert sent["HostConfig"]["MemorySwap"] == sent["HostConfig"]["Memory"]


def test_a_container_is_acted_on_by_its_id(tmp_path: Path) -> None:
    answer = answered(tmp_path, wire("POST", f"/v1.41/containers/{NAME}/stop?t=10"))

    assert 201 == answer.status
    assert [
        f"GET /v1.41/containers/{NAME}/json",
        f"POST /v1.41/containers/{'a' * 64}/stop?t=10",
    ] == [one.line for one in answer.asked]


def test_an_inspection_asks_docker_once(tmp_path: Path) -> None:
    answer = answered(tmp_path, wire("GET", f"/v1.41/containers/{NAME}/json"))

    assert (200, f"/{NAME}") == (answer.status, answer.body["Name"])
    assert 1 == len(answer.asked)


def test_a_container_that_is_not_there_is_dockers_own_404(tmp_path: Path) -> None:
    answer = answered(tmp_path, wire("GET", "/v1.41/containers/nobody/json"))

    assert (404, "No such container: nobody") == (answer.status, answer.body["message"])


@pytest.mark.parametrize(
    ("asked", "kept"),
    [
        ("", {}),
        ('{"label": ["mchub.user=ada"]}', {"label": ["mchub.user=ada"]}),
        ('{"status": {"running": true}}', {"status": ["running"]}),
        (
            '{"label": ["mchub.environment=production"]}',
            {"label": ["mchub.environment=production"]},
        ),
    ],
)
def test_a_list_is_always_of_this_environment(
    asked: str, kept: dict[str, list[str]], tmp_path: Path
) -> None:
    target = f"/v1.41/containers/json?all=1&filters={json.dumps(asked)[1:-1]}"
    target = target.replace('\\"', "%22").replace(" ", "%20")

    answer = answered(tmp_path, wire("GET", target))

    (line,) = [one.line for one in answer.asked]
    query = parse_qs(urlsplit(line.split(" ")[1]).query)
    own = ["mchub.environment=testing", "mchub.user"]
    # Docker shows what carries all of the labels.
    labels = [*kept.get("label", []), *own]
    assert {**kept, "label": labels} == json.loads(query["filters"][0])


def _holder(fraction: str) -> dict[str, Any]:
    return {"Id": "d" * 64, "Labels": {"mchub.gpu_fraction": fraction}}


@pytest.mark.parametrize(
    ("held", "status"),
    [
        ((), 201),
        ((_holder("0.35"),), 201),
        ((_holder("0.36"),), 403),
        ((_holder("0.2"), _holder("0.2")), 403),
        ((_holder("unreadable"),), 403),
    ],
)
def test_claims_on_a_device_add_up_to_the_share_at_most(
    held: tuple[Any, ...], status: int, tmp_path: Path
) -> None:
    answer = answered(tmp_path, create(lawful_gpu("0.25")), listed=held)

    assert status == answer.status
    label = parse_qs(urlsplit(answer.asked[0].line.split(" ")[1]).query)
    assert "mchub.gpu=GPU-1b2c" in label["filters"][0]


def test_docker_out_of_reach_is_a_502_and_never_a_500(tmp_path: Path) -> None:
    # DockerSpawner takes a 500 for a container that is gone, and forgets the server.
    async def run() -> tuple[int, dict[str, Any], str]:
        async with proxy(POLICY, tmp_path / "nothing", tmp_path / "proxy") as (_, lines):
            target = f"/v1.41/containers/{NAME}/json"
            status, body = await ask(tmp_path / "proxy", wire("GET", target))
            return status, body, lines.getvalue()

    status, body, lines = asyncio.run(run())

    assert 502 == status
    assert "Docker does not answer" in body["message"]
    assert "failed" == json.loads(lines)["event"]


def test_a_body_that_does_not_arrive_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hub.services.docker_policy.server._BODY_WITHIN", 0.05)

    answer = answered(tmp_path, create(lawful())[:-10])

    assert (403, []) == (answer.status, answer.asked)
    assert "body: must arrive in full within 0.05 s" in answer.body["message"]


def test_what_changes_something_is_logged_and_what_looks_is_not(tmp_path: Path) -> None:
    created = answered(tmp_path, create(lawful()))
    (tmp_path / "again").mkdir()
    pinged = answered(tmp_path / "again", wire("GET", "/_ping"))

    (event,) = created.lines
    told = {key: event[key] for key in ("event", "rule", "name", "user", "image", "status")}
    assert {
        "event": "allowed",
        "rule": "create",
        "name": NAME,
        "user": "ada",
        "image": "mctest-kernel:1",
        "status": "201",
    } == told
    assert [] == pinged.lines
    assert 'requests_total{outcome="allowed",rule="ping"} 1.0' in pinged.metrics


def test_a_denial_is_logged_with_its_law_and_counted(tmp_path: Path) -> None:
    answer = answered(tmp_path, wire("POST", f"/v1.41/containers/{STRANGER}/stop"))

    (event,) = answer.lines
    assert ("denied", "stop", "path.container") == (
        event["event"],
        event["rule"],
        event["law"],
    )
    assert answer.body["message"] == f"docker policy: {event['message']}"
    assert 'requests_total{outcome="denied",rule="stop"} 1.0' in answer.metrics


def test_the_audit_is_told_and_stops_nothing_when_it_fails() -> None:
    told: list[Event] = []

    async def sink(event: Event) -> None:
        told.append(event)
        if event["law"] == "first":
            message = "the audit is away"
            raise ConnectionError(message)

    async def run() -> str:
        journal = Journal(sink, StringIO())
        running = asyncio.create_task(journal.run())
        for law in ("first", "second"):
            journal.tell("create", "denied", law=law)
        while len(told) < 2:
            await asyncio.sleep(0)
        running.cancel()
        return journal.metrics().decode()

    metrics = asyncio.run(run())

    assert ["first", "second"] == [event["law"] for event in told]
    assert "mchub_docker_policy_audit_lost_total 1.0" in metrics


def test_a_full_queue_for_the_audit_loses_events_and_counts_them() -> None:
    async def sink(_: Event) -> None:
        """Never called: nobody runs the journal."""

    async def run() -> str:
        journal = Journal(sink, StringIO())
        for _ in range(1_003):
            journal.tell("create", "denied", **LABELS)
        return journal.metrics().decode()

    metrics = asyncio.run(run())

    assert "mchub_docker_policy_audit_waiting 1000.0" in metrics
    assert "mchub_docker_policy_audit_lost_total 3.0" in metrics
