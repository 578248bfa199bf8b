"""Dependence for samples that are there already: Iman and Conover's reordering."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mclib import streams
from mclib.dependence.targets import valid_matrix
from mclib.errors import law


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
        If columns have different lengths, or targets name none of them.

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
    given = {str(name): np.asarray(columns[name], np.float64) for name in columns}
    lengths = {each.shape for each in given.values()}
    if len(lengths) != 1 or len(next(iter(lengths))) != 1:
        raise law(
            "columns", "be columns of one length", {k: v.shape for k, v in given.items()}
        )
    names, _, matrix = valid_matrix(targets, list(given), "spearman", None)
    n = len(given[names[0]])
    if n < 2 * len(names):
        raise law("columns", f"hold at least {2 * len(names)} numbers each", n)
    scores = _scores(names, n, seed)
    # What the shuffled scores have by chance is taken out, and the targets put in.
    chance = np.linalg.cholesky(np.corrcoef(scores, rowvar=False))
    made = np.linalg.solve(chance, scores.T).T @ matrix.T
    found = dict(given)
    for k, name in enumerate(names):
        order = np.argsort(np.argsort(made[:, k], kind="stable"), kind="stable")
        found[name] = np.sort(given[name])[order]
    return found


def _scores(names: list[str], n: int, seed: int) -> NDArray[np.float64]:
    """Return normal scores, each column shuffled by a stream of its own."""
    from scipy.special import ndtri

    ordered = ndtri(np.arange(1.0, n + 1.0) / (n + 1.0))
    columns = []
    for name in names:
        words = streams.input_words(seed, f"order of {name}", np.arange(n))
        columns.append(ordered[np.argsort(streams.uniforms(words), kind="stable")])
    return np.stack(columns, axis=1)
