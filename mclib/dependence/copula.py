"""What every copula can do, and which inputs one has been given to."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mclib.errors import law
from mclib.expressions.loops import uniform
from mclib.expressions.probability import Probability

Matrix = NDArray[np.float64]
Pair = tuple[str, str]
Source = Callable[[str], Probability]
"""From a word to a uniform of its own, beside those of the inputs."""


class Copula(ABC):
    """The joint distribution of several uniforms.

    Subclasses are frozen. A copula is written once, over expressions, as a transform of
    independent uniforms.
    """

    @abstractmethod
    def check(self, n_inputs: int) -> None:
        """Raise `ArgumentError` unless the copula can join so many inputs."""

    @abstractmethod
    def join(self, places: Sequence[Probability], source: Source) -> list[Probability]:
        """Return dependent uniforms for independent ones.

        Parameters
        ----------
        places : sequence of Probability
            One for each input, independent.
        source : callable
            Gives further independent uniforms by name.
        """

    @abstractmethod
    def kendall(self, n_inputs: int) -> Matrix:
        """Return Kendall's tau of all pairs, array of shape (n_inputs, n_inputs)."""


@dataclass(frozen=True)
class Coupling:
    """A copula, and the inputs that it joins.

    Attributes
    ----------
    names : tuple of str
        The inputs, in the copula's order.
    copula : Copula
        How they depend on each other.
    turned : frozenset of str
        Inputs of which 1 - u takes the place of u.
    measure : str
        In which measure `targets` are: "spearman", "kendall" or "pearson".
    targets : mapping of (str, str) to float
        What was asked for, or what the copula has.
    """

    names: tuple[str, ...]
    copula: Copula
    turned: frozenset[str]
    measure: str
    targets: Mapping[Pair, float]

    def __post_init__(self) -> None:
        self.copula.check(len(self.names))

    def join(self, places: Mapping[str, Probability]) -> dict[str, Probability]:
        """Return the uniforms of all inputs, those of this coupling made dependent."""
        others = ", ".join(self.names)

        def source(word: str) -> Probability:
            return uniform(f"{word} of {others}")

        joined = self.copula.join([places[name] for name in self.names], source)
        turned = {
            name: place.reversed() if name in self.turned else place
            for name, place in zip(self.names, joined, strict=True)
        }
        return {**places, **turned}


def at_least_two(n_inputs: int) -> None:
    """Raise unless there are inputs to join."""
    if n_inputs < 2:
        raise law("names", "be two inputs at least", n_inputs)


def exchangeable(tau: float, n_inputs: int) -> Matrix:
    """Return the matrix of a copula of which all pairs have the same tau."""
    matrix = np.full((n_inputs, n_inputs), tau)
    np.fill_diagonal(matrix, 1.0)
    return matrix


def as_tuple(matrix: Any) -> tuple[tuple[float, ...], ...]:
    """Freeze a matrix, so that copulas compare by content."""
    return tuple(tuple(map(float, row)) for row in np.asarray(matrix, np.float64))
