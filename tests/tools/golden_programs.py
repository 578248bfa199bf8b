"""The programs that engines are compared on; together they use every op there is."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import reduce
from itertools import cycle, islice

import numpy as np

from mclib.distributions import Empirical, Gamma, Normal, Triangular, Uniform, Weibull
from mclib.engines.plans import Plan, argument_values, build_moments, build_values
from mclib.expressions import functions as mc
from mclib.expressions.dtypes import Type
from mclib.expressions.expression import Expression, apply, lift
from mclib.expressions.loops import drawn, scan
from mclib.expressions.mathematics import FORMULAS
from mclib.expressions.nodes import Node, Table, node
from mclib.expressions.ops import OPS
from mclib.expressions.probability import Probability
from mclib.expressions.simplify import simplify
from mclib.expressions.tables import lookup
from mclib.expressions.tracing import parameter

SEED_WORDS = {"seed low": 0x9E3779B9, "seed high": 0x243F6A88}


PRECISIONS = (Type.FLOAT32, Type.FLOAT64)
KINDS = ("values", "moments")


@dataclass(frozen=True)
class GoldenProgram:
    """A model, its parameters' values, and how to compare it.

    Attributes
    ----------
    build : callable
        Makes the outputs.
    parameters : mapping of str to float
        The parameters' values.
    n_blocks : int
        How many blocks are enough to compare.
    kinds : tuple of str
        Which plans are made of it.
    is_quick : bool
        Whether the reference engine, which interprets each step, takes it in seconds.
    """

    build: Callable[[], Mapping[str, Expression]]
    parameters: Mapping[str, float] = field(default_factory=dict)
    n_blocks: int = 5
    kinds: tuple[str, ...] = KINDS
    is_quick: bool = True

    def plan(self, kind: str, precision: Type) -> Plan:
        """Return the plan that stores `"values"` or makes records of `"moments"`."""
        outputs = simplify([each.node for each in self.build().values()])
        return {"values": build_values, "moments": build_moments}[kind](outputs, precision)

    def arguments(self, plan: Plan) -> list[object]:
        """Return the plan's arguments for these parameters and one fixed seed."""
        return argument_values(plan, {**self.parameters, **SEED_WORDS})


def _european() -> dict[str, Expression]:
    growth = parameter("drift") + parameter("spread") * drawn("z", Normal())
    price = parameter("spot") * mc.exp(growth)
    return {"value": mc.maximum(price - parameter("strike"), 0.0)}


def _asian() -> dict[str, Expression]:
    def step(state: tuple[Expression, Expression], z: Expression) -> tuple[Expression, ...]:
        price, total = state
        price = price * mc.exp(parameter("drift") + parameter("spread") * z)
        return price, total + price

    _, total = scan(step, (parameter("spot"), 0.0), n_steps=252, noise=Normal())
    return {"value": mc.maximum(total / 252.0 - parameter("strike"), 0.0)}


def _sheet() -> dict[str, Expression]:
    def normal(name: str) -> Expression:
        mean, deviation = parameter(f"{name} mean"), parameter(f"{name} deviation")
        return mean + deviation * drawn(name, Normal())

    def uniform(name: str) -> Expression:
        low, width = parameter(f"{name} low"), parameter(f"{name} width")
        return low + width * drawn(name, Uniform())

    price, growth, discount = normal("price"), normal("growth"), normal("discount")
    volume, rate = mc.exp(normal("volume")), mc.exp(normal("rate"))
    cost = drawn("cost", Triangular(low=40.0, mode=55.0, high=80.0))
    capital = drawn("capital", Triangular(low=50e3, mode=80e3, high=150e3))
    fixed, tax, churn = uniform("fixed"), uniform("tax"), uniform("churn")
    value = -capital
    kept = factor = lift(1.0, Type.REAL)
    for _ in range(5):
        factor = factor / (1.0 + discount)
        income = (price * rate - cost) * volume * kept - fixed
        value = value + income * (1.0 - tax) * factor
        kept = kept * (1.0 + growth) * (1.0 - churn)
    return {"value": value}


