"""Control variates: what is known about inputs, taken off the error of a mean.

An output y and a control x, whose mean is known, vary together; ``y - b (x - mean)`` has
y's mean and varies less. The weights b come from a pilot run of other trials, so that the
estimate has no bias and its standard error is as honest as any.
"""

import math
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from mclib.engines.base import Engine
from mclib.engines.plans import build_values
from mclib.errors import law
from mclib.evaluators import Settled
from mclib.expressions.dtypes import Type
from mclib.expressions.expression import Expression
from mclib.expressions.graph import Graph
from mclib.expressions.tracing import parameter
from mclib.model import Model

_PILOT_BLOCKS = 16
_PILOT_SEED = 0x9E3779B97F4A7C15


def expected_values(
    model: Model, numbers: Mapping[str, float], controls: Any
) -> dict[str, float]:
    """Return controls by name with their means.

    Parameters
    ----------
    model : Model
        Whose run it is.
    numbers : mapping of str to float
        Its parameters in this run.
    controls : str, iterable of str, or mapping of str to float
        Inputs, whose means are those of their distributions; or inputs and outputs with
        their means.

    Raises
    ------
    ArgumentError
        If a name is no input and has no mean, or a mean isn't finite.
    """
    if isinstance(controls, str):
        controls = (controls,)
    if not isinstance(controls, Iterable) or not all(isinstance(x, str) for x in controls):
        must = "be names of inputs, or a mapping of names to their means"
        raise law("controls", must, controls)
    if controls and not model.is_traced:
        hint = "return the controlled number from the function itself."
        raise law("controls", "be those of a traced model", model.name, hint)
    given: Mapping[str, Any] = controls if isinstance(controls, Mapping) else {}
    means = {}
    for name in controls:
        mean = given[name] if name in given else _mean(model, numbers, name)
        if not isinstance(mean, (int, float)) or not math.isfinite(mean):
            raise law(f"controls[{name!r}]", "have a mean that is a finite number", mean)
        means[name] = float(mean)
    return means


def _mean(model: Model, numbers: Mapping[str, float], name: str) -> float:
    if name not in model.inputs:
        known = ", ".join(model.inputs)
        hint = 'an output is given with its mean, as in `{"geometric": 5.54}`.'
        raise law("controls", f"be inputs of `{model.name}` ({known})", name, hint)
    distribution = model.inputs[name]
    own = {
        key: numbers[f"{name}.{key}"]
        for key in distribution.parameters
        if f"{name}.{key}" in numbers
    }
    return distribution.with_parameters(**own).mean


def with_controls(graph: Graph, means: Mapping[str, float]) -> Graph:
    """Return the graph with one more output for each: itself, less what controls explain.

    Weights and means are parameters, by `named_weights`.
    """
    known = {**graph.inputs, **graph.outputs}
    for name in means:
        if name not in known:
            raise law("controls", f"be among {', '.join(known)}", name)
    controlled = {}
    for output, node in graph.outputs.items():
        total = Expression(node)
        for name in means:
            apart = Expression(known[name]) - parameter(_mean_name(name))
            total = total - parameter(_weight_name(output, name)) * apart
        controlled[f"{output}, controlled"] = total.node
    return Graph(graph.inputs, {**graph.outputs, **controlled}, graph.fixed)


def named_weights(
    graph: Graph,
    means: Mapping[str, float],
    engine: Engine,
    numbers: Mapping[str, float],
    seed: int,
) -> dict[str, float]:
    """Return the parameters of `with_controls`: weights by least squares, and means.

    Parameters
    ----------
    graph : Graph
        Without controls.
    means : mapping of str to float
        Controls with their means.
    engine, numbers, seed
        Of the run; the pilot's seed is another one.
    """
    known = {**graph.inputs, **graph.outputs}
    nodes = [*(known[name] for name in means), *graph.outputs.values()]
    pilot = Settled(engine, Type.FLOAT64, numbers, seed ^ _PILOT_SEED)
    values = pilot.ready(build_values, nodes)(0, _PILOT_BLOCKS)
    columns = values.reshape(len(nodes), -1).astype(np.float64)
    columns = columns[:, np.isfinite(columns).all(axis=0)]
    named = {_mean_name(name): mean for name, mean in means.items()}
    if columns.shape[1] < 2 * len(nodes):
        weights = np.zeros((len(means), len(graph.outputs)))
    else:
        centered = columns - columns.mean(axis=1, keepdims=True)
        controls, outputs = centered[: len(means)], centered[len(means) :]
        weights = np.linalg.lstsq(controls.T, outputs.T, rcond=1e-9)[0]
    for i, name in enumerate(means):
        for j, output in enumerate(graph.outputs):
            named[_weight_name(output, name)] = float(weights[i, j])
    return named


def _mean_name(control: str) -> str:
    return f"mean of {control}, known"


def _weight_name(output: str, control: str) -> str:
    return f"weight of {control} in {output}, controlled"
