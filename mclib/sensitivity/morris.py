"""Morris' screening: how far an output moves when one driver takes a step."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from mclib.designs import Design, Moved, Outputs, again
from mclib.engines.base import Engine
from mclib.expressions.expression import apply
from mclib.expressions.graph import Graph
from mclib.expressions.loops import uniform
from mclib.expressions.probability import Probability
from mclib.model import Model
from mclib.results.grouping import Groups
from mclib.results.result import Result
from mclib.samplers.sampler import Sampler, streams_of
from mclib.sensitivity.drivers import drivers_of
from mclib.sensitivity.screening import ElementaryEffects
from mclib.simulation import check_model, run_design

Drivers = Mapping[str, Sequence[str]]


def morris(
    model: Model,
    n_trials: int = 16_384,
    *,
    seed: int | None = None,
    groups: Groups | None = None,
    parameters: Mapping[str, float] | None = None,
    engine: str | Engine = "auto",
    chunk_size: int | None = None,
    sampler: str | Sampler = "sobol",
    progress: bool | None = None,
) -> ElementaryEffects:
    """Return the elementary effects of each driver: a screening of many inputs.

    An effect is what an output changes by when one driver takes a step, all others held,
    over the length of the step. Lengths are shares of the driver's own distribution, so
    that an effect of 3 means: 3, in the output's unit, from one end of it to the other.

    Parameters
    ----------
    model : Model
        Of any kind; the noises of `mc.scan` are drivers like inputs.
    n_trials : int, default 16,384
        Each has a point of its own, from which every driver takes a step: ``d + 1``
        evaluations of a model with d drivers.
    seed, parameters, engine, chunk_size, sampler, progress
        As for `simulate`.
    groups : mapping of str to sequence of str, optional
        Inputs and noises that take their steps together, as in
        ``{"market": ["price", "units"]}``. Inputs that depend on each other must be.

    Returns
    -------
    ElementaryEffects
        Estimates with standard errors, by output and driver: how large effects are, what
        they are on average, and how they differ. Where the last is much below the first,
        the driver acts by itself, and by a straight line of its quantiles.

    Raises
    ------
    ArgumentError
        If an argument breaks its law, or inputs that depend on each other aren't in one
        group.

    Notes
    -----
    A driver below its median goes up, one above it goes down, by a length that is drawn
    evenly from a quarter to a half: no jump and no period is always stepped over, as one of
    a fixed length may be. All steps of a trial begin at the same point [3]_. Members of a
    group take steps of the same length, and their effect has no sign [2]_. All evaluations
    are one fused program.

    References
    ----------
    .. [1] M. D. Morris, "Factorial sampling plans for preliminary computational
       experiments", Technometrics 33 (1991) 161-174.
    .. [2] F. Campolongo, J. Cariboni, A. Saltelli, "An effective screening design for
       sensitivity analysis of large models", Environmental Modelling & Software 22 (2007)
       1509-1518.
    .. [3] F. Campolongo, A. Saltelli, J. Cariboni, "From screening to quantitative
       sensitivity analysis. A unified approach", Computer Physics Communications 182 (2011)
       978-988.

    Examples
    --------
    >>> import mclib as mc
    >>> @mc.model
    ... def cost(hours=mc.Uniform(10, 20), rate=mc.Uniform(50, 60), trips=mc.Uniform(0, 9)):
    ...     return {"cost": hours * rate + 2 * trips}
    >>> effects = mc.morris(cost, seed=7)
    >>> print(effects.mu_star["cost"]["trips"])
    18 ± 0 (95 %)
    >>> print(f"{effects.sigma['cost']['hours']:.1f}")
    28.9 ± 0.0 (95 %)
    """
    check_model(model)
    graph = model.graph(model.checked(parameters))
    drivers = drivers_of(model, graph, groups)
    signed = _signed(graph, drivers)
    run = run_design(
        model,
        _design(drivers, signed),
        n_trials,
        seed=seed,
        parameters=parameters,
        engine=engine,
        chunk_size=chunk_size,
        sampler=sampler,
        progress=progress,
    )
    result = Result(run)
    outputs = [name for name in run.output_names if "\n" not in name]
    return ElementaryEffects(
        mu_star={
            output: {name: result[_name(output, name, "size")].mean for name in drivers}
            for output in outputs
        },
        mu={
            output: {name: result[_name(output, name)].mean for name in signed}
            for output in outputs
        },
        sigma={
            output: {
                name: result[_name(output, name)].standard_deviation for name in signed
            }
            for output in outputs
        },
        n_evaluations=(len(drivers) + 1) * run.n_trials,
        provenance=run.provenance,
    )


def _design(drivers: Drivers, signed: Sequence[str]) -> Design:
    """A point, and for each driver the same with its draws moved."""
    others = again([name for names in drivers.values() for name in names])
    evaluations: list[dict[str, Moved]] = [{}]
    steps = {}
    for driver, names in drivers.items():
        length = uniform(others[names[0]])
        evaluations.append(dict.fromkeys(names, _moved_by(length)))
        step = 0.5 - 0.5 * length.tail
        if driver in signed:
            step = apply("where", uniform(names[0]).side, -step, step)
        steps[driver] = step.node

    def combined(outputs: Sequence[Outputs]) -> dict[str, Any]:
        first, *moved, length = outputs
        made: dict[str, Any] = {}
        for output, y in first.items():
            made[output] = y
            for there, driver in zip(moved, drivers, strict=True):
                effect = (there[output] - y) / length[driver]
                made[_name(output, driver, "size")] = abs(effect)
                if driver in signed:
                    made[_name(output, driver)] = effect
        return made

    return Design(tuple(evaluations), combined, beside=steps)


def _moved_by(length: Probability) -> Callable[[Probability], Probability]:
    """Return what moves a uniform towards the middle, and beyond, by 1/4 to 1/2."""
    short = 0.5 * length.tail

    def moved(u: Probability) -> Probability:
        there = u.tail + (0.5 - short)
        is_beyond = there > 0.5
        # What is short of a half is above 0, and so is the tail.
        tail = apply("where", is_beyond, (0.5 - u.tail) + short, there)
        return Probability(tail, u.side ^ is_beyond)

    return moved


def _signed(graph: Graph, drivers: Drivers) -> list[str]:
    """Drivers of one uniform: only their steps have a direction."""
    single = {each.name for each in streams_of(graph.roots) if each.n_steps == 1}
    return [
        driver
        for driver, names in drivers.items()
        if len(names) == 1 and names[0] in single
    ]


def _name(output: str, *words: str) -> str:
    return "\n".join((output, *words))
