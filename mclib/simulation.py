"""Running a model: ranges of blocks, computed in any order, merged by index.

`iterate` yields `Progress` while it runs; `simulate` is its last word.
"""

import operator
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from mclib import seeds
from mclib.designs import Design
from mclib.engines.base import Engine
from mclib.engines.choosing import choose_engine
from mclib.errors import NotConverged, law
from mclib.expressions.dtypes import Type
from mclib.expressions.graph import Graph
from mclib.model import Model
from mclib.progress import Progress, shown
from mclib.results.result import Result
from mclib.runs import SimulationRun
from mclib.samplers.choosing import choose_sampler
from mclib.samplers.sampler import Sampler
from mclib.statistics.intervals import check_orders
from mclib.stopping import FIRST_LOOK, Tolerance, check_tolerances, look

MAX_TRIALS = 1 << 50
"""Beyond this a run would take years; it is a slip of the pen."""

_PRECISIONS = {"float64": Type.FLOAT64, "float32": Type.FLOAT32}
_LARGEST_FLOAT32 = 3.4028234663852886e38


def iterate(
    model: Model,
    n_trials: int | None = None,
    *,
    seed: int | None = None,
    parameters: Mapping[str, float] | None = None,
    engine: str | Engine = "auto",
    precision: str = "float64",
    chunk_size: int | None = None,
    sampler: str | Sampler = "independent",
    controls: str | Iterable[str] | Mapping[str, float] = (),
    quantiles: Sequence[float] = (),
    until: Tolerance | Sequence[Tolerance] | None = None,
    interval: float = 0.1,
) -> Iterator[Progress]:
    """Run a model and tell how far it is.

    Parameters
    ----------
    model, n_trials, seed, parameters, engine, precision, chunk_size, sampler, controls
        As for `simulate`.
    quantiles : sequence of float, optional
        As for `simulate`.
    until : Tolerance or sequence of them, optional
        Go on until these estimates are known so well; the last word's `result` has how it
        ended in ``stopping``. A cap that is met first ends the run too, and raises nothing.
    interval : float, default 0.1
        Seconds between two words, at least.

    Yields
    ------
    Progress
        Trials done, estimates so far, time; the last one has all trials. Each has a
        ``result`` with everything that a finished run has, for the trials done so far.

    Examples
    --------
    >>> import mclib as mc
    >>> @mc.model
    ... def total(a=mc.Uniform(0, 1), b=mc.Uniform(0, 1)):
    ...     return a + b
    >>> for progress in mc.iterate(total, 100_000, seed=1):
    ...     pass
    >>> progress.n_trials_done
    100000
    """
    _check_interval(interval)
    run = prepare(
        model,
        _most_trials(n_trials, until),
        seed,
        parameters,
        engine,
        precision,
        chunk_size,
        sampler,
        controls,
        quantiles=quantiles,
    )
    if until is None:
        return _told(run, interval)
    return _told_until(run, check_tolerances(until, run.output_names), interval)


def _most_trials(n_trials: int | None, until: Any) -> int:
    if n_trials is not None:
        return n_trials
    return 1_000_000 if until is None else 1 << 32


def _told(run: SimulationRun, interval: float) -> Iterator[Progress]:
    told = time.monotonic()
    for _ in run.advance():
        is_last = run.n_trials_done == run.n_trials_wanted
        if is_last or time.monotonic() - told >= interval:
            told = time.monotonic()
            yield Progress(run.snapshot())


def _told_until(
    run: SimulationRun, tolerances: Sequence[Tolerance], interval: float
) -> Iterator[Progress]:
    """Tell of a run, and at each look how it stands."""
    most, n_looks, following = run.n_trials_wanted, 0, FIRST_LOOK
    while True:
        n_looks += 1
        run.n_trials_wanted = min(following, most)
        for progress in _told(run, interval):
            if progress.n_trials_done < run.n_trials_wanted:
                yield progress
        run.stopping, following = look(Result(run.snapshot()), tolerances, n_looks)
        if run.stopping.converged or run.n_trials_done == most:
            yield Progress(run)
            return
        # More is wanted: what is told now must stay as it is.
        run.n_trials_wanted = min(following, most)
        yield Progress(run.snapshot())


