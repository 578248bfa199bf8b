"""Models: named inputs, named outputs, and the plain function between them."""

import difflib
import functools
import hashlib
import inspect
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, overload

from mclib.dependence.copula import Coupling
from mclib.distributions.distribution import Distribution
from mclib.distributions.tabulated import Tabulated
from mclib.errors import ArgumentError, TraceError, law
from mclib.expressions.display import GraphDisplay
from mclib.expressions.expression import Expression
from mclib.expressions.graph import Graph
from mclib.expressions.loops import uniform
from mclib.expressions.tracing import parameter, plain_numbers, trace
from mclib.sources import source_of

if TYPE_CHECKING:
    from mclib.audits.findings import Audit

Function = Callable[..., Any]

_GRAPHS_KEPT = 16
"""Graphs that a model remembers: one for each way its control flow has gone."""


@dataclass(frozen=True, eq=False)
class Model:
    """A deterministic function of random inputs and fixed parameters.

    Made by the decorator `model`. Calling it with plain numbers computes one case.

    Attributes
    ----------
    function : callable
        The analyst's function.
    name : str
        Its name.
    inputs : mapping of str to Distribution
        What is random.
    parameters : mapping of str to float
        What is fixed in one run and may be changed between runs, the inputs' distribution
        parameters included, as in ``"price.mean"``.
    is_traced : bool
        Whether the function is traced into one program; otherwise it is called with arrays.
    couplings : tuple of Coupling
        Which inputs depend on each other; all others are independent.

    Examples
    --------
    >>> import mclib as mc
    >>> @mc.model
    ... def sales(units=mc.Triangular(80, 100, 150), price=mc.Normal(20, 2), tax=0.25):
    ...     return {"profit": units * price * (1 - tax)}
    >>> sales(units=100, price=20)
    {'profit': 1500.0}
    >>> sales.with_parameters(tax=0.5)(units=100, price=20)
    {'profit': 1000.0}
    """

    function: Function
    name: str
    inputs: Mapping[str, Distribution]
    constants: Mapping[str, float]
    is_traced: bool = True
    couplings: tuple[Coupling, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "_graphs", {})
        # Shift-Tab in a notebook shows the analyst's own words and parameters.
        object.__setattr__(self, "__doc__", self.function.__doc__)
        object.__setattr__(self, "__wrapped__", self.function)

    @property
    def parameters(self) -> Mapping[str, float]:
        """Every number that may be changed between runs."""
        numbers = dict(self.constants)
        for name, distribution in self.inputs.items():
            for key, value in distribution.parameters.items():
                if isinstance(value, (int, float)):
                    numbers[f"{name}.{key}"] = float(value)
        return MappingProxyType(numbers)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call the function itself, with plain numbers: one case, no randomness.

        Parameters that aren't given are those of the model, as `with_parameters` set them.

        Raises
        ------
        ArgumentError
            If an input is not given a number.
        TraceError
            If the model draws in a scan, so that no case is the only one.
        """
        signature = inspect.signature(self.function)
        bound = signature.bind(*args, **kwargs)
        given = {**bound.arguments, **bound.kwargs}
        for name, distribution in self.inputs.items():
            if name not in given:
                hint = f"write `{self.name}({name}=...)`, or run it with `mc.simulate`."
                raise law(name, "be given a number to compute one case", distribution, hint)
        written = {name: each.default for name, each in signature.parameters.items()}
        changed = {
            name: value
            for name, value in self.constants.items()
            if name not in given and written.get(name) != value
        }
        return plain_numbers(self.function(*args, **kwargs, **changed))

    def __repr__(self) -> str:
        inputs = ", ".join(f"{name}={each!r}" for name, each in self.inputs.items())
        constants = ", ".join(f"{name}={value:g}" for name, value in self.constants.items())
        return f"<Model {self.name}({', '.join(filter(None, (inputs, constants)))})>"

    def with_parameters(self, **changes: Any) -> "Model":
        """Return this model with other parameters or inputs.

        Parameters
        ----------
        **changes : float or Distribution
            By name: a number for a parameter, a distribution for an input. Distribution
            parameters are changed in the distribution itself or, by their dotted name, for
            one run by ``simulate(..., parameters={"price.mean": 21})``.

        Raises
        ------
        ArgumentError
            If there is no such parameter or input, or the value does not fit it.
        """
        inputs, constants = dict(self.inputs), dict(self.constants)
        for name, value in changes.items():
            if name in inputs and isinstance(value, Distribution):
                inputs[name] = value
            elif name in constants:
                constants[name] = _number(name, value)
            elif name in inputs:
                raise law(
                    name, f"be a distribution, as the input of `{self.name}` is", value
                )
            elif name in self.parameters:
                must = "be an input or a parameter of the function itself"
                hint = "give the input another distribution, or change it for one run: "
                hint += f'`mc.simulate({self.name}, parameters={{"{name}": {value!r}}})`.'
                raise law(name, must, value, hint)
            else:
                raise self._unknown(name)
        return replace(self, inputs=inputs, constants=constants)

    def coupled(self, coupling: Coupling) -> "Model":
        """Return this model with some inputs made dependent; see `mclib.correlate`.

        Raises
        ------
        ArgumentError
            If one of them is coupled already.
        """
        taken = {name for each in self.couplings for name in each.names}
        for name in coupling.names:
            if name in taken:
                hint = "give all correlations of an input in one call."
                raise law("names", "be inputs that aren't coupled yet", name, hint)
        return replace(self, couplings=(*self.couplings, coupling))

    def checked(self, changes: Mapping[str, Any] | None) -> dict[str, float]:
        """Return all parameters, some of them changed, each checked by its law.

        Raises
        ------
        ArgumentError
            If there is no such parameter, or a number breaks the law of its distribution.
        """
        numbers = dict(self.parameters)
        if changes is not None and not isinstance(changes, Mapping):
            raise law("parameters", "be a mapping of name to number", changes)
        for name, value in (changes or {}).items():
            if name in self.inputs:
                raise self._is_drawn(name, value)
            if name not in numbers:
                raise self._unknown(name)
            numbers[name] = _number(name, value)
        for name, distribution in self.inputs.items():
            own = {
                key: numbers[f"{name}.{key}"]
                for key in distribution.parameters
                if f"{name}.{key}" in numbers
            }
            try:
                distribution.check(own)
            except ArgumentError as error:
                message = f"input `{name}` of `{self.name}`: {error}"
                raise ArgumentError(message) from None
        return numbers

    def graph(
        self, numbers: Mapping[str, float], called: Callable[[str], str] = str
    ) -> Graph:
        """Return the traced model for these parameters.

        Parameters
        ----------
        numbers : mapping of str to float
            The parameters' values, by the names that they have in the graph.
        called : callable, optional
            From the name of a parameter to the name that it has in the graph: two graphs of
            one model may be part of one program, with other numbers.

        The function is traced each time, so that a changed global is heard of; a graph that
        comes out as before is the one from before, with everything compiled for it.

        Raises
        ------
        TraceError
            If the function cannot be traced.
        """
        way = self._call if self.is_traced else self._draw_only
        call = functools.partial(way, called)
        made = trace(call, numbers, self.name)
        known: dict[str, Graph] = self._graphs  # type: ignore[attr-defined]
        digest = made.digest()
        if digest not in known:
            if trace(call, numbers, self.name).digest() != digest:
                message = (
                    f"a model must compute the same each time; `{self.name}` did not when "
                    "it was traced again.\nhint: draw random numbers by inputs or by the "
                    "noise of `mc.scan`, and let nothing else change between calls."
                )
                raise TraceError(message)
            # Other threads may be at it too: nothing here minds what they have done.
            for oldest in list(known)[: 1 - _GRAPHS_KEPT]:
                known.pop(oldest, None)
        return known.setdefault(digest, made)

    def show(self) -> GraphDisplay:
        """Return what the model computes, as text and as a drawing in a notebook."""
        notes = {name: repr(distribution) for name, distribution in self.inputs.items()}
        notes |= {name: f"{value:g}" for name, value in self.constants.items()}
        return GraphDisplay(self.graph(self.parameters), notes)

    def audit(self, *results: Any) -> "Audit":
        """Look for what people get wrong, here and in results; see `mclib.audits`."""
        from mclib.audits.auditing import audited

        return audited(self, source_of(self.function), results)

    def digest(self, numbers: Mapping[str, float]) -> str:
        """Return a hash of what the model computes, whatever its parameters' values."""
        return self.digest_of(self.graph(numbers))

    def digest_of(self, graph: Graph) -> str:
        """Return the digest for a graph of this model."""
        traced = graph.digest()
        if self.is_traced:
            return traced
        return hashlib.sha256(f"{traced}{source_of(self.function)}".encode()).hexdigest()

    def _repr_html_(self) -> str:
        return self.show()._repr_html_()

    def _symbols(self, called: Callable[[str], str]) -> dict[str, Expression]:
        places = {name: uniform(name) for name in self.inputs}
        for coupling in self.couplings:
            places = coupling.join(places)
        symbols = {}
        for name, distribution in self.inputs.items():
            own = {
                key: parameter(called(f"{name}.{key}"))
                for key, value in distribution.parameters.items()
                if isinstance(value, (int, float))
            }
            symbols[name] = distribution.with_parameters(**own).draw(places[name])
        return symbols

    def _call(self, called: Callable[[str], str]) -> tuple[dict[str, Expression], Any]:
        inputs = self._symbols(called)
        constants = {name: parameter(called(name)) for name in self.constants}
        return inputs, self.function(**inputs, **constants)

    def _draw_only(self, called: Callable[[str], str]) -> tuple[dict[str, Expression], Any]:
        inputs = self._symbols(called)
        if not inputs:
            message = f"`{self.name}` must have at least one input to be called with draws."
            raise ArgumentError(message)
        return inputs, inputs

    def _is_drawn(self, name: str, value: Any) -> ArgumentError:
        own = [each for each in self.parameters if each.startswith(f"{name}.")]
        way = f"`{self.name}.with_parameters({name}=...)` takes another distribution."
        if own:
            way = f"name one of its parameters, {', '.join(own)}; {way}"
        must = f"be drawn, as an input of `{self.name}`, and not set"
        return law(name, must, value, way)

    def _unknown(self, name: str) -> ArgumentError:
        known = [*self.inputs, *self.parameters]
        message = (
            f"`{self.name}` has no input or parameter {name!r}; "
            f"it has {', '.join(known) or 'none'}."
        )
        close = difflib.get_close_matches(str(name), known, n=1)
        hint = f"\nhint: did you mean `{close[0]}`?" if close else ""
        return ArgumentError(message + hint)


