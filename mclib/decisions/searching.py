"""The search for the best point: globally first, then near by, within constraints.

Where all that is chosen are whole numbers and there are few points, each is looked at.
"""

import itertools
import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mclib.errors import NotConverged

Floats = NDArray[np.float64]

FEW_POINTS = 1_000
"""Up to so many points are all looked at, if there is a last one."""


class _Broken(Exception):
    """A look that broke a law: SciPy would take a `ValueError` for something else."""

    def __init__(self, error: ValueError) -> None:
        super().__init__(str(error))
        self.error = error


class _Spent(Exception):
    """All looks are spent."""


class Search:
    """A search that looks at each point once, and keeps count.

    Parameters
    ----------
    look : callable
        From a point to what is minimized there, and the statistic of each constraint.
    limits : sequence of two floats
        The bounds of each of these statistics.
    box : sequence of two floats
        Between which each number of a point lies.
    most_runs : int
        After how many looks it gives up.
    told : callable
        Called after each look with their number and the least value that is allowed.

    Attributes
    ----------
    interrupted, spent : bool
        Whether Ctrl-C has ended it, or that all looks were spent.
    """

    def __init__(
        self,
        look: Callable[[Floats], Floats],
        limits: Sequence[tuple[float, float]],
        box: Sequence[tuple[float, float]],
        most_runs: int,
        told: Callable[[int, float], None],
    ) -> None:
        self._look = look
        self._told = told
        self._limits = limits
        self.interrupted = self.spent = False
        self._least: tuple[float, Floats | None] = (math.inf, None)
        self._low, self._high = np.array(box).T
        self._most_runs = most_runs
        self._seen: dict[bytes, Floats] = {}

    @property
    def n_runs(self) -> int:
        """How many points were looked at."""
        return len(self._seen)

    def best(self, whole: NDArray[np.bool_]) -> Floats:
        """Return the best point of all, or the best so far after Ctrl-C or all looks.

        Raises
        ------
        NotConverged
            If no point keeps to the constraints.
        KeyboardInterrupt
            If no point so far has kept to them.
        """
        try:
            return self._best(whole)
        except _Broken as broken:
            raise broken.error from None
        except KeyboardInterrupt:
            if self._least[1] is None:
                raise
            self.interrupted = True
        except _Spent:
            if self._least[1] is None:
                raise NotConverged(f"{self.spent_sentence()}.") from None
            self.spent = True
        point = self._least[1]
        return np.where(whole, np.rint(point), point)

    def spent_sentence(self) -> str:
        """Say that all looks were spent before the search had ended."""
        return (
            f"the search must end within {self._most_runs:,} runs; it did not.\n"
            "hint: narrow the bounds, or allow more runs"
        )

    def _best(self, whole: NDArray[np.bool_]) -> Floats:
        points = self._points(whole)
        if points is None:
            point = self._globally(whole)
        else:
            for point in points:
                self._values(point)
            point = points[0] if self._least[1] is None else self._least[1]
        if not whole.any():
            tried = self._locally(point)
            is_better = self._values(tried)[0] < self._values(point)[0]
            if is_better and self._excess(tried) <= self._excess(point):
                point = tried
        if self._excess(point) > 0.0:
            message = (
                "the constraints must be met somewhere within the bounds; no such point "
                f"was found in {self.n_runs:,} runs.\n"
                "hint: relax a constraint, or widen the bounds."
            )
            raise NotConverged(message)
        return point

    def _points(self, whole: NDArray[np.bool_]) -> list[Floats] | None:
        """Return all points there are, if they are few."""
        firsts, lasts = np.ceil(self._low), np.floor(self._high)
        if not whole.all() or np.prod(lasts - firsts + 1.0) > FEW_POINTS:
            return None
        axes = [np.arange(a, b + 1.0) for a, b in zip(firsts, lasts, strict=True)]
        return [np.array(point) for point in itertools.product(*axes)]

    def _globally(self, whole: NDArray[np.bool_]) -> Floats:
        from scipy import optimize as scipy_optimize

        # The stubs know fewer kinds of constraints than the function takes.
        evolve: Any = scipy_optimize.differential_evolution
        kept = scipy_optimize.NonlinearConstraint(
            lambda x: self._values(x)[1:],
            [low for low, _ in self._limits],
            [high for _, high in self._limits],
        )
        found = evolve(
            lambda x: self._values(x)[0],
            list(zip(self._low, self._high, strict=True)),
            constraints=(kept,) if self._limits else (),
            integrality=whole,
            polish=False,
            tol=1e-4,
            # The search itself is the same each time: luck is for the draws.
            seed=np.random.default_rng(0),
        )
        best: Floats = np.where(whole, np.rint(found.x), found.x)
        return best

    def _locally(self, point: Floats) -> Floats:
        from scipy import optimize as scipy_optimize

        minimize: Any = scipy_optimize.minimize

        def rooms(x: Floats) -> Floats:
            """How far each statistic lies within its bounds."""
            found = [math.inf]
            for value, (low, high) in zip(self._values(x)[1:], self._limits, strict=True):
                found += [value - low] if low > -math.inf else []
                found += [high - value] if high < math.inf else []
            return np.array(found[1:])

        width = self._high - self._low

        def there(unit: Floats) -> Floats:
            inside: Floats = np.clip(self._low + unit * width, self._low, self._high)
            return inside

        found = minimize(
            lambda unit: self._values(there(unit))[0],
            (point - self._low) / width,
            method="COBYLA",
            constraints={"type": "ineq", "fun": lambda unit: rooms(there(unit))}
            if self._limits
            else (),
            tol=1e-6,
            options={"rhobeg": 0.01},
        )
        return there(found.x)

    def _values(self, point: Floats) -> Floats:
        """Return what is minimized, and the statistic of each constraint."""
        key = np.asarray(point, np.float64).tobytes()
        if key not in self._seen:
            if len(self._seen) >= self._most_runs:
                raise _Spent
            try:
                found = self._look(point)
            except ValueError as error:
                raise _Broken(error) from error
            self._seen[key] = found
            if self._excess(point) == 0.0 and found[0] < self._least[0]:
                self._least = float(found[0]), np.array(point)
            self._told(self.n_runs, self._least[0])
        return self._seen[key]

    def _excess(self, point: Floats) -> float:
        """Return by how much a point breaks the constraints; 0 if it keeps to them."""
        found = 0.0
        for x, (low, high) in zip(self._values(point)[1:], self._limits, strict=True):
            found += max(low - float(x), float(x) - high, 0.0)
        return found
