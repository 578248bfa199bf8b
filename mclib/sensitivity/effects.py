"""Shapley effects as people see them: estimates by output and driver, and a table."""

from collections.abc import ItemsView, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, final

from mclib.results.estimate import Estimate
from mclib.sensitivity.tables import Bars, EstimateTable, Measures


@final
@dataclass(frozen=True, repr=False, kw_only=True)
class ShapleyEffects(EstimateTable):
    """Which part of each output's variance is owed to each driver; they add up to 1.

    Attributes
    ----------
    effects : mapping of str to mapping of str to Estimate
        By output and driver; so is the object itself.

    Examples
    --------
    >>> import mclib as mc
    >>> @mc.model
    ... def total(a=mc.Normal(0, 1), b=mc.Normal(0, 1)):
    ...     return {"total": 3 * a + b}
    >>> effects = mc.shapley_effects(total, seed=7)
    >>> {driver: round(each.value, 3) for driver, each in effects["total"].items()}
    {'a': 0.9, 'b': 0.1}
    """

    effects: Mapping[str, Mapping[str, Estimate]]

    def __getitem__(self, output: str) -> Mapping[str, Estimate]:
        return self.effects[output]

    def __iter__(self) -> Iterator[str]:
        return iter(self.effects)

    def items(self) -> ItemsView[str, Mapping[str, Estimate]]:
        """Outputs, and their drivers' effects."""
        return self.effects.items()

    def plot(self, output: str, *, n_drivers: int = 10) -> Any:
        """Bars of an output's effects; see `mclib.plots.share_bars`."""
        from mclib.plots.effects import share_bars

        title = "Shapley effects on"
        return share_bars(self.measures, output, title=title, n_drivers=n_drivers)

    @property
    def measures(self) -> Measures:
        """The effects by output and driver, as ``"effect"``."""
        return {"effect": self.effects}

    @property
    def _bars(self) -> Bars:
        return Bars("effect", "effect")