def simulate(
    model: Model,
    n_trials: int | None = None,
    *,
    seed: int | None = None,
    parameters: Mapping[str, float] | None = None,
    engine: str | Engine = "auto",
    precision: str = "float64",
    chunk_size: int | None = None,
    sampler: str | Sampler = "independent",
    controls: str | Iterable[str] | Mapping[str, float] = (),
    quantiles: Sequence[float] = (),
    until: Tolerance | Sequence[Tolerance] | None = None,
    progress: bool | None = None,
) -> Result:
    """Run a model and return its outcomes.

    Parameters
    ----------
    model : Model
        What to run.
    n_trials : int, default 1,000,000
        How many trials, 1 to 2**50; with `until`, how many at most (2**32 by default).
        Memory does not grow with it.
    seed : int, optional
        From 0 to 2**64 - 1: the same seed gives the same draws on every engine. Drawn from
        the system and recorded in the result when not given.
    parameters : mapping of str to float, optional
        Other values for the model's parameters in this run, as in
        ``{"tax_rate": 0.3, "price.mean": 21}``.
    engine : str or Engine, default "auto"
        ``"llvm"`` (CPU), ``"cuda"`` (GPU), ``"reference"`` (NumPy, slow), or ``"auto"``:
        the GPU if there is one and the work is worth a launch.
    precision : str, default "float64"
        ``"float64"`` or ``"float32"``.
    chunk_size : int, optional
        Trials computed at once by each worker, rounded up to blocks of 1,024. It changes
        memory and speed, never a draw or a result. Chosen by time when not given.
    sampler : str or Sampler, default "independent"
        How trials are placed: ``"antithetic"``, ``"latin hypercube"``, ``"sobol"``,
        ``"halton"``, or a sampler such as ``mc.Stratified("price")``. Means and quantiles
        then need fewer trials; `Result.efficiency` says by how much.
    controls : names of inputs, or mapping of str to float, optional
        Control variates: what an output owes to these inputs, whose means are known, is
        taken off the error of its mean. Outputs too, with their exact means, as in
        ``{"geometric": 5.54}``. Everything but the mean is as without.
    quantiles : sequence of float, optional
        Orders of quantiles that will be asked for, such as ``(0.05, 0.5, 0.95)`` for the
        summary: they are found in the same pass, on the processor. Changes speed alone.
    until : Tolerance or sequence of them, optional
        Go on until these estimates are known so well; see `Tolerance`.
    progress : bool, optional
        Whether to show a progress bar; by default for runs that take over a second.

    Returns
    -------
    Result
        Estimates with standard errors, by output. After Ctrl-C, of the trials done so far,
        marked as interrupted.

    Raises
    ------
    ArgumentError
        If an argument breaks its law.
    TraceError
        If the model cannot be traced.
    EngineUnavailable
        If an engine is asked for by name and cannot run here.
    NotConverged
        If `until` isn't reached within `n_trials`; it holds the result, and says how many
        trials would have been enough.

    Notes
    -----
    Only moments, and `quantiles`, are computed at once. Other quantiles, histograms and
    samples are computed when asked for, exactly, by going through the same draws again.

    Examples
    --------
    >>> import mclib as mc
    >>> @mc.model
    ... def profit(price=mc.Normal(mean=20, standard_deviation=2), units=1000.0):
    ...     return {"profit": units * price}
    >>> result = mc.simulate(profit, n_trials=100_000, seed=7)
    >>> abs(result["profit"].mean.value - 20_000) < 5 * result["profit"].mean.standard_error
    True
    """
    run = prepare(
        model,
        _most_trials(n_trials, until),
        seed,
        parameters,
        engine,
        precision,
        chunk_size,
        sampler,
        controls,
        quantiles=quantiles,
    )
    if until is not None:
        return _simulate_until(run, check_tolerances(until, run.output_names), progress)
    go_on(run, progress)
    return Result(run.snapshot())


def simulate_graph(
    model: Model,
    graph: Graph,
    n_trials: int,
    *,
    seed: int | None,
    engine: str | Engine,
    precision: str,
    sampler: str | Sampler,
    progress: bool | None,
) -> Result:
    """Run a graph that was made of the graphs of several models; see `simulate`.

    Parameters
    ----------
    model : Model
        What the result calls it; its parameters are all those of the graph.
    graph : Graph
        What is run.
    n_trials, seed, engine, precision, sampler, progress
        As for `simulate`.
    """
    run = prepare(
        model, n_trials, seed, None, engine, precision, None, sampler, graph=graph
    )
    go_on(run, progress)
    return Result(run.snapshot())


