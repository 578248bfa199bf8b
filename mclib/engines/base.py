"""What an engine is: it makes a plan ready and runs it over blocks.

An engine is abstract here or finished elsewhere; it never decides what is computed, only
where. Given the same plan and arguments, all engines return the same bits.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

import numpy as np

from mclib.engines.plans import N_GROUPS, N_LANES, N_ROWS, Plan
from mclib.statistics.blocks import to_trial_order
from mclib.statistics.moments import FIELDS
from mclib.statistics.requests import Request

Array = np.ndarray[Any, np.dtype[Any]]
Arguments = Sequence[Any]
"""What `plans.argument_values` returned."""


class Program(ABC):
    """A plan, ready to run.

    Attributes
    ----------
    plan : Plan
        What it computes.
    """

    plan: Plan

    @abstractmethod
    def run(self, first_block: int, n_blocks: int, arguments: Arguments) -> Array:
        """Compute neighbouring blocks.

        Parameters
        ----------
        first_block, n_blocks : int
            Which blocks.
        arguments : sequence of NumPy scalars
            The plan's arguments.

        Returns
        -------
        array
            Records of shape (n_blocks, n_outputs, 7), float64, or, from a plan that
            stores outputs, values of shape (n_outputs, n_blocks, 8, 4, 32) in lane order.
        """

    def run_merged(self, first_block: int, n_blocks: int, arguments: Arguments) -> Array:
        """Compute records, and merge them as far as the engine's `merge_levels` say.

        Parameters
        ----------
        first_block, n_blocks : int
            Which blocks; whole multiples of ``2**merge_levels``.
        arguments : sequence of NumPy scalars
            The plan's arguments.

        Returns
        -------
        array of shape (n_blocks >> merge_levels, n_outputs, 7)
            Records of neighbouring blocks together. One that isn't finite may stand for
            blocks of which each is, and must be looked at block by block.
        """
        return self.run(first_block, n_blocks, arguments)

    def run_there(self, first_block: int, n_blocks: int, arguments: Arguments) -> Any:
        """Compute as `run` does, and leave the result where it was computed.

        Returns
        -------
        array
            As from `run`; on a device a CuPy array.
        """
        return self.run(first_block, n_blocks, arguments)

    def answers(
        self,
        requests: Sequence[tuple[int, Request]],
        first_block: int,
        n_blocks: int,
        n_trials: int,
        arguments: Arguments,
    ) -> list[Any] | None:
        """Answer requests about stored outputs where they lie, without bringing them here.

        Parameters
        ----------
        requests : sequence of (int, Request)
            Questions, each about the output in that place of this plan.
        first_block, n_blocks : int
            Which blocks.
        n_trials : int
            How many trials count, the first ones.
        arguments : sequence of NumPy scalars
            The plan's arguments.

        Returns
        -------
        list or None
            One answer for each request; None where `Engine.answer` must have the values.
        """
        return None

    def records_and_answers(
        self,
        requests: Sequence[tuple[int, Request]],
        first_block: int,
        n_blocks: int,
        arguments: Arguments,
    ) -> tuple[Array, list[Any]] | None:
        """Return records of all stored outputs, and answers about them.

        Parameters
        ----------
        requests : sequence of (int, Request)
            Questions, each about the output in that place of this plan.
        first_block, n_blocks : int
            Which blocks, all trials of which count.
        arguments : sequence of NumPy scalars
            The plan's arguments.

        Returns
        -------
        records : array of shape (n_blocks, n_outputs, 7)
            As from a plan that makes them.
        answers : list
            One for each request. None in place of both where others must make them.
        """
        return None


class Engine(ABC):
    """Where plans run.

    Attributes
    ----------
    name : str
        `reference`, `llvm` or `cuda`.
    n_workers : int
        How many threads may run programs at the same time with gain.
    most_blocks : int
        How many blocks one call of a program may be given with gain.
    most_sweep_blocks : int
        Of how many blocks the values of outputs may be asked for at once, all outputs
        together: 2 MB for each worker, where they are brought to the processor.
    merge_levels : int
        How many levels of the tree of records its programs can go up by themselves.
    sees_values : bool
        Whether stored outputs lie where statistics are made of them, so that whatever is
        asked in advance is answered while a run goes through its trials.
    is_device : bool
        Whether functions that are not traced are called with this device's arrays (CuPy).
    """

    name: str
    n_workers: int
    most_blocks: int = 1 << 14
    most_sweep_blocks: int = 256
    merge_levels: int = 0
    sees_values: bool = True
    is_device: bool = False

    @property
    @abstractmethod
    def device(self) -> str:
        """The processor, in words, for the provenance."""

    def most_array_blocks(self, n_arrays: int) -> int:
        """Return how many blocks of so many arrays a function may be called with."""
        return self.most_blocks

    @abstractmethod
    def compile(self, plan: Plan) -> Program:
        """Make a plan ready.

        Raises
        ------
        EngineUnavailable
            If this machine cannot run it.
        """

    def answer(
        self, request: Request, values: Array, n_trials: int, first_block: int
    ) -> Any:
        """Answer a request about stored outputs.

        Parameters
        ----------
        request : Request
            A question about one output.
        values : array of shape (n_blocks, 8, 4, 32)
            That output, in lane order.
        n_trials : int
            How many trials count, the first ones.
        first_block : int
            Index of the first block.
        """
        in_order = to_trial_order(values, n_trials).astype(np.float64, copy=False)
        return request.answer(in_order, first_block)


def output_shape(plan: Plan, n_blocks: int) -> tuple[int, ...]:
    """Return the shape of what a plan gives for so many blocks."""
    if plan.records:
        return (n_blocks, plan.n_outputs, len(FIELDS))
    return (plan.n_outputs, n_blocks, N_GROUPS, N_ROWS, N_LANES)


def output_type(plan: Plan) -> "np.dtype[Any]":
    """Return the NumPy type of what a plan gives."""
    return np.dtype(np.float64) if plan.records else plan.precision.dtype
