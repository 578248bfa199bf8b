"""Elementary effects as people see them: estimates by output and driver, and a table."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mclib.results.estimate import Estimate
from mclib.results.provenance import Provenance
from mclib.sensitivity.tables import Bars, Measures, frame_of, html_of, text_of

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, repr=False)
class ElementaryEffects:
    """What a step of each driver does to each output.

    Attributes
    ----------
    mu_star, mu, sigma : mapping of str to mapping of str to Estimate
        By output and driver: the mean size of the effects, their mean, and their standard
        deviation, in the output's unit. Groups, and noises of several steps, have a size
        only.
    n_evaluations : int
        How often the model was evaluated.
    provenance : Provenance
        What is needed to get the same numbers again.
    """

    mu_star: Mapping[str, Mapping[str, Estimate]]
    mu: Mapping[str, Mapping[str, Estimate]]
    sigma: Mapping[str, Mapping[str, Estimate]]
    n_evaluations: int
    provenance: Provenance

    def to_frame(self, level: float = 0.95) -> "pd.DataFrame":
        """Table of all effects, by output and driver, with the ends of their intervals.

        Parameters
        ----------
        level : float, default 0.95
            Of the intervals.

        Returns
        -------
        pandas.DataFrame
            NaN where a group has no such number.
        """
        return frame_of(self._measures, level)

    def __repr__(self) -> str:
        names = ", ".join(self.mu_star)
        return f"<ElementaryEffects of {names}: {self.n_evaluations:,} evaluations>"

    def __str__(self) -> str:
        return text_of(self._measures, self.provenance)

    def _repr_html_(self) -> str:
        bars = Bars("mu_star", "mu_star", are_shares=False)
        return html_of(self._measures, self.provenance, bars)

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        return {"text/plain": str(self), "text/html": self._repr_html_()}

    @property
    def _measures(self) -> Measures:
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
