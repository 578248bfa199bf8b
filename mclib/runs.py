"""A run: a model with everything settled, its records, and its trials again on demand."""

import copy
import hashlib
import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np

from mclib import heartbeat, streams, witnesses
from mclib.conditions import Condition, conditioned, graph_of
from mclib.controls import expected_values, named_weights, with_controls
from mclib.designs import Design
from mclib.engines.base import Engine
from mclib.engines.choosing import choose_merge
from mclib.engines.chunks import Chunk, in_order, undivided
from mclib.errors import law
from mclib.evaluators import (
    ArrayEvaluator,
    Evaluator,
    Ranged,
    Settled,
    TracedEvaluator,
)
from mclib.expressions.dtypes import Type
from mclib.expressions.graph import Graph
from mclib.model import Model
from mclib.results.provenance import Provenance, versions
from mclib.results.quantiles import ranks_for
from mclib.samplers.plain import Independent
from mclib.samplers.sampler import Sampler
from mclib.sources import source_of
from mclib.statistics.accumulator import N_GROUPS_KEPT, Accumulator
from mclib.statistics.blocks import BLOCK, n_blocks_of, to_trial_order
from mclib.statistics.foreseen import Foreseen, foresee
from mclib.statistics.requests import Request, TailMoments, merged
from mclib.statistics.turns import Turns

Array = np.ndarray[Any, np.dtype[Any]]

_INDEPENDENT = Independent()


