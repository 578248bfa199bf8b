"""Which engine runs: the one asked for, or the one that is worth its launch.

And what is done with its numbers on the CPU, whatever the engine.
"""

import functools

from mclib.engines.base import Engine
from mclib.engines.standby import StandbyEngine
from mclib.errors import EngineUnavailable, InsufficientMemory, law
from mclib.statistics.records import BlockRecords, MergePairs, block_records, merge_pairs

NAMES = ("auto", "llvm", "cuda", "reference")

WORTH_A_LAUNCH = 100_000
"""Trials below which the CPU is done before a GPU has begun."""


def choose_engine(asked: str | Engine, n_trials: int, *, is_traced: bool = True) -> Engine:
    """Return the engine asked for.

    ``"auto"`` is a GPU, where there is one and the run is worth its launch, with the
    processor standing by. A function that is not traced is called with NumPy's arrays: only
    its author can say, by ``engine="cuda"``, that it takes CuPy's.

    Parameters
    ----------
    asked : str or Engine
        A name, or an engine made by hand.
    n_trials : int
        How much work there is, for ``"auto"``.
    is_traced : bool, default True
        Whether the model is a program of the engine, for ``"auto"``.

    Raises
    ------
    ArgumentError
        If there is no engine of this name.
    EngineUnavailable
        If it is asked for by name and cannot run here.
    """
    if isinstance(asked, Engine):
        return asked
    if asked not in NAMES:
        must = f"be one of {', '.join(map(repr, NAMES))}"
        raise law("engine", must, asked)
    if asked != "auto":
        return _engine(asked)
    is_worth_it = is_traced and n_trials >= WORTH_A_LAUNCH
    return (_gpu() if is_worth_it else None) or _engine("llvm")


def devices() -> tuple[str, ...]:
    """Name what engines compute on here: the processor, and every visible NVIDIA device.

    Returns
    -------
    tuple of str
        The processor first; where there is no GPU, the last line says why.

    Examples
    --------
    >>> import mclib as mc
    >>> mc.devices()[0].startswith("llvm: ")
    True
    """
    found = [f"llvm: {_engine('llvm').device}"]
    try:
        from mclib.engines.cuda.devices import describe_devices

        found += [f"cuda: {each}" for each in describe_devices()]
    except EngineUnavailable as reason:
        found.append(str(reason).splitlines()[0])
    return tuple(found)


def choose_merge(engine: Engine) -> MergePairs:
    """Return what merges an engine's records: compiled code, or NumPy for the judge's."""
    if engine.name == "reference":
        return merge_pairs
    from mclib.engines.llvm.merging import merge_pairs_compiled

    return merge_pairs_compiled


def choose_block_records(engine: Engine) -> BlockRecords:
    """Return what makes records of stored values: compiled code, or NumPy for the judge."""
    if engine.name == "reference":
        return block_records
    from mclib.engines.llvm.recording import block_records_compiled

    return block_records_compiled


def _gpu() -> Engine | None:
    """Return the GPU's engine with the processor standing by, or None without a GPU."""
    found = _with_standby()
    if found is None or isinstance(found.failure, EngineUnavailable):
        return None
    if isinstance(found.failure, InsufficientMemory):
        # Others may have left the device meanwhile; what is made ready stays so.
        found.failure = None
    return found


@functools.cache
def _with_standby() -> StandbyEngine | None:
    try:
        return StandbyEngine(_engine("cuda"), _engine("llvm"))
    except EngineUnavailable:
        return None


@functools.cache
def _engine(name: str) -> Engine:
    # Engines are imported when they are wanted: the GPU's needs a library of its own.
    if name == "reference":
        from mclib.engines.reference import ReferenceEngine

        return ReferenceEngine()
    if name == "cuda":
        from mclib.engines.cuda.engine import CudaEngine

        return CudaEngine()
    from mclib.engines.llvm.engine import LlvmEngine

    return LlvmEngine()
