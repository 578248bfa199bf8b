"""Which sampler places the trials: the one asked for."""

from typing import Any

from mclib.errors import law
from mclib.samplers.halton import HaltonSequence
from mclib.samplers.plain import Antithetic, Independent
from mclib.samplers.sampler import Sampler
from mclib.samplers.sobol import SobolSequence
from mclib.samplers.strata import LatinHypercube

_BY_NAME: dict[str, Sampler] = {
    "independent": Independent(),
    "antithetic": Antithetic(),
    "latin hypercube": LatinHypercube(),
    "sobol": SobolSequence(),
    "halton": HaltonSequence(),
}


def choose_sampler(asked: Any) -> Sampler:
    """Return a sampler, or the one that a name stands for.

    Raises
    ------
    ArgumentError
        If it is neither.
    """
    if isinstance(asked, Sampler):
        return asked
    if isinstance(asked, str) and asked in _BY_NAME:
        return _BY_NAME[asked]
    names = ", ".join(f'"{name}"' for name in _BY_NAME)
    hint = "write `sampler=mc.SobolSequence()`." if isinstance(asked, type) else None
    raise law("sampler", f"be a sampler or one of {names}", asked, hint)
