"""Machine code is compiled once and kept on disk, where there is one to write to."""

import ctypes
from pathlib import Path

import pytest

from mclib.distributions import Normal
from mclib.engines.llvm.compiling import compile_ir
from mclib.engines.llvm.engine import LlvmEngine
from mclib.engines.plans import build_values
from mclib.expressions.dtypes import Type
from mclib.expressions.loops import drawn
from tests.helpers import assert_same_bits, ran

ANSWER = "define void @answer(ptr %out) {\n  store i64 42, ptr %out\n  ret void\n}\n"


def _answer(compiled: object) -> int:
    out = ctypes.c_int64()
    compiled.function("answer", ctypes.c_void_p)(ctypes.addressof(out))  # type: ignore[attr-defined]
    return out.value


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MCLIB_CACHE_DIR", str(tmp_path))
    return tmp_path / "llvm"


def test_the_second_time_the_code_comes_from_disk(folder: Path) -> None:
    first, second = (compile_ir(ANSWER, ("answer",)) for _ in range(2))

    assert (first.was_cached, second.was_cached) == (False, True)
    assert _answer(first) == _answer(second) == 42
    assert len(list(folder.iterdir())) == 1


def test_another_text_or_processor_is_another_file(folder: Path) -> None:
    compile_ir(ANSWER, ("answer",))
    compile_ir(ANSWER.replace("42", "43"), ("answer",))
    compile_ir(ANSWER, ("answer",), cpu="x86-64", features="")

    assert len(list(folder.iterdir())) == 3


@pytest.mark.parametrize("damage", [b"", b"\x7fELF", b"not machine code" * 100])
def test_a_damaged_file_is_compiled_anew_and_mended(folder: Path, damage: bytes) -> None:
    compile_ir(ANSWER, ("answer",))
    (path,) = folder.iterdir()
    path.write_bytes(damage)

    mended = compile_ir(ANSWER, ("answer",))

    assert not mended.was_cached
    assert _answer(mended) == 42
    assert compile_ir(ANSWER, ("answer",)).was_cached


def test_without_a_folder_code_is_compiled_each_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("MCLIB_CACHE_DIR", str(tmp_path / "file"))

    first, second = (compile_ir(ANSWER, ("answer",)) for _ in range(2))

    assert not second.was_cached
    assert _answer(first) == _answer(second) == 42


def test_code_stays_loaded_as_long_as_its_function(folder: Path) -> None:
    out = ctypes.c_int64()
    function = compile_ir(ANSWER, ("answer",)).function("answer", ctypes.c_void_p)

    function(ctypes.addressof(out))

    assert out.value == 42


def test_a_program_from_disk_gives_the_bits_of_one_compiled_now(folder: Path) -> None:
    outputs = [drawn("x", Normal()).node]

    compiled, cached = (
        ran(LlvmEngine(), build_values, outputs, Type.FLOAT64) for _ in range(2)
    )

    assert_same_bits(compiled, cached)
