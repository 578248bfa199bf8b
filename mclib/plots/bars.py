"""Shares of an output in bars, and how sure they are, whatever its trials count."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mclib.errors import law
from mclib.plots.style import hover_format
from mclib.results.output import Output

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Bars:
    """Shares of the trials in bars of equal width, and beyond them.

    Attributes
    ----------
    edges : array of shape (n_bins + 1,)
        Where bars start and end, in the output's unit.
    shares, errors : array of shape (n_bins,)
        Of all finite outcomes, and their standard errors; NaN where trials can't tell.
    below, above : float
        Shares below the first bar and above the last.
    beyond : str
        What lies outside, in words.
    """

    edges: Floats
    shares: Floats
    errors: Floats
    below: float
    above: float
    beyond: str

    @property
    def middles(self) -> Floats:
        """Where the bars stand, array of shape (n_bins,)."""
        return (self.edges[:-1] + self.edges[1:]) / 2.0

    @property
    def width(self) -> float:
        """Of each bar."""
        return float(self.edges[1] - self.edges[0])

    @property
    def orders(self) -> Floats:
        """Share below the middle of each bar, array of shape (n_bins,)."""
        return self.below + np.cumsum(self.shares) - self.shares / 2.0

    def template(self, unit: str, coordinate: str = "x", named: str = "") -> str:
        """Say of a bar that somebody points at what `told` knows of it."""
        sure = "" if np.isnan(self.errors).all() else " ± %{customdata[1]:.2~g} % (s.e.)"
        return (
            f"{named}{hover_format(unit, coordinate)} (P%{{customdata[0]:.3~g}})<br>"
            f"%{{customdata[2]:.3~g}} %{sure} of trials in this bar<extra></extra>"
        )

    def told(self) -> list[list[float | None]]:
        """For each bar its percentile, and its share with its error, in percent."""
        return [
            [100.0 * order, None if np.isnan(error) else 100.0 * error, 100.0 * share]
            for order, error, share in zip(
                self.orders.tolist(),
                self.errors.tolist(),
                self.shares.tolist(),
                strict=True,
            )
        ]


def bars_of(output: Any, n_bins: int | None = None) -> Bars:
    """Count an output's trials in bars.

    Parameters
    ----------
    output : Output
        Or an output of trials with weights.
    n_bins : int, optional
        As for `Output.histogram`.
    """
    counted = output.histogram(n_bins)
    if not isinstance(output, Output):
        beyond = f"{counted.below:.2%} below and {counted.above:.2%} above the window"
        return Bars(
            counted.edges,
            counted.shares,
            counted.standard_errors,
            counted.below,
            counted.above,
            f"{output.n_trials:,} trials with weights; {beyond}",
        )
    n = counted.n_trials
    shares = counted.counts / n
    # Trials that a sampler placed tell by their replications, which bars don't have.
    is_told = output._answers.known[output._place].replications is None
    return Bars(
        counted.edges,
        shares,
        np.sqrt(shares * (1.0 - shares) / n) if is_told else np.full(len(shares), np.nan),
        counted.below / n,
        counted.above / n,
        f"{all_of(output)}; {counted.below:,} below and {counted.above:,} above the window",
    )


def all_of(output: Any) -> str:
    """Say how many trials an output has: ``1,000 trials, 3 of them not finite``."""
    n_odd = n_not_finite(output)
    return f"{output.n_trials:,} trials" + (f", {n_odd:,} of them not finite" * bool(n_odd))


def n_not_finite(output: Any) -> int:
    """Return how many trials gave no finite number, and are in no statistics."""
    if isinstance(output, Output):
        return output.non_finite.total
    return int(output.n_left_out)


def check_drawable(output: Any) -> Any:
    """Return an output that has something to draw; refuse one that has no number."""
    if not np.isfinite(output.quantile(0.5).value):
        raise law("output", "have a finite outcome to be drawn", output.name)
    return output


def checked_outputs(outputs: Any) -> dict[str, Any]:
    """Return outputs by the name to be shown; one alone has its own."""
    if _is_output(outputs):
        outputs = {outputs.name: outputs}
    named = dict(outputs.items()) if hasattr(outputs, "items") else {}
    if not named or not all(map(_is_output, named.values())):
        hint = 'write `{"base": result["profit"], "high": other["profit"]}`.'
        raise law("outputs", "be outputs by name", outputs, hint)
    for each in named.values():
        check_drawable(each)
    return named


def _is_output(value: Any) -> bool:
    """Whether it is one output of a run, of trials that count the same or have weights."""
    return hasattr(value, "quantile") and hasattr(value, "effective_n_trials")
