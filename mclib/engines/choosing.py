"""Which engine runs: the one asked for, or the one that is worth its launch.

And what is done with its numbers on the CPU, whatever the engine.
"""

import functools

from mclib.engines.base import Engine
from mclib.errors import EngineUnavailable, law
from mclib.statistics.records import BlockRecords, MergePairs, block_records, merge_pairs

NAMES = ("auto", "llvm", "cuda", "reference")

WORTH_A_LAUNCH = 100_000
"""Trials below which the CPU is done before a GPU has begun."""


def choose_engine(asked: str | Engine, n_trials: int) -> Engine:
    """Return the engine asked for.

    Parameters
    ----------
    asked : str or Engine
        A name, or an engine made by hand.
    n_trials : int
        How much work there is, for ``"auto"``.

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
    is_worth_it = n_trials >= WORTH_A_LAUNCH
    return (_gpu() if is_worth_it else None) or _engine("llvm")


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


@functools.cache
def _gpu() -> Engine | None:
    """Return the GPU's engine, or None where there is none; looked for only once."""
    try:
        return _engine("cuda")
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
