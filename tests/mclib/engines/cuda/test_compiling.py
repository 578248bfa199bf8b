"""NVRTC builds every program for every architecture, on a machine without a device."""

from itertools import cycle
from pathlib import Path

import pytest

from mclib.engines import cache
from mclib.engines.cuda import answering, merging
from mclib.engines.cuda.compiling import Compiler, architecture, compiler
from mclib.engines.cuda.rendering import render
from mclib.errors import EngineUnavailable, InternalError
from mclib.expressions.dtypes import Type
from tests.tools.golden_programs import GOLDEN_PROGRAMS, PRECISIONS

CAPABILITIES = (75, 80, 86, 89, 90, 100, 120)

PROGRAMS = [
    (name, kind, precision)
    for name, program in GOLDEN_PROGRAMS.items()
    for kind in program.kinds
    for precision in PRECISIONS
]
# Each program for one architecture, in turn, and one program for all of them.
BUILDS = [
    *zip(PROGRAMS, cycle(CAPABILITIES), strict=False),
    *((("european", "moments", Type.FLOAT64), each) for each in CAPABILITIES),
]
# The statistics of all mathematics take NVRTC several seconds.
MARKED_BUILDS = [
    pytest.param(*build, marks=pytest.mark.slow if build[0][0] == "mathematics" else ())
    for build in BUILDS
]

pytestmark = pytest.mark.filterwarnings(
    "ignore:overflow encountered in cast:RuntimeWarning"
)


@pytest.mark.parametrize(("program", "capability"), MARKED_BUILDS)
def test_a_golden_program_builds(program: tuple[str, str, Type], capability: int) -> None:
    name, kind, precision = program
    source = render(GOLDEN_PROGRAMS[name].plan(kind, precision))

    cubin = compiler().cubin(source.text, architecture(capability))

    assert cubin.startswith(b"\x7fELF")


@pytest.mark.parametrize("capability", CAPABILITIES)
@pytest.mark.parametrize(
    "text",
    [*(answering.source(each) for each in PRECISIONS), merging.source()],
    ids=["answers in float32", "answers in float64", "merging"],
)
def test_what_serves_all_models_builds(text: str, capability: int) -> None:
    cubin = compiler().cubin(text, architecture(capability))

    assert cubin.startswith(b"\x7fELF")


def test_a_source_is_compiled_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MCLIB_CACHE_DIR", str(tmp_path))
    text = 'extern "C" __global__ void program(double* out) { out[0] = 1.0; }'
    first = compiler().cubin(text, "sm_80")
    (kept,) = cache.folder("cuda").iterdir()
    cache.write(kept, b"kept")

    assert first.startswith(b"\x7fELF")
    assert compiler().cubin(text, "sm_80") == b"kept"
    assert compiler().cubin(text, "sm_90").startswith(b"\x7fELF")


def test_a_source_that_nvrtc_refuses_is_our_fault_and_kept_with_the_log() -> None:
    text = 'extern "C" __global__ void program(double* out) { out[0] = wrong; }'

    with pytest.raises(InternalError, match="bug in mclib") as caught:
        compiler().cubin(text, "sm_90")

    path = Path(str(caught.value).split("attach the file ")[1].split(" ")[0])
    kept = path.read_text()
    path.unlink()
    assert text in kept
    assert 'identifier "wrong" is undefined' in kept


def _compiler_for(*capabilities: int) -> Compiler:
    made = object.__new__(Compiler)
    made.version, made.capabilities = (12, 9), capabilities
    return made


@pytest.mark.parametrize(
    ("device", "expected"), [(75, 75), (86, 86), (87, 86), (90, 90), (121, 120)]
)
def test_a_device_runs_code_of_its_own_generation(device: int, expected: int) -> None:
    assert expected == _compiler_for(75, 80, 86, 90, 100, 120).capability_for(device)


def test_a_device_that_this_nvrtc_is_too_old_for_says_so() -> None:
    with pytest.raises(
        EngineUnavailable, match=r"NVRTC 12\.9 compiles .* the device's is 130"
    ):
        _compiler_for(75, 80, 90).capability_for(130)


def test_a_machine_without_nvrtc_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mclib.engines.cuda.compiling._candidates", lambda: iter(()))
    compiler.cache_clear()
    try:
        with pytest.raises(
            EngineUnavailable, match=r"NVRTC was not found\.\nhint: install"
        ):
            compiler()
    finally:
        compiler.cache_clear()