_SHEET_NORMALS = {
    "price": (100.0, 10.0),
    "growth": (0.05, 0.02),
    "discount": (0.08, 0.01),
    "volume": (6.9, 0.3),
    "rate": (0.0, 0.05),
}
_SHEET_UNIFORMS = {"fixed": (10e3, 5e3), "tax": (0.2, 0.1), "churn": (0.02, 0.06)}
_SHEET_PARAMETERS = (
    {f"{name} mean": mean for name, (mean, _) in _SHEET_NORMALS.items()}
    | {f"{name} deviation": deviation for name, (_, deviation) in _SHEET_NORMALS.items()}
    | {f"{name} low": low for name, (low, _) in _SHEET_UNIFORMS.items()}
    | {f"{name} width": width for name, (_, width) in _SHEET_UNIFORMS.items()}
)


def _table() -> dict[str, Expression]:
    seasons = np.sin(np.arange(37.0))
    place = drawn("season", Uniform(low=-2.0, high=40.0))
    loss = drawn("loss", Empirical([3.0, 1.0, 4.0, 1.5, 9.0, 2.6]))
    return {"season": lookup(seasons, place), "loss": loss}


def _tabulated() -> dict[str, Expression]:
    # A table cut alike everywhere, one that is cut more finely near the median, and a tail
    # that is no draw's own.
    skewed = Gamma(2.5).draw(Probability.of(drawn("level", Uniform())))
    return {
        "claim": drawn("claim", Gamma(2.5, 4.0)),
        "small": drawn("small", Gamma(0.05)),
        "lifetime": drawn("lifetime", Weibull(1.7, 20.0)),
        "skewed": skewed,
    }


def _uneven_scan() -> dict[str, Expression]:
    def step(
        state: tuple[Expression, Expression], draws: Mapping[str, Expression], n: Expression
    ) -> tuple[Expression, Expression]:
        level, low = state
        level = level + draws["shock"] * parameter("scale") - 0.01 * n
        # The second state is the first one's past: states must change all at once.
        return mc.where(draws["stays"] < 0.25, low, level), level

    noise = {"shock": Normal(), "stays": Uniform()}
    level, past = scan(step, (drawn("start", Normal()), 1.0), n_steps=10, noise=noise)
    doubled = scan(lambda x: x * 1.25 + 1.0, level, n_steps=7)
    return {"level": level, "past": past, "doubled": doubled}


def _until() -> dict[str, Expression]:
    def step(
        state: tuple[Expression, Expression], z: Expression
    ) -> tuple[Expression, Expression]:
        level, steps = state
        return level + z * parameter("scale"), steps + 1.0

    start = drawn("start", Normal())
    level, steps = scan(
        step, (start, 0.0), n_steps=30, noise=Normal(), until=lambda state: state[0] > 0.5
    )
    halves = scan(lambda x: x * 0.5, level, until=lambda x, n: (x < 0.1) | (n >= 5))
    return {"level": level, "steps": steps, "halves": halves}


def _many_arguments() -> dict[str, Expression]:
    x = drawn("x", Normal())
    names = [f"weight {number}" for number in range(_N_WEIGHTS)]
    return {
        "value": reduce(lambda total, name: total * 0.5 + parameter(name) * x, names, x)
    }


_N_WEIGHTS = 600

_SPECIAL = (
    *(0.0, -0.0, 0.5, -0.5, 1.0, -1.0, 1.5, -1.5, 2.0, -2.0, 2.5, 3.0, 7.0, 10.0, 100.0),
    *(
        np.inf,
        -np.inf,
        np.nan,
        1e-3,
        -1e-3,
        1e-8,
        -1e-8,
        1e-20,
        1e-38,
        1e-40,
        -1e-44,
        1e-300,
    ),
    *(5e-324, 1e20, -1e20, 1e38, 3e38, 1e300, np.pi, -np.pi, np.pi / 2, 1e5, 88.0, -88.0),
    *(104.0, -104.0, 709.0, -709.0, -745.0, 710.0, 0.6931471805599453, 2.0**31, -(2.0**31)),
    *(2.0**52, 2.0**53, 16777217.0, 0.9999999, 1.0000001, 5.9, 27.0, -6.0),
)


