"""CUDA programs run on the host: their source, or the PTX that NVRTC makes of it."""

import ctypes
import functools
import hashlib
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from mclib.engines.base import Array, output_shape, output_type
from mclib.engines.cuda.compiling import compiler
from mclib.engines.cuda.launching import pack
from mclib.engines.cuda.rendering import render
from mclib.engines.cuda.sources import Source
from mclib.engines.plans import Plan
from tests.tools.ptx_to_c import translate

PTX_ARCHITECTURE = "compute_80"
FLAGS = (
    "-std=c++17",
    "-O1",
    "-march=native",
    "-ffp-contract=off",
    "-fno-math-errno",
    "-w",
    "-fmax-errors=3",
)

_SHIM = Path(__file__).with_name("fiber_shim.h")

_RUN_SOURCE = """
static long long handed_blocks[3];
static const Arguments *handed_arguments;
static {out} *handed_out;
static void call()
{{
    program(handed_blocks[0], handed_blocks[1], handed_blocks[2], {arguments}, handed_out);
}}
extern "C" void run(unsigned int grid, unsigned int block, const long long *blocks,
                    const void *arguments, void *out)
{{
    memcpy(handed_blocks, blocks, sizeof handed_blocks);
    handed_arguments = (const Arguments *)arguments;
    handed_out = ({out} *)out;
    fibers::launch(grid, block, call);
}}
"""

_RUN_PTX = """
static unsigned char parameters[{size}];
static void call() {{ program_of_ptx(parameters); }}
extern "C" void run(unsigned int grid, unsigned int block, const long long *blocks,
                    const void *arguments, void *out)
{{
    memcpy(parameters, blocks, 24);
    {arguments}
    memcpy(parameters + sizeof parameters - 8, &out, 8);
    fibers::launch(grid, block, call);
}}
"""


_HANDED = """
static const uint64_t *handed;
"""
_RUN_KERNEL = """
static void call_{name}() {{ {name}({handed}); }}
extern "C" void run_{name}(unsigned int grid, const uint64_t *words)
{{
    handed = words;
    fibers::launch(grid, 32, call_{name});
}}
"""


HostFunction = Callable[[int, int, Sequence[int], int, int], None]
"""Runs a grid: thread blocks, threads of each, the three counts, and two addresses."""


class HostProgram:
    """A CUDA program as a host's function."""

    def __init__(self, plan: Plan, source: Source, function: HostFunction) -> None:
        self.plan = plan
        self.source = source
        self._function = function

    def run(
        self,
        first_block: int,
        n_blocks: int,
        arguments: Sequence[Any],
        *,
        grid: int = 1,
        block: int = 128,
        stride: int | None = None,
    ) -> Array:
        """Compute blocks with a grid of so many thread blocks of so many threads.

        With a `stride` the values lie in the beginning of an array for so many blocks.
        """
        stride = stride or n_blocks
        tables = [np.ascontiguousarray(table.values) for table in self.source.tables]
        slots = pack(arguments, [table.ctypes.data for table in tables])
        out = np.empty(output_shape(self.plan, stride), output_type(self.plan))
        counts = (first_block, n_blocks, stride)
        self._function(grid, block, counts, slots.ctypes.data, out.ctypes.data)
        return out


def from_source(plan: Plan) -> HostProgram:
    """Compile the CUDA C of a plan for the host."""
    source = render(plan)
    return HostProgram(plan, source, build_source(source.text))


def from_ptx(plan: Plan) -> HostProgram:
    """Compile what NVRTC makes of the CUDA C of a plan for the host."""
    source = render(plan)
    n_bytes = 8 * source.n_slots if source.by_value else 8
    copied = "arguments" if source.by_value else "&arguments"
    ptx = compiler().ptx(source.text, PTX_ARCHITECTURE)
    run = _RUN_PTX.format(
        size=32 + n_bytes, arguments=f"memcpy(parameters + 24, {copied}, {n_bytes});"
    )
    return HostProgram(plan, source, _build(translate(ptx) + run))


def build_source(text: str) -> HostFunction:
    """Compile CUDA C for the host."""
    out = re.search(r"(\w+)\* __restrict__ out\)", text)
    assert out is not None
    is_by_value = "const Arguments arguments" in text
    arguments = "*handed_arguments" if is_by_value else "handed_arguments"
    return _build(text + _RUN_SOURCE.format(out=out[1], arguments=arguments))


def build_kernels(text: str) -> Callable[[str], Callable[[int, Sequence[Any]], None]]:
    """Compile kernels whose parameters take eight bytes each; return what finds them.

    A kernel takes the number of its thread blocks, of one warp each, and its arguments.
    """
    runners = []
    for name, parameters in re.findall(
        r"__launch_bounds__\(\d+\)\n(\w+)\(([^)]*)\)\n\{", text
    ):
        kinds = [_kind(each) for each in parameters.split(",")]
        handed = ", ".join(f"bit_copy<{kind}>(handed[{k}])" for k, kind in enumerate(kinds))
        runners.append(_RUN_KERNEL.format(name=name, handed=handed))
    library = _library(text + _HANDED + "\n".join(runners))

    def find(name: str) -> Callable[[int, Sequence[Any]], None]:
        function = getattr(library, f"run_{name}")

        def run(grid: int, arguments: Sequence[Any]) -> None:
            words = [np.asarray(each).view(np.uint64).item() for each in arguments]
            function(ctypes.c_uint(grid), (ctypes.c_uint64 * len(words))(*words))

        return run

    return find


def _kind(parameter: str) -> str:
    kind = re.sub(r"\s*(?:__restrict__)?\s*\w+$", "", parameter.strip())
    return kind if kind.endswith("*") else kind.removeprefix("const ")


@functools.cache
def _folder() -> Path:
    return Path(tempfile.mkdtemp(prefix="mclib-host-programs-"))


def _library(text: str) -> ctypes.CDLL:
    command = next(filter(None, map(shutil.which, ("g++", "clang++"))))
    name = hashlib.sha256(text.encode()).hexdigest()[:16]
    source, library = _folder() / f"{name}.cpp", _folder() / f"{name}.so"
    source.write_text(text)
    inputs = ["-include", str(_SHIM), str(source)]
    subprocess.run(
        [command, *FLAGS, "-shared", "-fPIC", *inputs, "-o", str(library)], check=True
    )
    return ctypes.CDLL(str(library))


def _build(text: str) -> HostFunction:
    run = _library(text).run
    run.restype = None

    def function(
        grid: int, block: int, counts: Sequence[int], arguments: int, out: int
    ) -> None:
        run(
            ctypes.c_uint(grid),
            ctypes.c_uint(block),
            (ctypes.c_longlong * 3)(*map(int, counts)),
            ctypes.c_void_p(arguments),
            ctypes.c_void_p(out),
        )

    return function
