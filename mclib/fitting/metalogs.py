"""`fit_metalog`: a curve of any shape through data or percentiles, with so many terms."""

import html
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from mclib.distributions.laws import Floats, count
from mclib.distributions.metalogs import MOST_TERMS, Metalog
from mclib.errors import ArgumentError, law
from mclib.fitting.goodness import distances
from mclib.fitting.observations import observe

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, eq=False)
class MetalogFit:
    """A metalog with a number of terms.

    Attributes
    ----------
    distribution : Metalog
        Ready to be an input.
    criterion : float
        By which the number of terms is chosen: BIC for data, the largest distance from a
        percentile, in the data's unit, for percentiles.
    kolmogorov_smirnov : float
        How far data lie from it; NaN for percentiles.
    """

    distribution: Metalog
    criterion: float
    kolmogorov_smirnov: float


@dataclass(frozen=True, eq=False)
class MetalogFits(Mapping[int, MetalogFit]):
    """Metalogs by their number of terms.

    Attributes
    ----------
    each : dict of int to MetalogFit
        By number of terms.
    refused : dict of int to str
        Numbers of terms with which there is none, and why.
    n_terms : int
        The number that is chosen.
    """

    each: dict[int, MetalogFit]
    refused: dict[int, str]
    n_terms: int

    def __getitem__(self, n_terms: int) -> MetalogFit:
        if n_terms not in self.each:
            why = self.refused.get(n_terms)
            must = f"be a number of terms with which there is one ({list(self.each)})"
            raise law("n_terms", must, n_terms, why)
        return self.each[n_terms]

    def __contains__(self, n_terms: object) -> bool:
        return n_terms in self.each

    def __iter__(self) -> Any:
        return iter(self.each)

    def __len__(self) -> int:
        return len(self.each)

    @property
    def best(self) -> Metalog:
        """The metalog with the number of terms that is chosen, ready to be an input."""
        return self.each[self.n_terms].distribution

    def to_frame(self) -> "pd.DataFrame":
        """Return a table: a line for each number of terms."""
        import pandas as pd

        lines = {
            n: (found.criterion, found.kolmogorov_smirnov, repr(found.distribution))
            for n, found in self.each.items()
        }
        columns = ["criterion", "kolmogorov_smirnov", "distribution"]
        frame = pd.DataFrame.from_dict(lines, orient="index", columns=columns)
        return frame.rename_axis("n_terms")

    def __repr__(self) -> str:
        refused = [f"{n} terms: {why}" for n, why in self.refused.items()]
        return "\n".join(
            [f"{self.n_terms} terms are chosen", repr(self.to_frame()), *refused]
        )

    def _repr_html_(self) -> str:
        notes = "".join(
            f"<p>{n} terms: {html.escape(why)}</p>" for n, why in self.refused.items()
        )
        chosen = f"<p>{self.n_terms} terms are chosen.</p>"
        return f"<div>{chosen}{self.to_frame().to_html()}{notes}</div>"


def fit_metalog(
    data: Any,
    *,
    low: float | None = None,
    high: float | None = None,
    most_terms: int | None = None,
) -> MetalogFits:
    """Fit metalogs with more and more terms, and choose between them.

    Each is the nearest in least squares of quantiles. One whose quantile function falls
    anywhere is refused, and listed with the reason.

    Parameters
    ----------
    data : array_like of shape (n,), or mapping of float to float
        Numbers in the input's unit, or values by their probabilities: ``{0.1: 10, 0.5: 20,
        0.9: 40}``.
    low, high : float, optional
        The ends, in the data's unit; none if left out.
    most_terms : int, optional
        From 2 to 16; 10, or as many as there are percentiles, if left out.

    Returns
    -------
    MetalogFits
        ``fits.best`` is an input. For data it has the number of terms with the smallest
        BIC, for percentiles the most terms that are possible.

    Raises
    ------
    ArgumentError
        If the data break their law, or no metalog increases through them.

    References
    ----------
    .. [1] T. W. Keelin, "The Metalog Distributions", Decision Analysis 13(4), 2016.

    Examples
    --------
    >>> import mclib as mc
    >>> fits = mc.fit_metalog({0.1: 10, 0.5: 20, 0.9: 40}, low=0)
    >>> fits.n_terms, fits.best.quantile([0.01, 0.95]).round(6)
    (3, array([ 4.693288, 50.632788]))
    """
    most = count("most_terms", most_terms) if most_terms is not None else 10
    if not 2 <= most <= MOST_TERMS:
        raise law("most_terms", f"be a whole number from 2 to {MOST_TERMS}", most_terms)
    if isinstance(data, Mapping):
        most = min(len(data), MOST_TERMS if most_terms is None else most)
        tried = _tried(max(most, 2), lambda n: _through(data, low, high, n))
    else:
        x = observe(data).exact
        tried = _tried(min(most, len(x)), lambda n: _near(x, low, high, n))
    each, refused = tried
    if not each:
        raise ArgumentError(next(iter(refused.values())))
    chosen = max(each) if isinstance(data, Mapping) else min(each, key=_criterion_of(each))
    return MetalogFits(each, refused, chosen)


def _tried(most: int, made: Any) -> tuple[dict[int, MetalogFit], dict[int, str]]:
    each: dict[int, MetalogFit] = {}
    refused: dict[int, str] = {}
    for n in range(2, most + 1):
        try:
            each[n] = made(n)
        except ArgumentError as error:
            refused[n] = str(error)
    return each, refused


def _criterion_of(each: dict[int, MetalogFit]) -> Any:
    return lambda n: each[n].criterion


def _near(x: Floats, low: float | None, high: float | None, n_terms: int) -> MetalogFit:
    made = Metalog.from_data(x, n_terms=n_terms, low=low, high=high)
    twice = -2.0 * float(np.sum(made.log_density(x)))
    criterion = twice + n_terms * math.log(len(x))
    apart = distances(made, observe(x), is_whole=False)["kolmogorov_smirnov"]
    return MetalogFit(made, criterion, apart)


def _through(
    quantiles: Mapping[float, float], low: float | None, high: float | None, n_terms: int
) -> MetalogFit:
    made = Metalog.from_quantiles(quantiles, low=low, high=high, n_terms=n_terms)
    reached = made.quantile(list(quantiles))
    gap = float(np.max(np.abs(reached - np.array(list(quantiles.values())))))
    return MetalogFit(made, gap, math.nan)
