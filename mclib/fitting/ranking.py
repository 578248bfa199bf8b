"""`fit`: which families suit the data, and how well."""

import html
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mclib.distributions.distribution import Distribution
from mclib.errors import ArgumentError, MclibError, law
from mclib.fitting.candidates import chosen
from mclib.fitting.family_fit import CRITERIA, FamilyFit
from mclib.fitting.goodness import STATISTICS
from mclib.fitting.likelihood import Search
from mclib.fitting.observations import observe
from mclib.fitting.uncertain import UncertainDistribution
from mclib.results.formatting import plain

if TYPE_CHECKING:
    import pandas as pd

RANKINGS = (*CRITERIA, *STATISTICS)


@dataclass(frozen=True, eq=False)
class Fits(Mapping[str, FamilyFit]):
    """Families fitted to the same data, the best one first.

    Attributes
    ----------
    each : tuple of FamilyFit
        In order.
    refused : mapping of str to str
        Families that were not fitted, and why.
    rank_by : str
        What the order is by.
    """

    each: tuple[FamilyFit, ...]
    refused: Mapping[str, str]
    rank_by: str

    def __getitem__(self, name: str) -> FamilyFit:
        for found in self.each:
            if found.name == name:
                return found
        why = self.refused.get(name)
        must = "name a family that was fitted"
        hint = f"it was refused: {why}." if why else f"those are {', '.join(self)}."
        raise law("family", must, name, hint)

    def __contains__(self, name: object) -> bool:
        return any(found.name == name for found in self.each)

    def __iter__(self) -> Iterator[str]:
        return (found.name for found in self.each)

    def __len__(self) -> int:
        return len(self.each)

    @property
    def best(self) -> Distribution:
        """The best distribution, ready to be an input."""
        return self.each[0].distribution

    def with_uncertainty(
        self,
        n_bootstrap: int = 1_000,
        *,
        family: str | None = None,
        seed: int = 0,
        resample: str | None = None,
    ) -> UncertainDistribution:
        """Return an input whose parameters are as unsure as the data leave them.

        See Also
        --------
        FamilyFit.with_uncertainty : What it is; `family` is the best one if left out.
        """
        found = self.each[0] if family is None else self[family]
        return found.with_uncertainty(n_bootstrap, seed=seed, resample=resample)

    def goodness(
        self, n_bootstrap: int = 199, *, family: str | None = None, seed: int = 0
    ) -> "pd.DataFrame":
        """Test whether the data may have come from a family, by parametric bootstrap.

        See Also
        --------
        FamilyFit.goodness : What it is; `family` is the best one if left out.
        """
        found = self.each[0] if family is None else self[family]
        return found.goodness(n_bootstrap, seed)

    def plot(self, n_families: int = 3, *, unit: str = "") -> Any:
        """Draw the best families over the data: cumulative curves, P-P and Q-Q plots.

        See Also
        --------
        mclib.plots.fit_check : What the figure shows.
        """
        from mclib.plots.fits import fit_check

        best = {found.name: found.distribution for found in self.each[:n_families]}
        return fit_check(self.each[0].qq()["observed"], best, unit=unit)

    def to_frame(self) -> "pd.DataFrame":
        """Return the ranking as a table: a line for each family, the best one first.

        Its column ``weight`` is Akaike's: how likely each family is the best of these, by
        the corrected AIC.
        """
        import pandas as pd

        least = min(found.criteria["aicc"] for found in self.each)
        shares = [_share(found.criteria["aicc"], least) for found in self.each]
        lines = {
            found.name: {
                "distribution": repr(found.distribution),
                "n_parameters": found.n_parameters,
                "log_likelihood": found.log_likelihood,
                **found.criteria,
                "weight": share / sum(shares),
                **found.distances,
                "remark": _remark(found),
            }
            for found, share in zip(self.each, shares, strict=True)
        }
        return pd.DataFrame.from_dict(lines, orient="index").rename_axis("family")

    def __repr__(self) -> str:
        lines = [["family", *RANKINGS], *self._cells()]
        widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        rows = [
            "  ".join(cell.rjust(width) for cell, width in zip(line, widths, strict=True))
            for line in lines
        ]
        refused = [f"not fitted: {name}: {why}" for name, why in self.refused.items()]
        return "\n".join([*rows, *refused])

    def _cells(self) -> list[list[str]]:
        return [
            [_described(found)]
            + [plain(found.criteria[each]) for each in CRITERIA]
            + [_statistic(found.distances[each]) for each in STATISTICS]
            for found in self.each
        ]

    def _repr_html_(self) -> str:
        head = "".join(
            f'<th scope="col">{each.replace("_", " ")}</th>' for each in ("", *RANKINGS)
        )
        body = "".join(
            f'<tr><th scope="row">{html.escape(name)}</th>'
            + "".join(f"<td>{each}</td>" for each in numbers)
            + "</tr>"
            for name, *numbers in self._cells()
        )
        remarks = [(found.name, _remark(found)) for found in self.each if _remark(found)]
        refused = [(name, f"not fitted: {why}") for name, why in self.refused.items()]
        notes = "".join(
            f"<p><b>{name}</b>: {html.escape(text)}</p>" for name, text in remarks + refused
        )
        return (
            f"<div><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
            f"<p>Ranked by {self.rank_by.replace('_', ' ')}: the smaller, the better. "
            f"{round(self.each[0].observed.n):,} observations.</p>{notes}</div>"
        )