def _mathematics() -> dict[str, Expression]:
    def values(name: str) -> Expression:
        special = lookup(_SPECIAL, drawn(f"{name} place", Uniform(0.0, len(_SPECIAL))))
        size = mc.exp(drawn(f"{name} size", Normal(0.0, 4.0)))
        signed = mc.where(drawn(f"{name} sign", Uniform()) < 0.5, -size, size)
        return mc.where(drawn(f"{name} kind", Uniform()) < 0.5, special, signed)

    x, y, side = values("x"), values("y"), drawn("side", Uniform()) < 0.5
    given = {"R": (x,), "R R": (x, y), "R B": (x, side)}
    made = {
        name: apply(name, *given[" ".join(OPS[name].argument_types)]) for name in FORMULAS
    }
    return made | {
        "floor": mc.floor(x),
        "root": mc.sqrt(x),
        "ratio": x / y,
        "product": x * y,
    }


def _machine_ops() -> dict[str, Expression]:
    a32, b32 = _random_integer("a"), _random_integer("b")
    a64, b64 = _wide(a32, b32), _wide(b32, a32 * 0x85EBCA6B)
    made = {
        **_integer_ops(a32, b32, Type.INT32),
        **_integer_ops(a64, b64, Type.INT64),
        **_float_ops(_from_bits(a32), _from_bits(b32), Type.FLOAT32),
        **_float_ops(_from_bits(a64), _from_bits(b64), Type.FLOAT64),
        "truncate": _op("truncate", a64, type_=Type.INT32),
        "widen": _op("widen", _from_bits(a32), type_=Type.FLOAT64),
        "narrow": _op("narrow", _from_bits(a64), type_=Type.FLOAT32),
    }
    p, q = a32 < b32, a64 < b64
    made |= {name: apply(f"logical_{name}", p, q) for name in ("and", "or", "xor")}
    made["not"] = apply("logical_not", p)
    for type_ in (Type.INT32, Type.INT64, Type.FLOAT32, Type.FLOAT64):
        numbers = np.arange(8, dtype=np.float64) * 77.0
        table = Table.of(numbers, type_)
        made[f"load {type_.value}"] = _op("load", b32 & 7, type_=type_, payload=table)
    return {name: _folded(each) for name, each in made.items()}


def _op(name: str, *args: Expression, type_: Type, payload: object = None) -> Expression:
    return Expression(node(name, *(arg.node for arg in args), type_=type_, payload=payload))


def _random_integer(name: str) -> Expression:
    u = drawn(name, Uniform(low=0.0, high=2.0**30))
    return _op("to_integer", u, type_=Type.INT32) * 0x9E3779B1


def _wide(high: Expression, low: Expression) -> Expression:
    wide = [_op("zero_extend", each, type_=Type.INT64) for each in (high, low)]
    return (wide[0] << 32) | wide[1]


def _from_bits(bits: Expression) -> Expression:
    type_ = Type.FLOAT32 if bits.type is Type.INT32 else Type.FLOAT64
    return _op("from_bits", bits, type_=type_)


def _integer_ops(a: Expression, b: Expression, type_: Type) -> dict[str, Expression]:
    by = b & (type_.dtype.itemsize * 8 - 1)
    made = {
        name: apply(name, a, b)
        for name in (
            "add",
            "subtract",
            "multiply",
            "less",
            "less_equal",
            "equal",
            "bit_and",
        )
    }
    made |= {name: apply(name, a, b) for name in ("bit_or", "bit_xor")}
    shifts = ("shift_left", "shift_right", "shift_right_signed")
    made |= {name: apply(name, a, by) for name in shifts}
    made |= {"negative": apply("negative", a), "where": apply("where", a < b, a, b)}
    for float_type in (Type.FLOAT32, Type.FLOAT64):
        made[f"to {float_type.value}"] = _op("to_float", a, type_=float_type)
    return {f"{name} {type_.value}": each for name, each in made.items()}


