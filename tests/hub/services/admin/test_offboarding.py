"""Offboarding: whatever cuts it off, it goes on to the same end and saves files first."""

import asyncio
import tarfile
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine, select

from hub import audit, suspension
from hub.services.admin.archives import Archive, Archived, HomeFolders, NotReached
from hub.services.admin.offboarding import begin, go_on, take_up
from hub.services.admin.reports import Offboarding, Plan, offboarding, offboardings
from hub.services.reports import library, outbox, subscriptions
from hub.services.reports.library import Grant
from hub.services.reports.schedule_tables import MAILS
from hub.services.web.hub_api import HubRefusal
from tests.hub.services.admin.small_hub import CutOff, SmallHub

WHOLE = Plan(deletes_files=True)


@pytest.fixture
def files(tmp_path: Path) -> HomeFolders:
    home = tmp_path / "homes" / "ada"
    home.mkdir(parents=True)
    (home / "result.csv").write_text("42")
    return HomeFolders(homes=tmp_path / "homes", archives=tmp_path / "archives")


def a_hub() -> SmallHub:
    return SmallHub(servers={"ada": {"", "second"}}, tokens={"ada": {"t1", "t2"}})


@dataclass
class CutOffDuring:
    """Files, in an archive that is cut off in one of its acts, once."""

    files: HomeFolders
    act: str

    @property
    def missing(self) -> str:
        return ""

    def has_data(self, user: str) -> bool:
        return self.files.has_data(user)

    def keep(self, user: str) -> Archived:
        if self.act == "keep":
            self.files.archives.mkdir()
            (self.files.archives / ".half.draft").write_text("half")
            raise CutOff
        kept = self.files.keep(user)
        if self.act == "after keep":
            raise CutOff
        return kept

    def delete(self, user: str) -> None:
        if self.act == "delete":
            (self.files.homes / user / "result.csv").unlink()
            raise CutOff
        self.files.delete(user)


def leave(
    hub: SmallHub, engine: Engine, archive: Archive, plan: Plan = WHOLE
) -> Offboarding:
    waiting = Path(str(engine.url.database)).parent / "admin.jsonl"
    desk = hub.desk(engine, archive=archive, audit=waiting)

    async def go() -> Offboarding:
        person = hub.person()
        return await go_on(desk, person, await begin(desk, person, "ada", plan))

    return asyncio.run(go())


def again(hub: SmallHub, engine: Engine, archive: Archive, report_id: int) -> Offboarding:
    waiting = Path(str(engine.url.database)).parent / "admin.jsonl"
    desk = hub.desk(engine, archive=archive, audit=waiting)

    async def go() -> Offboarding:
        person = hub.person()
        return await go_on(desk, person, await take_up(desk, person, report_id))

    return asyncio.run(go())


def archived(files: HomeFolders) -> list[str]:
    """Texts of `result.csv` in each archive that there is."""
    found = []
    for whole in sorted(files.archives.glob("*.tar.gz")):
        with tarfile.open(whole) as tar:
            if "ada/result.csv" in tar.getnames():
                held = tar.extractfile("ada/result.csv")
                assert held is not None
                found.append(held.read().decode())
    return found


def states(report: Offboarding) -> list[str]:
    return [step.state for step in report.steps]


def require_gone(hub: SmallHub, engine: Engine, files: HomeFolders) -> None:
    assert "ada" not in hub.users
    assert (hub.servers["ada"], hub.tokens["ada"]) == (set(), set())
    assert not files.has_data("ada")
    assert "42" in archived(files)
    assert suspension.is_suspended(engine, "ada")
    done = {one.action for one in audit.read(engine, action="offboard.")}
    assert done - {"offboard.go-on"} == {
        f"offboard.{step}"
        for step in (
            "begin", "suspend", "stop", "tokens", "shares", "archive", "delete-files",
            "delete-user", "free-name",
        )
    }  # fmt: skip
    assert audit.verify(engine) is None


