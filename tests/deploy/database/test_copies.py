"""Copies: which there are, and when the next one is due."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from deploy.database.copies import Copy, due, in_json, read
from deploy.database.node import Copies

EVERY_SIX_HOURS = Copies(
    every=timedelta(hours=6), keep_days=30, point_in_time=True, queue="4GiB", off_site=None
)
DAILY = Copies(
    every=timedelta(days=1), keep_days=7, point_in_time=False, queue="4GiB", off_site=None
)
# A Sunday.
START = datetime(2026, 11, 29, 0, 0, 5, tzinfo=UTC)
TOLD = [
    {
        "name": "mchub",
        "backup": [
            {
                "annotation": {"reason": "deployment", "release": "1.2.3"},
                "database": {"id": 1, "repo-key": 2},
                "error": False,
                "info": {"repository": {"delta": 370}},
                "label": "20261129-000005F_20261129-060004I",
                "timestamp": {"start": 1795932004, "stop": 1795932006},
                "type": "incr",
            },
            {
                "database": {"id": 1, "repo-key": 1},
                "error": False,
                "info": {"repository": {"delta": 3748703}},
                "label": "20261129-000005F",
                "timestamp": {"start": 1795910405, "stop": 1795910412},
                "type": "full",
            },
            {
                "database": {"id": 1, "repo-key": 1},
                "error": True,
                "info": {"repository": {}},
                "label": "20261128-000005F",
                "timestamp": {"start": 1795824005, "stop": 1795824012},
                "type": "full",
            },
        ],
    }
]


def _copy(began: datetime, kind: str = "incr", repository: int = 1) -> Copy:
    moment = int(began.timestamp())
    return Copy(
        label=f"{moment}{kind[0].upper()}",
        repository=repository,
        kind=kind,
        began=moment,
        ended=moment + 5,
        n_bytes=1,
        notes={},
    )


def test_copies_are_read_the_oldest_first_and_without_those_with_errors() -> None:
    copies = read(json.dumps(TOLD))

    assert [(copy.repository, copy.kind) for copy in copies] == [(1, "full"), (2, "incr")]
    assert copies[1].notes == {"reason": "deployment", "release": "1.2.3"}
    assert copies[0].n_bytes == 3748703


def test_what_is_told_to_others_says_everything() -> None:
    told = json.loads(in_json(read(json.dumps(TOLD))))

    assert told[0]["label"] == "20261129-000005F"
    assert told[1]["notes"]["release"] == "1.2.3"


def test_where_there_is_no_database_yet_there_are_no_copies() -> None:
    assert read("[]") == []
    assert read('[{"name": "mchub", "backup": []}]') == []


@pytest.mark.parametrize(
    ("copies", "there", "after", "kind"),
    [
        (EVERY_SIX_HOURS, [], timedelta(0), "full"),
        (EVERY_SIX_HOURS, [_copy(START, "full")], timedelta(hours=5, minutes=59), None),
        (EVERY_SIX_HOURS, [_copy(START, "full")], timedelta(hours=6), "incr"),
        # One that was missed is made up for, once.
        (EVERY_SIX_HOURS, [_copy(START, "full")], timedelta(hours=20), "incr"),
        # One by hand takes no scheduled one's place.
        (
            EVERY_SIX_HOURS,
            [_copy(START, "full"), _copy(START + timedelta(hours=5))],
            timedelta(hours=6),
            "incr",
        ),
        # The next Sunday; not the Saturday before, and not six hours late.
        (EVERY_SIX_HOURS, [_copy(START, "full")], timedelta(days=6, hours=18), "incr"),
        (EVERY_SIX_HOURS, [_copy(START, "full")], timedelta(days=7), "full"),
        (DAILY, [_copy(START, "full")], timedelta(days=6), "incr"),
        (DAILY, [_copy(START, "full")], timedelta(days=7), "full"),
        # What lies elsewhere is no copy here.
        (DAILY, [_copy(START, "full", repository=2)], timedelta(hours=1), "full"),
    ],
)
def test_a_copy_is_due_at_its_moments_and_a_full_one_every_week(
    copies: Copies, there: list[Copy], after: timedelta, kind: str | None
) -> None:
    assert due(copies, there, 1, START + after) == kind
