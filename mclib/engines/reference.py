"""The judge: every op in NumPy, one after the other, as `evaluation` says what it means."""

import platform
from typing import Any

import numpy as np

from mclib.engines.base import Arguments, Array, Engine, Program, output_shape, output_type
from mclib.engines.plans import N_GROUPS, N_LANES, N_ROWS, Plan
from mclib.expressions.dtypes import Type
from mclib.expressions.evaluation import Stores, evaluate
from mclib.expressions.nodes import Node, node

_BLOCK = node("block", type_=Type.INT64)
_LANE = node("lane", type_=Type.INT32)


class ReferenceProgram(Program):
    """A plan that is interpreted."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan

    def run(self, first_block: int, n_blocks: int, arguments: Arguments) -> Array:
        """Interpret the plan with arrays of shape (n_blocks, 32)."""
        plan = self.plan
        known: dict[Node, Any] = {
            node("argument", type_=each.type, payload=place): value
            for place, (each, value) in enumerate(
                zip(plan.arguments, arguments, strict=True)
            )
        }
        blocks = np.arange(first_block, first_block + n_blocks, dtype=np.uint64)
        known[_BLOCK] = blocks[:, np.newaxis]
        known[_LANE] = np.arange(N_LANES, dtype=np.uint32)[np.newaxis]
        stores = Stores(plan.rows)
        records = evaluate(plan.roots, known, stores)[:-1]
        shape = output_shape(plan, n_blocks)
        out = np.empty(shape, output_type(plan))
        if plan.records:
            flat = out.reshape(n_blocks, len(records))
            for place, record in enumerate(records):
                flat[:, place] = np.broadcast_to(record, (n_blocks, N_LANES))[:, 0]
            return out
        turns = out.reshape(plan.n_outputs, n_blocks, N_GROUPS * N_ROWS, N_LANES)
        for turn, outputs in enumerate(stores.turns):
            for place, output in enumerate(outputs):
                turns[place, :, turn] = output
        return out


class ReferenceEngine(Engine):
    """NumPy, slow and beyond doubt."""

    name = "reference"
    n_workers = 1

    @property
    def device(self) -> str:
        """The processor, as Python knows it."""
        return f"NumPy {np.__version__} on {platform.machine()}"

    def compile(self, plan: Plan) -> Program:
        """Return the plan as it is."""
        return ReferenceProgram(plan)
