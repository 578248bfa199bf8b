"""Correlations that were asked for: read, checked, and made possible together."""

import difflib
import warnings
from collections.abc import Mapping, Sequence
from itertools import combinations
from numbers import Real
from typing import Any

import numpy as np

from mclib.dependence.copula import Matrix, Pair
from mclib.dependence.matrices import (
    CorrelationRepaired,
    changes_in_words,
    is_valid,
    lower_root,
    matrix_of,
    nearest_correlations,
)
from mclib.dependence.measures import (
    measured,
    normal_correlation,
    pearson_correlation,
)
from mclib.distributions.distribution import Distribution
from mclib.errors import ArgumentError, law


def read_targets(targets: Any, known: Sequence[str]) -> dict[Pair, float]:
    """Return correlations by pair of names.

    Parameters
    ----------
    targets : mapping of (str, str) to float, or pandas.DataFrame
        What was asked for.
    known : sequence of str
        Names that can be correlated.

    Raises
    ------
    ArgumentError
        If a name is not known, a pair comes twice, or a number isn't from -1 to 1.
    """
    listed = _of_frame(targets) if hasattr(targets, "columns") else targets
    if not isinstance(listed, Mapping) or not listed:
        must = "be a mapping from pairs of names to correlations"
        hint = 'write `{("price", "units"): -0.4}`.'
        raise law("targets", must, targets, hint)
    pairs: dict[Pair, float] = {}
    for key, value in listed.items():
        a, b = _pair(key, known)
        if (a, b) in pairs or (b, a) in pairs:
            raise law("targets", "name each pair once", key)
        if not isinstance(value, Real) or not -1.0 <= float(value) <= 1.0:
            raise law(f"targets[{a!r}, {b!r}]", "be a number from -1 to 1", value)
        pairs[a, b] = float(value)
    return pairs


def _pair(key: Any, known: Sequence[str]) -> Pair:
    if not isinstance(key, tuple) or len(key) != 2:
        raise law("targets", "have pairs of names as keys", key)
    for name in key:
        if name not in known:
            close = difflib.get_close_matches(str(name), known, n=1)
            near = f"did you mean `{close[0]}`?" if close else None
            must = f"name inputs ({', '.join(known) or 'none'})"
            raise law("targets", must, name, near)
    if key[0] == key[1]:
        raise law("targets", "join two different inputs", key)
    return key


def _of_frame(frame: Any) -> dict[Any, float]:
    names, lines = list(frame.columns), list(frame.index)
    if names != lines:
        raise law("targets", "have the same names as lines and columns", (lines, names))
    numbers = np.asarray(frame, np.float64)
    if not np.allclose(numbers, numbers.T) or not np.allclose(np.diag(numbers), 1.0):
        message = "`targets` must be symmetric, with ones on the diagonal."
        raise ArgumentError(message)
    return {
        (names[i], names[j]): float(numbers[i, j])
        for i, j in combinations(range(len(names)), 2)
    }


def valid_matrix(
    targets: Any,
    known: Sequence[str],
    measure: str,
    degrees_of_freedom: float | None,
    inputs: Mapping[str, Distribution] | None = None,
) -> tuple[list[str], dict[Pair, float], Matrix]:
    """Return names, targets by pair, and the lower root of the normals' correlations.

    Warns
    -----
    CorrelationRepaired
        If the targets contradict each other; the warning says what is used instead.
    """
    pairs = read_targets(targets, known)
    names = [name for name in known if any(name in pair for pair in pairs)]
    behind = {
        pair: pearson_correlation(target, pair, inputs[pair[0]], inputs[pair[1]])
        if measure == "pearson" and inputs is not None
        else normal_correlation(measure, target, degrees_of_freedom)
        for pair, target in pairs.items()
    }
    wanted = matrix_of(names, behind)
    if is_valid(wanted):
        return names, pairs, lower_root(wanted)
    used = nearest_correlations(wanted)
    before, after, what = wanted, used, " (of the normals behind the inputs)"
    if measure != "pearson":
        what = ""
        before, after = (
            np.vectorize(lambda r: measured(measure, r, degrees_of_freedom))(each)
            for each in (wanted, used)
        )
    message = (
        "the correlations contradict each other; the nearest that don't are used "
        f"instead{what}:\n{changes_in_words(names, before, after)}"
    )
    warnings.warn(message, CorrelationRepaired, stacklevel=3)
    return names, pairs, lower_root(used)