def _float_ops(a: Expression, b: Expression, type_: Type) -> dict[str, Expression]:
    binary = ("add", "subtract", "multiply", "divide", "less", "less_equal", "equal")
    made = {name: apply(name, a, b) for name in binary}
    for name in ("square_root", "negative", "absolute", "floor"):
        made[name] = apply(name, a)
    # A fused product far from the third term, and one that nearly cancels it.
    made["fused"] = apply("fused_multiply_add", a, b, a)
    made["cancelled"] = apply("fused_multiply_add", a, b, -(a * b))
    made["chosen"] = apply("where", a < b, a, b)
    small = apply("where", apply("absolute", a) < 2.0**31, a, lift(0.75, type_))
    for integer_type in (Type.INT32, Type.INT64):
        made[f"to {integer_type.value}"] = _op("to_integer", small, type_=integer_type)
    return {f"{name} {type_.value}": each for name, each in made.items()}


def _folded(value: Expression) -> Expression:
    """Return a real number, exact in float32 too, that shows whether any bit differs."""
    if value.type is Type.BOOLEAN:
        return apply("where", value, lift(1.0, Type.REAL), lift(0.0, Type.REAL))
    if value.type.is_float:
        # Which NaN it is, is nobody's promise.
        number = apply(
            "where", apply("equal", value, value), value, lift(-12345.0, value.type)
        )
        value = _op("float_bits", number, type_=value.type.bits_type)
    if value.type is Type.INT32:
        value = _op("zero_extend", value, type_=Type.INT64)
    mixed = (value * 0x9E3779B97F4A7C15) >> 40
    return _op("to_float", _op("truncate", mixed, type_=Type.INT32), type_=Type.REAL)


_OPTION = {"spot": 100.0, "strike": 100.0}

GOLDEN_PROGRAMS = {
    "european": GoldenProgram(_european, {**_OPTION, "drift": 0.03, "spread": 0.2}),
    "asian": GoldenProgram(
        _asian,
        {**_OPTION, "drift": 0.03 / 252, "spread": 0.2 / 252**0.5},
        n_blocks=2,
        is_quick=False,
    ),
    "sheet": GoldenProgram(_sheet, _SHEET_PARAMETERS),
    "table": GoldenProgram(_table),
    "tabulated": GoldenProgram(_tabulated),
    "uneven_scan": GoldenProgram(_uneven_scan, {"scale": 0.3}),
    "until": GoldenProgram(_until, {"scale": 0.3}, n_blocks=2),
    "many_arguments": GoldenProgram(
        _many_arguments,
        dict(
            zip(
                (f"weight {number}" for number in range(_N_WEIGHTS)),
                islice(cycle((1.0, -0.7, 0.3, 2.2)), _N_WEIGHTS),
                strict=True,
            )
        ),
        n_blocks=2,
    ),
    "mathematics": GoldenProgram(_mathematics),
    # The statistics of so many outputs would keep a compiler busy for minutes.
    "machine_ops": GoldenProgram(_machine_ops, kinds=("values",)),
}
"""Programs by name; together they use every machine op and every formula."""


def ops_used(roots: tuple[Node, ...]) -> set[str]:
    """Return the names of the ops below `roots`, those inside subroutines too."""
    used: set[str] = set()
    waiting = list(roots)
    seen: set[Node] = set()
    while waiting:
        each = waiting.pop()
        if each in seen:
            continue
        seen.add(each)
        used.add(each.op.name)
        waiting += each.args
        if each.op.name == "call":
            waiting += each.payload.results
    return used