def test_every_step_is_done_in_order_and_kept(engine: Engine, files: HomeFolders) -> None:
    hub = a_hub()

    report = leave(hub, engine, files)

    assert report.is_done
    assert states(report) == ["ok"] * 7 + ["skipped"]
    assert offboarding(engine, report.id) == report
    require_gone(hub, engine, files)
    order = [one.action for one in audit.read(engine, action="offboard.")]
    assert order.index("offboard.archive") < order.index("offboard.delete-files")


def test_what_was_shared_with_a_name_isnt_shared_with_who_has_it_next(
    engine: Engine, files: HomeFolders
) -> None:
    now = datetime.now(UTC)
    with engine.begin() as connection:
        shared = library.create(connection, "bob", "Risk", now)
        for kind, name in (("user", "ada"), ("user", "eve"), ("group", "ada")):
            library.grant(connection, shared, Grant(kind=kind, name=name), now)
        for name in ("ada", "eve"):
            subscriptions.subscribe(connection, shared, name, now)
        outbox.tell_of_version(connection, shared, 1, now)
        library.create(connection, "ada", "Hers", now)

    report = leave(a_hub(), engine, files, replace(WHOLE, keeps_name_barred=False))

    said = {step.title: step.said for step in report.steps}
    assert "reports shared with the name: 1 ended" in said["End shares"]
    assert said["Let the name go"].endswith("; reports left to whoever has it next: 1")
    with engine.connect() as connection:
        left = [(one.kind, one.name) for one in library.grants_of(connection, shared)]
        assert left == [("group", "ada"), ("user", "eve")]
        assert not subscriptions.is_subscribed(connection, shared, "ada")
        assert subscriptions.is_subscribed(connection, shared, "eve")
        told = list(connection.scalars(select(MAILS.c.user_name)))
    assert told == ["eve"]


@pytest.mark.parametrize("cut_off_at", range(14))
def test_one_that_is_cut_off_at_any_request_goes_on_to_the_same_end(
    engine: Engine, files: HomeFolders, cut_off_at: int
) -> None:
    hub = a_hub()
    hub.cut_off_at = cut_off_at
    with pytest.raises(CutOff):
        leave(hub, engine, files)
    hub.cut_off_at = None

    if cut_off_at == 0:
        assert offboardings(engine) == []
        leave(hub, engine, files)
    else:
        [report] = offboardings(engine)
        assert not report.is_done
        assert again(hub, engine, files, report.id).is_done

    require_gone(hub, engine, files)


def test_fourteen_requests_are_all_there_are(engine: Engine, files: HomeFolders) -> None:
    hub = a_hub()

    leave(hub, engine, files)

    assert len(hub.asked) == 14


@pytest.mark.parametrize("act", ["keep", "after keep", "delete"])
def test_one_that_is_cut_off_among_the_files_loses_none(
    engine: Engine, files: HomeFolders, act: str
) -> None:
    hub = a_hub()
    with pytest.raises(CutOff):
        leave(hub, engine, CutOffDuring(files, act))
    [report] = offboardings(engine)
    assert states(report)[4:6] == (
        ["ok", "running"] if act == "delete" else ["running", "waiting"]
    )

    assert again(hub, engine, files, report.id).is_done

    require_gone(hub, engine, files)


def test_a_failed_archive_ends_it_before_anything_is_deleted(
    engine: Engine, files: HomeFolders, tmp_path: Path
) -> None:
    hub = a_hub()
    files.archives.write_text("a file in the place of the folder")

    report = leave(hub, engine, files)

    assert states(report) == ["ok"] * 4 + ["failed"] + ["waiting"] * 3
    assert report.failed is not None
    assert "File exists" in report.failed.said
    assert (tmp_path / "homes" / "ada" / "result.csv").read_text() == "42"
    assert "ada" in hub.users
    [record] = audit.read(engine, action="offboard.archive")
    assert record.outcome == "failed"
    files.archives.unlink()
    assert again(hub, engine, files, report.id).is_done
    require_gone(hub, engine, files)


