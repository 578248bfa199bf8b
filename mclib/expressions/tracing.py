"""Tracing: the model's function is called once, on symbols, and leaves a graph behind."""

import functools
from collections.abc import Callable, Container, Iterable, Mapping
from typing import Any

import numpy as np

from mclib.errors import ArgumentError, TraceError
from mclib.expressions.coercion import refuse_distribution, resolving
from mclib.expressions.dtypes import Type
from mclib.expressions.expression import (
    Expression,
    as_number,
    lift,
)
from mclib.expressions.graph import Graph, check_streams
from mclib.expressions.lowering import evaluate_model_expression
from mclib.expressions.nodes import TRIAL, Node, node, topological
from mclib.expressions.simplify import simplify

_Named = tuple[tuple[str, Node], ...]

_TRACES_KEPT = 64


def parameter(name: str) -> Expression:
    """Return the symbol of a number that may change between runs."""
    return Expression(node("parameter", type_=Type.REAL, payload=name))


class _Resolver:
    """Answers for what depends on parameters only, and remembers which."""

    def __init__(self, values: Mapping[str, float]) -> None:
        self.values = values
        self.fixed: dict[str, float] = {}

    def __call__(self, asked: Node) -> Any:
        bindings = {}
        for each in topological([asked]):
            if each.op.name == "parameter":
                value = self.values[each.payload]
                self.fixed[each.payload] = value
                bindings[each] = value
        return evaluate_model_expression(Expression(asked), bindings=bindings).item()


def trace(
    call: Callable[[], tuple[Mapping[str, Expression], Any]],
    values: Mapping[str, float],
    name: str,
) -> Graph:
    """Return the graph of a model.

    Parameters
    ----------
    call : callable
        Makes the inputs, calls the model on them, and returns both: inputs by name and what
        the model returned.
    values : mapping of str to float
        What the parameters are now, for control flow that asks.
    name : str
        The model's name, for messages and for a single unnamed output.

    Raises
    ------
    TraceError
        If the model does something that has no meaning for all trials at once, or returns
        something else than numbers by name.
    """
    resolver = _Resolver(values)
    with resolving(resolver):
        inputs, returned = call()
    outputs = named_outputs(returned, name)
    numbers = {key: _as_output(value, key, name) for key, value in outputs.items()}
    for key, output in numbers.items():
        _check_output(key, output, inputs, name)
    return _finished(
        tuple((key, each.node) for key, each in inputs.items()),
        tuple(numbers.items()),
        tuple(resolver.fixed.items()),
        frozenset(values),
        name,
    )


@functools.lru_cache(_TRACES_KEPT)
def _finished(
    inputs: _Named,
    outputs: _Named,
    fixed: tuple[tuple[str, float], ...],
    known: frozenset[str],
    name: str,
) -> Graph:
    """Return what tracing has left as a graph: simplified, checked, once for each trace.

    Equal nodes are one object, so that a model traced again without a loop ends here.
    """
    roots = simplify(node for _, node in (*inputs, *outputs))
    check_streams(roots)
    check_parameters(roots, known, name)
    n = len(inputs)
    return Graph(
        inputs={key: root for (key, _), root in zip(inputs, roots[:n], strict=True)},
        outputs={key: root for (key, _), root in zip(outputs, roots[n:], strict=True)},
        fixed=dict(fixed),
    )


def _check_output(
    key: str, output: Node, inputs: Mapping[str, Expression], name: str
) -> None:
    if output.scope - {TRIAL}:
        message = (
            f"what a `scan`'s step computes must stay inside it; output `{key}` of "
            f"`{name}` was taken out of one, and has another value in each step."
        )
        hint = "carry it in the state, and take it from what `mc.scan` returns."
        raise TraceError(f"{message}\nhint: {hint}")
    if key in inputs and output is not inputs[key].node:
        raise shared_name(key, name)


def shared_name(key: str, name: str) -> TraceError:
    """Return the error of an output that is called as an input and is another number."""
    return TraceError(
        f"inputs and outputs must have names of their own; `{name}` has both an input and "
        f"an output `{key}`.\nhint: return it under another name."
    )


def check_parameters(roots: Iterable[Node], known: Container[str], name: str) -> None:
    """Refuse a value that was kept from another model's trace."""
    for each in topological(roots):
        if each.op.name == "parameter" and each.payload not in known:
            message = (
                f"`{name}` must compute with its own inputs and parameters; it uses "
                f"`{each.payload}` of another model.\n"
                "hint: give the number to the model as a parameter of its own."
            )
            raise TraceError(message)


def named_outputs(returned: Any, name: str) -> dict[str, Any]:
    """Return a model's outputs by name; a single number is called as the model."""
    if returned is None:
        message = f"a model must return its outputs; `{name}` returned nothing."
        raise TraceError(f"{message}\nhint: end it with `return {{'profit': profit}}`.")
    if isinstance(returned, Mapping):
        if not returned:
            message = f"a model must return at least one output; `{name}` returned none."
            raise TraceError(message)
        for key in returned:
            if not isinstance(key, str) or not key:
                message = f"names of outputs must be words; `{name}` returned {key!r}."
                raise TraceError(message)
        return dict(returned)
    if isinstance(returned, (tuple, list, set)):
        message = (
            f"a model must return its outputs by name; `{name}` returned a "
            f"{type(returned).__name__} of {len(returned)}."
        )
        raise TraceError(
            f"{message}\nhint: write `return {{'revenue': ..., 'profit': ...}}`."
        )
    return {name: returned}


def _as_output(value: Any, key: str, name: str) -> Node:
    refuse_distribution(value)
    if isinstance(value, np.ndarray) and value.ndim == 0:
        value = value.item()
    if isinstance(value, (Expression, bool, int, float, np.number, np.bool_)):
        try:
            return as_number(lift(value, Type.REAL)).node
        except (TraceError, ArgumentError):
            pass
    kind = type(value).__name__
    if isinstance(value, np.ndarray):
        kind = f"an array of shape {value.shape}"
    message = f"output `{key}` of `{name}` must be one number per trial; got {kind}."
    raise TraceError(f"{message}\nhint: return each number under a name of its own.")


def plain_numbers(returned: Any) -> Any:
    """Return what a model returned for plain numbers, as plain numbers.

    Raises
    ------
    TraceError
        If it depends on draws.
    """
    if isinstance(returned, Mapping):
        return {key: plain_numbers(value) for key, value in returned.items()}
    if not isinstance(returned, Expression):
        return returned
    if not returned.node.is_uniform:
        message = (
            "a model that draws in `mc.scan` must be run to be computed; one case of it "
            "depends on luck.\nhint: run it with `mc.simulate`, and look at one trial with "
            "`result.trial(0)`."
        )
        raise TraceError(message)
    return evaluate_model_expression(returned).item()
