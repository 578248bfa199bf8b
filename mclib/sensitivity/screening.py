"""Elementary effects as people see them: estimates by output and driver, and a table."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, final

from mclib.results.estimate import Estimate
from mclib.sensitivity.tables import Bars, EstimateTable, Measures


@final
@dataclass(frozen=True, repr=False, kw_only=True)
class ElementaryEffects(EstimateTable):
    """What a step of each driver does to each output.

    Attributes
    ----------
    mu_star, mu, sigma : mapping of str to mapping of str to Estimate
        By output and driver: the mean size of the effects, their mean, and their standard
        deviation, in the output's unit. Groups, and noises of several steps, have a size
        only.

    Examples
    --------
    >>> import mclib as mc
    >>> @mc.model
    ... def total(a=mc.Uniform(0, 1), b=mc.Uniform(0, 1)):
    ...     return {"total": 3 * a - 2 * b}
    >>> effects = mc.morris(total, seed=7)
    >>> print(effects.mu["total"]["b"], "and", effects.mu_star["total"]["b"])
    -2 ± 0 (95 %) and 2 ± 0 (95 %)
    """

    mu_star: Mapping[str, Mapping[str, Estimate]]
    mu: Mapping[str, Mapping[str, Estimate]]
    sigma: Mapping[str, Mapping[str, Estimate]]

    def plot(self, output: str, *, unit: str = "") -> Any:
        """Effects of an output by size and spread; see `mclib.plots.screening`."""
        from mclib.plots.effects import screening

        return screening(self.measures, output, unit=unit)

    @property
    def measures(self) -> Measures:
        """Effects as ``"mu"``, ``"sigma"`` and ``"mu_star"``; NaN where there is none."""

        def filled(
            measure: Mapping[str, Mapping[str, Estimate]],
        ) -> dict[str, dict[str, Estimate]]:
            return {
                output: {
                    driver: measure[output].get(
                        driver, Estimate(math.nan, math.nan, each.n_trials)
                    )
                    for driver, each in drivers.items()
                }
                for output, drivers in self.mu_star.items()
            }

        return {
            "mu": filled(self.mu),
            "sigma": filled(self.sigma),
            "mu_star": self.mu_star,
        }

    @property
    def _bars(self) -> Bars:
        return Bars("mu_star", "mu_star", are_shares=False)
