"""How much a fit would differ on other data: the bootstrap."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mclib import streams
from mclib.distributions import laws
from mclib.distributions.laws import Floats
from mclib.errors import ArgumentError, NotConverged, law
from mclib.fitting.family import Family, Numbers, Ruler
from mclib.fitting.likelihood import Peak, Search
from mclib.fitting.observations import Observations, observe

if TYPE_CHECKING:
    import pandas as pd

_AT_ONCE = 1 << 17
_MOST_FAILED = 0.05


@dataclass(frozen=True, eq=False)
class ParameterSample:
    """Parameters as they were estimated from data drawn anew; a row for each time.

    Attributes
    ----------
    table : mapping of str to array of shape (n,)
        All parameters by name; rows belong together.
    estimated : tuple of str
        Those that were estimated.
    n_failed : int
        Times that gave no estimate, and are left out.
    """

    table: Mapping[str, Floats]
    estimated: tuple[str, ...]
    n_failed: int

    @property
    def standard_errors(self) -> dict[str, float]:
        """Standard deviation of each estimated parameter over the rows."""
        return {name: float(np.std(self.table[name], ddof=1)) for name in self.estimated}

    def interval(self, name: str, level: float = 0.95) -> tuple[float, float]:
        """Return the quantiles between which a parameter lies in a share `level` of rows.

        Raises
        ------
        ArgumentError
            If there is no such parameter, or `level` isn't between 0 and 1.
        """
        if name not in self.table:
            raise law("name", f"be a parameter ({', '.join(self.table)})", name)
        if not 0.0 < level < 1.0:
            raise law("level", "lie strictly between 0 and 1", level)
        beside = (1.0 - level) / 2.0
        low, high = np.quantile(self.table[name], [beside, 1.0 - beside])
        return float(low), float(high)

    def correlations(self) -> "pd.DataFrame":
        """Return the correlations of the estimates with each other."""
        return self.to_frame()[list(self.estimated)].corr()

    def to_frame(self) -> "pd.DataFrame":
        """Return the rows as a table."""
        import pandas as pd

        return pd.DataFrame(dict(self.table))


def settled_way(observed: Observations, resample: str | None) -> str:
    """Return how data are drawn anew: from the fitted "model", or from the "data"."""
    if resample not in (None, "model", "data"):
        raise law("resample", 'be "model" or "data"', resample)
    if resample == "model" and observed.is_censored:
        must = 'be "data" where some observations are only bounds'
        hint = "what would have been censored elsewhere isn't known to the fit."
        raise law("resample", must, resample, hint)
    return resample or ("data" if observed.is_censored else "model")


def redrawn(
    family: Family, peak: Peak, observed: Observations, n: int, seed: int, way: str
) -> Iterator[Observations]:
    """Yield `n` times observations drawn anew, as many as there are."""
    if laws.count("n_bootstrap", n) < 20:
        raise law("n_bootstrap", "be a whole number from 20 on", n)
    each = round(observed.n)
    if each < 2:
        hint = "weights say how often each value was observed."
        raise law("weights", "come to a sum of 2 at least", observed.n, hint)
    made = family.distribution(peak.numbers)
    name = f"bootstrap of {family.name}"
    total = np.cumsum(observed.weights)
    group = max(_AT_ONCE // each, 1)
    for first in range(0, n, group):
        lines = np.arange(first, min(first + group, n))[:, None]
        words = streams.noise_words(seed, name, lines, np.arange(each)[None, :])
        uniforms = streams.uniforms(words)
        if way == "model":
            for row in np.asarray(made.quantile(uniforms)):
                yield observe(row)
        else:
            for places in np.searchsorted(total, uniforms * total[-1], side="right"):
                yield observed.at(np.minimum(places, len(total) - 1))


def refitted(
    family: Family,
    peak: Peak,
    observations: Iterator[Observations],
    fixed: Mapping[str, float],
) -> Iterator[tuple[Observations, Peak | None]]:
    """Yield each of the observations with its own peak, None where it has none."""
    for each in observations:
        try:
            if family.objection(each, fixed):
                yield each, None
            else:
                yield each, Search(family, each, fixed).peak(peak.numbers, errors=False)
        except ArgumentError:
            yield each, None


def parameter_sample(
    family: Family,
    peak: Peak,
    observed: Observations,
    fixed: Mapping[str, float],
    *,
    n: int,
    seed: int,
    resample: str | None,
) -> ParameterSample:
    """Return parameters estimated anew `n` times.

    Raises
    ------
    NotConverged
        If more than one time in twenty there was no estimate.
    """
    way = settled_way(observed, resample)
    anew = redrawn(family, peak, observed, n, seed, way)
    rows: list[Numbers] = [
        found.numbers for _, found in refitted(family, peak, anew, fixed) if found
    ]
    if n - len(rows) > _MOST_FAILED * n:
        message = (
            f"`{family.name}` must be estimable from nearly all data drawn anew; it wasn't "
            f"in {n - len(rows):,} of {n:,}.\nhint: there are too few data for it."
        )
        raise NotConverged(message)
    table = {k: np.array([row[k] for row in rows]) for k in family.parameters}
    estimated = tuple(k for k in family.kinds if k not in fixed)
    return ParameterSample(table, estimated, n - len(rows))


def what_they_may_be(
    family: Family, peak: Peak, sample: ParameterSample
) -> Mapping[str, Floats]:
    """Return parameters that the data may have come from: estimates turned about the peak.

    Data drawn from the peak give estimates beside it, and so do data drawn from the truth
    give the peak: where an estimate lies above the peak, the truth lies as far below the
    peak. Each is turned in a coordinate of its own (logarithms of what is positive), and
    places in units of the size there. For families that are only moved and stretched, or
    of which the logarithms are, that is exact: a normal's draws are a Student's t.

    References
    ----------
    .. [1] J. F. Lawless, M. Fredette, "Frequentist prediction intervals and predictive
       distributions", Biometrika 92 (2005) 529-542.
    """
    if not family.is_reflected:
        return sample.table
    plain = Ruler(0.0, 1.0, 0.0, 0.0)
    names = list(sample.table)
    rows = zip(*(sample.table[name].tolist() for name in names), strict=True)
    found = []
    for row in rows:
        drawn = dict(zip(names, row, strict=True))
        ratio = family.size(peak.numbers) / family.size(drawn)
        for name in sample.estimated:
            kind = family.kinds[name]
            center = kind.coordinate(peak.numbers[name], plain, drawn)
            beyond = kind.coordinate(drawn[name], plain, drawn) - center
            turned = center - beyond * (ratio if name in family.places else 1.0)
            drawn[name] = kind.seen(turned, plain, drawn)
        found.append(drawn)
    return {name: np.array([each[name] for each in found]) for name in names}
