"""Trials whose value isn't a finite number: counted, named, and kept out of the moments."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mclib.statistics.blocks import fill_blocks, to_lane_order
from mclib.statistics.records import Floats, counted_records


@dataclass(frozen=True)
class NonFinite:
    """How many trials of one output gave no finite number, and which was the first.

    Attributes
    ----------
    nan, positive_infinity, negative_infinity : int
        Trials that gave each of the three.
    first_trial : int or None
        The lowest of their indices; None if there is none.
    """

    nan: int = 0
    positive_infinity: int = 0
    negative_infinity: int = 0
    first_trial: int | None = None

    @property
    def total(self) -> int:
        """All of them."""
        return self.nan + self.positive_infinity + self.negative_infinity

    def merge(self, other: "NonFinite") -> "NonFinite":
        """Return the counts of separate trials together."""
        firsts = [
            each for each in (self.first_trial, other.first_trial) if each is not None
        ]
        return NonFinite(
            self.nan + other.nan,
            self.positive_infinity + other.positive_infinity,
            self.negative_infinity + other.negative_infinity,
            min(firsts, default=None),
        )

    def sentence(self, n_trials: int) -> str:
        """Say it: ``3 of 10,000 trials gave NaN, the first is trial 17``."""
        kinds = {
            "NaN": self.nan,
            "inf": self.positive_infinity,
            "-inf": self.negative_infinity,
        }
        present = {kind: count for kind, count in kinds.items() if count}
        named = " or ".join(present)
        apart = ", ".join(f"{count:,} {kind}" for kind, count in present.items())
        detail = f" ({apart})" if len(present) > 1 else ""
        return (
            f"{self.total:,} of {n_trials:,} trials gave {named}{detail}, "
            f"the first is trial {self.first_trial:,}"
        )


def count_non_finite(values: NDArray[Any], first_trial: int = 0) -> NonFinite:
    """Return what isn't finite in `values`, shape (n_trials,), from `first_trial` on."""
    places = np.flatnonzero(~np.isfinite(values))
    if not places.size:
        return NonFinite()
    found = values[places]
    return NonFinite(
        nan=int(np.count_nonzero(np.isnan(found))),
        positive_infinity=int(np.count_nonzero(found == np.inf)),
        negative_infinity=int(np.count_nonzero(found == -np.inf)),
        first_trial=first_trial + int(places[0]),
    )


def finite_records(
    values: NDArray[Any], first_trial: int
) -> tuple[Floats, tuple[NonFinite, ...]]:
    """Records of the finite trials alone, and what the others were.

    Parameters
    ----------
    values : array of shape (n_outputs, n_trials)
        Values in trial order; widened to float64 before anything is summed.
    first_trial : int
        Which trial of the run comes first; a multiple of 1,024.

    Returns
    -------
    records : array of shape (n_blocks, n_outputs, 7), float64
        As from `counted_records`, the finite trials counting.
    non_finite : tuple of NonFinite
        One for each output.
    """
    filled = fill_blocks(values.astype(np.float64))
    blocks = np.moveaxis(to_lane_order(filled), -4, 0)
    is_finite = np.moveaxis(to_lane_order(fill_blocks(np.isfinite(values))), -4, 0)
    records = counted_records(blocks, is_finite)
    return records, tuple(count_non_finite(each, first_trial) for each in values)
