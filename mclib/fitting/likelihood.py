"""The largest likelihood of a family, and how sharply it peaks."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from mclib.distributions.laws import Floats
from mclib.errors import ArgumentError
from mclib.fitting.curvature import standard_errors
from mclib.fitting.family import Family, Kind, Numbers, Ruler
from mclib.fitting.newton import newton
from mclib.fitting.observations import Observations

_WORST = 1e10
"""Stands for the mean of minus log-likelihood where that is infinite."""


@dataclass(frozen=True)
class Peak:
    """Where the likelihood of a family is largest.

    Attributes
    ----------
    numbers : dict of str to float
        All parameters.
    log_likelihood : float
        Its logarithm there.
    standard_errors : dict of str to float
        Of the parameters that were estimated, from the curvature there; NaN where it has
        none.
    at_end : str or None
        A parameter that ran as far as it may: the data ask for a limiting case.
    """

    numbers: Numbers
    log_likelihood: float
    standard_errors: Numbers
    at_end: str | None


def log_likelihood(
    family: Family, observed: Observations, numbers: Mapping[str, float]
) -> float:
    """Return the log-likelihood of observations; minus infinity where there is none."""
    with np.errstate(all="ignore"):
        exact = family.log_density(observed.exact, **numbers)
        total = float(np.sum(observed.exact_weights * exact))
        if observed.is_censored:
            made = family.distribution(numbers)
            between = ~observed.is_exact
            ends = observed.low[between], observed.high[between]
            chances = made.probability_between(*ends)
            total += float(np.sum(observed.weights[between] * np.log(chances)))
    return total if total < math.inf else -math.inf


class Search:
    """The search for a family's peak, in coordinates without bounds.

    Parameters
    ----------
    family : Family
        What is fitted.
    observed : Observations
        To what.
    fixed : mapping of str to float
        Parameters that are known.
    """

    def __init__(
        self, family: Family, observed: Observations, fixed: Mapping[str, float]
    ) -> None:
        self._family, self._observed = family, observed
        self._ruler = Ruler.of(observed)
        self._fixed = {**family.settled, **fixed}
        self._free = {k: kind for k, kind in family.kinds.items() if k not in self._fixed}

    def peak(
        self, start: Mapping[str, float] | None = None, *, errors: bool = True
    ) -> Peak:
        """Return the peak.

        Parameters
        ----------
        start : mapping of str to float, optional
            Where to start: the peak for data that are about the same.
        errors : bool, default True
            Whether to find standard errors too.

        Raises
        ------
        ArgumentError
            If there is none, in words that end a sentence.
        """
        numbers, at_end = self._highest(start)
        total = self._log_likelihood(numbers)
        if not math.isfinite(total):
            raise ArgumentError("its density is 0 or infinite at some of the data")
        found = self._standard_errors(numbers, at_end) if errors else {}
        return Peak(numbers, total, found, at_end)

    def _highest(self, start: Mapping[str, float] | None) -> tuple[Numbers, str | None]:
        """Return the parameters of the peak, and one that ran to its end."""
        family, observed = self._family, self._observed
        is_one = self._ruler.least == self._ruler.most
        if is_one and len(family.kinds) > 1:
            raise ArgumentError("all its data are the same number")
        with np.errstate(all="ignore"):
            begun = {**family.start(self._seen(), observed.weights), **self._fixed}
        is_known = family.is_closed and not observed.is_censored
        if is_known and self._fixed == dict(family.settled):
            return begun, None
        # What is pinned to the data's ends is no matter of a search.
        pinned = {k: begun[k] for k in family.pinned if k not in self._fixed}
        known = {**self._fixed, **pinned}
        searched = {k: kind for k, kind in self._free.items() if k not in pinned}
        if not searched:
            return begun, None
        return self._searched(searched, known, (start, begun) if start else (begun,))

    def _seen(self) -> Floats:
        """Return the data as the standard form has them, in which a start is found."""
        x, fixed = self._observed.typical, self._fixed
        if "location" in self._family.settled:
            return x - fixed["location"]
        if "low" in self._family.settled:
            return np.asarray((x - fixed["low"]) / (fixed["high"] - fixed["low"]))
        return x

    def _searched(
        self,
        searched: Mapping[str, Kind],
        known: Numbers,
        starts: Sequence[Mapping[str, float]],
    ) -> tuple[Numbers, str | None]:
        def badness(coordinates: Floats) -> float:
            total = self._log_likelihood(self._numbers(searched, known, coordinates))
            return -total / self._observed.n if math.isfinite(total) else _WORST

        ends = [(kind.low, kind.high) for kind in searched.values()]
        places = [self._coordinates(searched, known, start) for start in starts]
        coordinates = next((at for at in places if badness(at) < _WORST), places[-1])
        if badness(coordinates) == _WORST:
            raise ArgumentError("its density is 0 at some of the data")
        low, high = np.array(ends).T
        reached = newton(badness, coordinates) if self._family.is_smooth else None
        if reached is None or np.any(reached <= low) or np.any(reached >= high):
            reached = _searched_widely(badness, coordinates, ends, self._family.is_smooth)
        near = np.array([kind.near for kind in searched.values()]) * (high - low)
        for name, is_low in zip(searched, reached - low < near, strict=True):
            if is_low and searched[name].is_endless:
                message = f"its likelihood grows without end as `{name}` falls"
                raise ArgumentError(message)
        is_near = np.minimum(reached - low, high - reached) < near
        ended = [name for name, is_end in zip(searched, is_near, strict=True) if is_end]
        return self._numbers(searched, known, reached), ended[0] if ended else None

    def _log_likelihood(self, numbers: Mapping[str, float]) -> float:
        try:
            return log_likelihood(self._family, self._observed, numbers)
        except (ArithmeticError, ValueError):
            # A parameter has left what a float or its law can hold.
            return -math.inf

    def _coordinates(
        self, searched: Mapping[str, Kind], known: Numbers, start: Mapping[str, float]
    ) -> Floats:
        places, numbers = [], dict(known)
        for name, kind in searched.items():
            at = kind.coordinate(start[name], self._ruler, numbers)
            inside = min(max(at, kind.low + 1e-3), kind.high - 1e-3)
            places.append(inside)
            numbers[name] = kind.seen(inside, self._ruler, numbers)
        return np.array(places)

    def _numbers(
        self, searched: Mapping[str, Kind], known: Numbers, coordinates: Any
    ) -> Numbers:
        numbers = dict(known)
        for (name, kind), at in zip(searched.items(), coordinates.tolist(), strict=True):
            numbers[name] = kind.seen(at, self._ruler, numbers)
        return numbers

    def _standard_errors(self, numbers: Numbers, at_end: str | None) -> Numbers:
        """Return what the curvature of the log-likelihood says, by the delta method."""
        unknown = dict.fromkeys(self._free, math.nan)
        is_regular = self._family.is_smooth and not self._family.pinned and at_end is None
        if not is_regular or not self._free:
            return unknown
        known = dict(self._fixed)
        center = self._coordinates(self._free, known, numbers)

        def total(at: Floats) -> float:
            return self._log_likelihood(self._numbers(self._free, known, at))

        def values(at: Floats) -> Floats:
            found = self._numbers(self._free, known, at)
            return np.array([found[name] for name in self._free])

        errors = standard_errors(total, values, center)
        return (
            unknown
            if errors is None
            else dict(zip(self._free, errors.tolist(), strict=True))
        )


def _searched_widely(
    badness: Callable[[Floats], float],
    start: Floats,
    ends: Sequence[tuple[float, float]],
    is_smooth: bool,
) -> Floats:
    """Return the place of a minimum between ends, found by SciPy's searches."""
    from scipy.optimize import minimize

    at, found = start, None
    if is_smooth:
        found = minimize(badness, start, method="L-BFGS-B", jac="3-point", bounds=ends)
        at = found.x
    if found is None or not found.success:
        # Where there are kinks, or rounding halts the steps, corners find the way.
        options: Any = {"xatol": 1e-7, "fatol": 1e-11, "maxiter": 4_000}
        found = minimize(badness, at, method="Nelder-Mead", bounds=ends, options=options)
    if not found.success or found.fun >= _WORST:
        raise ArgumentError(f"the search for its peak failed ({found.message})")
    return np.asarray(found.x)
