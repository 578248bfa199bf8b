"""Copulas of the multivariate normal and of the multivariate Student's t."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, final

import numpy as np

from mclib.dependence.copula import Copula, Matrix, Source, as_tuple
from mclib.dependence.matrices import check_correlations, lower_root
from mclib.distributions import laws
from mclib.errors import law
from mclib.expressions.expression import Expression
from mclib.expressions.functions import exp, log, maximum
from mclib.expressions.probability import Probability


class _OfMatrix(Copula):
    """A copula that a correlation matrix describes."""

    correlations: tuple[tuple[float, ...], ...]

    def check(self, n_inputs: int) -> None:
        """Raise unless the matrix is for so many inputs."""
        if len(self.correlations) != n_inputs:
            size = len(self.correlations)
            must = f"have a line for each of the {n_inputs} inputs"
            raise law("correlations", must, f"a matrix of {size} × {size}")

    @cached_property
    def _root(self) -> Matrix:
        return lower_root(np.array(self.correlations))

    def _scores(self, places: Sequence[Probability]) -> list[Expression]:
        scores = [place.standard_normal() for place in places]
        joined = []
        for k, row in enumerate(self._root):
            total: Any = 0.0
            for weight, score in zip(row[: k + 1].tolist(), scores, strict=False):
                if weight != 0.0:
                    total = score if (weight == 1.0 and k == 0) else total + weight * score
            joined.append(total)
        return joined

    def kendall(self, n_inputs: int) -> Matrix:
        """Return ``2 / pi arcsin(r)`` for all pairs."""
        return np.asarray(2.0 / np.pi * np.arcsin(np.array(self.correlations)))


@final
@dataclass(frozen=True)
class GaussianCopula(_OfMatrix):
    """The dependence of jointly normal numbers; no dependence far out in the tails.

    Parameters
    ----------
    correlations : array_like of shape (n, n)
        Of the normal numbers behind the inputs: symmetric, 1 on the diagonal, without
        negative eigenvalue.

    Raises
    ------
    ArgumentError
        If `correlations` is no such matrix.

    See Also
    --------
    mclib.correlate : From Spearman's, Kendall's or Pearson's correlations of the inputs.

    Examples
    --------
    >>> copula = GaussianCopula([[1, 0.5], [0.5, 1]])
    >>> round(float(copula.kendall(2)[0, 1]), 6)
    0.333333
    """

    correlations: Any

    def __post_init__(self) -> None:
        matrix = check_correlations(self.correlations)
        object.__setattr__(self, "correlations", as_tuple(matrix))

    def join(self, places: Sequence[Probability], source: Source) -> list[Probability]:
        """Return the probabilities of correlated normals."""
        first, *others = self._scores(places)
        del first  # The first input keeps its own uniform, to the bit.
        return [places[0], *map(Probability.of_score, others)]


@final
@dataclass(frozen=True)
class StudentTCopula(_OfMatrix):
    """The dependence of a multivariate Student's t: extremes come together, at both ends.

    The normals of a Gaussian copula are divided by a common ``sqrt(W / nu)``, W of a
    chi-square distribution. Even uncorrelated inputs then are extreme together.

    Parameters
    ----------
    correlations : array_like of shape (n, n)
        As of `GaussianCopula`.
    degrees_of_freedom : float
        nu, from 0.1 to 1e4; the fewer, the stronger is the dependence in the tails.

    Raises
    ------
    ArgumentError
        If `correlations` is no such matrix, or `degrees_of_freedom` not in its range.

    Notes
    -----
    The t's distribution function is integrated in each trial (32 points), so that one input
    costs about as much as twenty draws of a `Normal`.

    References
    ----------
    .. [1] S. Demarta, A. J. McNeil, "The t copula and related copulas", International
       Statistical Review 73 (2005) 111-129.

    Examples
    --------
    >>> copula = StudentTCopula([[1, 0.5], [0.5, 1]], degrees_of_freedom=4)
    >>> round(copula.tail_dependence(0.5), 6)
    0.25317
    """

    correlations: Any
    degrees_of_freedom: float = field(default=4.0)

    def __post_init__(self) -> None:
        matrix = check_correlations(self.correlations)
        object.__setattr__(self, "correlations", as_tuple(matrix))
        nu = laws.number("degrees_of_freedom", self.degrees_of_freedom)
        if not laws.is_plain(nu) or not 0.1 <= nu <= 1e4:
            raise law("degrees_of_freedom", "be a number from 0.1 to 10,000", nu)
        object.__setattr__(self, "degrees_of_freedom", nu)

    def join(self, places: Sequence[Probability], source: Source) -> list[Probability]:
        """Return the probabilities of normals over a common spread."""
        from mclib.distributions.gammas import gamma_table
        from mclib.distributions.iterated import beta_view

        nu = self.degrees_of_freedom
        # For small nu the table's lower end may round to 0.
        mixing = maximum(gamma_table(nu / 2.0).draw(source("common spread")), 1e-280)
        of_t = beta_view(nu / 2.0, 0.5)
        joined = []
        for z in self._scores(places):
            size = maximum(abs(z), 1e-150)
            log_of_tail, _ = of_t(log(2.0 * mixing) - 2.0 * log(size)).log_of_tail(
                is_upper=False
            )
            joined.append(Probability(0.5 * exp(log_of_tail), z > 0.0))
        return joined

    def tail_dependence(self, correlation: float) -> float:
        """Return how likely one of two inputs is extreme where the other is.

        ``2 t_{nu + 1}(-sqrt((nu + 1) (1 - r) / (1 + r)))``, the same at both ends.
        """
        from scipy.special import stdtr

        nu = self.degrees_of_freedom
        place = math.sqrt((nu + 1.0) * (1.0 - correlation) / (1.0 + correlation))
        return float(2.0 * stdtr(nu + 1.0, -place))
