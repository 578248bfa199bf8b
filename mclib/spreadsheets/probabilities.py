"""Distribution functions that spreadsheets have themselves, and their inverses."""

import math
from collections.abc import Callable
from typing import Any

from mclib.expressions.functions import erfc, exp
from mclib.spreadsheets.arithmetic import divide, is_plain, subtract, through
from mclib.spreadsheets.drawing import inverse
from mclib.spreadsheets.evaluating import Function, numeric
from mclib.spreadsheets.families import INVERSES
from mclib.spreadsheets.mathematics import natural_log
from mclib.spreadsheets.refusals import Refusal
from mclib.spreadsheets.values import NUMBER, Fault, finite

_ROOT_2 = math.sqrt(2.0)

_below = through(lambda z: 0.5 * erfc(-z / _ROOT_2))
_density = through(lambda z: exp(-0.5 * z * z) / math.sqrt(2.0 * math.pi))


def _standard(z: Any, cumulative: Any = 1.0) -> Any:
    if not is_plain(cumulative):
        raise Refusal("whether it wants a density is random")
    return _below(z) if cumulative else _density(z)


def _normal(x: Any, mean: Any, deviation: Any, cumulative: Any = 1.0) -> Any:
    if is_plain(deviation) and deviation <= 0.0:
        return NUMBER
    z = divide(subtract(x, mean), deviation)
    if isinstance(z, Fault):
        return z
    found = _standard(z, cumulative)
    is_density = not cumulative and not isinstance(found, Fault)
    return divide(found, deviation) if is_density else found


def _lognormal(x: Any, mean: Any, deviation: Any, cumulative: Any = 1.0) -> Any:
    logarithm = natural_log(x)
    if isinstance(logarithm, Fault):
        return logarithm
    found = _normal(logarithm, mean, deviation, cumulative)
    is_density = not cumulative and not isinstance(found, Fault)
    return divide(found, x) if is_density else found


def _standardized(x: Any, mean: Any, deviation: Any) -> Any:
    if is_plain(deviation) and deviation <= 0.0:
        return NUMBER
    return divide(subtract(x, mean), deviation)


def _of_constants(name: str, at: Callable[..., tuple[Any, float]]) -> Callable[..., Any]:
    """Return a distribution function or mass function of numbers without chance."""

    def applied(*values: Any) -> Any:
        if not is_plain(*values):
            raise Refusal("it takes a probability of what is random")
        import scipy.stats

        law, x = at(getattr(scipy.stats, name), *values[:-1])
        mass = getattr(law, "pmf", None) or law.pdf
        return finite(float(law.cdf(x) if values[-1] else mass(x)))

    return applied


FUNCTIONS: dict[str, Function] = {
    "NORM.DIST": numeric(_normal, 4),
    "NORMDIST": numeric(_normal, 4),
    "NORM.S.DIST": numeric(_standard, 2),
    "NORMSDIST": numeric(_standard, 1),
    "PHI": numeric(_density),
    "LOGNORM.DIST": numeric(_lognormal, 4),
    "LOGNORMDIST": numeric(_lognormal, 3),
    "STANDARDIZE": numeric(_standardized, 3),
    "POISSON.DIST": numeric(
        _of_constants("poisson", lambda law, k, mean: (law(mean), int(k))), 3
    ),
    "BINOM.DIST": numeric(
        _of_constants("binom", lambda law, k, n, p: (law(int(n), p), int(k))), 4
    ),
    "EXPON.DIST": numeric(
        _of_constants("expon", lambda law, x, rate: (law(scale=1.0 / rate), x)), 3
    ),
    **{
        name: numeric(inverse(name), family.least + 1, family.most + 1)
        for name, family in INVERSES.items()
    },
}
