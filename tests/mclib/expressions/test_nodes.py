"""Nodes are frozen, and there is one only for each meaning."""

import gc
import sys
import threading

import numpy as np
import pytest

from mclib.expressions.dtypes import Type
from mclib.expressions.loops import scan
from mclib.expressions.nodes import Node, Table, constant, node, topological
from mclib.expressions.tracing import parameter

X = parameter("x")


def test_a_node_cannot_be_changed() -> None:
    with pytest.raises(AttributeError, match="nodes are frozen; 'payload' cannot be set"):
        X.node.payload = "y"


def test_threads_that_make_the_same_node_get_the_same_node() -> None:
    made: list[list[Node]] = []
    start = threading.Barrier(4)

    def make(number: int) -> None:
        start.wait()
        chain = [node("parameter", type_=Type.REAL, payload=f"thread test {number}")]
        for step in range(40):
            one = constant(float(step), Type.REAL)
            chain.append(node("add", chain[-1], one, type_=Type.REAL))
        made.append(chain)

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        for number in range(30):
            made.clear()
            threads = [threading.Thread(target=make, args=(number,)) for _ in range(4)]
            for each in threads:
                each.start()
            for each in threads:
                each.join()

            assert all(
                a is b for chain in made for a, b in zip(chain, made[0], strict=True)
            )
    finally:
        sys.setswitchinterval(interval)


def test_a_node_that_nobody_wants_is_forgotten() -> None:
    from mclib.expressions.nodes import _interned

    sum_ = X + 123456.75
    key = next(key for key, each in _interned.items() if each is sum_.node)

    del sum_
    gc.collect()

    assert key not in _interned


def test_integers_wrap_and_floats_round_to_their_type() -> None:
    assert constant(-1, Type.INT32).payload == 0xFFFFFFFF
    assert constant(2**64 + 5, Type.INT64).payload == 5
    assert constant(0.1, Type.FLOAT32).payload == float(np.float32(0.1))
    assert constant(1e300, Type.FLOAT32).payload == np.inf
    assert constant(0.1, Type.REAL).payload == 0.1


def test_tables_of_equal_numbers_are_equal() -> None:
    first, second = (Table.of(np.array([1.0, 2.0]), Type.FLOAT64) for _ in range(2))

    assert first == second
    assert first != Table.of(np.array([1.0, 2.0]), Type.FLOAT32)
    assert first.values.tolist() == [1.0, 2.0]
    assert (len(first), repr(first)) == (2, "Table(2 x float64)")


def test_arguments_come_before_the_nodes_that_use_them() -> None:
    root = scan(lambda level: level * X + 1, X, 3).node

    order = list(topological([root, root]))

    assert len(order) == len(set(order))
    for place, each in enumerate(order):
        assert all(order.index(arg) < place for arg in each.args)


def test_a_graph_may_be_deeper_than_pythons_stack() -> None:
    deep = X
    for _ in range(5000):
        deep = deep + X

    assert sum(1 for _ in topological([deep.node])) == 5001
