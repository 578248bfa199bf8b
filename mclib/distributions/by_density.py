"""Families of which the density is known: drawn by a table of the shapes at hand."""

from abc import abstractmethod
from functools import lru_cache
from typing import Any, final

import numpy as np

from mclib.distributions import laws
from mclib.distributions.forms import Stretched
from mclib.distributions.integrated import Integrated
from mclib.distributions.laws import Floats, Parameter
from mclib.distributions.pieces import Piece, draw_pieces
from mclib.errors import law
from mclib.expressions.expression import Expression
from mclib.expressions.functions import exp
from mclib.expressions.probability import Probability


class ByDensity(Stretched):
    """A standard form of which the density is known, drawn by a table of the shapes.

    Shapes may be parameters of the model, and random where a family says so.
    """

    @abstractmethod
    def _shapes(self) -> tuple[float, ...]:
        """Return the shapes as numbers."""

    @staticmethod
    @abstractmethod
    def _integrated(*shapes: float) -> Integrated:
        """Return the standard form, or its logarithm, integrated."""

    @property
    def _is_log(self) -> bool:
        """Whether it is the logarithm that is integrated."""
        return False

    def _standard_draw(self, p: Probability) -> Expression:
        x = draw_pieces(_pieces(type(self), self._shapes()), p)
        return exp(x) if self._is_log else x

    @final
    def _standard_below(self, z: Floats) -> Floats:
        return _integrated(type(self), self._shapes()).below(self._place(z))

    @final
    def _standard_above(self, z: Floats) -> Floats:
        return _integrated(type(self), self._shapes()).above(self._place(z))

    def _place(self, z: Floats) -> Floats:
        return np.log(np.maximum(z, 0.0)) if self._is_log else z

    def _standard_moments(self) -> tuple[float, float]:
        value = np.exp if self._is_log else np.asarray
        return _integrated(type(self), self._shapes()).moments(value)


@lru_cache(maxsize=128)
def _integrated(family: Any, shapes: tuple[float, ...]) -> Integrated:
    made: Integrated = family._integrated(*shapes)
    return made


@lru_cache(maxsize=128)
def _pieces(family: Any, shapes: tuple[float, ...]) -> list[Piece]:
    words = ", ".join(map(repr, shapes[:4])) + (", ..." if len(shapes) > 4 else "")
    return _integrated(family, shapes).pieces(f"`{family.__name__}` of shapes {words}")


def require_within(name: str, value: Parameter, low: float, high: float) -> None:
    """Raise unless a number that is known lies between two ends."""
    if laws.is_plain(value) and not low <= value <= high:
        raise law(name, f"lie between {low:g} and {high:g}", value)
