"""Shapley effects: an output's variance shared out among inputs that may be dependent."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import chain, combinations
from typing import Any

import numpy as np

from mclib.dependence.copula import Coupling
from mclib.dependence.elliptical import GaussianCopula
from mclib.designs import Design, Outputs, again
from mclib.engines.base import Engine
from mclib.errors import law
from mclib.model import Model
from mclib.results.grouping import Groups
from mclib.samplers.sampler import Sampler
from mclib.sensitivity.drivers import drivers_of
from mclib.sensitivity.effects import ShapleyEffects
from mclib.sensitivity.shares import Shares
from mclib.simulation import check_model, run_design

MOST_DRIVERS = 8
"""With d drivers there are 2**d sets of them, and each is evaluated."""

Set = tuple[str, ...]


def shapley_effects(
    model: Model,
    n_trials: int = 65_536,
    *,
    seed: int | None = None,
    groups: Groups | None = None,
    parameters: Mapping[str, float] | None = None,
    engine: str | Engine = "auto",
    chunk_size: int | None = None,
    sampler: str | Sampler = "sobol",
    progress: bool | None = None,
) -> ShapleyEffects:
    """Return which part of each output's variance is owed to each driver.

    The parts add up to 1, whether inputs depend on each other or not: what drivers make
    together, and what they know of each other, is shared out fairly among them.

    Parameters
    ----------
    model : Model
        Its correlated inputs (`mc.correlate`, without degrees of freedom) may be different
        drivers; those that another copula joins must be in one group.
    n_trials : int, default 65,536
        Each costs about ``2**d`` evaluations of a model with d drivers, twice as many where
        inputs are correlated.
    groups : mapping of str to sequence of str, optional
        Inputs and noises that are one driver. There may be 8 drivers at most.
    seed, parameters, engine, chunk_size, sampler, progress
        As for `simulate`.

    Returns
    -------
    ShapleyEffects
        Estimates with standard errors, by output and driver.

    Raises
    ------
    ArgumentError
        If an argument breaks its law, there are more than 8 drivers, or inputs that a
        copula joins which isn't Gaussian are different drivers.

    Notes
    -----
    The worth of a set of drivers is the part of the variance that they explain together
    [1]_. Given a set, the others are drawn again from their conditional distribution: the
    normal scores behind correlated inputs are put together in an order that begins with the
    set, and those behind it are redrawn.

    References
    ----------
    .. [1] A. B. Owen, "Sobol' indices and Shapley value", SIAM/ASA J. Uncertainty
       Quantification 2 (2014) 245-251.
    .. [2] E. Song, B. L. Nelson, J. Staum, "Shapley effects for global sensitivity
       analysis: theory and computation", SIAM/ASA J. Uncertainty Quantification 4 (2016)
       1060-1083.

    Examples
    --------
    >>> import mclib as mc
    >>> @mc.model
    ... def total(a=mc.Normal(0, 1), b=mc.Normal(0, 1)):
    ...     return {"total": 2 * a + b}
    >>> linked = mc.correlate(total, {("a", "b"): 0.5}, measure="pearson")
    >>> effects = mc.shapley_effects(linked, seed=7)
    >>> print(effects["total"]["a"])
    0.66072 ± 0.00009 (95 %)
    """
    check_model(model)
    numbers = model.checked(parameters)
    graph = model.graph(numbers)
    drivers = drivers_of(
        model, graph, groups, lambda each: isinstance(each.copula, GaussianCopula)
    )
    if len(drivers) > MOST_DRIVERS:
        hint = 'put inputs together, as in `groups={"market": ["price", "units"]}`.'
        raise law("model", f"have at most {MOST_DRIVERS} drivers", len(drivers), hint)
    design = _design(model, numbers, drivers)
    run = run_design(
        model,
        design,
        n_trials,
        seed=seed,
        parameters=parameters,
        engine=engine,
        chunk_size=chunk_size,
        sampler=sampler,
        progress=progress,
    )
    shares = Shares(run)
    return ShapleyEffects(
        effects={
            output: {
                driver: shares.of(f"{output}\n{driver}", f"{output}\n")
                for driver in drivers
            }
            for output in shares.outputs
        },
        n_evaluations=len(design.evaluations) * shares.n_trials,
        provenance=shares.provenance,
    )


def _design(
    model: Model, numbers: Mapping[str, float], drivers: Mapping[str, Sequence[str]]
) -> Design:
    """For each set of drivers two evaluations that share the set's draws, no others."""
    sets = [tuple(each) for each in _subsets(drivers)][:-1]
    other = again(chain.from_iterable(drivers.values()))
    graphs, evaluations = [], []
    for known in sets:
        streams = {name for driver in known for name in drivers[driver]}
        ordered = replace(
            model, couplings=tuple(_begun(each, streams) for each in model.couplings)
        )
        graphs += [ordered.graph(numbers)] * 2
        evaluations += [{}, {k: v for k, v in other.items() if k not in streams}]

    def combined(outputs: Sequence[Outputs]) -> dict[str, Any]:
        made: dict[str, Any] = {}
        for output, y in outputs[0].items():
            made[output] = y
            # Half the square of what is left open, given a set: its mean is a variance.
            left = {tuple(drivers): 0.0 * y}
            for k, known in enumerate(sets):
                apart = outputs[2 * k][output] - outputs[2 * k + 1][output]
                left[known] = apart * apart * 0.5
            made[f"{output}\n"] = left[()]
            for driver in drivers:
                made[f"{output}\n{driver}"] = sum(
                    _weight(len(known), len(drivers))
                    * (left[known] - left[_with(known, driver, drivers)])
                    for known in sets
                    if driver not in known
                )
        return made

    return Design(tuple(evaluations), combined, tuple(graphs))


def _subsets(names: Iterable[str]) -> Iterable[Set]:
    names = list(names)
    return chain.from_iterable(combinations(names, k) for k in range(len(names) + 1))


def _with(known: Set, driver: str, drivers: Iterable[str]) -> Set:
    return tuple(each for each in drivers if each in known or each == driver)


def _weight(n_known: int, n_drivers: int) -> float:
    """Return in how many orders of the drivers just so many come before a given one."""
    return 1.0 / (n_drivers * math.comb(n_drivers - 1, n_known))


def _begun(coupling: Coupling, known: set[str]) -> Coupling:
    """Return the same dependence, in an order that begins with inputs that are known."""
    if not isinstance(coupling.copula, GaussianCopula):
        return coupling
    order = sorted(range(len(coupling.names)), key=lambda k: coupling.names[k] not in known)
    matrix = np.array(coupling.copula.correlations)[np.ix_(order, order)]
    names = tuple(coupling.names[k] for k in order)
    return replace(coupling, names=names, copula=GaussianCopula(matrix))
