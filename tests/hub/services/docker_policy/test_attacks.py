"""Every attack is refused by the law that it breaks, and Docker never hears of it."""

from pathlib import Path

import pytest

from tests.hub.services.docker_policy.attacks import ATTACKS, MALFORMED, create
from tests.hub.services.docker_policy.lawful import NAME, lawful
from tests.hub.services.docker_policy.live import answered


def test_the_list_is_long_enough_to_mean_something() -> None:
    assert len(ATTACKS) >= 200
    assert len({request for _, request in ATTACKS}) == len(ATTACKS)


IDS = [f"{index}-{law}" for index, (law, _) in enumerate(ATTACKS)]


@pytest.mark.parametrize(("law", "request_bytes"), ATTACKS, ids=IDS)
def test_an_attack_is_refused_by_its_law_and_logged(
    law: str, request_bytes: bytes, tmp_path: Path
) -> None:
    answer = answered(tmp_path, request_bytes)

    assert 403 == answer.status
    assert [] == answer.acts
    (event,) = answer.lines
    assert "denied" == event["event"]
    assert f"{event['law']}.".startswith(f"{law}.")
    assert answer.body["message"].startswith(f"docker policy: {event['law']}: must ")


@pytest.mark.parametrize(("name", "request_bytes"), MALFORMED)
def test_what_is_not_http_goes_no_further(
    name: str, request_bytes: bytes, tmp_path: Path
) -> None:
    answer = answered(tmp_path, request_bytes)

    assert answer.status in (400, 403), name
    assert [] == answer.acts


def test_the_same_bodies_unchanged_are_let_through(tmp_path: Path) -> None:
    answer = answered(tmp_path, create(lawful()))

    assert 201 == answer.status
    assert [f"POST /v1.41/containers/create?name={NAME}"] == answer.acts
