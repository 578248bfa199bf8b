"""Drivers: inputs, noises and groups of them, each with the streams that it draws from."""

from collections.abc import Callable

from mclib.dependence.copula import Coupling
from mclib.errors import law
from mclib.expressions.graph import Graph
from mclib.model import Model
from mclib.results.grouping import Groups, members_of
from mclib.samplers.sampler import streams_of

_TOGETHER = (
    'write `groups={{"market": {names}}}`; only together are they independent of others.'
)


def drivers_of(
    model: Model,
    graph: Graph,
    groups: Groups | None,
    may_part: Callable[[Coupling], bool] = lambda _: False,
) -> dict[str, list[str]]:
    """Return the streams of each driver: groups first, then all inputs and noises alone.

    Parameters
    ----------
    model : Model
        Whose they are.
    graph : Graph
        The model's.
    groups : mapping of str to sequence of str, optional
        Names of inputs and noises, by the name of the group.
    may_part : callable, optional
        Whether the inputs of a coupling may be different drivers; by default none may.

    Raises
    ------
    ArgumentError
        If a group is no list of inputs and noises, one is in two groups, there is nothing
        random, or inputs that depend on each other aren't in one group.
    """
    streams = [each.name for each in streams_of(graph.roots)]
    own = [name for name in streams if name in model.inputs]
    beside = _beside(model, graph)
    members = [*own, *(name for name in streams if name not in own and name not in beside)]
    if not members:
        raise law("model", "have inputs or noises", model, "nothing drives it.")
    drivers = members_of(members, groups, "inputs and noises")
    for coupling in model.couplings:
        homes = {
            driver
            for driver, names in drivers.items()
            if not set(names).isdisjoint(coupling.names)
        }
        if len(homes) > 1 and may_part(coupling):
            continue
        if len(homes) > 1:
            must = "put inputs that depend on each other into one group"
            hint = _TOGETHER.format(names=list(coupling.names))
            raise law("groups", must, ", ".join(coupling.names), hint)
        drivers[homes.pop()] += [
            name for name, others in beside.items() if others == coupling.names
        ]
    return drivers


def _beside(model: Model, graph: Graph) -> dict[str, tuple[str, ...]]:
    """Return streams that copulas draw from besides, with the inputs that they join."""
    return {
        each.name: coupling.names
        for coupling in model.couplings
        for each in streams_of(graph.inputs[name] for name in coupling.names)
        if each.name not in model.inputs
    }
