"""Dependence as it is in data: the copula of a table's rows, and the rows themselves."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, final

import numpy as np

from mclib.arrays import floats
from mclib.dependence.copula import Copula, Matrix, Source, at_least_two
from mclib.distributions.parts import seen
from mclib.errors import law
from mclib.expressions.functions import floor
from mclib.expressions.probability import Probability
from mclib.expressions.tables import lookup
from mclib.statistics.correlations import kendall, ranks


@final
@dataclass(frozen=True)
class EmpiricalCopula(Copula):
    """The dependence that a table of observations has, whatever its form.

    In each trial a row is drawn; each input's uniform lies somewhere within its rank in
    that row, so that inputs keep their own distributions.

    Parameters
    ----------
    data : array_like of shape (n, k), or pandas.DataFrame
        A line for each observation, a column for each input; ten observations at least.
        Equal values are ordered as they stand.

    Raises
    ------
    ArgumentError
        If `data` isn't such a table of finite numbers.

    Examples
    --------
    >>> import numpy as np
    >>> x = np.arange(100.0)
    >>> copula = EmpiricalCopula(np.stack([x, -x], axis=1))
    >>> round(float(copula.kendall(2)[0, 1]), 6)
    -1.0
    """

    data: Any

    def __post_init__(self) -> None:
        must = "be a table of finite numbers, with ten lines at least"
        table = floats("data", self.data, must)
        if table.ndim != 2 or len(table) < 10 or not np.all(np.isfinite(table)):
            raise law("data", must, f"shape {table.shape}")
        frozen = tuple(tuple(row) for row in table.tolist())
        object.__setattr__(self, "data", frozen)

    def check(self, n_inputs: int) -> None:
        """Raise unless there is a column for each input."""
        at_least_two(n_inputs)
        n_columns = len(self.data[0])
        if n_columns != n_inputs:
            must = f"have a column for each of the {n_inputs} inputs"
            raise law("data", must, f"{n_columns} columns")

    def join(self, places: Sequence[Probability], source: Source) -> list[Probability]:
        """Put each uniform within its rank in the row that is drawn."""
        columns = np.array(self.data).T
        n = float(columns.shape[1])
        row = floor(source("row").lower * n)
        joined = []
        for column, place in zip(columns, places, strict=True):
            # Ranks from 0: equal values in the order in which they stand.
            order = np.empty(len(column))
            order[np.argsort(column, kind="stable")] = np.arange(len(column))
            rank = lookup(order, row)
            lower = (rank + place.lower) / n
            upper = ((n - 1.0 - rank) + place.upper) / n
            joined.append(seen(lower, upper))
        return joined

    def kendall(self, n_inputs: int) -> Matrix:
        """Return the taus of the data."""
        columns = np.array(self.data).T
        matrix = np.eye(n_inputs)
        for i in range(n_inputs):
            for j in range(i):
                tau = kendall(ranks(columns[i]), ranks(columns[j])).value
                matrix[i, j] = matrix[j, i] = tau
        return matrix


def table_row(table: Any, row: Any) -> dict[str, Any]:
    """Return a row of a table, each of its columns by name: numbers that stay together.

    With a row drawn by `DiscreteUniform` it is the bootstrap of observations.

    Parameters
    ----------
    table : pandas.DataFrame, or mapping of str to array_like of shape (n,)
        Columns of finite numbers.
    row : traced value or number
        Which row, from 0; what lies beyond the ends is the first or the last row.

    Raises
    ------
    ArgumentError
        If columns are not of one length, or hold something else than numbers.

    Examples
    --------
    >>> import mclib as mc
    >>> days = {"demand": [90.0, 100.0, 140.0], "price": [22.0, 20.0, 15.0]}
    >>> @mc.model
    ... def sales(day=mc.DiscreteUniform(0, 2)):
    ...     drawn = mc.table_row(days, day)
    ...     return {"revenue": drawn["demand"] * drawn["price"]}
    >>> sorted(set(mc.simulate(sales, 1_000, seed=7)["revenue"].sample().tolist()))
    [1980.0, 2000.0, 2100.0]
    """
    names = list(table.columns) if hasattr(table, "columns") else list(table)
    if not names or not (hasattr(table, "columns") or isinstance(table, Mapping)):
        raise law("table", "be a table with columns by name", table)
    columns: dict[str, Matrix] = {}
    for name in names:
        try:
            column = np.asarray(table[name], np.float64)
        except (TypeError, ValueError):
            raise law(f"table[{name!r}]", "be a column of numbers", table[name]) from None
        if column.ndim != 1 or not len(column) or not np.all(np.isfinite(column)):
            raise law(f"table[{name!r}]", "be a column of finite numbers", column.shape)
        columns[str(name)] = column
    lengths = {name: len(column) for name, column in columns.items()}
    if len(set(lengths.values())) > 1:
        raise law("table", "have columns of one length", lengths)
    return {name: lookup(column, row) for name, column in columns.items()}
