"""Standard errors from how sharply a likelihood peaks."""

from collections.abc import Callable

import numpy as np

from mclib.distributions.laws import Floats

_STEP = 1e-3


def standard_errors(
    total: Callable[[Floats], float],
    values: Callable[[Floats], Floats],
    peak: Floats,
) -> Floats | None:
    """Return standard errors of numbers that depend on coordinates, by the delta method.

    Parameters
    ----------
    total : callable
        From coordinates of shape (k,) to the log-likelihood.
    values : callable
        From coordinates to the numbers, shape (m,).
    peak : array of shape (k,)
        Where the log-likelihood is largest.

    Returns
    -------
    array of shape (m,) or None
        None where it has no curvature there.
    """
    steps = _STEP * np.eye(len(peak))
    curvature = np.array(
        [
            [
                total(peak + a + b)
                - total(peak + a - b)
                - total(peak - a + b)
                + total(peak - a - b)
                for b in steps
            ]
            for a in steps
        ]
    ) / (4.0 * _STEP**2)
    slopes = [(values(peak + a) - values(peak - a)) / (2.0 * _STEP) for a in steps]
    with np.errstate(all="ignore"):
        if not np.all(np.isfinite(curvature)) or np.linalg.eigvalsh(-curvature)[0] <= 0.0:
            return None
        jacobian = np.stack(slopes, axis=1)
        covariance = jacobian @ np.linalg.inv(-curvature) @ jacobian.T
        return np.asarray(np.sqrt(np.diag(covariance)))
