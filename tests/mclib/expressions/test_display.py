"""A graph reads like the function that it was traced from, as text and as a drawing."""

import itertools
import re
from collections.abc import Callable
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import mclib as mc
from mclib.expressions.display import GraphDisplay
from mclib.expressions.drawing import MOST_BOXES, layers_of
from mclib.expressions.expression import Expression
from mclib.expressions.formulas import LONGEST, MOST_LINES, Line, lines_of
from mclib.expressions.graph import Graph
from mclib.expressions.tracing import parameter, trace


@mc.model
def launch(
    units=mc.Triangular(low=8_000, mode=10_000, high=15_000),
    price=mc.Normal(mean=20, standard_deviation=2),
    unit_cost=mc.Uniform(9, 16),
    tax_rate=0.25,
):
    revenue = units * price
    profit = (revenue - units * unit_cost) * (1 - tax_rate)
    return {"revenue": revenue, "profit": profit}


@mc.model
def walk(start=0.0, drift=0.1, spread=1.0):
    def step(state, z):
        here, highest = state
        here = here + drift + spread * z
        return here, mc.maximum(highest, here)

    here, highest = mc.scan(step, (start, start), n_steps=12, noise=mc.Normal(0.0, 1.0))
    return {"fall": highest - here}


def _graph(model: mc.Model) -> Graph:
    return model.graph(model.checked(None))


def _formulas(of: Callable[..., object], *names: str) -> list[Line]:
    """Lines of a function of parameters."""
    symbols = {name: parameter(name) for name in names}
    graph = trace(lambda: ({}, of(**symbols)), dict.fromkeys(names, 1.0), "result")
    return [line for line in lines_of(graph) if line.kind != "parameter"]


def test_a_graph_reads_like_the_function() -> None:
    notes = {"units": "about 11,000", "tax_rate": "0.25"}

    assert repr(GraphDisplay(_graph(launch), notes)).splitlines() == [
        "inputs",
        "    units     ~ about 11,000",
        "    price     ~ a draw shaped by standard_deviation, mean",
        "    unit_cost ~ a draw shaped by high, low",
        "parameters",
        "    tax_rate = 0.25",
        "formulas",
        "  → revenue = units * price",
        "  → profit  = (revenue - units * unit_cost) * (1 - tax_rate)",
    ]


def test_a_loop_shows_what_it_carries_and_what_each_step_does() -> None:
    assert str(_graph(walk)).splitlines() == [
        "parameters",
        "    start",
        "    drift",
        "    spread",
        "formulas",
        "    loop1 = 12 steps",
        "        v1 = s1 + drift + spread * normal(noise)",
        "        s1 = start, then v1",
        "        s2 = start, then maximum(s2, v1)",
        "  → fall  = loop1.s2 - loop1.s1",
    ]


def test_the_short_form_says_what_goes_in_and_what_comes_out() -> None:
    assert "<Graph from noise to fall>" == repr(_graph(walk))
    assert "from units, price, unit_cost to revenue, profit" in repr(_graph(launch))


def test_what_is_used_twice_gets_a_name_and_what_is_used_once_does_not() -> None:
    lines = _formulas(lambda a, b: mc.exp(a * b) + a * b + (a - b), "a", "b")

    assert [(line.name, line.text) for line in lines] == [
        ("v1", "a * b"),
        ("result", "exp(v1) + v1 + (a - b)"),
    ]


def test_a_made_up_name_is_never_one_of_the_analyst() -> None:
    lines = _formulas(lambda v1, v2: {"v3": mc.exp(v1 * v2) + v1 * v2}, "v1", "v2")

    assert ["v4", "v3"] == [line.name for line in lines]


def test_an_output_that_is_an_input_or_another_output_is_shown() -> None:
    lines = _formulas(lambda a: {"same": a, "twice": 2 * a, "again": 2 * a}, "a")

    assert [(line.name, line.text) for line in lines] == [
        ("twice", "2 * a"),
        ("same", "a"),
        ("again", "twice"),
    ]


def test_long_formulas_are_folded_into_lines_that_fit() -> None:
    names = [f"quantity{number}" for number in range(12)]

    lines = _formulas(lambda **each: sum(x * (x + 1) for x in each.values()), *names)

    assert len(lines) > 1
    assert max(len(line.text) for line in lines) <= LONGEST