class SimulationRun:
    """A run in progress or done; what a `Result` asks.

    Attributes
    ----------
    n_trials_wanted : int
        Trials asked for.
    n_trials_done : int
        Trials whose records are in, from trial 0 on without a gap.
    interrupted : bool
        Whether it was stopped before the end.
    """

    def __init__(
        self,
        model: Model,
        numbers: Mapping[str, float],
        n_trials: int,
        seed: int,
        engine: Engine,
        precision: Type,
        chunk_size: int | None,
        sampler: Sampler = _INDEPENDENT,
        controls: Any = (),
        design: Design | None = None,
        graph: Graph | None = None,
        quantiles: Sequence[float] = (),
    ) -> None:
        self.sampler = sampler
        self.model = model
        self.numbers = dict(numbers)
        self.n_trials_wanted = n_trials
        self.n_trials_done = 0
        self.seed = seed
        self.engine = engine
        self.precision = precision
        self.chunk_blocks = None if chunk_size is None else n_blocks_of(chunk_size)
        self.interrupted = False
        self.is_conditioned = False
        self.stopping: Any = None
        self.began = 0.0
        self.started = datetime.now(UTC)
        self.elapsed = 0.0
        self.ran_on = (engine.name, engine.device)
        graph = model.graph(numbers) if graph is None else graph
        self.input_names = self.driver_names = tuple(graph.inputs)
        self.model_hash = model.digest_of(graph)
        self.quantiles = tuple(quantiles)
        self.controls = expected_values(model, numbers, controls)
        self._settle(graph, design)
        # Behind the outputs stand the same, less what controls explain.
        n_computed = len(self.evaluator.output_names)
        n_outputs = n_computed // 2 if self.controls else n_computed
        self.output_names = self.evaluator.output_names[:n_outputs]
        self._start(n_computed)

    def _settle(self, graph: Graph, design: Design | None) -> None:
        """Decide what evaluates the model: the graph as a design and a sampler have it."""
        model, numbers, function = self.model, self.numbers, self.model.function
        if design is not None and model.is_traced:
            graph = design.of_graph(graph)
        elif design is not None:
            function, graph = design.of_function(function, model.name, graph)
        if self.sampler != _INDEPENDENT:
            graph = self.sampler.placed(graph, self.n_trials_wanted)
        self._graph, named = graph, dict(numbers)
        if self.controls:
            graph = with_controls(graph, self.controls)
            named |= named_weights(
                self._graph, self.controls, self.engine, numbers, self.seed
            )
        self._settled = Settled(self.engine, self.precision, named, self.seed)
        self.evaluator: Evaluator
        if model.is_traced:
            self.evaluator = TracedEvaluator(graph, self._settled)
        else:
            constants = {name: numbers[name] for name in model.constants}
            self.evaluator = ArrayEvaluator(
                function, model.name, constants, graph, self._settled
            )

    @property
    def n_trials(self) -> int:
        """Trials that answers are about."""
        return self.n_trials_done

    def advance(self) -> Iterator[int]:
        """Go through all trials; yield the number of trials done, each time it grows.

        Where whole blocks were wanted before and more is wanted now, it goes on.
        """
        if not self.n_trials_done:
            self.began = time.monotonic()
            heartbeat.count_run(self.engine.name)
            witnesses.tell(self)
            self._foresee()
        n_whole, rest = divmod(self.n_trials_wanted, BLOCK)
        yield from self._merged(n_whole)
        begun = self.n_trials_done // BLOCK
        chunks = in_order(
            lambda chunk: self._computed(begun + chunk.first_block, chunk.n_blocks),
            n_whole - begun,
            self.engine.n_workers,
            self.chunk_blocks,
            self.evaluator.most_blocks,
        )
        for chunk, (records, answers) in chunks:
            there = Chunk(begun + chunk.first_block, chunk.n_blocks)
            self._add(there, records, chunk.n_blocks * BLOCK, answers=answers)
            yield self.n_trials_done
        if rest:
            values = self.evaluator.outputs(n_whole, 1, range(self._n_computed))
            records = self._settled.records_of(np.moveaxis(values, 0, 1), rest)
            answers = [
                each.answer(to_trial_order(values[each.output], rest).astype(np.float64))
                for each in self.foreseen.sieves
            ]
            self._add(Chunk(n_whole, 1), records, rest, answers=answers)
            yield self.n_trials_done

    def _foresee(self) -> None:
        """Guess, from the first trials, where the quantiles asked in advance lie."""
        if self.quantiles and self.engine.sees_values:
            n_trials, outputs = self.n_trials_wanted, range(len(self.output_names))
            ranks = {rank for q in self.quantiles for rank in ranks_for(q, n_trials)}
            targets = [(output, rank) for output in outputs for rank in ranks]
            self.foreseen = foresee(self.sweep, n_trials, targets)

    def _computed(self, first_block: int, n_blocks: int) -> tuple[Array, list[Any]]:
        """Records of blocks, with answers to what was asked in advance."""
        sieves = self.foreseen.sieves
        if not sieves:
            return self.evaluator.records(first_block, n_blocks), []
        return self.evaluator.records_and_answers(sieves, first_block, n_blocks)

    def _levels(self, n_whole: int) -> int:
        """How far records may come merged: standard errors need groups of their own."""
        levels = self.evaluator.merge_levels
        is_long = n_whole >= N_GROUPS_KEPT << levels
        is_free = self.chunk_blocks is None or self.chunk_blocks >= 1 << levels
        # Replications need the record of each block; a run that goes on, whole groups.
        is_free &= not self.replications and not self.n_trials_done % (BLOCK << levels)
        return levels if is_long and is_free else 0

    def _merged(self, n_whole: int) -> Iterator[int]:
        """Go through the trials whose records come merged, if any do."""
        levels = self._levels(n_whole)
        if not levels:
            return
        begun = (self.n_trials_done // BLOCK) >> levels
        chunks = in_order(
            lambda chunk: self.evaluator.merged_records(
                (begun + chunk.first_block) << levels, chunk.n_blocks << levels
            ),
            (n_whole >> levels) - begun,
            self.engine.n_workers,
            None if self.chunk_blocks is None else self.chunk_blocks >> levels,
            self.evaluator.most_blocks >> levels,
        )
        for chunk, records in chunks:
            first_block = (begun + chunk.first_block) << levels
            there = Chunk(first_block, chunk.n_blocks << levels)
            self._add(there, records, there.n_blocks * BLOCK, levels)
            yield self.n_trials_done

    def _add(
        self,
        chunk: Chunk,
        records: Array,
        n_trials: int,
        levels: int = 0,
        answers: Sequence[Any] = (),
    ) -> None:
        def values_of(first_block: int, n_blocks: int) -> Array:
            everything = range(self._n_computed)
            values = self.evaluator.outputs(first_block, n_blocks, everything)
            end = min(self.n_trials_wanted, (first_block + n_blocks) * BLOCK)
            return to_trial_order(values, end - first_block * BLOCK)

        is_single = self.precision is Type.FLOAT32
        dtype = np.float32 if is_single else np.float64

        def one_by_one(first_block: int, n_blocks: int) -> None:
            own = self.evaluator.records(first_block, n_blocks)
            self.accumulator.add(first_block, own, values_of, dtype)

        with undivided():
            if levels:
                self.accumulator.add_merged(chunk.first_block, records, levels, one_by_one)
            else:
                added = self.accumulator.add(chunk.first_block, records, values_of, dtype)
                self.replications.add(chunk.first_block, added)
                self.foreseen.add(answers)
            self.n_trials_done += n_trials
            self.ran_on = (self.engine.name, self.engine.device)
        heartbeat.count_trials(self.engine.name, n_trials)
        if self.n_trials_done == self.n_trials_wanted:
            heartbeat.tell()
        self.elapsed = time.monotonic() - self.began

    def conditioned(self, condition: Condition) -> "SimulationRun":
        """Return this run gone through again, statistics over trials that keep a condition.

        Raises
        ------
        ArgumentError
            If `condition` is no function that compares values.
        """
        kept = copy.copy(self)
        kept.evaluator = conditioned(self.evaluator, self._graph, self._settled, condition)
        kept._graph = graph_of(kept.evaluator, self._graph)
        kept.is_conditioned = True
        kept.controls, kept.stopping, kept.quantiles = {}, None, ()
        kept.input_names, kept.output_names = (), kept.evaluator.output_names
        kept._start(len(kept.output_names))
        kept.n_trials_wanted, kept.n_trials_done = self.n_trials_done, 0
        for _ in kept.advance():
            pass
        return kept

    def _start(self, n_computed: int) -> None:
        """Begin with empty records."""
        self.foreseen = Foreseen()
        self._n_computed = n_computed
        self.accumulator = Accumulator(n_computed, choose_merge(self.engine))
        self.replications = Turns(
            self.sampler.n_replications, n_computed, choose_merge(self.engine)
        )

    def snapshot(self) -> "SimulationRun":
        """Return this run as it is now, while it goes on."""
        if self.n_trials_done == self.n_trials_wanted:
            return self
        now = copy.copy(self)
        now.accumulator = copy.deepcopy(self.accumulator)
        now.replications = copy.deepcopy(self.replications)
        now.foreseen = self.foreseen.copy()
        return now

    @property
    def provenance(self) -> Provenance:
        """What is needed to get the same numbers again."""
        source = source_of(self.model.function)
        return Provenance(
            seed=self.seed,
            n_trials=self.n_trials_done,
            model_name=self.model.name,
            model_hash=self.model_hash,
            source_hash=hashlib.sha256(source.encode()).hexdigest(),
            parameters=self.numbers,
            engine=self.ran_on[0],
            device=self.ran_on[1],
            precision=self.precision.value,
            sampler=", ".join(
                (str(self.sampler), *(f"control {name}" for name in self.controls))
            ),
            draw_contract=streams.CONTRACT_VERSION,
            versions=versions(),
            started=self.started,
            elapsed=timedelta(seconds=self.elapsed),
            interrupted=self.interrupted,
        )

    def sweep(
        self, requests: Sequence[Request], n_trials: int | None = None
    ) -> list[Array]:
        """Answer requests about all trials done, or the first of them, from the same draws.

        One pass answers them all, but for tails, which take a faster pass each.
        """
        tails = {
            request: records_of
            for request in requests
            if isinstance(request, TailMoments)
            and (records_of := self.evaluator.tail_records(request)) is not None
        }
        n_trials = self.n_trials_done if n_trials is None else n_trials
        others = [request for request in requests if request not in tails]
        found: dict[Request, Any] = dict(
            zip(others, self._one_pass(others, n_trials) if others else (), strict=True)
        )
        for request, records_of in tails.items():
            found[request] = self._tail(request, records_of, n_trials)
        return [request.finish(found[request]) for request in requests]

    def _tail(self, request: TailMoments, records_of: Ranged, n_trials: int) -> Accumulator:
        n_whole, rest = divmod(n_trials, BLOCK)

        def excess_of(first_block: int, n_blocks: int) -> Array:
            values = self.evaluator.outputs(first_block, n_blocks, [request.output])
            return request.excess(to_trial_order(values)[0])[None]

        tail = Accumulator(1, choose_merge(self.engine))
        chunks = in_order(
            lambda chunk: records_of(chunk.first_block, chunk.n_blocks),
            n_whole,
            self.engine.n_workers,
            self.chunk_blocks,
            self.evaluator.most_blocks,
        )
        for chunk, records in chunks:
            tail.add(chunk.first_block, records, excess_of)
        if rest:
            values = self.evaluator.outputs(n_whole, 1, [request.output])
            tail.combine(request.answer(to_trial_order(values, rest)[0], n_whole))
        return tail

    def _one_pass(self, requests: Sequence[Request], n_trials: int) -> list[Any]:
        n_outputs = len({request.output for request in requests})

        def answers(chunk: Chunk) -> list[Any]:
            counted = min(n_trials - chunk.first_block * BLOCK, chunk.n_blocks * BLOCK)
            return self.evaluator.answers(
                requests, chunk.first_block, chunk.n_blocks, counted
            )

        chunks = in_order(
            answers,
            n_blocks_of(n_trials),
            self.engine.n_workers,
            self.chunk_blocks,
            max(1, self.engine.most_sweep_blocks // n_outputs),
        )
        return merged(requests, (given for _, given in chunks))

    def values(
        self, start: int, count: int, names: Sequence[str] | None = None
    ) -> dict[str, Array]:
        """Return values of neighbouring trials, inputs and outputs by name, as float64."""
        if start < 0 or count < 0 or start + count > self.n_trials_done:
            must = f"lie within the {self.n_trials_done:,} trials done"
            raise law("start, count", must, (start, count))
        wanted = [*self.input_names, *self.output_names] if names is None else list(names)
        first = start // BLOCK
        n_blocks = n_blocks_of(start + count) - first if count else 0
        inputs = [name for name in wanted if name in self.input_names]
        outputs = [name for name in wanted if name in self.output_names]
        places = [self.output_names.index(name) for name in outputs]
        offset = start - first * BLOCK
        found: dict[str, Array] = {}
        if n_blocks and inputs:
            drawn = self.evaluator.inputs(first, n_blocks, inputs)
            found |= dict(zip(inputs, to_trial_order(drawn), strict=True))
        if n_blocks and outputs:
            computed = self.evaluator.outputs(first, n_blocks, places)
            found |= dict(zip(outputs, to_trial_order(computed), strict=True))
        some = slice(offset, offset + count)
        empty = np.empty(0)
        return {
            name: found[name][some].astype(np.float64, copy=False) if n_blocks else empty
            for name in wanted
        }