@overload
def model(function: Function, /) -> Model: ...


@overload
def model(*, trace: bool = True) -> Callable[[Function], Model]: ...


def model(function: Function | None = None, /, *, trace: bool = True) -> Any:
    """Turn a function into a model.

    Every parameter of the function has a default: a distribution makes it an input, a
    number makes it a parameter that may be changed between runs. The function returns its
    outputs as a mapping from name to number.

    Parameters
    ----------
    function : callable
        The function, when the decorator is used without brackets.
    trace : bool, default True
        Whether to trace the function into one fused program. With ``trace=False`` it is
        called chunk by chunk with arrays of draws, shape (n_trials_of_chunk,), and returns
        arrays of that shape: for functions that cannot be traced. Draws are the same either
        way. It is called from several threads, and again for quantiles and samples, so it
        must give the same for the same draws, each trial by itself.

    Returns
    -------
    Model
        Run it with `simulate`.

    Raises
    ------
    ArgumentError
        If a parameter has no default, or one that is neither distribution nor number.

    Examples
    --------
    >>> import mclib as mc
    >>> @mc.model
    ... def profit(units=mc.Triangular(80, 100, 150), price=mc.Normal(20, 2), tax=0.25):
    ...     return {"profit": units * price * (1 - tax)}
    >>> profit.parameters["tax"]
    0.25
    """
    if function is None:
        return lambda given: _make(given, is_traced=trace)
    return _make(function, is_traced=trace)


