"""Budgets: a decision that breaks a law changes nothing; one that doesn't is recorded."""

import asyncio
import json
import re
from pathlib import Path

import pytest
from sqlalchemy import Engine

from hub import audit, quotas
from hub.services.admin.deciding import Wish, decide, wish_from
from tests.hub.services.admin.small_hub import SmallHub

NO_GRANT = "A grant must be of GPU hours or CPU hours; got none of either."


def decided(engine: Engine, tmp_path: Path, **form: str) -> quotas.Decision:
    hub = SmallHub()
    desk = hub.desk(engine, audit=tmp_path / "admin.jsonl")
    asked = {"user": "ada", "kind": "grant", "why": "a project", **form}
    return asyncio.run(decide(desk, hub.person(), wish_from(asked)))


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"gpu_hours": "-5"}, "`gpu_hours` must be a number of hours from 0 on; got -5."),
        ({"cpu_hours": "nan"}, "`cpu_hours` must be a number of hours from 0 on; got nan."),
        ({"cpu_hours": "inf"}, "`cpu_hours` must be a number of hours from 0 on; got inf."),
        ({"gpu_hours": "five"}, "`gpu_hours` must be a number of hours; got 'five'."),
        ({}, NO_GRANT),
        ({"gpu_hours": "0"}, NO_GRANT),
        ({"kind": "gift"}, "`kind` must be grant, override or withdraw; got 'gift'."),
        ({"gpu_hours": "1", "why": " "},
         "`why` must have 1 to 200 characters; got 0 characters."),
        ({"gpu_hours": "1", "why": "x" * 201},
         "`why` must have 1 to 200 characters; got 201 characters."),
        ({"gpu_hours": "1", "user": "adda"},
         "`user` must be a user of the hub; got 'adda'."),
        ({"gpu_hours": "1", "user": ""}, "`user` must be a user of the hub; got ''."),
    ],
)  # fmt: skip
def test_a_wish_that_breaks_a_law_changes_nothing(
    engine: Engine, tmp_path: Path, form: dict[str, str], said: str
) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(said)}$"):
        decided(engine, tmp_path, **form)

    assert quotas.decisions(engine) == []
    assert list(audit.read(engine)) == []


@pytest.mark.parametrize(
    ("form", "hours"),
    [
        ({"kind": "grant", "gpu_hours": "2.5"}, (2.5, 0.0)),
        ({"kind": "override", "cpu_hours": "0"}, (None, 0.0)),
        ({"kind": "withdraw"}, (None, None)),
    ],
)
def test_a_decision_is_kept_and_recorded_with_its_hours_and_reason(
    engine: Engine, tmp_path: Path, form: dict[str, str], hours: tuple[float, float]
) -> None:
    decision = decided(engine, tmp_path, **form)

    assert (decision.gpu_hours, decision.cpu_hours, decision.by) == (*hours, "boss")
    assert quotas.decisions(engine, "ada") == [decision]
    [record] = audit.read(engine)
    assert (record.actor, record.action, record.target) == (
        "boss", f"budget.{form['kind']}", "ada",
    )  # fmt: skip
    assert json.loads(record.detail) == {
        "gpu_hours": hours[0], "cpu_hours": hours[1], "why": "a project",
    }  # fmt: skip


def test_a_form_without_hours_asks_for_none() -> None:
    assert wish_from({"user": "ada", "kind": "withdraw"}) == Wish(
        user="ada", kind="withdraw"
    )
