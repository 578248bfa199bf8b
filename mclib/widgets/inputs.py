"""An input of a model: which distribution it has, and the numbers of it."""

import math
from collections.abc import Callable, Mapping
from typing import Any

from mclib import distributions
from mclib.distributions.distribution import Distribution
from mclib.errors import MclibError
from mclib.widgets.controls import NumberControl, widgets
from mclib.widgets.texts import Words


def alternatives(own: Distribution) -> dict[str, Distribution]:
    """Return distributions of other families that say about the same as one.

    Of the same mean and standard deviation or, where a family has ends or is skewed, of the
    same P5, P50 and P95.

    Examples
    --------
    >>> list(alternatives(distributions.Normal(20, 2)))
    ['Normal', 'Triangular', 'PERT', 'Uniform', 'LogNormal']
    """
    found = {type(own).__name__: own}
    try:
        mean, spread = own.mean, own.standard_deviation
        first, low, middle, high, last = (
            float(x) for x in own.quantile([0.001, 0.05, 0.5, 0.95, 0.999])
        )
    except MclibError:
        # A distribution whose parameters are random has no numbers of its own.
        return found
    if not (math.isfinite(mean) and 0.0 < spread < math.inf and first < middle < last):
        return found
    from mclib.distributions.elicited import from_interval, trigen

    reach = math.sqrt(3.0) * spread
    air = 0.1 * (high - low)
    # Pearson's rule: the mode lies as far beyond the median as the mean twice before it.
    mode = min(max(3.0 * middle - 2.0 * mean, low + air), high - air)
    makers: dict[str, Callable[[], Distribution]] = {
        "Normal": lambda: distributions.Normal(mean, spread),
        "Triangular": lambda: trigen(low, mode, high, low_order=0.05, high_order=0.95),
        "PERT": lambda: distributions.PERT(first, mode, last),
        "Uniform": lambda: distributions.Uniform(mean - reach, mean + reach),
    }
    if low > 0.0:
        makers["LogNormal"] = lambda: from_interval(distributions.LogNormal, low, high)
    for name, make in makers.items():
        if name not in found:
            found[name] = make()
    return found


class InputControl:
    """A choice of distributions for an input, and a control for each number of it.

    Attributes
    ----------
    widget : ipywidgets.VBox
        To be shown.
    shown : Distribution
        The distribution as it is set.
    """

    def __init__(
        self, name: str, own: Distribution, changed: Callable[[str], None], words: Words
    ) -> None:
        w = widgets()
        self.name, self.own = name, own
        self._changed, self._words = changed, words
        self._offered = alternatives(own)
        self.family = w.Dropdown(
            description=name,
            options=list(self._offered),
            value=type(own).__name__,
            tooltip=f"{words('Distribution')}: {name}",
            style={"description_width": "125px"},
            layout={"width": "290px"},
        )
        self.numbers: dict[str, NumberControl] = {}
        self._rows = w.VBox()
        self.widget = w.VBox([self.family, self._rows])
        self._is_quiet = False
        self._build(own)
        self.family.observe(lambda change: self._chosen(change["new"]), "value")

    @property
    def shown(self) -> Distribution:
        """The distribution as it is set; raises where its numbers break a law."""
        base = self._offered[self.family.value]
        numbers = {key.partition(".")[2]: each.value for key, each in self.numbers.items()}
        return base.with_parameters(**numbers)

    @property
    def is_replaced(self) -> bool:
        """Whether it is of another family than the model's own."""
        return bool(self.family.value != type(self.own).__name__)

    def set(self, shown: Distribution | None, numbers: Mapping[str, float]) -> None:
        """Show a distribution, by default the model's own, without telling anybody."""
        base = self.own if shown is None else shown
        self._is_quiet = True
        try:
            self._offered[type(base).__name__] = base
            self.family.options = list(self._offered)
            self.family.value = type(base).__name__
            self._build(base)
            for key, control in self.numbers.items():
                if key in numbers:
                    control.set(numbers[key])
        finally:
            self._is_quiet = False

    def refuse(self, message: str) -> None:
        """Say below the first number what is wrong, or that nothing is."""
        for at, control in enumerate(self.numbers.values()):
            control.refuse(message if at == 0 else "")

    def _build(self, base: Distribution) -> None:
        before = self.numbers
        self.numbers = {
            f"{self.name}.{key}": NumberControl(
                f"{self.name}.{key}",
                value,
                self._told,
                self._words,
                key.replace("_", " "),
            )
            for key, value in base.parameters.items()
            if isinstance(value, (int, float))
        }
        self._rows.children = [each.widget for each in self.numbers.values()]
        for each in before.values():
            each.widget.close()

    def _chosen(self, family: Any) -> None:
        if self._is_quiet or family is None:
            return
        self._build(self._offered[family])
        self._told()

    def _told(self) -> None:
        self._changed(self.name)
