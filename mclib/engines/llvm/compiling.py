"""LLVM IR to machine code, kept on disk so that a model is compiled once.

An object file is named by the hash of everything that decides it: the IR, the processor and
its features, and the version of llvmlite.
"""

import ctypes
import functools
import hashlib
from typing import Any

from mclib.engines import cache

OPTIMIZATION = 2


class Compiled:
    """Machine code that stays loaded as long as this object lives.

    Attributes
    ----------
    address : dict of str to int
        Where each function begins.
    was_cached : bool
        Whether the code came from disk.
    """

    def __init__(self, keeper: Any, names: tuple[str, ...], *, was_cached: bool) -> None:
        self._keeper = keeper
        self.address = {name: keeper.get_function_address(name) for name in names}
        self.was_cached = was_cached

    def function(self, name: str, *types: Any) -> Any:
        """Return a callable that runs without Python's lock; it keeps the code loaded."""
        made: Any = ctypes.CFUNCTYPE(None, *types)(self.address[name])
        made.keeper = self._keeper
        return made


def address_of(function: Any) -> int:
    """Return where the machine code of a callable begins, for other machine code."""
    address = ctypes.cast(function, ctypes.c_void_p).value
    assert address is not None
    return address


@functools.cache
def _binding() -> Any:
    import llvmlite.binding as binding

    binding.initialize_native_target()
    binding.initialize_native_asmprinter()
    return binding


@functools.cache
def host() -> tuple[str, str]:
    """Return the processor's name and features, as LLVM knows them."""
    binding = _binding()
    return binding.get_host_cpu_name(), binding.get_host_cpu_features().flatten()


def compile_ir(
    text: str,
    names: tuple[str, ...],
    *,
    cpu: str | None = None,
    features: str | None = None,
) -> Compiled:
    """Return the machine code of LLVM IR.

    Parameters
    ----------
    text : str
        The module.
    names : tuple of str
        Functions that will be called.
    cpu, features : str, optional
        The processor to compile for; this one by default.
    """
    import llvmlite

    host_cpu, host_features = host()
    cpu = host_cpu if cpu is None else cpu
    features = host_features if features is None else features
    binding = _binding()
    machine = binding.Target.from_default_triple().create_target_machine(
        cpu=cpu, features=features, opt=OPTIMIZATION, jit=True
    )
    parts = (
        text,
        cpu,
        features,
        llvmlite.__version__,
        str(OPTIMIZATION),
        binding.get_default_triple(),
    )
    key = hashlib.sha256("\0".join(parts).encode()).hexdigest()
    path = cache.folder("llvm") / f"{key}.o"
    data = cache.read(path)
    was_cached = data is not None
    if data is None:
        data = _object_code(text, machine)
        cache.write(path, data)
    empty = binding.parse_assembly("")
    keeper = binding.create_mcjit_compiler(empty, machine)
    keeper.add_object_file(binding.ObjectFileRef.from_data(data))
    keeper.finalize_object()
    return Compiled(keeper, names, was_cached=was_cached)


def _object_code(text: str, machine: Any) -> bytes:
    binding = _binding()
    module = binding.parse_assembly(text)
    module.verify()
    options = binding.create_pipeline_tuning_options(speed_level=OPTIMIZATION)
    options.loop_vectorization = False
    options.slp_vectorization = False
    builder = binding.create_pass_builder(machine, options)
    builder.getModulePassManager().run(module, builder)
    return machine.emit_object(module)  # type: ignore[no-any-return]
