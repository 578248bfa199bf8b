"""CUDA programs run on the host: their source, or the PTX that NVRTC makes of it, by g++."""

import ctypes
import functools
import hashlib
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from mclib.engines.base import Array, output_shape, output_type
from mclib.engines.cuda.compiling import compiler
from mclib.engines.cuda.launching import pack
from mclib.engines.cuda.rendering import Source, render
from mclib.engines.kernels import Kernel
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


class HostProgram:
    """A CUDA program as a host's function."""

    def __init__(self, kernel: Kernel, source: Source, text: str) -> None:
        self.kernel = kernel
        self.source = source
        self._run = _build(text).run
        self._run.restype = None

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
        out = np.empty(output_shape(self.kernel, stride), output_type(self.kernel))
        blocks = (ctypes.c_longlong * 3)(first_block, n_blocks, stride)
        self._run(
            ctypes.c_uint(grid),
            ctypes.c_uint(block),
            blocks,
            ctypes.c_void_p(slots.ctypes.data),
            ctypes.c_void_p(out.ctypes.data),
        )
        return out


def from_source(kernel: Kernel) -> HostProgram:
    """Compile the CUDA C of a kernel for the host."""
    source = render(kernel)
    out = np.dtype(output_type(kernel)).name.replace("float64", "double")
    run = _RUN_SOURCE.format(
        out=out.replace("float32", "float"),
        arguments="*handed_arguments" if source.by_value else "handed_arguments",
    )
    return HostProgram(kernel, source, source.text + run)


def from_ptx(kernel: Kernel) -> HostProgram:
    """Compile what NVRTC makes of the CUDA C of a kernel for the host."""
    source = render(kernel)
    n_bytes = 8 * source.n_slots if source.by_value else 8
    copy = f"memcpy(parameters + 24, arguments, {n_bytes});"
    if not source.by_value:
        copy = "memcpy(parameters + 24, &arguments, 8);"
    ptx = compiler().ptx(source.text, PTX_ARCHITECTURE)
    run = _RUN_PTX.format(size=32 + n_bytes, arguments=copy)
    return HostProgram(kernel, source, translate(ptx) + run)


@functools.cache
def _folder() -> Path:
    return Path(tempfile.mkdtemp(prefix="mclib-host-programs-"))


def _build(text: str) -> ctypes.CDLL:
    command = next(filter(None, map(shutil.which, ("g++", "clang++"))))
    name = hashlib.sha256(text.encode()).hexdigest()[:16]
    source, library = _folder() / f"{name}.cpp", _folder() / f"{name}.so"
    source.write_text(text)
    subprocess.run(
        [
            command,
            *FLAGS,
            "-shared",
            "-fPIC",
            "-include",
            str(_SHIM),
            str(source),
            "-o",
            str(library),
        ],
        check=True,
    )
    return ctypes.CDLL(str(library))
