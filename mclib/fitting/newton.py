"""Newton's method for a few coordinates, by differences.

For a smooth likelihood that starts near its peak it takes some five steps, where a general
search takes a hundred evaluations: a bootstrap consists of little else.
"""

from collections.abc import Callable

import numpy as np

from mclib.distributions.laws import Floats

_STEP = 1e-4
_MOST_STEPS = 40
_LONGEST = 2.0
_CLOSE = 1e-14
"""What a quadratic model would still gain, where the search ends."""


def newton(badness: Callable[[Floats], float], start: Floats) -> Floats | None:
    """Return the place of a minimum, or None where these steps don't lead to one.

    Parameters
    ----------
    badness : callable
        From coordinates, of size about 1, to what is to be small.
    start : array of shape (k,)
        Where to begin.
    """
    at, least = start, badness(start)
    for _ in range(_MOST_STEPS):
        with np.errstate(all="ignore"):
            slope, curvature = _derivatives(badness, at, least)
        if not (np.all(np.isfinite(slope)) and np.all(np.isfinite(curvature))):
            return None
        values, vectors = np.linalg.eigh(curvature)
        if values[-1] <= 0.0:
            return None
        # Where it bends the wrong way, the step still goes down.
        safe = np.maximum(np.abs(values), 1e-6 * values[-1])
        step = -vectors @ ((vectors.T @ slope) / safe)
        gain = -0.5 * float(slope @ step)
        if gain < _CLOSE:
            return at if values[0] > 0.0 else None
        step = step * min(1.0, _LONGEST / float(np.max(np.abs(step))))
        for _ in range(30):
            found = badness(at + step)
            if found < least:
                break
            step = step / 2.0
        else:
            return None
        at, least = at + step, found
    return None


def _derivatives(
    badness: Callable[[Floats], float], at: Floats, middle: float
) -> tuple[Floats, Floats]:
    steps = _STEP * np.eye(len(at))
    after = np.array([badness(at + step) for step in steps])
    before = np.array([badness(at - step) for step in steps])
    curvature = np.diag((after - 2.0 * middle + before) / _STEP**2)
    for i in range(len(at)):
        for j in range(i):
            both = badness(at + steps[i] + steps[j])
            mixed = (both - after[i] - after[j] + middle) / _STEP**2
            curvature[i, j] = curvature[j, i] = mixed
    return (after - before) / (2.0 * _STEP), curvature
