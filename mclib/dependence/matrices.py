"""Correlation matrices: what makes one valid, and the nearest one that is."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from mclib.dependence.copula import Matrix, Pair
from mclib.errors import ArgumentError, law

_ROUNDING = 1e-10
_N_PROJECTIONS = 1_000


class CorrelationRepaired(UserWarning):
    """Correlations contradicted each other, and others are used instead."""


def check_correlations(matrix: Any) -> Matrix:
    """Return a matrix as floats if it is one of correlations.

    Raises
    ------
    ArgumentError
        If it isn't square and symmetric with ones on its diagonal, or has a negative
        eigenvalue.
    """
    try:
        given = np.array(matrix, np.float64)
    except (TypeError, ValueError):
        raise law("correlations", "be a square matrix of numbers", matrix) from None
    if given.ndim != 2 or given.shape[0] != given.shape[1] or len(given) < 2:
        raise law("correlations", "be a square matrix of 2 × 2 at least", given.shape)
    if not np.all(np.abs(given) <= 1.0 + _ROUNDING):
        raise law("correlations", "lie between -1 and 1", given.tolist())
    if not np.allclose(given, given.T, atol=1e-9) or not np.allclose(np.diag(given), 1.0):
        must = "be symmetric, with ones on the diagonal"
        raise law("correlations", must, given.tolist())
    if not is_valid(given):
        message = (
            "`correlations` must be possible together; these contradict each other (the "
            f"smallest eigenvalue is {np.linalg.eigvalsh(given)[0]:.3g})."
        )
        raise ArgumentError(
            f"{message}\nhint: `mc.correlate` takes the nearest valid ones."
        )
    return np.clip((given + given.T) / 2.0, -1.0, 1.0)


def is_valid(matrix: Matrix) -> bool:
    """Whether correlations are possible together."""
    return bool(np.linalg.eigvalsh(matrix)[0] >= -_ROUNDING * len(matrix))


def nearest_correlations(matrix: Matrix) -> Matrix:
    """Return the valid correlation matrix nearest to a symmetric one.

    Nearest in the sum of squared differences: alternating projections on the matrices
    without negative eigenvalues and on those with ones on the diagonal, with Dykstra's
    correction.

    References
    ----------
    .. [1] N. J. Higham, "Computing the nearest correlation matrix: a problem from finance",
       IMA J. Numerical Analysis 22 (2002) 329-343.

    Examples
    --------
    >>> import numpy as np
    >>> nearest_correlations(np.array([[2, -1, 0, 0], [-1, 2, -1, 0],
    ...                                [0, -1, 2, -1], [0, 0, -1, 2.0]])).round(4)[0]
    array([ 1.    , -0.8084,  0.1916,  0.1068])
    """
    y, correction = matrix.copy(), np.zeros_like(matrix)
    for _ in range(_N_PROJECTIONS):
        r = y - correction
        values, vectors = np.linalg.eigh((r + r.T) / 2.0)
        x = (vectors * np.maximum(values, 0.0)) @ vectors.T
        correction = x - r
        before, y = y, x.copy()
        np.fill_diagonal(y, 1.0)
        if np.max(np.abs(y - before)) < 1e-12:
            break
    # A hair inside, so that rounding leaves it valid.
    values, vectors = np.linalg.eigh(y)
    inside = (vectors * np.maximum(values, 1e-12)) @ vectors.T
    spread = np.sqrt(np.diag(inside))
    made = np.clip(inside / np.outer(spread, spread), -1.0, 1.0)
    np.fill_diagonal(made, 1.0)
    return np.asarray((made + made.T) / 2.0)


def lower_root(matrix: Matrix) -> Matrix:
    """Return the lower triangular L with ``L L' = matrix``, singular ones included."""
    values, vectors = np.linalg.eigh(matrix)
    halves = (vectors * np.sqrt(np.maximum(values, 0.0))).T
    root = np.asarray(np.linalg.qr(halves)[1]).T
    root = root * np.where(np.diag(root) < 0.0, -1.0, 1.0)
    root[np.abs(root) < 1e-15] = 0.0
    root[0, 0] = 1.0
    return np.asarray(np.tril(root))


def matrix_of(names: Sequence[str], pairs: dict[Pair, float]) -> Matrix:
    """Return the matrix of correlations by name, 0 where none is given."""
    matrix = np.eye(len(names))
    for (a, b), value in pairs.items():
        i, j = names.index(a), names.index(b)
        matrix[i, j] = matrix[j, i] = value
    return matrix


def changes_in_words(names: Sequence[str], before: Matrix, after: Matrix) -> str:
    """Tell which correlations were changed, a line for each, the largest change first."""
    lines = []
    for i in range(len(names)):
        for j in range(i):
            change = abs(after[i, j] - before[i, j])
            if change > 5e-5:
                pair = f"{names[j]}, {names[i]}"
                lines.append((change, f"  {pair}: {before[i, j]:.4f} -> {after[i, j]:.4f}"))
    return "\n".join(text for _, text in sorted(lines, reverse=True))
