"""Sobol' indices by design: which part of an output's variance each driver makes."""

from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Any

from mclib.designs import Design, Outputs, again
from mclib.engines.base import Engine
from mclib.model import Model
from mclib.results.estimate import Estimate
from mclib.results.grouping import Groups
from mclib.samplers.sampler import Sampler
from mclib.sensitivity.drivers import drivers_of
from mclib.sensitivity.indices import SobolIndices
from mclib.sensitivity.shares import Shares
from mclib.simulation import check_model, run_design

Pair = tuple[str, str]


def sobol_indices(
    model: Model,
    n_trials: int = 262_144,
    *,
    seed: int | None = None,
    groups: Groups | None = None,
    second_order: bool = False,
    parameters: Mapping[str, float] | None = None,
    engine: str | Engine = "auto",
    chunk_size: int | None = None,
    sampler: str | Sampler = "sobol",
    progress: bool | None = None,
) -> SobolIndices:
    """Return which part of each output's variance each driver makes, alone and in all.

    The first-order index of an input is the part of the variance that would go if the input
    were known; the total index is the part that would be left if all others were known.
    Their difference is what the input does together with others.

    Parameters
    ----------
    model : Model
        Of any kind; the noises of `mc.scan` are drivers like inputs.
    n_trials : int, default 262,144
        Each costs ``2 d + 2`` evaluations of a model with d drivers. Best for Sobol' points
        are 16,384 times a power of two.
    seed, parameters, engine, chunk_size, sampler, progress
        As for `simulate`.
    groups : mapping of str to sequence of str, optional
        Inputs and noises that are one driver, as in ``{"market": ["price", "units"]}``.
        Inputs that depend on each other must be.
    second_order : bool, default False
        Whether to tell for each two drivers what they do together and neither does alone.
        It costs no further evaluation.

    Returns
    -------
    SobolIndices
        Estimates with standard errors, by output and driver.

    Raises
    ------
    ArgumentError
        If an argument breaks its law, or inputs that depend on each other aren't in one
        group.

    Notes
    -----
    In each trial the model is evaluated on two independent points and, for each driver, on
    both with that driver's draws exchanged [1]_. With ``D`` and ``E`` the changes that the
    exchange makes at the first and the second point, and V the variance, the first-order
    index is ``-E[D E] / 2 V``, the total index ``E[D D + E E] / 4 V`` (Jansen's), and the
    second-order index of i and j ``E[D_i E_j] / V``: shifts of the output cancel, and a
    driver that does nothing has exactly 0. Errors are jackknifed over the replications of
    the sampler. All evaluations are one fused program.

    References
    ----------
    .. [1] A. Saltelli, "Making best use of model evaluations to compute sensitivity
       indices", Computer Physics Communications 145 (2002) 280-297.
    .. [2] M. J. W. Jansen, "Analysis of variance designs for model output", Computer
       Physics Communications 117 (1999) 35-43.
    .. [3] I. Azzini, T. A. Mara, R. Rosati, "Comparison of two sets of Monte Carlo
       estimators of Sobol' indices", Environmental Modelling & Software 144 (2021) 105167.

    Examples
    --------
    >>> import mclib as mc
    >>> @mc.model
    ... def area(width=mc.Uniform(1, 3), length=mc.Uniform(2, 3)):
    ...     return {"area": width * length}
    >>> indices = mc.sobol_indices(area, seed=7)
    >>> print(indices.first_order["area"]["width"])
    0.8522724 ± 0.0000014 (95 %)
    """
    check_model(model)
    drivers = drivers_of(model, model.graph(model.checked(parameters)), groups)
    design = _design(drivers, second_order=bool(second_order))
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
    return _indices(Shares(run), list(drivers), second_order=bool(second_order))


def _design(drivers: Mapping[str, Sequence[str]], *, second_order: bool) -> Design:
    """Two points, then for each driver both with its draws exchanged."""
    streams = [name for names in drivers.values() for name in names]
    other = again(streams)
    evaluations: list[dict[str, str]] = [{}, other]
    for names in drivers.values():
        own = {name: other[name] for name in names}
        evaluations += [own, {k: v for k, v in other.items() if k not in own}]

    def combined(outputs: Sequence[Outputs]) -> dict[str, Any]:
        first, second, *exchanged = outputs
        made: dict[str, Any] = {}
        for output, y in first.items():
            changes = {}
            made[_name(output)] = y
            for k, driver in enumerate(drivers):
                at_first, at_second = (
                    each[output] for each in exchanged[2 * k : 2 * k + 2]
                )
                d, e = at_first - y, at_second - second[output]
                apart, apart_too = second[output] - y, at_second - at_first
                changes[driver] = d, e
                made[_name(output, "spread", driver)] = (
                    apart * apart + apart_too * apart_too
                ) * 0.25
                made[_name(output, "alone", driver)] = d * e * -0.5
                made[_name(output, "in all", driver)] = (d * d + e * e) * 0.25
            for one, another in combinations(drivers, 2) if second_order else ():
                (d, e), (d_too, e_too) = changes[one], changes[another]
                together = (d * e_too + d_too * e) * 0.5
                made[_name(output, "together", one, another)] = together
        return made

    return Design(tuple(evaluations), combined)


def _indices(shares: Shares, drivers: Sequence[str], *, second_order: bool) -> SobolIndices:
    def each(word: str) -> dict[str, dict[str, Estimate]]:
        return {
            output: {
                driver: shares.of(
                    _name(output, word, driver), _name(output, "spread", driver)
                )
                for driver in drivers
            }
            for output in shares.outputs
        }

    pairs: dict[str, dict[Pair, Estimate]] = {}
    for output in shares.outputs if second_order else ():
        pairs[output] = {
            pair: shares.of(
                _name(output, "together", *pair),
                *(_name(output, "spread", driver) for driver in pair),
            )
            for pair in combinations(drivers, 2)
        }
    return SobolIndices(
        first_order=each("alone"),
        total=each("in all"),
        second_order=pairs,
        n_evaluations=(2 * len(drivers) + 2) * shares.n_trials,
        provenance=shares.provenance,
    )


def _name(output: str, *words: str) -> str:
    return "\n".join((output, *words))
