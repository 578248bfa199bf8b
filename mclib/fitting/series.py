"""`fit_process`: a process whose path a time series may be."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from mclib.distributions.laws import Floats, count, positive
from mclib.errors import NotConverged, law
from mclib.fitting.curvature import standard_errors
from mclib.fitting.newton import newton
from mclib.fitting.series_models import Averages, Clusters, Growth, Return, SeriesModel
from mclib.processes.process import Process
from mclib.results.estimate import Estimate

if TYPE_CHECKING:
    import pandas as pd

_FEWEST = 20
_MOST_WEIGHTS = 10
_WORST = 1e10

_MADE: dict[str, Callable[[Floats, float, tuple[int, int]], SeriesModel]] = {
    "GeometricBrownianMotion": lambda x, dt, order: Growth(x, dt),
    "OrnsteinUhlenbeck": lambda x, dt, order: Return(x, dt),
    "ARMA": lambda x, dt, order: Averages(x, order),
    "GARCH": lambda x, dt, order: Clusters(x),
}


@dataclass(frozen=True, eq=False, repr=False)
class ProcessFit:
    """A process at its largest likelihood.

    Attributes
    ----------
    process : Process
        Ready for a model: ``fit.process.end(start, n_steps=...)``.
    parameters : mapping of str to Estimate
        Each with its standard error by the likelihood's curvature: right for long series.
        The level that a series reverts to in months is hardly seen in 260 days: over
        40 such series it was 1.6 of its standard errors off where it should have been 1.
    log_likelihood : float
        Given the first values.
    residuals : array of shape (n,)
        Shocks over their standard deviations: like standard normals where the process is
        the right one.
    """

    process: Process
    parameters: Mapping[str, Estimate]
    log_likelihood: float
    residuals: Floats

    @property
    def aic(self) -> float:
        """Akaike's criterion: the smaller, the better, among fits to the same series."""
        return 2.0 * len(self.parameters) - 2.0 * self.log_likelihood

    @property
    def bic(self) -> float:
        """Schwarz's criterion."""
        return math.log(len(self.residuals)) * len(self.parameters) - 2.0 * (
            self.log_likelihood
        )

    def to_frame(self) -> "pd.DataFrame":
        """Return the parameters as a table."""
        import pandas as pd

        lines = {
            k: (each.value, each.standard_error) for k, each in self.parameters.items()
        }
        columns = ["value", "standard_error"]
        return pd.DataFrame.from_dict(lines, orient="index", columns=columns)

    def __repr__(self) -> str:
        return f"{self.process}\n{self.to_frame()}"

    def _repr_html_(self) -> str:
        return str(self.to_frame().to_html())


def fit_process(
    data: Any, process: Any, *, dt: float = 1.0, order: Sequence[int] = (1, 0)
) -> ProcessFit:
    """Fit a process to a time series by maximum likelihood.

    Parameters
    ----------
    data : array_like of shape (n,)
        Values at even times, twenty at least: prices for `GeometricBrownianMotion`, values
        for `OrnsteinUhlenbeck` and `ARMA`, returns for `GARCH`.
    process : type or str
        One of these four.
    dt : float, default 1
        Time from one value to the next; `ARMA` and `GARCH` count in periods.
    order : (int, int), default (1, 0)
        How many last values and last shocks an `ARMA` has.

    Returns
    -------
    ProcessFit

    Raises
    ------
    ArgumentError
        If the data can't be a path of the process, or an argument breaks its law.
    NotConverged
        If the likelihood has no peak inside its range.

    Notes
    -----
    The first values of the series are taken as given, and shocks before them as 0; the
    first variance of a `GARCH` is that of all data. Ornstein and Uhlenbeck's process is
    seen exactly, whatever `dt`.

    References
    ----------
    .. [1] J. D. Hamilton, "Time Series Analysis", Princeton, 1994, ch. 5 and 21.

    Examples
    --------
    >>> import numpy as np
    >>> import mclib as mc
    >>> prices = 100 * np.exp(np.cumsum(np.tile([0.03, -0.01, 0.02, -0.02], 12)))
    >>> found = mc.fit_process(prices, mc.GeometricBrownianMotion, dt=1 / 12)
    >>> print(found.parameters["volatility"])
    0.071 ± 0.014 (95 %)
    """
    name = process if isinstance(process, str) else getattr(process, "__name__", process)
    if name not in _MADE:
        raise law("process", f"be one of {', '.join(_MADE)}", name)
    try:
        x = np.asarray(data, np.float64)
    except (TypeError, ValueError):
        raise law("data", "be a row of numbers", data) from None
    if x.ndim != 1 or len(x) < _FEWEST or not np.all(np.isfinite(x)) or np.ptp(x) == 0.0:
        must = f"be a row of {_FEWEST} finite numbers at least, not all the same"
        raise law("data", must, f"shape {x.shape}")
    given: Any = order
    if not isinstance(given, Sequence) or isinstance(given, str) or len(given) != 2:
        raise law("order", "be two counts, as in `(1, 1)`", order)
    p, q = (count(f"order[{k}]", each + 1) - 1 for k, each in enumerate(order))
    if p + q > _MOST_WEIGHTS or 4 * (p + q) > len(x):
        most = min(_MOST_WEIGHTS, len(x) // 4)
        raise law("order", f"come to a sum of at most {most}", tuple(order))
    model = _MADE[name](x, positive("dt", dt), (p, q))
    at = _peak(model, len(x))
    numbers = model.numbers(at)
    errors = standard_errors(
        model.log_likelihood, lambda c: np.array(list(model.numbers(c).values())), at
    )
    told = np.full(len(numbers), math.nan) if errors is None else errors
    left, spread = model.shocks(numbers)
    parameters = {
        key: Estimate(value, float(error), len(left))
        for (key, value), error in zip(numbers.items(), told, strict=True)
    }
    total = model.log_likelihood(at)
    return ProcessFit(model.process(numbers), parameters, total, left / spread)


def _peak(model: SeriesModel, n: int) -> Floats:
    from scipy.optimize import minimize

    def badness(at: Floats) -> float:
        try:
            total = model.log_likelihood(at)
        except OverflowError:
            return _WORST
        return -total / n if math.isfinite(total) else _WORST

    found = newton(badness, model.start)
    if found is None:
        options: Any = {"xatol": 1e-7, "fatol": 1e-12, "maxiter": 10_000}
        wide = minimize(badness, model.start, method="Nelder-Mead", options=options)
        found = newton(badness, np.asarray(wide.x))
    if found is None or np.max(np.abs(found)) > 25.0:
        message = (
            "the likelihood must peak inside its range; it doesn't for these data.\n"
            "hint: take fewer weights, or another process."
        )
        raise NotConverged(message)
    return found
