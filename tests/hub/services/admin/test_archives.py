"""Archives hold what a home held, or there is none; nothing else of a home is touched."""

import hashlib
import os
import resource
import tarfile
from pathlib import Path

import pytest

from hub.services.admin.archives import HomeFolders, NotReached


@pytest.fixture
def archive(tmp_path: Path) -> HomeFolders:
    home = tmp_path / "homes" / "ada"
    (home / "notebooks").mkdir(parents=True)
    (home / "notebooks" / "first.ipynb").write_text("{}")
    (home / "empty").mkdir()
    (home / "big.bin").write_bytes(os.urandom(3_000_000))
    (home / "link").symlink_to("/etc/passwd")
    os.link(home / "big.bin", home / "again.bin")
    return HomeFolders(homes=tmp_path / "homes", archives=tmp_path / "archives")


def test_an_archive_holds_every_file_and_says_its_checksum(
    archive: HomeFolders, tmp_path: Path
) -> None:
    kept = archive.keep("ada")

    whole, home = Path(kept.where), tmp_path / "homes" / "ada"
    assert hashlib.sha256(whole.read_bytes()).hexdigest() == kept.sha256
    assert Path(f"{whole}.sha256").read_text() == f"{kept.sha256}  {whole.name}\n"
    assert (whole.stat().st_mode & 0o777, kept.n_bytes) == (0o600, whole.stat().st_size)
    with tarfile.open(whole) as tar:
        # The first releases of Python 3.11 have no filters, and trust.
        trusting = getattr(tarfile, "fully_trusted_filter", None)
        tar.extraction_filter = trusting
        tar.extractall(tmp_path / "out")
    found = tmp_path / "out" / "ada"
    assert kept.n_files == 1 + len(list(home.rglob("*"))) == 7
    assert (found / "notebooks" / "first.ipynb").read_text() == "{}"
    assert (found / "again.bin").read_bytes() == (home / "big.bin").read_bytes()
    assert (found / "link").readlink() == Path("/etc/passwd")
    assert archive.has_data("ada")


def test_what_is_behind_a_link_is_neither_archived_nor_deleted(
    archive: HomeFolders, tmp_path: Path
) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "theirs").write_text("not ada's")
    (tmp_path / "homes" / "ada" / "out").symlink_to(outside)

    kept = archive.keep("ada")
    archive.delete("ada")

    with tarfile.open(kept.where) as tar:
        assert not any("theirs" in name for name in tar.getnames())
    assert (outside / "theirs").read_text() == "not ada's"
    assert not archive.has_data("ada")


def test_an_archive_that_the_disk_does_not_take_leaves_nothing_and_the_home_whole(
    archive: HomeFolders,
) -> None:
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, limits[1]))
    try:
        with pytest.raises(OSError, match="File too large"):
            archive.keep("ada")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)

    assert list(archive.archives.iterdir()) == []
    assert (archive.homes / "ada" / "big.bin").stat().st_size == 3_000_000


def test_names_that_are_no_folder_names_stay_inside_the_homes(
    archive: HomeFolders, tmp_path: Path
) -> None:
    (tmp_path / "treasure").mkdir()

    assert not archive.has_data("../treasure")
    with pytest.raises(FileNotFoundError):
        archive.delete("../treasure")

    assert (tmp_path / "treasure").is_dir()


def test_where_files_are_out_of_reach_each_act_says_why() -> None:
    archive = NotReached("homes are volumes of the users")

    assert archive.missing == "homes are volumes of the users"
    with pytest.raises(OSError, match="ada can't be archived: homes are volumes"):
        archive.keep("ada")
    with pytest.raises(OSError, match="ada can't be deleted: homes are volumes"):
        archive.delete("ada")
