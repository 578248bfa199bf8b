"""Models put together at random, for comparing engines where nobody thought of looking."""

import random
from collections.abc import Callable, Mapping

import numpy as np

from mclib.distributions import Exponential, Normal, Triangular, Uniform
from mclib.expressions import functions as mc
from mclib.expressions.expression import Expression
from mclib.expressions.loops import drawn, scan
from mclib.expressions.tables import lookup

_UNARY: tuple[Callable[[Expression], Expression], ...] = (
    *(mc.exp, mc.expm1, mc.log, mc.log1p, mc.sqrt, mc.sin, mc.cos, mc.tan, mc.arctan),
    *(mc.tanh, mc.erf, mc.erfc, mc.floor, mc.ceil, mc.trunc, mc.rint, mc.absolute, mc.sign),
)
_BINARY: tuple[Callable[[Expression, Expression], Expression], ...] = (
    lambda a, b: a + b,
    lambda a, b: a - b,
    lambda a, b: a * b,
    lambda a, b: a / b,
    lambda a, b: a % b,
    mc.minimum,
    mc.maximum,
    mc.power,
)
_INPUTS = {
    "normal": Normal(1.0, 3.0),
    "uniform": Uniform(-2.0, 5.0),
    "triangular": Triangular(low=-1.0, mode=0.5, high=4.0),
    "waiting": Exponential(mean=2.0),
}


def random_model(seed: int, n_steps: int = 25) -> list[Expression]:
    """Return outputs made of inputs, choices, look-ups, a loop and all mathematics."""
    chance = random.Random(seed)
    made: list[Expression] = [drawn(name, each) for name, each in _INPUTS.items()]
    for _ in range(n_steps):
        a, b, c, d = chance.choices(made, k=4)
        made.append(
            chance.choice(
                (
                    lambda a=a: chance.choice(_UNARY)(a),
                    lambda a=a, b=b: chance.choice(_BINARY)(a, b),
                    lambda a=a, b=b: chance.choice(_BINARY)(a, b),
                    lambda a=a, b=b, c=c, d=d: mc.where(a < b, c, d),
                    lambda a=a: lookup(np.cos(np.arange(11.0)), a * 3.0),
                )
            )()
        )
    made.append(_walk(made[-1], chance.randint(1, 9)))
    return made[-4:]


def _walk(start: Expression, n_steps: int) -> Expression:
    def step(level: Expression, draws: Mapping[str, Expression]) -> Expression:
        return level * 0.75 + draws["shock"]

    walked: Expression = scan(step, start, n_steps=n_steps, noise={"shock": Normal()})
    return walked