def fit(
    data: Any,
    families: Any = None,
    *,
    left: Any = (),
    right: Any = (),
    intervals: Any = (),
    weights: Any = None,
    fixed: Mapping[str, float] | None = None,
    rank_by: str = "aicc",
) -> Fits:
    """Fit families to data by maximum likelihood, and rank them.

    Parameters
    ----------
    data : array_like of shape (n,), or scipy.stats.CensoredData
        Numbers in the input's unit, each known exactly; empty if all are bounds.
    families : sequence of str or type, optional
        Such as ``["Gamma", mc.Weibull]``. If left out, those that suit the data: counts
        for whole numbers from 0 on, some equal and not all round, families of positive
        quantities where none is negative, and those between two ends for shares.
    left, right : array_like, optional
        Bounds of further observations: of some known to be at most, or more than, that.
    intervals : array_like of shape (m, 2), optional
        Further observations, known to lie above the first and at most at the second.
    weights : array_like, optional
        How often each was observed: for data, left, right and intervals, in this order.
    fixed : mapping of str to float, optional
        Parameters that are known, such as ``{"location": 5}`` or ``{"n": 20}``. Families
        without such a parameter are refused.
    rank_by : str, default "aicc"
        One of "aic", "aicc", "bic", "hqic", "kolmogorov_smirnov", "anderson_darling" and
        "chi_square".

    Returns
    -------
    Fits
        ``fits.best`` is an input; ``fits["Gamma"]`` tells of one family.

    Raises
    ------
    ArgumentError
        If an argument breaks its law, or no family suits the data; the message says why
        for each.

    Notes
    -----
    A small criterion says that a family is better than others, not that it is good: see
    `Fits.goodness`. The location of a positive family stays 0 unless fixed elsewhere: the
    likelihood of some grows without end as the location nears the least value.

    References
    ----------
    .. [1] K. P. Burnham, D. R. Anderson, "Model Selection and Multimodel Inference", 2nd
       ed., Springer, 2002.

    Examples
    --------
    >>> import mclib as mc
    >>> days = [3.1, 4.4, 5.2, 5.9, 6.3, 7.7, 8.1, 9.6, 12.4, 17.0]
    >>> fits = mc.fit(days, ["Exponential", "Gamma", "LogNormal"])
    >>> list(fits), round(fits.best.mean, 4)
    (['LogNormal', 'Gamma', 'Exponential'], 7.9627)
    >>> print(fits["Exponential"].parameters["mean"])
    8 ± 5 (95 %)
    """
    if rank_by not in RANKINGS:
        raise law("rank_by", f"be one of {', '.join(RANKINGS)}", rank_by)
    observed = observe(data, left, right, intervals, weights)
    known = {name: float(value) for name, value in (fixed or {}).items()}
    found, refused = [], {}
    for family in chosen(families, observed, known):
        objection = family.objection(observed, known)
        try:
            if objection:
                raise ArgumentError(objection)
            peak = Search(family, observed, known).peak()
            made = FamilyFit(family, peak, observed, known)
            _ = made.distribution
        except MclibError as error:
            refused[family.name] = str(error)
        else:
            found.append(made)
    if not found:
        reasons = "".join(f"\n  {name}: {why}" for name, why in refused.items())
        message = f"`families` must have one that suits the data; none does:{reasons}"
        raise ArgumentError(message)

    def rank(each: FamilyFit) -> float:
        value = {**each.criteria, **each.distances}[rank_by]
        return math.inf if math.isnan(value) else value

    return Fits(tuple(sorted(found, key=rank)), refused, rank_by)


def _share(criterion: float, least: float) -> float:
    return math.exp((least - criterion) / 2.0) if criterion < math.inf else 0.0


def _statistic(value: float) -> str:
    return "" if math.isnan(value) else plain(value, 4)


def _described(found: FamilyFit) -> str:
    shown = {
        name: value
        for name, value in found.peak.numbers.items()
        if value != found.family.settled.get(name)
    }
    return f"{found.name}({', '.join(f'{k}={plain(v, 4)}' for k, v in shown.items())})"


def _remark(found: FamilyFit) -> str:
    if found.peak.at_end is None:
        return ""
    at = plain(found.peak.numbers[found.peak.at_end])
    return (
        f"`{found.peak.at_end}` ran to {at}: the data ask for a limiting case of this "
        "family, which a simpler one may be"
    )
