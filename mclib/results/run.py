"""What a result needs from whatever ran: an engine's run, or a file's trials."""

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from mclib.results.provenance import Provenance
from mclib.statistics.accumulator import Accumulator
from mclib.statistics.foreseen import Foreseen
from mclib.statistics.requests import Source
from mclib.statistics.turns import Turns


class Trials(Source, Protocol):
    """Trials that can be gone through again, and what is known about them."""

    @property
    def provenance(self) -> Provenance:
        """What is needed to get the same numbers again."""

    @property
    def input_names(self) -> Sequence[str]:
        """Names of the inputs, in the order in which the model has them."""

    @property
    def driver_names(self) -> Sequence[str]:
        """Names of the inputs, where they are outputs under a condition, too."""

    @property
    def output_names(self) -> Sequence[str]:
        """Names of the outputs; a request's output is a place in this order."""

    @property
    def is_conditioned(self) -> bool:
        """Whether trials that don't keep a condition are NaN."""

    @property
    def stopping(self) -> Any:
        """How it ended, if it ran until a tolerance was reached."""

    def conditioned(self, condition: Any) -> "Run":
        """Trials that keep a condition, gone through again."""

    def values(
        self, start: int, count: int, names: Sequence[str] | None = None
    ) -> dict[str, NDArray[np.float64]]:
        """Values of neighbouring trials.

        Parameters
        ----------
        start : int
            Index of the first trial, from 0.
        count : int
            How many trials.
        names : sequence of str, optional
            Which inputs and outputs; all of them by default.

        Returns
        -------
        dict of str to array of shape (count,), float64
            By name, in trial order.
        """


class Run(Trials, Protocol):
    """Trials that an engine has gone through once."""

    @property
    def accumulator(self) -> Accumulator:
        """Records of the outputs' moments over all trials."""

    @property
    def foreseen(self) -> Foreseen:
        """Answers to what was asked before it began."""

    @property
    def replications(self) -> Turns | None:
        """Such records of each replication; none where trials are independent."""