def run_design(
    model: Model,
    design: Design,
    n_trials: Any,
    *,
    seed: int | None,
    parameters: Mapping[str, float] | None,
    engine: str | Engine,
    chunk_size: int | None,
    sampler: str | Sampler,
    progress: bool | None,
) -> SimulationRun:
    """Return a run whose trials evaluate a model several times, done until Ctrl-C.

    Parameters
    ----------
    model : Model
        What is evaluated.
    design : Design
        At which points, and what is made of them.
    n_trials, seed, parameters, engine, chunk_size, sampler, progress
        As for `simulate`.
    """
    run = prepare(
        model, n_trials, seed, parameters, engine, "float64", chunk_size, sampler,
        design=design,
    )  # fmt: skip
    go_on(run, progress)
    return run


def go_on(run: SimulationRun, progress: bool | None) -> None:
    """Go through all trials that are wanted, or those before Ctrl-C."""
    try:
        for _ in shown(run.advance(), run, progress):
            pass
    except KeyboardInterrupt:
        if run.n_trials_done == 0:
            raise
        run.interrupted = run.n_trials_done < run.n_trials_wanted


def _simulate_until(
    run: SimulationRun, tolerances: Sequence[Tolerance], progress: bool | None
) -> Result:
    """Look at a run now and then, until it is known well enough."""
    most, n_looks, following = run.n_trials_wanted, 0, FIRST_LOOK
    while True:
        n_looks += 1
        run.n_trials_wanted = min(following, most)
        go_on(run, progress)
        result = Result(run.snapshot())
        run.stopping, following = look(result, tolerances, n_looks)
        if run.stopping.converged or run.interrupted:
            return Result(run.snapshot())
        if run.n_trials_done == most:
            result = Result(run.snapshot())
            hint = "the exception's `result` holds what was found."
            raise NotConverged(f"{run.stopping.sentence()}\nhint: {hint}", result)


def prepare(
    model: Model,
    n_trials: Any,
    seed: int | None,
    parameters: Mapping[str, float] | None,
    engine: str | Engine,
    precision: str,
    chunk_size: int | None,
    sampler: str | Sampler,
    controls: Any = (),
    design: Design | None = None,
    graph: Graph | None = None,
    quantiles: Sequence[float] = (),
) -> SimulationRun:
    """Return a run that is about to begin, of arguments that keep their laws."""
    check_model(model)
    n_trials = _whole("n_trials", n_trials, 1, MAX_TRIALS)
    seed = seeds.drawn() if seed is None else _whole("seed", seed, 0, (1 << 64) - 1)
    if chunk_size is not None:
        chunk_size = _whole("chunk_size", chunk_size, 1, MAX_TRIALS)
    if precision not in tuple(_PRECISIONS):
        raise law("precision", 'be "float64" or "float32"', precision)
    numbers = model.checked(parameters)
    for name, value in numbers.items():
        if precision == "float32" and abs(value) > _LARGEST_FLOAT32:
            must = f"be a number that a float32 can hold, up to {_LARGEST_FLOAT32:g}"
            raise law(name, must, value, 'write `precision="float64"`.')
    chosen = choose_engine(engine, n_trials, is_traced=model.is_traced)
    return SimulationRun(
        model,
        numbers,
        n_trials,
        seed,
        chosen,
        _PRECISIONS[precision],
        chunk_size,
        choose_sampler(sampler),
        controls,
        design,
        graph,
        check_orders(quantiles),
    )


def check_model(model: Any) -> None:
    """Raise `ArgumentError` unless it is a model."""
    if not isinstance(model, Model):
        hint = "put `@mc.model` above the function."
        raise law("model", "be a model", model, hint)


def _check_interval(interval: Any) -> None:
    if not isinstance(interval, (int, float)) or not interval >= 0:
        raise law("interval", "be at least 0 seconds", interval)


def _whole(name: str, value: Any, low: int, high: int) -> int:
    must = f"be a whole number from {low:,} to {high:,}"
    if isinstance(value, bool):
        raise law(name, must, value)
    if isinstance(value, float) and value.is_integer():
        hint = f"write `{name}={int(value)}`." if low <= value <= high else None
        raise law(name, must, value, hint)
    try:
        number = operator.index(value)
    except TypeError:
        raise law(name, must, value) from None
    if not low <= number <= high:
        raise law(name, must, value)
    return number
