"""Acts on many users: each has an outcome of its own, and each outcome is recorded."""

import asyncio
import json
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from hub import audit, suspension
from hub.services.admin.acts import Doing, perform
from hub.services.admin.inviting import invite
from hub.services.admin.outcomes import Report
from hub.services.admin.roster import Line
from tests.hub.services.admin.small_hub import SmallHub


def act(
    hub: SmallHub, engine: Engine, *names: str, by: str = "boss", **what: str
) -> Report:
    doing = Doing(names=names, **({"act": "suspend"} | what))
    waiting = Path(str(engine.url.database)).parent / "admin.jsonl"
    desk = hub.desk(engine, audit=waiting)
    return asyncio.run(perform(desk, hub.person(by), doing))


def outcomes(report: Report) -> list[tuple[str, str, str]]:
    return [(one.name, one.state, one.said) for one in report.outcomes]


def test_a_suspension_closes_sign_in_first_and_ends_what_runs(engine: Engine) -> None:
    hub = SmallHub(servers={"ada": {"", "second"}}, tokens={"ada": {"t1", "t2", "t3"}})

    report = act(hub, engine, "ada", reason="left her laptop in a train")

    said = "suspended; 2 servers stopped; 3 tokens deleted"
    assert outcomes(report) == [("ada", "ok", said)]
    assert (hub.servers["ada"], hub.tokens["ada"]) == (set(), set())
    [kept] = suspension.all_suspensions(engine)
    assert (kept.user, kept.by, kept.reason) == (
        "ada", "boss", "left her laptop in a train",
    )  # fmt: skip


def test_suspending_again_changes_nothing_and_says_so(engine: Engine) -> None:
    hub = SmallHub()
    act(hub, engine, "ada", reason="first")

    report = act(hub, engine, "ada", reason="second")

    assert outcomes(report)[0][2].startswith("was suspended already; 0 servers stopped")
    assert suspension.all_suspensions(engine)[0].reason == "first"


def test_a_refusal_stops_only_its_own_user(engine: Engine) -> None:
    report = act(SmallHub(), engine, "boss", "nobody", "../ada", "ada")

    assert outcomes(report) == [
        ("boss", "refused", "boss is you, and only another admin can do this to you"),
        ("nobody", "refused", "there is no such user"),
        ("../ada", "refused", "there is no such user"),
        ("ada", "ok", "suspended; 0 servers stopped; 0 tokens deleted"),
    ]


def test_the_last_admin_who_may_sign_in_can_not_be_suspended(engine: Engine) -> None:
    hub = SmallHub(admins={"boss", "ada"})
    act(hub, engine, "ada", by="boss")

    # A program with all rights, whose token is no admin's.
    report = act(hub, engine, "boss", by="robot")

    said = "boss is the last admin who may sign in; make another first"
    assert outcomes(report) == [("boss", "refused", said)]
    assert not suspension.is_suspended(engine, "boss")


def test_two_admins_who_suspend_each_other_at_once_leave_one(engine: Engine) -> None:
    hub = SmallHub(admins={"boss", "ada"})
    desk = hub.desk(engine)

    async def both() -> None:
        await asyncio.gather(
            perform(desk, hub.person("boss"), Doing(act="suspend", names=("ada",))),
            perform(desk, hub.person("ada"), Doing(act="suspend", names=("boss",))),
        )

    asyncio.run(both())

    assert len(suspension.all_suspensions(engine)) == 1


def test_a_hub_that_goes_away_is_said_user_by_user(engine: Engine) -> None:
    hub = SmallHub(is_away=True)

    report = act(hub, engine, "ada", "bob", act="stop")

    assert [state for _, state, _ in outcomes(report)] == ["partly", "partly"]
    assert outcomes(report)[0][2] == (
        "the hub did not answer: connection refused; what was done is not known, look at "
        "the user again"
    )


def test_every_outcome_is_recorded_with_who_whom_and_from_where(engine: Engine) -> None:
    hub = SmallHub(groups={"quants": set()})
    act(hub, engine, "ada", "nobody", reason="a reason")
    act(hub, engine, "bob", act="join", group="quants")
    act(hub, engine, "bob", act="join", group="nosuch")

    found = [
        (one.actor, one.action, one.target, one.outcome, one.source)
        for one in audit.read(engine)
    ]

    assert found == [
        ("boss", "user.suspend", "ada", "ok", "192.0.2.7"),
        ("boss", "user.suspend", "nobody", "refused", "192.0.2.7"),
        ("boss", "user.join", "bob", "ok", "192.0.2.7"),
        ("boss", "user.join", "bob", "refused", "192.0.2.7"),
    ]
    first = json.loads(next(audit.read(engine)).detail)
    assert first["reason"] == "a reason"
    assert audit.verify(engine) is None


def test_a_record_that_the_database_refuses_waits_and_is_appended_later(
    engine: Engine, tmp_path: Path
) -> None:
    hub, waiting = SmallHub(groups={"quants": set()}), tmp_path / "admin.jsonl"
    with engine.begin() as connection:
        connection.execute(text("ALTER TABLE mchub_audit RENAME TO elsewhere"))
    act(hub, engine, "ada", act="join", group="quants")
    assert len(waiting.read_text().splitlines()) == 1
    with engine.begin() as connection:
        connection.execute(text("ALTER TABLE elsewhere RENAME TO mchub_audit"))

    act(hub, engine, "bob", act="join", group="quants")

    assert [one.target for one in audit.read(engine)] == ["ada", "bob"]
    assert waiting.read_text() == ""


def test_inviting_twice_is_inviting_once_and_a_barred_name_is_said(engine: Engine) -> None:
    hub = SmallHub(groups={"quants": {"ada"}})
    suspension.suspend(engine, "gone", "boss", "offboarded")
    lines = [
        Line(number=2, name="ada", groups=("quants",)),
        Line(number=3, name="new", groups=("quants", "nosuch")),
        Line(number=4, name="gone"),
        Line(number=5, name="last", groups=("quants",)),
    ]

    first = asyncio.run(invite(hub.desk(engine), hub.person(), lines))
    again = asyncio.run(invite(hub.desk(engine), hub.person(), lines[:1]))

    assert outcomes(first) == [
        ("ada", "ok", "was there already"),
        (
            "new",
            "partly",
            "made; added to quants; not added to nosuch: No such group: nosuch",
        ),
        ("gone", "partly", "made; can't sign in before they are resumed"),
        ("last", "ok", "made; added to quants"),
    ]
    assert outcomes(again) == [("ada", "ok", "was there already")]


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"act": "stop"}, "1 server stopped"),
        ({"act": "resume"}, "was not suspended"),
        ({"act": "join", "group": "quants"}, "is a member of quants"),
        ({"act": "leave", "group": "analysts"}, "is no member of analysts"),
    ],
)
def test_an_act_says_what_it_did(engine: Engine, asked: dict[str, str], said: str) -> None:
    groups: dict[str, set[str]] = {"quants": set(), "analysts": {"ada"}}
    hub = SmallHub(groups=groups, servers={"ada": {""}})

    report = act(hub, engine, "ada", **asked)

    assert outcomes(report) == [("ada", "ok", said)]
    assert hub.groups["quants"] == ({"ada"} if asked["act"] == "join" else set())
    assert hub.groups["analysts"] == (set() if asked["act"] == "leave" else {"ada"})
    assert hub.servers["ada"] == (set() if asked["act"] == "stop" else {""})
