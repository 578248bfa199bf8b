"""What every process can do: begin, step, and be looked at."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import Any, final

from mclib.distributions.distribution import Distribution
from mclib.distributions.laws import positive
from mclib.distributions.normals import Normal
from mclib.errors import law
from mclib.expressions.loops import scan

State = tuple[Any, ...]

STANDARD = Normal(0.0, 1.0)


class Process(ABC):
    """A value that steps through time inside a trial.

    Subclasses are frozen dataclasses whose fields are the parameters: numbers, or traced
    values, such as parameters of the model and its inputs.

    Examples
    --------
    >>> import mclib as mc
    >>> @mc.model
    ... def call(rate=0.05, volatility=0.2, strike=100.0):
    ...     stock = mc.GeometricBrownianMotion(drift=rate, volatility=volatility)
    ...     def add(total, price):
    ...         return total + price
    ...     total, end = stock.fold(add, 0.0, 100.0, n_steps=12, dt=1 / 12)
    ...     return {"value": mc.exp(-rate) * mc.maximum(total / 12 - strike, 0.0)}
    >>> print(mc.simulate(call, 200_000, seed=7)["value"].mean)
    6.16 ± 0.04 (95 %)
    """

    @abstractmethod
    def noise(self, dt: Any) -> Mapping[str, Distribution]:
        """Return what is drawn anew in each step, by name."""

    @abstractmethod
    def begin(self, start: Any) -> State:
        """Return the state before the first step, at a value; None for the usual one."""

    @abstractmethod
    def step(self, state: State, draws: Mapping[str, Any], dt: Any) -> State:
        """Return the state after one step.

        Parameters
        ----------
        state : tuple of traced values
            As `begin` or `step` returned it.
        draws : mapping of str to traced value
            One for each of `noise`.
        dt : float or traced value
            The length of the step, in the unit of time of the parameters.
        """

    @abstractmethod
    def value(self, state: State) -> Any:
        """Return the value that a state stands for."""

    @final
    def end(
        self, start: Any = None, *, n_steps: int, dt: Any = 1.0, name: str = "process"
    ) -> Any:
        """Return the value after some steps.

        Parameters
        ----------
        start : number or traced value, optional
            The value before the first step; what it is where it is left out, the process
            says.
        n_steps : int
            How many steps.
        dt : float or traced value, default 1
            The length of a step, in the unit of time of the parameters.
        name : str, default "process"
            Of the stream of its draws; two processes of one model need two names.
        """
        return self._stepped(None, (), start, n_steps, dt, name)[-1]

    @final
    def fold(
        self,
        observe: Callable[..., Any],
        initial: Any,
        start: Any = None,
        *,
        n_steps: int,
        dt: Any = 1.0,
        name: str = "process",
    ) -> tuple[Any, Any]:
        """Return what is wanted of a path, and the value at its end.

        Parameters
        ----------
        observe : callable
            ``observe(so_far, value)`` returns what is known after a step: a sum, a maximum,
            a price at which a barrier was crossed. It is called with the value after each
            step.
        initial : number, traced value, or tuple of them
            What is known before the first step.
        start, n_steps, dt, name
            As for `end`.

        Returns
        -------
        so_far, end
            `so_far` is shaped as `initial`.
        """
        is_single = not isinstance(initial, (tuple, list))
        known = (initial,) if is_single else tuple(initial)
        *found, end = self._stepped(observe, known, start, n_steps, dt, name)
        return (found[0] if is_single else tuple(found)), end

    def _stepped(
        self,
        observe: Callable[..., Any] | None,
        known: State,
        start: Any,
        n_steps: int,
        dt: Any,
        name: str,
    ) -> State:
        if not name:
            raise law("name", "be a word", name)
        if observe is not None and not callable(observe):
            raise law("observe", "be a function of what is known and the value", observe)
        dt = positive("dt", dt)
        sources = self.noise(dt)
        places = {key: name if len(sources) == 1 else f"{name}, {key}" for key in sources}
        n_known = len(known)

        def step(state: State, drawn: Mapping[str, Any]) -> State:
            draws = {key: drawn[place] for key, place in places.items()}
            following = self.step(state[n_known:], draws, dt)
            if observe is None:
                return following
            so_far = state[0] if n_known == 1 else state[:n_known]
            seen = observe(so_far, self.value(following))
            seen = tuple(seen) if isinstance(seen, (tuple, list)) else (seen,)
            return (*seen, *following)

        noise = {places[key]: each for key, each in sources.items()}
        ended = scan(step, (*known, *self.begin(start)), n_steps, noise=noise)
        return (*ended[:n_known], self.value(ended[n_known:]))


def given(start: Any) -> Any:
    """Return the value that a process begins at, which has no usual one.

    Raises
    ------
    ArgumentError
        If it is left out.
    """
    if start is None:
        hint = "write `process.end(100.0, n_steps=12)`."
        raise law("start", "be given: this process has no usual level", start, hint)
    return start
