"""A register of risks as a model: each risk is one driver."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from mclib.correlating import correlate
from mclib.distributions import laws
from mclib.distributions.distribution import Distribution
from mclib.distributions.risk_events import RiskEvent
from mclib.distributions.whole_numbers import Bernoulli
from mclib.errors import law
from mclib.expressions.functions import where
from mclib.model import Model
from mclib.projects.frames import columns_of

if TYPE_CHECKING:
    import pandas as pd

_COLUMNS = ("risk", "probability", "impact")


def risk_register(
    frame: "pd.DataFrame", *, correlations: Mapping[tuple[str, str], float] | None = None
) -> Model:
    """Return a register of risks as a model.

    Parameters
    ----------
    frame : pandas.DataFrame
        A line for each risk, with columns ``risk`` (its name), ``probability`` and
        ``impact`` (a distribution or a number, if it happens).
    correlations : mapping of (str, str) to float, optional
        Rank correlations by names of risks, as for `mclib.correlate`.

    Returns
    -------
    Model
        Its inputs are the risks, its outputs ``total``, the sum of all impacts, and
        ``n_events``, how many risks have happened.

    Raises
    ------
    ArgumentError
        If a column is missing, a name comes twice, or a number breaks its law.

    Notes
    -----
    A risk is drawn by one uniform number: whether it happens and how large it is are one
    driver of a tornado. Correlated risks happen together more often.

    Examples
    --------
    >>> import mclib as mc
    >>> import pandas as pd
    >>> register = mc.risk_register(
    ...     pd.DataFrame(
    ...         {
    ...             "risk": ["fire", "flood"],
    ...             "probability": [0.1, 0.3],
    ...             "impact": [mc.Triangular(100, 200, 600), 50],
    ...         }
    ...     )
    ... )
    >>> print(mc.simulate(register, 100_000, seed=7)["total"].mean)
    44.3 ± 0.6 (95 %)
    """
    columns = columns_of(frame)
    if set(columns) != set(_COLUMNS):
        raise law("columns", f"be {', '.join(_COLUMNS)}", columns)
    if not len(frame):
        raise law("frame", "have a line for each risk", "no line")
    inputs: dict[str, Distribution] = {}
    sizes: dict[str, float] = {}
    for line in frame.to_dict("records"):
        name = str(line["risk"]).strip()
        if name in inputs or name in ("", "total", "n_events"):
            raise law("risk", "have a name of its own", name)
        probability = laws.probability(f"probability of {name}", line["probability"])
        impact = line["impact"]
        if isinstance(impact, Distribution):
            inputs[name] = RiskEvent(probability, impact)
        elif isinstance(impact, (int, float, np.number)) and np.isfinite(impact):
            inputs[name], sizes[name] = Bernoulli(probability), float(impact)
        else:
            must = "be a distribution or a number"
            raise law(f"impact of {name}", must, impact)

    def register(**risks: Any) -> dict[str, Any]:
        total, n_events = 0.0, 0.0
        for name, draw in risks.items():
            total = total + draw * sizes.get(name, 1.0)
            n_events = n_events + where(draw == 0.0, 0.0, 1.0)
        return {"total": total, "n_events": n_events}

    model = Model(register, "register", inputs, {})
    return model if correlations is None else correlate(model, correlations)
