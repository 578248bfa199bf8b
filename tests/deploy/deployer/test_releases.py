"""Releases: locked to the last byte, the last three kept."""

from pathlib import Path
from typing import Any

import pytest

from deploy.deployer.outcomes import Failed
from deploy.deployer.release_lock import (
    Image,
    ReleaseLock,
    differences,
    digest_of_files,
    inspect_images,
)
from deploy.deployer.releases import Releases

HUB = Image(id="sha256:" + "a" * 64)
PULLED = Image(id="sha256:" + "b" * 64, digests=("postgres@sha256:" + "c" * 64,))


def _lock(version: str, **changed: Any) -> ReleaseLock:
    values: dict[str, Any] = {
        "version": version,
        "commit": "0" * 40,
        "made_at": "2026-01-31T12:00:00+00:00",
        "images": {f"mchub/hub:{version}": HUB, "postgres:17": PULLED},
        "variables": {"MC_HUB_IMAGE": f"mchub/hub:{version}"},
        "files": "f" * 64,
        "schemas": {"jupyterhub": "1", "mchub": "2"},
    }
    return ReleaseLock(**(values | changed))


def test_a_lock_is_read_as_it_was_written(tmp_path: Path) -> None:
    file = tmp_path / "releases" / "1.0.0.lock"

    _lock("1.0.0").write(file)

    assert ReleaseLock.read(file) == _lock("1.0.0")
    assert file.stat().st_mode & 0o777 == 0o600


def test_an_image_that_changed_and_one_that_is_gone_are_found() -> None:
    other = Image(id="sha256:" + "d" * 64)

    assert differences(_lock("1.0.0"), _lock("1.0.0").images) == []
    found = differences(_lock("1.0.0"), {"mchub/hub:1.0.0": other})
    assert [(finding.about, finding.found) for finding in found] == [
        ("mchub/hub:1.0.0", "sha256:dddddddddddd"),
        ("postgres:17", "no such image"),
    ]


def test_the_same_pulled_image_is_known_on_a_host_that_keeps_it_otherwise() -> None:
    elsewhere = Image(id="sha256:" + "e" * 64, digests=PULLED.digests)

    assert (
        differences(_lock("1.0.0"), {"mchub/hub:1.0.0": HUB} | {"postgres:17": elsewhere})
        == []
    )


def test_images_are_looked_up_by_the_names_that_compose_uses() -> None:
    def docker(*words: str) -> str:
        if words[0] == "images":
            return f"mchub/hub:1.0.0 {HUB.id}\npostgres:17 {PULLED.id}\n"
        return '["' + PULLED.digests[0] + '"]' if words[-1] == "postgres:17" else "null"

    found = inspect_images(docker, ["mchub/hub:1.0.0", "postgres:17", "gone:1"])

    assert found == _lock("1.0.0").images


def test_a_file_that_changed_changes_the_digest(tmp_path: Path) -> None:
    file = tmp_path / "compose.yaml"
    file.write_text("name: one\n")
    before = digest_of_files([file])
    file.write_text("name: two\n")

    assert digest_of_files([file]) != before


def test_the_last_three_are_kept_and_the_names_of_the_others_given_back(
    tmp_path: Path,
) -> None:
    releases = Releases(tmp_path)
    assert (releases.current, releases.previous) == (None, None)
    for version in ("1.0.0", "1.1.0", "1.2.0", "1.1.0", "1.3.0"):
        _lock(version).write(releases.file(version))
        releases.runs_now(version, "deployed")

    assert releases.kept() == ["1.3.0", "1.1.0", "1.2.0"]
    assert (releases.current, releases.previous) == ("1.3.0", "1.1.0")
    # postgres:17 is still needed.
    assert releases.forget_old() == ["mchub/hub:1.0.0"]
    assert not releases.file("1.0.0").exists()
    assert releases.lock("1.1.0") == _lock("1.1.0")


def test_a_release_that_is_not_kept_is_refused_with_those_that_are(tmp_path: Path) -> None:
    releases = Releases(tmp_path)
    _lock("1.0.0").write(releases.file("1.0.0"))
    releases.runs_now("1.0.0", "deployed")

    with pytest.raises(
        Failed, match=r"release 0\.9\.0 is not kept here; kept are: 1\.0\.0"
    ):
        releases.lock("0.9.0")
