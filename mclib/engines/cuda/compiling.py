"""CUDA C to machine code, by a call of NVRTC that nothing comes between.

CuPy's own compilation appends flags that flush denormals to zero; these bits would not be
the other engines'. NVRTC needs no device and no driver. A cubin is kept on disk, named by
the hash of everything that decides it: source, options, architecture and version of NVRTC.
"""

import ctypes
import functools
import hashlib
import importlib.util
import os
import re
import tempfile
from collections.abc import Iterator
from ctypes.util import find_library
from pathlib import Path
from typing import Any

from mclib.engines import cache
from mclib.engines.cuda.devices import unavailable
from mclib.errors import InternalError

OPTIONS = (
    "--std=c++17",
    "--fmad=false",
    "--ftz=false",
    "--prec-div=true",
    "--prec-sqrt=true",
)
"""What keeps every operation as IEEE 754 has it."""

_SUCCESS = 0


def architecture(compute_capability: int) -> str:
    """Return what NVRTC calls the devices of a compute capability: 90 gives ``sm_90``."""
    return f"sm_{compute_capability}"


class Compiler:
    """One NVRTC library.

    Attributes
    ----------
    version : tuple of int
        Major and minor.
    capabilities : tuple of int
        Compute capabilities that it compiles for, as 10 * major + minor, rising.
    """

    def __init__(self, library: Any) -> None:
        self._library = library
        major, minor, count = ctypes.c_int(), ctypes.c_int(), ctypes.c_int()
        library.nvrtcVersion(ctypes.byref(major), ctypes.byref(minor))
        library.nvrtcGetNumSupportedArchs(ctypes.byref(count))
        listed = (ctypes.c_int * count.value)()
        library.nvrtcGetSupportedArchs(listed)
        self.version = (major.value, minor.value)
        self.capabilities = tuple(sorted(listed))

    def capability_for(self, device: int) -> int:
        """Return the best capability whose code a device of capability `device` runs.

        Raises
        ------
        EngineUnavailable
            If this NVRTC knows none.
        """
        # Machine code runs on devices of the same major number and at least the same minor.
        fitting = [
            each
            for each in self.capabilities
            if each // 10 == device // 10 and each <= device
        ]
        if not fitting:
            major, minor = self.version
            listed = ", ".join(map(str, self.capabilities))
            reason = (
                f"NVRTC {major}.{minor} compiles for compute capabilities {listed}; "
                f"the device's is {device}"
            )
            raise unavailable(reason, "install another version of NVRTC")
        best: int = fitting[-1]
        return best

    def cubin(self, text: str, arch: str) -> bytes:
        """Return the machine code of a source, from disk where it was compiled before.

        Parameters
        ----------
        text : str
            CUDA C.
        arch : str
            Such as ``sm_90``.

        Raises
        ------
        InternalError
            If NVRTC refuses the source.
        """
        parts = (text, arch, *OPTIONS, *map(str, self.version))
        key = hashlib.sha256("\0".join(parts).encode()).hexdigest()
        path = cache.folder("cuda") / f"{key}.cubin"
        kept = cache.read(path)
        if kept is None:
            kept = self._compile(text, arch, "CUBIN")
            cache.write(path, kept)
        return kept

    def ptx(self, text: str, arch: str) -> str:
        """Return the portable assembly of a source; `arch` is such as ``compute_90``."""
        return self._compile(text, arch, "PTX").rstrip(b"\0").decode()

    def _compile(self, text: str, arch: str, what: str) -> bytes:
        options = [f"--gpu-architecture={arch}".encode(), *map(str.encode, OPTIONS)]
        handle = ctypes.c_void_p()
        self._check(
            self._library.nvrtcCreateProgram(
                ctypes.byref(handle), text.encode(), b"program.cu", 0, None, None
            )
        )
        try:
            outcome = self._library.nvrtcCompileProgram(
                handle, len(options), (ctypes.c_char_p * len(options))(*options)
            )
            if outcome != _SUCCESS:
                log = (
                    self._read(handle, "ProgramLog").rstrip(b"\0").decode(errors="replace")
                )
                raise _refusal(text, arch, log)
            return self._read(handle, what)
        finally:
            self._library.nvrtcDestroyProgram(ctypes.byref(handle))

    def _read(self, handle: ctypes.c_void_p, what: str) -> bytes:
        size = ctypes.c_size_t()
        self._check(
            getattr(self._library, f"nvrtcGet{what}Size")(handle, ctypes.byref(size))
        )
        buffer = ctypes.create_string_buffer(size.value)
        self._check(getattr(self._library, f"nvrtcGet{what}")(handle, buffer))
        return buffer.raw

    def _check(self, outcome: int) -> None:
        if outcome != _SUCCESS:
            said = self._library.nvrtcGetErrorString(outcome).decode()
            message = f"NVRTC failed before it read the source: {said}."
            raise InternalError(message)


def _refusal(text: str, arch: str, log: str) -> InternalError:
    handle, name = tempfile.mkstemp(prefix="mclib-", suffix=".cu")
    with os.fdopen(handle, "w") as file:
        file.write(f"{text}\n/* {arch} {' '.join(OPTIONS)}\n{log}*/\n")
    first = next((line for line in log.splitlines() if "error" in line), "no reason given")
    message = (
        f"NVRTC refused a source that mclib wrote: {first}; this is a bug in mclib.\n"
        f"hint: attach the file {name} to an issue; it holds the source and the whole log."
    )
    return InternalError(message)


@functools.cache
def compiler() -> Compiler:
    """Return the NVRTC of this machine.

    The wheels of CUDA 12 and 13 are looked through first, then ``$CUDA_PATH`` and
    ``$CUDA_HOME``, then where the system keeps libraries.

    Raises
    ------
    EngineUnavailable
        If there is none.
    """
    for path in _candidates():
        try:
            library = ctypes.CDLL(path)
        except OSError:
            continue
        library.nvrtcGetErrorString.restype = ctypes.c_char_p
        return Compiler(library)
    reason = "NVRTC was not found"
    raise unavailable(reason, "install `mchub[gpu]` (or `mchub[gpu13]` for CUDA 13)")


def _candidates() -> Iterator[str]:
    spec = importlib.util.find_spec("nvidia")
    wheels = [] if spec is None else list(map(Path, spec.submodule_search_locations or ()))
    toolkits = [
        Path(os.environ[name])
        for name in ("CUDA_PATH", "CUDA_HOME")
        if os.environ.get(name)
    ]
    folders = [root / part / "lib" for root in wheels for part in ("cuda_nvrtc", "cu13")]
    folders += [root / part for root in toolkits for part in ("lib64", "lib")]
    for folder in folders:
        # Newest first, by number: 13 comes after 9 in a list of words.
        yield from map(
            str, sorted(folder.glob("libnvrtc.so.*"), key=_numbers, reverse=True)
        )
    named = find_library("nvrtc")
    if named is not None:
        yield named
    yield from ("libnvrtc.so.13", "libnvrtc.so.12")


def _numbers(path: Path) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", path.name)]
