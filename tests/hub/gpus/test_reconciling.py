"""What is done when leases, Docker and the hub tell different stories."""

from datetime import UTC, datetime, timedelta

import pytest

from hub.gpus import Lease, Waiting
from hub.gpus.reconciling import (
    Action,
    Adopt,
    DropPlace,
    EndLease,
    Remove,
    RestoreLease,
    Resume,
    Seen,
    reconcile,
)

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
ADA = ("ada", "")
LEASE = Lease(
    id=1, user="ada", server="", profile="gpu", device="a", parts=1_000, since=NOON,
    until=NOON + timedelta(hours=1),
)  # fmt: skip
RUNNING = Seen(
    id="c1", user="ada", server="", profile="gpu", device="a", parts=1_000, made=NOON,
    is_running=True,
)  # fmt: skip
ENDED = Seen(**(vars(RUNNING) | {"is_running": False}))
PLAIN = Seen(**(vars(RUNNING) | {"device": "", "parts": 0}))
WAITING = Waiting(
    id=1, user="ada", server="", profile="gpu", parts=1_000, lasts=timedelta(hours=1),
    since=NOON, rank=NOON, seen=NOON,
)  # fmt: skip

CASES: list[
    tuple[str, list[Lease], list[Seen], list[Waiting], set[tuple[str, str]], list[Action]]
] = [
    ("all agree", [LEASE], [RUNNING], [], {ADA}, []),
    ("a start that has its lease", [LEASE], [], [], {ADA}, []),
    ("a lease that nothing runs by", [LEASE], [], [], set(), [EndLease(LEASE)]),
    ("a lease lost", [], [RUNNING], [], {ADA}, [RestoreLease(RUNNING)]),
    ("a server forgotten", [LEASE], [RUNNING], [], set(), [Adopt(RUNNING)]),
    ("one without a GPU", [], [PLAIN], [], set(), [Adopt(PLAIN)]),
    ("one that ended", [LEASE], [ENDED], [], set(), [EndLease(LEASE), Remove(ENDED)]),
    ("one whose last words are read", [LEASE], [ENDED], [], {ADA}, []),
    ("a start that waits", [], [], [WAITING], {ADA}, []),
    ("a start whose hub ended", [], [], [WAITING], set(), [Resume(WAITING)]),
    ("one that runs and waits", [LEASE], [RUNNING], [WAITING], set(), [Adopt(RUNNING)]),
]


@pytest.mark.parametrize(
    ("leases", "containers", "queue", "active", "actions"),
    [pytest.param(*case[1:], id=case[0]) for case in CASES],
)
def test_three_accounts_are_made_to_agree(
    leases: list[Lease],
    containers: list[Seen],
    queue: list[Waiting],
    active: set[tuple[str, str]],
    actions: list[Action],
) -> None:
    assert actions == reconcile(leases, containers, queue, active, {"ada"})


def test_what_a_deleted_user_left_is_cleared_away() -> None:
    found = reconcile([], [RUNNING], [WAITING], set(), {"ben"})

    assert [Remove(RUNNING), DropPlace(WAITING)] == found
