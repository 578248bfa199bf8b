"""Times that several phases take in turn."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import final

import numpy as np

from mclib.distributions import laws
from mclib.distributions.by_density import ByDensity
from mclib.distributions.integrated import Integrated, panels
from mclib.distributions.laws import Floats, Parameter
from mclib.errors import law


@final
@dataclass(frozen=True, eq=False)
class Hypoexponential(ByDensity):
    """The time that several phases take in turn, each exponential with a mean of its own.

    Parameters
    ----------
    means : sequence of float
        Of the phases, one to twenty, the longest at most a hundred times the shortest.
    location : float or traced value, default 0
        Added to every draw. It may be random.
    scale : float or traced value, default 1
        Multiplies the means. It may be random.

    Raises
    ------
    ArgumentError
        If a number breaks its law.

    Notes
    -----
    Equal means make an `Erlang`. The density is a sum of positive terms (uniformization),
    so that near means lose no digits.

    References
    ----------
    .. [1] A. Jensen, "Markoff chains as an aid in the study of Markoff processes", Skand.
       Aktuarietidskr. 36 (1953) 87-91.

    Examples
    --------
    >>> repair = Hypoexponential(means=[1, 2, 5])
    >>> repair.mean, repair.variance, round(float(repair.quantile(0.95)), 6)
    (8.0, 30.0, 18.636553)
    """

    means: Sequence[float]
    location: Parameter = 0.0
    scale: Parameter = 1.0

    def __post_init__(self) -> None:
        try:
            means = tuple(float(laws.positive("means", each)) for each in self.means)
        except TypeError:
            raise law("means", "be a row of numbers above 0", self.means) from None
        if not 1 <= len(means) <= 20 or max(means) > 100.0 * min(means):
            must = "be one to twenty numbers, the largest at most 100 times the smallest"
            raise law("means", must, means)
        object.__setattr__(self, "means", means)
        self._settle_stretch()

    @property
    def _is_log(self) -> bool:
        return True

    def _shapes(self) -> tuple[float, ...]:
        return tuple(self.means)

    @staticmethod
    def _integrated(*shapes: float) -> Integrated:
        from scipy.special import gammaln

        means = np.array(shapes)
        fastest = float(1.0 / means.min())
        longest = 130.0 * float(means.max()) + float(means.sum())
        n_terms = int(fastest * longest + 14.0 * math.sqrt(fastest * longest) + 60.0)
        # The flow out of the last phase after k events of a clock of the fastest rate.
        moves = (1.0 / means) / fastest
        phases, flows = np.zeros(len(means)), np.empty(n_terms)
        phases[0] = 1.0
        for k in range(n_terms):
            out = phases * moves
            flows[k] = out[-1]
            phases = phases - out
            phases[1:] += out[:-1]
        with np.errstate(divide="ignore"):
            log_flows = np.log(flows)
        events = np.arange(n_terms)
        log_weights = log_flows - gammaln(events + 1.0)

        def log_density(s: Floats) -> Floats:
            # Of the logarithm of the time: log(t f(t)).
            clock = fastest * np.exp(np.minimum(s, 700.0))
            logs = np.empty(np.shape(s))
            for at, u in np.ndenumerate(clock):
                first = max(0, int(u - 14.0 * math.sqrt(u) - 60.0))
                last = min(n_terms, int(u + 14.0 * math.sqrt(u) + 60.0) + len(means))
                terms = log_weights[first:last] + events[first:last] * math.log(u)
                most = terms.max(initial=-np.inf)
                total = np.sum(np.exp(terms - most)) if most > -np.inf else 0.0
                logs[at] = most + math.log(total) - u if total > 0.0 else -np.inf
            return logs + s

        middle = math.log(float(means.sum()))
        grid = np.linspace(middle - 2.0, middle + 1.0, 61)
        mode = float(grid[np.argmax(log_density(grid))])
        edges = panels(log_density, mode, mode - 200.0, math.log(longest), 0.5)
        return Integrated(log_density, edges)

    def _standard_moments(self) -> tuple[float, float]:
        means = np.array(self.means)
        return float(np.sum(means)), float(np.sum(means**2))

    def _standard_support(self) -> tuple[float, float]:
        return 0.0, math.inf
