"""Which families a fit tries: those that were asked for, or those that suit the data."""

import difflib
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from mclib.errors import ArgumentError, law
from mclib.fitting.bells import BELLS
from mclib.fitting.bounded import BOUNDED
from mclib.fitting.counts import COUNTS
from mclib.fitting.family import Family
from mclib.fitting.observations import Observations
from mclib.fitting.positive import POSITIVE

ANYWHERE = (
    "Normal",
    "StudentT",
    "Logistic",
    "Laplace",
    "HyperbolicSecant",
    "Cauchy",
    "Gumbel",
    "GumbelMinimum",
    "GeneralizedExtremeValue",
    "SkewNormal",
    "JohnsonSU",
    "Uniform",
    "Triangular",
    "PERT",
)
"""For data of either sign."""
ABOVE_ZERO = (
    "Exponential",
    "LogNormal",
    "Gamma",
    "Weibull",
    "LogLogistic",
    "InverseGaussian",
    "InverseGamma",
    "BirnbaumSaunders",
    "Rayleigh",
    "HalfNormal",
    "Lomax",
    "GeneralizedPareto",
    "Frechet",
    "Pareto",
    "Burr",
    "Normal",
    "Logistic",
    "Gumbel",
    "GeneralizedExtremeValue",
    "Uniform",
    "Triangular",
    "PERT",
)
"""For data of which none is negative."""
BETWEEN_ENDS = ("Beta", "Kumaraswamy", "JohnsonSB", "PowerFunction")
"""Besides, for shares, or where `low` and `high` are fixed."""
WHOLE = ("Poisson", "Geometric", "NegativeBinomial", "DiscreteUniform")
"""For counts."""
OUT_OF_N = ("Binomial", "BetaBinomial")
"""For counts out of a fixed `n`."""


@cache
def families() -> Mapping[str, Family]:
    """Return every family that can be fitted, by name."""
    return {each.name: each for each in (*BELLS, *POSITIVE, *BOUNDED, *COUNTS)}


def chosen(asked: Any, observed: Observations, fixed: Mapping[str, float]) -> list[Family]:
    """Return the families to be tried.

    Parameters
    ----------
    asked : None, str, type or sequence of them
        What was asked for; None for those that suit the data.
    observed : Observations
        The data.
    fixed : mapping of str to float
        Parameters that are known.

    Raises
    ------
    ArgumentError
        If a family isn't one that can be fitted, or densities would be compared with
        probabilities.
    """
    if asked is None:
        return [families()[name] for name in _suited(observed, fixed)]
    is_one = isinstance(asked, (str, type))
    if not is_one and (not isinstance(asked, Sequence) or not asked):
        raise law("families", 'be a list of families, as in ["Gamma", mc.Weibull]', asked)
    found = [_family(each) for each in ((asked,) if is_one else asked)]
    if len({each.is_whole for each in found}) > 1:
        message = (
            "`families` must be all of whole numbers or all continuous: a density can't be "
            f"compared with a probability; got {', '.join(each.name for each in found)}.\n"
            "hint: fit twice; a continuous family sees whole numbers as intervals, "
            "`intervals=[(k - 0.5, k + 0.5), ...]`, and is then comparable."
        )
        raise ArgumentError(message)
    return list(dict.fromkeys(found))


def _family(asked: Any) -> Family:
    name = asked if isinstance(asked, str) else getattr(asked, "__name__", repr(asked))
    if name not in families():
        close = difflib.get_close_matches(name, families(), n=1)
        near = f"did you mean `{close[0]}`? " if close else ""
        must = "name families that can be fitted"
        raise law("families", must, name, f"{near}they are {', '.join(families())}.")
    return families()[name]


def _suited(observed: Observations, fixed: Mapping[str, float]) -> Sequence[str]:
    if observed.is_whole:
        return (*WHOLE, *(OUT_OF_N if "n" in fixed else ()))
    least, most = float(observed.high.min()), float(observed.low.max())
    has_ends = {"low", "high"} <= set(fixed)
    names = ABOVE_ZERO if least >= 0.0 and not has_ends else ANYWHERE
    is_share = least > 0.0 and most < 1.0
    return (*names, *BETWEEN_ENDS) if has_ends or is_share else names