def _make(function: Function, *, is_traced: bool) -> Model:
    if not callable(function):
        raise law("function", "be a function whose parameters have defaults", function)
    inputs: dict[str, Distribution] = {}
    constants: dict[str, float] = {}
    name = getattr(function, "__name__", type(function).__name__)
    for key, each in inspect.signature(function).parameters.items():
        if each.kind in {each.VAR_POSITIONAL, each.VAR_KEYWORD, each.POSITIONAL_ONLY}:
            message = (
                f"parameters of a model must be known by name; `{name}` has `{each}`.\n"
                "hint: write each input and parameter out, with its default."
            )
            raise ArgumentError(message)
        if isinstance(each.default, Distribution):
            inputs[key] = each.default
        elif hasattr(each.default, "cdf") and not isinstance(each.default, type):
            inputs[key] = Tabulated(each.default)
        elif each.default is inspect.Parameter.empty:
            message = (
                f"parameter `{key}` of model `{name}` must have a default: a distribution "
                f"makes it an input, a number a parameter; got none.\n"
                f"hint: write `{key}=mc.Normal(0.0, 1.0)` or `{key}=1.0`."
            )
            raise ArgumentError(message)
        else:
            constants[key] = _number(key, each.default)
    return Model(function, name, inputs, constants, is_traced)


def _number(name: str, value: Any) -> float:
    if isinstance(value, (str, bytes)):
        raise law(name, "be a number or a distribution", value)
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        raise law(name, "be a number or a distribution", value) from None
    if not math.isfinite(number):
        raise law(name, "be a finite number", value)
    return number
