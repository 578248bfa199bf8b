"""Several models, or one with other parameters, as one program on the same draws."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, final

from mclib.distributions.distribution import Distribution
from mclib.engines.base import Engine
from mclib.errors import law
from mclib.expressions.dtypes import Type
from mclib.expressions.expression import Expression, as_number, lift
from mclib.expressions.graph import Graph
from mclib.expressions.nodes import Node
from mclib.expressions.tracing import named_outputs
from mclib.model import Model
from mclib.results.result import Result
from mclib.samplers.sampler import Sampler
from mclib.simulation import simulate_graph
from mclib.sources import source_of

Values = Mapping[tuple[str, str], Any]
"""Values by name of scenario and of output: traced, or arrays."""

Derive = Callable[[Values], Mapping[str, Any]]
"""From the outputs of all scenarios to what a program computes, by name."""


@dataclass(frozen=True)
class Scenario:
    """A model with all its parameters, under a name.

    Attributes
    ----------
    name : str
        What people call it.
    model : Model
        The model.
    numbers : mapping of str to float
        All its parameters.
    """

    name: str
    model: Model
    numbers: Mapping[str, float]

    @classmethod
    def of(cls, name: str, model: Model, changes: Any) -> "Scenario":
        """Return a model with some parameters or inputs changed, under a name.

        Raises
        ------
        ArgumentError
            If there is no such parameter or input, or a value breaks a law.
        """
        if not str(name):
            raise law("scenarios", "have words as names", name)
        if not isinstance(changes, Mapping):
            must = "be a mapping of parameters to numbers"
            raise law(f"scenarios[{name!r}]", must, changes)
        drawn = {key: x for key, x in changes.items() if isinstance(x, Distribution)}
        numbers = {key: x for key, x in changes.items() if key not in drawn}
        model = model.with_parameters(**drawn)
        return cls(str(name), model, model.checked(numbers))


@dataclass(frozen=True)
class Settings:
    """How a run is made, whatever is run: the arguments of `simulate` but the model."""

    n_trials: int
    seed: int | None
    engine: str | Engine
    precision: str
    sampler: str | Sampler
    progress: bool | None = None

    def seeded(self, result: Result) -> "Settings":
        """Return the settings of more runs on the draws of this one."""
        return replace(self, seed=result.seed)


@final
class Together:
    """Scenarios that are one program.

    Inputs of the same name draw from the same stream in all scenarios, and are computed
    once where their distributions are the same.

    Parameters
    ----------
    scenarios : sequence of Scenario
        With different names.
    varied : collection of str
        Parameters that get a name of their own in each scenario even if their numbers are
        equal, so that the program is the same whatever the numbers.

    Raises
    ------
    ArgumentError
        If two have one name, or some models are traced and some are not.
    """

    def __init__(self, scenarios: Sequence[Scenario], varied: Collection[str] = ()) -> None:
        self.scenarios = tuple(scenarios)
        names = [each.name for each in self.scenarios]
        if len(set(names)) < len(names):
            raise law("scenarios", "have names of their own", names)
        self.is_traced = self.scenarios[0].model.is_traced
        for each in self.scenarios:
            if each.model.is_traced != self.is_traced:
                must = "be all traced, or all not traced, to be one program"
                raise law("scenarios", must, each.model.name)
        values: dict[str, set[float]] = {}
        for each in self.scenarios:
            for name, value in each.numbers.items():
                values.setdefault(name, set()).add(value)
        self._own = {name for name, seen in values.items() if len(seen) > 1} | set(varied)
        self.numbers: dict[str, float] = {}
        self._graphs: list[Graph] = []
        for each in self.scenarios:
            called = self._called(each)
            numbers = {called(name): x for name, x in each.numbers.items()}
            self.numbers |= numbers
            self._graphs.append(each.model.graph(numbers, called))
        self._inputs = self._all_inputs()

    def run(self, derive: Derive, settings: Settings) -> Result:
        """Run all scenarios at once, and what is derived from their outputs.

        Parameters
        ----------
        derive : callable
            From values by scenario and output to the outputs of the run by name; it is
            given traced values, or arrays, and computes with functions that take both.
        settings : Settings
            Of the run.
        """
        function = _Functions(self.scenarios, self._inputs, derive)
        outputs: dict[str, Node] = {}
        if self.is_traced:
            derived = derive(self._symbols())
            outputs = {
                name: as_number(lift(x, Type.REAL)).node for name, x in derived.items()
            }
        inputs = {name: node for name, node, _ in self._inputs}
        fixed = {key: x for each in self._graphs for key, x in each.fixed.items()}
        models = dict.fromkeys(each.model.name for each in self.scenarios)
        named = f"{', '.join(models)}: {', '.join(x.name for x in self.scenarios)}"
        return simulate_graph(
            Model(function, named, {}, self.numbers, self.is_traced),
            Graph(inputs, outputs, fixed),
            settings.n_trials,
            seed=settings.seed,
            engine=settings.engine,
            precision=settings.precision,
            sampler=settings.sampler,
            progress=settings.progress,
        )

    def _called(self, scenario: Scenario) -> Callable[[str], str]:
        def called(name: str) -> str:
            return f"{name} in {scenario.name}" if name in self._own else name

        return called

    def _symbols(self) -> dict[tuple[str, str], Expression]:
        return {
            (each.name, output): Expression(node)
            for each, graph in zip(self.scenarios, self._graphs, strict=True)
            for output, node in graph.outputs.items()
        }

    def _all_inputs(self) -> list[tuple[str, Node, list[tuple[int, str]]]]:
        """Return inputs: name, node, and which input of which scenarios it is."""
        users: dict[str, dict[Node, list[int]]] = {}
        for place, graph in enumerate(self._graphs):
            for name, node in graph.inputs.items():
                users.setdefault(name, {}).setdefault(node, []).append(place)
        found = []
        for name, nodes in users.items():
            for node, places in nodes.items():
                whose = " and ".join(self.scenarios[place].name for place in places)
                label = name if len(nodes) == 1 else f"{name} in {whose}"
                found.append((label, node, [(place, name) for place in places]))
        return found


class _Functions:
    """The functions of all scenarios as one, for models that are called with arrays."""

    def __init__(
        self,
        scenarios: Sequence[Scenario],
        inputs: Sequence[tuple[str, Node, list[tuple[int, str]]]],
        derive: Derive,
    ) -> None:
        self._scenarios = scenarios
        self._users = {label: users for label, _, users in inputs}
        self._derive = derive

    def __call__(self, **given: Any) -> Mapping[str, Any]:
        draws: list[dict[str, Any]] = [{} for _ in self._scenarios]
        for label, users in self._users.items():
            for place, name in users:
                draws[place][name] = given[label]
        found: dict[tuple[str, str], Any] = {}
        for each, own in zip(self._scenarios, draws, strict=True):
            constants = {name: each.numbers[name] for name in each.model.constants}
            returned = named_outputs(
                each.model.function(**own, **constants), each.model.name
            )
            found |= {(each.name, key): value for key, value in returned.items()}
        return self._derive(found)

    def __repr__(self) -> str:
        return "\n".join(source_of(each.model.function) for each in self._scenarios)
