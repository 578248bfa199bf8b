"""A run over plain arrays: what a result is tested on, without an engine."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mclib.errors import ArgumentError
from mclib.results.provenance import Provenance
from mclib.statistics.accumulator import Accumulator
from mclib.statistics.blocks import BLOCK, fill_blocks, to_lane_order
from mclib.statistics.foreseen import Foreseen
from mclib.statistics.records import block_records
from mclib.statistics.requests import Request

Arrays = Mapping[str, NDArray[Any]]

PROVENANCE = Provenance(
    seed=7,
    n_trials=0,
    model_name="launch",
    model_hash="3f2a9c01d5e84b77a0c1",
    parameters={"tax_rate": 0.25},
    engine="llvm",
    device="2 CPU cores",
    precision="float64",
    sampler="independent",
    draw_contract=1,
    versions={"mclib": "0.1.0", "python": "3.11.7", "numpy": "2.4.6", "llvmlite": "0.50.0"},
    started=datetime(2026, 11, 23, 2, 30, 5, 123456, tzinfo=UTC),
    elapsed=timedelta(seconds=0.84),
)


class ArraySource:
    """Passes over arrays, in pieces of `blocks_at_once` blocks."""

    def __init__(self, *outputs: NDArray[Any], blocks_at_once: int = 3) -> None:
        self.outputs = [np.asarray(each) for each in outputs]
        self.n_trials = len(self.outputs[0])
        self.blocks_at_once = blocks_at_once
        self.n_sweeps = 0

    def sweep(
        self, requests: Sequence[Request], n_trials: int | None = None
    ) -> list[NDArray[Any]]:
        # A look at the first trials is no pass.
        self.n_sweeps += n_trials is None
        return [self._answer(each, n_trials) for each in requests]

    def _answer(self, request: Request, n_trials: int | None) -> NDArray[Any]:
        values = self.outputs[request.output][:n_trials].astype(np.float64)
        step = self.blocks_at_once * BLOCK
        merged = None
        for start in range(0, max(1, len(values)), step):
            some = request.answer(values[start : start + step], start // BLOCK)
            merged = some if merged is None else request.merge(merged, some)
        return request.finish(merged)


class ArrayRun(ArraySource):
    """A run whose inputs and outputs are arrays."""

    def __init__(
        self, outputs: Arrays, inputs: Arrays | None = None, **provenance: Any
    ) -> None:
        super().__init__(*outputs.values())
        self.output_names = tuple(outputs)
        self.input_names = self.driver_names = tuple(inputs or ())
        self.columns = {**(inputs or {}), **outputs}
        from dataclasses import replace

        self.provenance = replace(PROVENANCE, n_trials=self.n_trials, **provenance)
        self.accumulator = accumulated(*self.outputs)
        self.replications = None
        self.foreseen = Foreseen()
        self.is_conditioned = False
        self.stopping = None

    def conditioned(self, condition: Any) -> "ArrayRun":
        """Refuse: arrays are of no trials that could be gone through again."""
        raise ArgumentError(f"arrays keep no condition; got {condition!r}.")

    def values(
        self, start: int, count: int, names: Sequence[str] | None = None
    ) -> dict[str, NDArray[np.float64]]:
        chosen = tuple(self.columns) if names is None else names
        window = slice(start, start + count)
        return {name: self.columns[name][window].astype(np.float64) for name in chosen}


def blocks_of(*outputs: NDArray[Any]) -> NDArray[Any]:
    """Values in trial order as blocks in lane order, (n_blocks, n_outputs, 8, 4, 32)."""
    filled = fill_blocks(np.stack(outputs))
    return np.ascontiguousarray(np.moveaxis(to_lane_order(filled), 1, 0))


def accumulated(*outputs: NDArray[Any]) -> Accumulator:
    """All trials of some outputs, added as an engine does."""
    values = np.stack(outputs)
    accumulator = Accumulator(len(outputs))
    accumulator.add(
        0,
        block_records(blocks_of(*outputs), values.shape[1]),
        values_of=lambda first, n: values[:, first * BLOCK : (first + n) * BLOCK],
        dtype=values.dtype.type,
    )
    return accumulator