OPERATIONS = {
    "+": lambda x, y: x + y,
    "-": lambda x, y: x - y,
    "*": lambda x, y: x * y,
    "/": lambda x, y: x / (y * y + 1.5),
    "**": lambda x, y: (x * x + 0.5) ** (y * 0.25),
    "%": lambda x, y: x % (y * y + 2.0),
    "negative": lambda x, y: -x - y,
    "where": lambda x, y: mc.where((x < y) | (y <= 0.25), x, y + 1.0),
    "maximum": lambda x, y: mc.maximum(x, mc.exp(-y * y)),
}


@given(
    st.lists(
        st.tuples(
            st.sampled_from(sorted(OPERATIONS)),
            st.integers(0, 50),
            st.integers(0, 50),
        ),
        min_size=1,
        max_size=12,
    )
)
def test_a_formula_means_in_python_what_it_means_in_the_graph(
    steps: list[tuple[str, int, int]],
) -> None:
    def model(a: Expression, b: Expression) -> Expression:
        values = [a, b]
        for name, left, right in steps:
            x, y = values[left % len(values)], values[right % len(values)]
            values.append(OPERATIONS[name](x, y))
        return values[-1]

    numbers = {"a": 0.75, "b": -1.25}
    known = {
        **numbers,
        "exp": np.exp,
        "where": lambda chosen, x, y: x if chosen else y,
        "maximum": max,
        "minimum": min,
        "sqrt": np.sqrt,
    }
    for line in _formulas(model, "a", "b"):
        known[line.name] = eval(line.text, {}, known)

    expected = mc.simulate(
        mc.model(lambda a=0.75, b=-1.25: {"result": model(a, b)}),
        1,
        seed=1,
        engine="reference",
    )
    assert known["result"] == pytest.approx(expected["result"].mean.value, rel=1e-4)


def test_the_drawing_is_one_picture_that_says_in_words_what_it_shows() -> None:
    page = _graph(launch)._repr_html_()
    drawing = ET.fromstring(re.search(r"<svg.*</svg>", page, re.DOTALL)[0])

    assert "img" == drawing.get("role")
    assert drawing.get("aria-label") == (
        "Model graph from units, price, unit_cost to revenue, profit"
    )
    names = [text.text for text in drawing.iter("text") if text.get("class") == "name"]
    assert sorted(names) == sorted(
        ["units", "price", "unit_cost", "tax_rate", "revenue", "profit"]
    )


def test_kinds_differ_in_shape_and_not_in_color_alone() -> None:
    page = _graph(launch)._repr_html_() + _graph(walk)._repr_html_()
    outlines = set(re.findall(r"</title><(rect|polygon)[^>]*?(rx=\"[\d.]+\")?", page))

    assert {"rect", "polygon"} == {name for name, _ in outlines}
    assert "rounded: input" in page


def test_what_the_analyst_wrote_cannot_break_the_page() -> None:
    page = GraphDisplay(
        _graph(launch), {"units": "<script>alert(1)</script>"}
    )._repr_html_()

    assert "<script" not in page


def test_a_box_stands_right_of_all_that_it_needs() -> None:
    lines = lines_of(_graph(launch))

    layer = layers_of(lines)

    assert all(layer[need] < layer[line.name] for line in lines for need in line.needs)
    assert layer["profit"] - 1 == layer["tax_rate"]


def test_no_boxes_overlap() -> None:
    page = _graph(launch)._repr_html_()
    places = [
        tuple(float(each) for each in place)
        for place in re.findall(
            r'<rect x="([\d.]+)" y="([\d.]+)" width="([\d.]+)" height="([\d.]+)"', page
        )
    ]

    assert 3 == len(places)
    for (x, y, width, height), (x2, y2, width2, height2) in itertools.combinations(
        places, 2
    ):
        apart = x + width <= x2 or x2 + width2 <= x or y + height <= y2 or y2 + height2 <= y
        assert apart


def test_a_graph_with_too_many_boxes_is_shown_as_text_and_says_so() -> None:
    @mc.model
    def long(x=mc.Uniform(0, 1), y=mc.Uniform(0, 1)):
        value = x
        for k in range(MOST_LINES + 20):
            value = value * y + mc.exp(-value * value) * k
        return value

    graph = _graph(long)

    assert len(lines_of(graph)) > MOST_BOXES
    assert "are too many to draw" in graph._repr_html_()
    assert "<svg" not in graph._repr_html_()
    assert str(graph).splitlines()[-1].startswith("... and ")
    assert len(str(graph).splitlines()) == MOST_LINES + 1
