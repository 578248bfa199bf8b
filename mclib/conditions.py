"""The trials that keep a condition: the same run, seen through it."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from mclib.errors import law
from mclib.evaluators import Array, Evaluator, Ranged, Settled, TracedEvaluator
from mclib.expressions.dtypes import Type
from mclib.expressions.expression import Expression
from mclib.expressions.functions import where
from mclib.expressions.graph import Graph
from mclib.statistics.requests import TailMoments

Condition = Callable[[Mapping[str, Any]], Any]


def conditioned(
    evaluator: Evaluator, graph: Graph, settled: Settled, condition: Condition
) -> Evaluator:
    """Return an evaluator of the same inputs and outputs, NaN where a condition fails.

    What isn't finite is left out of every statistic, so that those are over the trials
    which keep the condition.

    Parameters
    ----------
    evaluator : Evaluator
        Of the run.
    graph : Graph
        Its inputs, and its outputs if it is traced.
    settled : Settled
        The run's engine, precision and arguments.
    condition : callable
        From values by name to whether a trial keeps it.

    Raises
    ------
    ArgumentError
        If `condition` is no function that compares values.
    """
    if not callable(condition):
        hint = 'write `result.where(lambda trial: trial["profit"] < 0)`.'
        raise law("condition", "be a function of a trial's values by name", condition, hint)
    if not isinstance(evaluator, TracedEvaluator):
        return _Masked(evaluator, tuple(graph.inputs), settled, condition)
    symbols = {
        name: Expression(node) for name, node in {**graph.inputs, **graph.outputs}.items()
    }
    kept = asked(condition, symbols)
    if not isinstance(kept, Expression) or kept.type is not Type.BOOLEAN:
        raise no_comparison(kept)
    masked = {name: where(kept, each, np.nan).node for name, each in symbols.items()}
    return TracedEvaluator(Graph({}, masked, graph.fixed), settled)


def graph_of(evaluator: Evaluator, graph: Graph) -> Graph:
    """Return the graph that a further condition on a conditioned run is put to.

    Parameters
    ----------
    evaluator : Evaluator
        What `conditioned` returned.
    graph : Graph
        That of the run.
    """
    if isinstance(evaluator, TracedEvaluator):
        return evaluator.graph
    return Graph({}, {}, graph.fixed)


def asked(condition: Condition, values: Mapping[str, Any]) -> Any:
    """Put a condition to values by name, or say which names there are."""
    try:
        return condition(values)
    except KeyError as error:
        must = f"use names of the run ({', '.join(values)})"
        raise law("condition", must, error.args[0]) from None


def no_comparison(given: Any) -> Exception:
    """Return what is raised where a condition gives something else than truths."""
    hint = 'compare values, as in `trial["profit"] < 0`, and join by `&` and `|`.'
    return law("condition", "return whether a trial keeps it", given, hint)


class _Masked(Evaluator):
    """A function that isn't traced, seen through a condition."""

    def __init__(
        self,
        evaluator: Evaluator,
        inputs: Sequence[str],
        settled: Settled,
        condition: Condition,
    ) -> None:
        self._evaluator = evaluator
        self._inputs = list(inputs)
        self.settled = settled
        self._condition = condition
        others = (name for name in evaluator.output_names if name not in self._inputs)
        self.output_names = (*self._inputs, *others)
        self._all(0, 1)

    def _all(self, first_block: int, n_blocks: int) -> Array:
        inner = self._evaluator
        values: dict[str, Array] = {}
        if self._inputs:
            drawn = inner.inputs(first_block, n_blocks, self._inputs)
            values |= dict(zip(self._inputs, drawn, strict=True))
        places = range(len(inner.output_names))
        outputs = inner.outputs(first_block, n_blocks, places)
        values |= dict(zip(inner.output_names, outputs, strict=True))
        kept = np.asarray(asked(self._condition, values))
        if kept.dtype != np.bool_:
            raise no_comparison(kept.dtype)
        everything = np.stack([values[name] for name in self.output_names])
        return np.where(kept, everything, np.nan)

    def records(self, first_block: int, n_blocks: int) -> Array:
        """Make records of what is left."""
        values = np.ascontiguousarray(np.moveaxis(self._all(first_block, n_blocks), 0, 1))
        return self.settled.records_of(values)

    def outputs(self, first_block: int, n_blocks: int, places: Sequence[int]) -> Array:
        """Return some of what is left."""
        return np.ascontiguousarray(self._all(first_block, n_blocks)[list(places)])

    def inputs(self, first_block: int, n_blocks: int, names: Sequence[str]) -> Array:
        """Inputs are among the outputs here."""
        del first_block, n_blocks
        raise law("names", "be outputs of a conditioned run", list(names))

    def tail_records(self, request: TailMoments) -> Ranged | None:
        """Leave it to the outputs."""
        del request
        return None
