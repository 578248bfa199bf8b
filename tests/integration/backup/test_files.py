"""Copies of files by a real restic, here and in an object store, and back again."""

import json
import re
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from deploy.deployer.commands import Failed
from deploy.deployer.files_backup import (
    FilesCopy,
    back_up_files,
    drill_files,
    file_backups,
    newest_before,
    restore_files,
    restore_state,
    verify_files,
)
from tests.integration.backup.world import SECRETS, World, running_world

pytestmark = pytest.mark.docker

GRACE = "Grace@example.org"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with running_world(tmp_path_factory.mktemp("files")) as world:
        yield world


@pytest.fixture(scope="module")
def scheduled(world: World) -> list[FilesCopy]:
    """The copies that nobody asked for: one in each repository, soon after the start."""
    end = time.monotonic() + 60
    while len(found := file_backups(world.docker, world.settings)) < 2:
        assert time.monotonic() < end, world.docker("logs", world.backup)
        time.sleep(0.5)
    return found


def _copies(world: World, reason: str) -> list[FilesCopy]:
    return back_up_files(world.docker, world.settings, world.state, reason=reason)


def test_a_first_copy_is_made_at_once_in_both_repositories(
    world: World, scheduled: list[FilesCopy]
) -> None:
    assert [copy.repository for copy in scheduled] == [1, 2]
    homes = tuple(sorted([world.home("ada"), world.home(GRACE)]))
    assert {copy.homes for copy in scheduled} == {homes}
    assert {copy.notes["reason"] for copy in scheduled} == {"schedule"}


def test_homes_come_back_file_by_file_from_elsewhere(
    world: World, scheduled: list[FilesCopy]
) -> None:
    before = {user: world.listing(user) for user in ("ada", GRACE)}
    made = _copies(world, "test")
    assert [copy.repository for copy in made] == [1, 2]
    world.in_home("ada", "echo damage > model.bin; rm -r notebooks; touch new; chmod 777 .")
    world.docker("volume", "rm", world.home(GRACE))

    copy = newest_before(file_backups(world.docker, world.settings), None, 2)
    assert copy.label == made[1].label
    restore_files(world.docker, world.settings, world.state, copy)

    assert {user: world.listing(user) for user in ("ada", GRACE)} == before
    labels = json.loads(world.docker("volume", "inspect", world.home(GRACE)))[0]["Labels"]
    assert labels == {"mchub.environment": world.settings.name}


def test_secrets_and_settings_come_back_and_what_derives_from_them_does_not(
    world: World, scheduled: list[FilesCopy]
) -> None:
    secret, derived = world.state / "secrets" / "cookie_key", world.state / "parts" / "x"
    derived.touch()
    [copy] = [one for one in _copies(world, "test") if one.repository == 1]
    secret.unlink()
    derived.unlink()
    (world.state / "release").write_text("made since\n")

    restore_state(world.docker, world.settings, world.state, copy)

    assert secret.read_text() == "the cookie key\n"
    assert secret.stat().st_mode & 0o777 == 0o644
    assert (world.state / "release").exists()
    assert not derived.exists()


def test_a_home_that_a_server_has_open_is_left_alone(
    world: World, scheduled: list[FilesCopy]
) -> None:
    words = ("run", "--detach", "--rm", "--network=none", "--volume")
    mount = f"{world.home('ada')}:/home"
    server = world.docker(*words, mount, "mchub/base:0.1.0", "sleep", "60").strip()
    before = world.listing("ada")
    world.in_home("ada", "echo newer > since")
    try:
        with pytest.raises(Failed, match="no home may be in use during a restore"):
            restore_files(world.docker, world.settings, world.state, scheduled[0])
    finally:
        world.docker("rm", "--force", server)

    assert world.in_home("ada", "cat since") == "newer\n"
    world.in_home("ada", "rm since")
    assert world.listing("ada") != before


def test_copies_are_made_on_request_where_nothing_runs_too(
    world: World, scheduled: list[FilesCopy]
) -> None:
    world.compose("stop", "backup")
    try:
        made = _copies(world, "by-hand")
        found = file_backups(world.docker, world.settings, repositories=[2])
    finally:
        world.compose("start", "backup")

    assert found[-1] == made[1]


def test_what_reads_everything_writes_nothing_of_it(
    world: World, scheduled: list[FilesCopy]
) -> None:
    told = json.loads(world.docker("inspect", world.backup))[0]
    mounts = {mount["Destination"]: mount["RW"] for mount in told["Mounts"]}

    assert not any("docker.sock" in mount for mount in mounts)
    assert [where for where, is_writable in sorted(mounts.items()) if is_writable] == [
        "/srv/files",
        "/srv/status",
    ]
    denied = ("touch /volumes/x", "touch /state/x", "mknod /tmp/x b 8 0", "chown 1 /tmp")
    for command in denied:
        with pytest.raises(Failed):
            world.docker("exec", world.backup, "sh", "-c", command)


def test_no_secret_is_in_what_docker_tells(
    world: World, scheduled: list[FilesCopy]
) -> None:
    folder = world.state / "parts" / "backup"
    values = [(folder / name).read_text().strip() for name in SECRETS]

    told = world.docker("inspect", world.backup) + world.docker("logs", world.backup)
    processes = "cat /proc/*/environ /proc/*/cmdline"
    told += world.docker("exec", world.backup, "sh", "-c", processes)

    assert [value for value in values if value in told] == []


def test_a_repository_holds_no_plain_text(world: World, scheduled: list[FilesCopy]) -> None:
    words = ("exec", world.backup, "sh", "-c")
    found = world.docker(*words, "grep -rlE 'plaintext of|cookie key' /srv/files || true")

    assert found == ""


def test_how_old_copies_are_is_told_for_the_exporter(
    world: World, scheduled: list[FilesCopy]
) -> None:
    words = ("exec", world.backup, "cat")
    end = time.monotonic() + 30
    while "files-off-site.json" not in world.docker(
        "exec", world.backup, "ls", "/srv/status"
    ):
        assert time.monotonic() < end
        time.sleep(0.5)
    for number, file in ((1, "files.json"), (2, "files-off-site.json")):
        told = json.loads(world.docker(*words, f"/srv/status/{file}"))

        assert told["repository"] == number
        assert abs(told["succeeded_at"] - time.time()) < 300
        assert told["bytes"] > 0
        assert 0 <= told["seconds"] < 60


def test_a_drill_reads_what_it_restored_aside(
    world: World, scheduled: list[FilesCopy]
) -> None:
    for number in (1, 2):
        told = drill_files(world.docker, world.settings, repository=number)

        assert re.fullmatch(r"\d+ files of [0-9a-f]{8}, [\d.]+ s", told)


def test_a_moment_before_all_copies_is_refused(
    world: World, scheduled: list[FilesCopy]
) -> None:
    long_ago = datetime.now(UTC) - timedelta(days=400)

    with pytest.raises(Failed, match=r"`to` must lie after the oldest copy of files"):
        newest_before(scheduled, long_ago, 1)


def test_damage_is_found(world: World, scheduled: list[FilesCopy]) -> None:
    assert "no errors were found" in verify_files(world.docker, world.settings)
    spoil = "f=$(find /srv/files/data -type f -size +100k | head -n 1); chmod u+w $f; "
    spoil += "printf spoiled | dd of=$f bs=1 seek=5000 conv=notrunc 2>/dev/null"
    world.docker("exec", world.backup, "sh", "-c", spoil)

    with pytest.raises(Failed, match="restic check"):
        verify_files(world.docker, world.settings, repositories=[1])
    verify_files(world.docker, world.settings, repositories=[2])
