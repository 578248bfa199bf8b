"""The cache keeps compiled code, or does without, and never returns what is broken."""

from pathlib import Path

import pytest

from mclib.engines import cache


def test_what_was_written_is_read(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "down" / "code.o"

    cache.write(path, b"machine code")

    assert cache.read(path) == b"machine code"
    assert [each.name for each in path.parent.iterdir()] == ["code.o"]


def test_what_is_not_there_is_none(tmp_path: Path) -> None:
    assert cache.read(tmp_path / "nothing.o") is None


@pytest.mark.parametrize("damage", ["cut", "emptied", "changed", "lengthened", "not ours"])
def test_a_damaged_file_is_none(tmp_path: Path, damage: str) -> None:
    path = tmp_path / "code.o"
    cache.write(path, bytes(range(200)))
    kept = path.read_bytes()
    path.write_bytes(
        {
            "cut": kept[:-1],
            "emptied": b"",
            "changed": kept[:100] + b"\0" + kept[101:],
            "lengthened": kept + b"\0",
            "not ours": b"\x7fELF" + bytes(60),
        }[damage]
    )

    assert cache.read(path) is None


def test_a_folder_that_cannot_be_made_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")

    cache.write(tmp_path / "file" / "below" / "code.o", b"machine code")

    assert cache.read(tmp_path / "file" / "below" / "code.o") is None


def test_a_target_that_cannot_be_replaced_leaves_no_rest(tmp_path: Path) -> None:
    (tmp_path / "code.o").mkdir()

    cache.write(tmp_path / "code.o", b"machine code")

    assert [each.name for each in tmp_path.iterdir()] == ["code.o"]


def test_writing_again_replaces(tmp_path: Path) -> None:
    for data in (b"first", b"second"):
        cache.write(tmp_path / "code.o", data)

    assert cache.read(tmp_path / "code.o") == b"second"


def test_the_folder_is_named_by_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    monkeypatch.delenv("MCLIB_CACHE_DIR", raising=False)
    assert cache.folder("llvm") == tmp_path / "xdg" / "mclib" / "llvm"

    monkeypatch.setenv("MCLIB_CACHE_DIR", str(tmp_path / "own"))
    assert cache.folder("llvm") == tmp_path / "own" / "llvm"

    monkeypatch.delenv("MCLIB_CACHE_DIR")
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    assert cache.folder("llvm") == tmp_path / "home" / ".cache" / "mclib" / "llvm"
