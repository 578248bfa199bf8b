"""Dependence for samples that are there already: Iman and Conover's reordering."""

import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mclib import streams
from mclib.dependence.copula import Matrix
from mclib.dependence.matrices import (
    CorrelationRepaired,
    changes_in_words,
    is_valid,
    lower_root,
    nearest_correlations,
)
from mclib.dependence.targets import valid_matrix
from mclib.errors import law

Floats = NDArray[np.float64]

_N_ROUNDS = 30
_CLOSE, _FAR = 0.002, 0.02
"""How far a correlation of tied ranks may be missed: in the end, without a warning."""


def reorder(
    columns: Mapping[str, Any], targets: Any, *, seed: int = 0
) -> dict[str, NDArray[np.float64]]:
    """Give columns of numbers rank correlations, by reordering each of them.

    For samples that no formula draws: measurements, another program's results. Each column
    keeps exactly its numbers.

    Parameters
    ----------
    columns : mapping of str to array_like of shape (n,), or pandas.DataFrame
        Numbers without any order that matters.
    targets : mapping of (str, str) to float, or pandas.DataFrame
        Spearman's correlations by name, as of `mclib.correlate`; 0 for pairs left out.
        Columns that no target names are left as they are.
    seed : int, default 0
        The same seed gives the same order.

    Returns
    -------
    dict of str to array of shape (n,), float64

    Raises
    ------
    ArgumentError
        If columns have different lengths, targets name none of them, or a column that one
        names has NaN, or one number only.

    Warns
    -----
    CorrelationRepaired
        If targets contradict each other, or columns have so few different numbers that one
        is missed by more than 0.02.

    Notes
    -----
    Equal numbers share their mean rank, and have weaker correlations than the normal scores
    that order them: where there are some, the scores' are strengthened in a few rounds,
    until those of the ranks are met.

    References
    ----------
    .. [1] R. L. Iman, W. J. Conover, "A distribution-free approach to inducing rank
       correlation among input variables", Communications in Statistics B 11 (1982) 311-334.

    Examples
    --------
    >>> import numpy as np
    >>> rising = np.arange(1_000.0)
    >>> made = reorder({"a": rising, "b": rising**2}, {("a", "b"): 0.7})
    >>> from mclib.statistics.correlations import spearman
    >>> abs(spearman(made["a"], made["b"]).value - 0.7) < 0.02
    True
    """
    given = {name: _numbers(name, each) for name, each in _named(columns)}
    lengths = {each.shape for each in given.values()}
    if len(lengths) != 1 or len(next(iter(lengths))) != 1:
        raise law(
            "columns", "be columns of one length", {k: v.shape for k, v in given.items()}
        )
    names, _, matrix = valid_matrix(targets, list(given), "spearman", None)
    for name in names:
        _check_column(name, given[name])
    n = len(given[names[0]])
    if n < 2 * len(names):
        raise law("columns", f"hold at least {2 * len(names)} numbers each", n)
    scores = _scores(names, n, seed)
    # What the shuffled scores have by chance is taken out, and the targets put in.
    chance = np.linalg.cholesky(np.corrcoef(scores, rowvar=False))
    independent = np.linalg.solve(chance, scores.T).T
    ordered = [np.sort(given[name]) for name in names]
    if any(np.any(each[1:] == each[:-1]) for each in ordered):
        placed = _met_by_rounds(names, ordered, independent, matrix)
    else:
        placed = _placed(ordered, independent @ matrix.T)
    return given | dict(zip(names, placed, strict=True))


def _named(columns: Any) -> list[tuple[str, Any]]:
    if not hasattr(columns, "keys"):
        hint = 'write `{"price": prices, "units": units}`, or hand over a data frame.'
        kind = type(columns).__name__
        raise law("columns", "be columns by name", kind, hint)
    return [(str(name), columns[name]) for name in columns]


def _numbers(name: str, column: Any) -> Floats:
    try:
        return np.asarray(column, np.float64)
    except (TypeError, ValueError):
        raise law(f"columns[{name!r}]", "be numbers", column) from None


def _check_column(name: str, column: Floats) -> None:
    if np.isnan(column).any():
        raise law(f"columns[{name!r}]", "be numbers", np.nan)
    if np.all(column == column[:1]):
        raise law(f"columns[{name!r}]", "hold different numbers", float(column[0]))


def _placed(ordered: list[Floats], scores: Floats) -> list[Floats]:
    """Return numbers in the order of scores, a column for each."""
    places = np.argsort(np.argsort(scores, axis=0, kind="stable"), axis=0, kind="stable")
    return [each[places[:, k]] for k, each in enumerate(ordered)]


def _met_by_rounds(
    names: list[str], ordered: list[Floats], independent: Floats, root: Matrix
) -> list[Floats]:
    """Return columns with ties whose ranks' correlations are nearest to the targets."""
    behind = root @ root.T
    targets = 6.0 / np.pi * np.arcsin(np.clip(behind, -1.0, 1.0) / 2.0)
    best: list[Floats] = []
    reached, least = targets, np.inf
    for _ in range(_N_ROUNDS):
        placed = _placed(ordered, independent @ lower_root(behind).T)
        here = np.corrcoef([_ranks(each) for each in placed])
        missed = float(np.max(np.abs(here - targets)))
        if missed < least:
            best, reached, least = placed, here, missed
        if missed <= _CLOSE:
            break
        behind = np.clip(behind + targets - here, -1.0, 1.0)
        np.fill_diagonal(behind, 1.0)
        behind = behind if is_valid(behind) else nearest_correlations(behind)
    if least > _FAR:
        message = (
            "columns with few different numbers can't have all of the correlations; the "
            f"nearest found are used:\n{changes_in_words(names, targets, reached)}"
        )
        warnings.warn(message, CorrelationRepaired, stacklevel=3)
    return best


def _ranks(column: Floats) -> Floats:
    """Return ranks, the mean one for equal numbers."""
    _, places, counts = np.unique(column, return_inverse=True, return_counts=True)
    return np.asarray((np.cumsum(counts) - (counts - 1) / 2.0)[places])


def _scores(names: list[str], n: int, seed: int) -> NDArray[np.float64]:
    """Return normal scores, each column shuffled by a stream of its own."""
    from scipy.special import ndtri

    ordered = ndtri(np.arange(1.0, n + 1.0) / (n + 1.0))
    columns = []
    for name in names:
        words = streams.input_words(seed, f"order of {name}", np.arange(n))
        columns.append(ordered[np.argsort(streams.uniforms(words), kind="stable")])
    return np.stack(columns, axis=1)
