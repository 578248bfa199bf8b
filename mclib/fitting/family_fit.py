"""One family fitted to data: how good it is, and how sure."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from mclib.distributions.distribution import Distribution, fitted
from mclib.distributions.laws import Floats
from mclib.errors import ArgumentError, law
from mclib.fitting.bootstrap import (
    ParameterSample,
    parameter_sample,
    redrawn,
    refitted,
    what_they_may_be,
)
from mclib.fitting.family import Family
from mclib.fitting.goodness import STATISTICS, distances
from mclib.fitting.likelihood import Peak
from mclib.fitting.observations import Observations
from mclib.fitting.uncertain import UncertainDistribution
from mclib.results.estimate import Estimate

if TYPE_CHECKING:
    import pandas as pd

CRITERIA = ("aic", "aicc", "bic", "hqic")


@dataclass(frozen=True, eq=False)
class FamilyFit:
    """A family at its largest likelihood.

    Attributes
    ----------
    family : Family
        What a fit knows of it.
    peak : Peak
        Where the likelihood is largest.
    observed : Observations
        The data.
    fixed : mapping of str to float
        Parameters that were not estimated.
    """

    family: Family
    peak: Peak
    observed: Observations
    fixed: Mapping[str, float]

    @property
    def name(self) -> str:
        """The name of the family."""
        return self.family.name

    @cached_property
    def distribution(self) -> Distribution:
        """The distribution, ready to be an input; `Model.audit` knows where it is from."""
        return fitted(self.family.distribution(self.peak.numbers), self.observed.n)

    @property
    def log_likelihood(self) -> float:
        """The logarithm of the likelihood."""
        return self.peak.log_likelihood

    @property
    def n_parameters(self) -> int:
        """How many parameters were estimated."""
        return sum(name not in self.fixed for name in self.family.kinds)

    @property
    def parameters(self) -> dict[str, Estimate]:
        """What was estimated, each with its standard error by the likelihood's curvature.

        NaN where the likelihood has none, as for ends that are the least and the largest
        value: `bootstrap` tells.
        """
        n = round(self.observed.n)
        return {
            name: Estimate(self.peak.numbers[name], error, n)
            for name, error in self.peak.standard_errors.items()
        }

    @cached_property
    def criteria(self) -> dict[str, float]:
        """AIC, its correction for few data, BIC and HQIC: the smaller, the better."""
        n, k, twice = self.observed.n, self.n_parameters, -2.0 * self.log_likelihood
        aic = twice + 2.0 * k
        few = n - k - 1.0
        return {
            "aic": aic,
            "aicc": aic + 2.0 * k * (k + 1.0) / few if few > 0.0 else math.inf,
            "bic": twice + k * math.log(n),
            "hqic": twice + 2.0 * k * math.log(max(math.log(n), 1.0)),
        }

    @cached_property
    def distances(self) -> dict[str, float]:
        """How far the data lie from it: Kolmogorov-Smirnov, Anderson-Darling, chi-square.

        NaN where there is none: where some data are only bounds, and Anderson-Darling for
        whole numbers and where an end is the least or the largest value.
        """
        found = distances(self.distribution, self.observed, is_whole=self.family.is_whole)
        if any(name not in self.fixed for name in self.family.pinned):
            found["anderson_darling"] = math.nan
        return found

    def goodness(self, n_bootstrap: int = 199, seed: int = 0) -> "pd.DataFrame":
        """Test whether the data may have come from this family, by parametric bootstrap.

        Data are drawn from the fit, and the family is fitted to them again: the share of
        times in which they lie further away than the data do is the p-value. That of a
        textbook's table, as of `scipy.stats.kstest`, holds only where no parameter was
        estimated, and is far too large here.

        Parameters
        ----------
        n_bootstrap : int, default 199
            Times, from 20 on.
        seed : int, default 0
            The same seed gives the same p-values.

        Returns
        -------
        pandas.DataFrame
            A line for each statistic: its value, p-value, and that one's standard error.

        Raises
        ------
        ArgumentError
            If some data are only bounds.
        """
        import pandas as pd

        if self.observed.is_censored:
            message = (
                "`goodness` must have data that are all known exactly; some are bounds."
                "\nhint: compare families by AIC, which bounds don't harm."
            )
            raise ArgumentError(message)
        family, observed = self.family, self.observed
        anew = redrawn(family, self.peak, observed, n_bootstrap, seed, "model")
        found = [
            distances(family.distribution(peak.numbers), each, is_whole=family.is_whole)
            for each, peak in refitted(family, self.peak, anew, self.fixed)
            if peak is not None
        ]
        lines = {}
        for statistic in STATISTICS:
            value = self.distances[statistic]
            drawn = np.array([each[statistic] for each in found])
            p = (1.0 + float(np.sum(drawn >= value))) / (len(found) + 1.0)
            p = math.nan if math.isnan(value) else p
            lines[statistic] = (value, p, math.sqrt(p * (1.0 - p) / (len(found) + 1.0)))
        columns = ["value", "p_value", "standard_error"]
        return pd.DataFrame.from_dict(lines, orient="index", columns=columns)

    def bootstrap(
        self, n_bootstrap: int = 1_000, *, seed: int = 0, resample: str | None = None
    ) -> ParameterSample:
        """Return parameters as they come out of data drawn anew.

        Parameters
        ----------
        n_bootstrap : int, default 1,000
            Times, from 20 on.
        seed : int, default 0
            The same seed gives the same rows.
        resample : {"model", "data"}, optional
            Whether data are drawn from the fit or, with repetition, from the data
            themselves. From the fit if left out, and from the data where some of them are
            only bounds.

        Raises
        ------
        ArgumentError
            If an argument breaks its law.
        NotConverged
            If more than one time in twenty there was no estimate.
        """
        return parameter_sample(
            self.family,
            self.peak,
            self.observed,
            self.fixed,
            n=n_bootstrap,
            seed=seed,
            resample=resample,
        )

    def with_uncertainty(
        self, n_bootstrap: int = 1_000, *, seed: int = 0, resample: str | None = None
    ) -> UncertainDistribution:
        """Return an input whose parameters are drawn, together, from what they may be.

        Arguments are those of `bootstrap`. In each trial one row of parameters is drawn,
        which all draws of the trial share: the steps of a scan, the losses of a compound,
        and every input that has this same distribution.

        Returns
        -------
        UncertainDistribution
            With a row for each time.

        Raises
        ------
        ArgumentError
            If the family is one whose shapes can't differ from trial to trial.
        NotConverged
            If more than one time in twenty there was no estimate.

        Notes
        -----
        Estimates from data drawn anew are turned about the fit: with data from the truth
        the fit would lie above it as often as they lie above the fit. So the draws of a
        normal with ten data are those of a Student's t with nine degrees of freedom, and
        those of an exponential a Lomax's, as they should be. Families with shapes that
        run off (Student's t, skew normals, Johnson's, Burr's, Lomax's and their like, and
        those with two estimated ends) are taken as they come out, which makes them a
        little too sure where data are few.
        """
        sample = self.bootstrap(n_bootstrap, seed=seed, resample=resample)
        table = what_they_may_be(self.family, self.peak, sample)
        return UncertainDistribution(self.family.made, table)

    def overlay(self, n_places: int = 400) -> dict[str, Floats]:
        """Return both cumulative probabilities, to be drawn over each other.

        Returns
        -------
        dict of str to array
            ``"data"`` and ``"share"``: the values in order and the share of data up to
            each; ``"x"`` and ``"cdf"``: places and the fit's probability there.
        """
        x, _, after = self._steps()
        places = np.linspace(x[0], x[-1], n_places)
        cdf = np.asarray(self.distribution.cdf(places))
        return {"data": x, "share": after, "x": places, "cdf": cdf}

    def pp(self) -> dict[str, Floats]:
        """Return the fit's probabilities against those of the data: P-P.

        Returns
        -------
        dict of str to array
            ``"observed"``: ``(k - 1/2) / n``; ``"fitted"``: the fit's at the same values.
        """
        x, before, after = self._steps()
        fitted = np.asarray(self.distribution.cdf(x))
        return {"observed": (before + after) / 2.0, "fitted": fitted}

    def qq(self) -> dict[str, Floats]:
        """Return the fit's quantiles against the data: Q-Q.

        Returns
        -------
        dict of str to array
            ``"observed"``: the values in order; ``"fitted"``: the fit's quantiles at ``(k -
            1/2) / n``.
        """
        x, before, after = self._steps()
        fitted = np.asarray(self.distribution.quantile((before + after) / 2.0))
        return {"observed": x, "fitted": fitted}

    def _steps(self) -> tuple[Floats, Floats, Floats]:
        if self.observed.is_censored:
            must = "be all known exactly to be drawn over a fit"
            raise law("data", must, f"{int(np.sum(~self.observed.is_exact))} bounds")
        order = np.argsort(self.observed.low, kind="stable")
        w = self.observed.weights[order]
        after = np.cumsum(w) / w.sum()
        return self.observed.low[order], after - w / w.sum(), np.minimum(after, 1.0)
