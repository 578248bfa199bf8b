"""A distribution whose parameters are themselves uncertain, all of them together."""

import hashlib
import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, final

import numpy as np
import numpy.typing as npt

from mclib.dependence.empirical import table_row
from mclib.distributions.distribution import Distribution
from mclib.distributions.laws import Floats
from mclib.errors import TraceError, law
from mclib.expressions.dtypes import Type
from mclib.expressions.expression import Expression
from mclib.expressions.functions import floor
from mclib.expressions.loops import uniform
from mclib.expressions.nodes import node
from mclib.expressions.probability import Probability

_N_HALVINGS = 60


@final
@dataclass(frozen=True, eq=False, repr=False)
class UncertainDistribution(Distribution):
    """A family whose parameters are drawn anew in each trial, a row of a table at a time.

    Within a trial all draws have the same parameters: those of the steps of `mc.scan` and
    `mc.compound`, and those of every input that has this same distribution. That is what
    not knowing the parameters means.

    Parameters
    ----------
    family : type
        A family, such as ``mc.Gamma``.
    table : mapping of str to array_like of shape (n,)
        Columns by the names of its parameters; equally likely rows.

    Raises
    ------
    ArgumentError
        If a row breaks a law of the family, or its shapes can't be random.

    Notes
    -----
    `cdf`, `quantile` and the moments are those over all rows: of what is predicted. They
    go through all rows, and take their time.

    Examples
    --------
    >>> import mclib as mc
    >>> price = UncertainDistribution(mc.Normal, {"mean": [19.0, 21.0]})
    >>> price.mean, price.variance
    (20.0, 2.0)
    """

    family: type[Distribution]
    table: Mapping[str, npt.ArrayLike]

    def __post_init__(self) -> None:
        columns = {name: np.asarray(self.table[name], np.float64) for name in self.table}
        object.__setattr__(self, "table", columns)
        if not columns or not all(column.ndim == 1 for column in columns.values()):
            raise law("table", "have a column for each uncertain parameter", self.table)
        _ = self._rows
        tail = node("parameter", type_=Type.REAL, payload="tail")
        try:
            self.draw(Probability(Expression(tail), Expression(tail) > 0.5))
        except TraceError as error:
            must = f"be one whose shapes may be random, and `{self.family.__name__}` isn't"
            hint = f"take another family that fits about as well ({error})"
            raise law("family", must, self.family.__name__, hint) from None

    @cached_property
    def _rows(self) -> list[Distribution]:
        columns: Any = self.table
        lines = zip(*(column.tolist() for column in columns.values()), strict=True)
        return [self.family(**dict(zip(columns, line, strict=True))) for line in lines]

    @cached_property
    def _stream(self) -> str:
        columns: Any = self.table
        content = b"".join(column.tobytes() for column in columns.values())
        name = self.family.__name__
        return f"parameters of {name} {hashlib.blake2s(content, digest_size=6).hexdigest()}"

    def draw(self, p: Probability) -> Expression:
        """Return the family's quantile function at `p`, with the parameters of a row."""
        columns: Any = self.table
        settled = {
            name: float(column[0])
            for name, column in columns.items()
            if np.all(column == column[0])
        }
        drawn = {name: each for name, each in columns.items() if name not in settled}
        if not drawn:
            return self._rows[0].draw(p)
        row = floor(uniform(self._stream).lower * float(len(self._rows)))
        return self.family(**settled, **table_row(drawn, row)).draw(p)

    def _below(self, x: Floats) -> Floats:
        return np.asarray(np.mean([each._below(x) for each in self._rows], axis=0))

    def _above(self, x: Floats) -> Floats:
        return np.asarray(np.mean([each._above(x) for each in self._rows], axis=0))

    def _inverse(self, tail: Floats, is_upper: npt.NDArray[np.bool_]) -> Any:
        """Return quantiles of what is predicted: halved until floats meet."""
        asked = np.clip(tail, 1e-300, 0.5)

        def is_short(x: Floats) -> Any:
            return np.where(is_upper, self._above(x) > asked, self._below(x) < asked)

        middle = self._rows[0]
        left, right = (np.full(tail.shape, float(middle.quantile(u))) for u in (0.25, 0.75))
        reach = np.maximum(right - left, 1.0)
        while np.any(is_high := ~is_short(left)):
            left, reach = np.where(is_high, left - reach, left), reach * 2.0
        reach = np.maximum(right - left, 1.0)
        while np.any(is_low := is_short(right)):
            right, reach = np.where(is_low, right + reach, right), reach * 2.0
        is_whole = bool(np.all(middle.quantile([0.3, 0.7]) % 1.0 == 0.0))
        if is_whole:
            left, right = np.floor(left), np.ceil(right)
        for _ in range(_N_HALVINGS):
            between = left + (right - left) / 2.0
            between = np.floor(between) if is_whole else between
            is_further = is_short(between)
            left = np.where(is_further, between, left)
            right = np.where(is_further, right, between)
        return right

    @property
    def mean(self) -> float:
        """The mean of the rows' means."""
        return float(np.mean([each.mean for each in self._rows]))

    @property
    def variance(self) -> float:
        """The mean of the rows' variances, and the variance of their means."""
        means = np.array([each.mean for each in self._rows])
        within = float(np.mean([each.variance for each in self._rows]))
        if not math.isfinite(within):
            return within
        return within + float(np.var(means))

    @property
    def support(self) -> tuple[float, float]:
        """From the lowest to the highest end of all rows."""
        ends = [each.support for each in self._rows]
        return min(low for low, _ in ends), max(high for _, high in ends)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, UncertainDistribution) and self._stream == other._stream

    def __hash__(self) -> int:
        return hash(self._stream)

    def __repr__(self) -> str:
        columns: Any = self.table
        names = ", ".join(columns)
        return f"<{self.family.__name__} with {len(self._rows):,} rows of {names}>"