def test_who_was_resumed_in_between_is_archived_once_more(
    engine: Engine, files: HomeFolders, tmp_path: Path
) -> None:
    hub = a_hub()
    with pytest.raises(CutOff):
        leave(hub, engine, CutOffDuring(files, "delete"))
    suspension.resume(engine, "ada")
    (tmp_path / "homes" / "ada" / "result.csv").write_text("43")
    [report] = offboardings(engine)

    assert again(hub, engine, files, report.id).is_done

    assert sorted(archived(files)) == ["42", "43"]
    assert not files.has_data("ada")
    assert suspension.is_suspended(engine, "ada")


@pytest.mark.parametrize(
    ("plan", "has_home", "n_archives"),
    [
        (Plan(), True, 1),
        (Plan(archives=False), True, 0),
        (Plan(archives=False, deletes_files=True, deletes_unarchived=True), False, 0),
        (Plan(deletes_files=True), False, 1),
    ],
)
def test_files_go_as_it_was_planned(
    engine: Engine, files: HomeFolders, plan: Plan, has_home: bool, n_archives: int
) -> None:
    report = leave(a_hub(), engine, files, plan)

    assert report.is_done
    assert files.has_data("ada") == has_home
    assert len(archived(files)) == n_archives


def test_files_without_an_archive_are_deleted_only_if_that_was_confirmed(
    engine: Engine, files: HomeFolders
) -> None:
    report = leave(a_hub(), engine, files, Plan(archives=False, deletes_files=True))

    assert report.failed is not None
    assert report.failed.title == "Delete files"
    assert "deleting without one was not confirmed" in report.failed.said
    assert files.has_data("ada")


def test_files_out_of_reach_stay_and_the_report_says_why(engine: Engine) -> None:
    report = leave(a_hub(), engine, NotReached("homes are volumes"), Plan())

    assert report.is_done
    assert report.steps[4].said == "not possible here: homes are volumes"


def test_a_name_is_let_go_only_if_that_was_planned(
    engine: Engine, files: HomeFolders
) -> None:
    leave(a_hub(), engine, files, replace(WHOLE, keeps_name_barred=False))

    assert not suspension.is_suspended(engine, "ada")


def test_who_is_nobody_is_not_barred_by_a_slip(engine: Engine, files: HomeFolders) -> None:
    hub = SmallHub(users={"boss"})
    desk = hub.desk(engine, archive=files)

    with pytest.raises(HubRefusal, match="there is no user 'adda', and there are no files"):
        asyncio.run(begin(desk, hub.person(), "adda", WHOLE))

    assert offboardings(engine) == []
    assert not suspension.is_suspended(engine, "adda")


def test_files_of_a_user_whom_the_hub_has_forgotten_can_still_be_let_go(
    engine: Engine, files: HomeFolders
) -> None:
    hub = SmallHub(users={"boss"})

    report = leave(hub, engine, files)

    assert report.is_done
    assert archived(files) == ["42"]


def test_nobody_offboards_themselves_or_the_last_admin(
    engine: Engine, files: HomeFolders
) -> None:
    hub = a_hub()
    desk = hub.desk(engine, archive=files)

    with pytest.raises(HubRefusal, match="boss is you"):
        asyncio.run(begin(desk, hub.person("boss"), "boss", WHOLE))
    with pytest.raises(HubRefusal, match="boss is the last admin who may sign in"):
        asyncio.run(begin(desk, hub.person("robot"), "boss", WHOLE))

    assert offboardings(engine) == []


def test_the_same_user_is_not_offboarded_twice_at_once(
    engine: Engine, files: HomeFolders
) -> None:
    hub = a_hub()
    desk = hub.desk(engine, archive=files)

    async def go() -> int:
        report = await begin(desk, hub.person(), "ada", WHOLE)
        with pytest.raises(HubRefusal, match="ada is being offboarded already"):
            await begin(desk, hub.person(), "ada", WHOLE)
        with pytest.raises(HubRefusal, match="ada is being offboarded already"):
            await take_up(desk, hub.person(), report.id)
        await go_on(desk, hub.person(), report)
        return report.id

    report_id = asyncio.run(go())

    with pytest.raises(HubRefusal, match=f"every step of report {report_id} is done"):
        asyncio.run(take_up(desk, hub.person(), report_id))
    with pytest.raises(HubRefusal, match="there is no report 99"):
        asyncio.run(take_up(desk, hub.person(), 99))
