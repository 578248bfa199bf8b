"""Importance sampling: inputs drawn towards one end, and trials with weights."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from mclib.designs import Design, Moved, Outputs, redrawn
from mclib.engines.base import Engine
from mclib.errors import NotConverged, law
from mclib.expressions.dtypes import Type
from mclib.expressions.expression import Expression, apply, lift
from mclib.expressions.functions import maximum
from mclib.expressions.graph import Graph
from mclib.expressions.loops import uniform
from mclib.expressions.probability import Probability
from mclib.model import Model
from mclib.rare.weighted import Floats, Weighted
from mclib.results.windows import read_values
from mclib.runs import SimulationRun
from mclib.samplers.sampler import streams_of
from mclib.simulation import check_model, go_on, prepare
from mclib.stopping import FIRST_LOOK, Tolerance, check_tolerances, look

MOST_TRIALS = 10_000_000
"""All outcomes and weights are kept: 80 MB for each output of so many."""

STRONGEST = 100.0

_DEFAULT_TRIALS = 100_000
_LEAST = 2.0**-53
# No output has a name with a line break.
_WEIGHT = "\nweight"
_INPUT = "\ninput "


def importance(
    model: Model,
    n_trials: int | None = None,
    *,
    upper: Mapping[str, float] | None = None,
    lower: Mapping[str, float] | None = None,
    until: Tolerance | Sequence[Tolerance] | None = None,
    seed: int | None = None,
    parameters: Mapping[str, float] | None = None,
    engine: str | Engine = "auto",
    chunk_size: int | None = None,
    progress: bool | None = None,
) -> Weighted:
    """Run a model with more trials where something rare happens, and weigh them.

    Parameters
    ----------
    model : Model
        Of any kind.
    n_trials : int, optional
        100,000 by default, or, with `until`, as many as it takes; 10,000,000 at most:
        unlike those of `simulate`, all outcomes are kept.
    upper, lower : mapping of str to float
        Inputs that are drawn towards their upper or lower end, and how strongly, 1 to 100.
        What has the chance s in the model is drawn with the chance ``s ** (1 / strength)``:
        with a strength of 4 the uppermost 1 % of an input get 32 % of the trials.
    until : Tolerance or sequence of Tolerance, optional
        How well something shall be known before the run ends; `n_trials` is then the most
        that it may take.
    seed, parameters, engine, chunk_size, progress
        As for `simulate`.

    Returns
    -------
    Weighted
        Statistics by output, each with the weights in it and a standard error.

    Raises
    ------
    ArgumentError
        If nothing is drawn otherwise, or a name or strength breaks its law.
    NotConverged
        If `until` is not reached; the exception holds what was found.

    Notes
    -----
    An input's uniform u has ``1 - u = s`` (for `upper`) turned into ``s ** k``, and the
    trial has the weight ``k s ** (k - 1)``: the derivative, so that weighted averages are
    those of the model. No density is needed, inputs may be discrete or depend on each
    other (`mc.correlate`: then the uniform behind the input is drawn otherwise), and no
    weight is above the product of all strengths. Weights are *self-normalized*: they are
    divided by their sum, so that chances add up to 1 and a shift of an output shifts its
    mean; the bias falls as ``1 / n_trials`` and the error as ``1 / sqrt(n_trials)``.

    Choose inputs and strengths by looking at the error of what is wanted: about the
    logarithm of its chance, shared out among the inputs that bring it about. Statistics of
    the bulk get worse; `Weighted.effective_n_trials` says how much.

    References
    ----------
    .. [1] A. B. Owen, "Monte Carlo theory, methods and examples", 2013, chapter 9.

    Examples
    --------
    >>> import mclib as mc
    >>> @mc.model
    ... def loss(fire=mc.Exponential(1), storm=mc.Exponential(1)):
    ...     return {"loss": fire + storm}
    >>> result = importance(loss, upper={"fire": 5, "storm": 5}, seed=7)
    >>> print(f"{result['loss'].probability_above(20):.2e}")  # exactly 4.33e-08
    4.24e-08 ± 1.73e-09 (95 %)
    """
    check_model(model)
    most = _most_trials(n_trials, until is not None)
    graph = model.graph(model.checked(parameters))
    single = [each.name for each in streams_of(graph.roots) if each.n_steps == 1]
    inputs = [name for name in model.inputs if name in single]
    design = _design(_strengths(inputs, upper or {}, lower or {}), graph)
    run = prepare(
        model, most, seed, parameters, engine, "float64", chunk_size, "independent",
        design=design,
    )  # fmt: skip
    outputs = [name for name in run.output_names if not name.startswith("\n")]
    if until is None:
        go_on(run, progress)
        return _found(run, outputs)
    tolerances = check_tolerances(until, outputs)
    n_looks, following = 0, FIRST_LOOK
    while True:
        n_looks += 1
        run.n_trials_wanted = min(following, most)
        go_on(run, progress)
        found = _found(run, outputs)
        run.stopping, following = look(found, tolerances, n_looks)
        found.stopping = run.stopping
        if run.stopping.converged or run.interrupted:
            return found
        if run.n_trials_done == most:
            hint = "the exception's `result` holds what was found."
            raise NotConverged(f"{run.stopping.sentence()}\nhint: {hint}", found)


def _found(run: SimulationRun, outputs: Sequence[str]) -> Weighted:
    """Read the outcomes and weights of all trials that are done."""
    run = run.snapshot()
    values = read_values(run, 0, run.n_trials, [*outputs, _WEIGHT])
    weights = values.pop(_WEIGHT)

    def inputs() -> dict[str, Floats]:
        columns = [name for name in run.output_names if name.startswith(_INPUT)]
        drawn = read_values(run, 0, run.n_trials, columns)
        return {name.removeprefix(_INPUT): each for name, each in drawn.items()}

    return Weighted(values, weights, run.provenance, inputs)


def _most_trials(n_trials: Any, has_tolerance: bool) -> Any:
    if n_trials is None:
        return MOST_TRIALS if has_tolerance else _DEFAULT_TRIALS
    if isinstance(n_trials, (int, float)) and n_trials > MOST_TRIALS:
        raise law("n_trials", f"be at most {MOST_TRIALS:,}", n_trials)
    return n_trials


def _strengths(
    inputs: Sequence[str], upper: Mapping[str, Any], lower: Mapping[str, Any]
) -> dict[str, float]:
    """Return how strongly each input is drawn, below 0 for towards its lower end."""
    strengths: dict[str, float] = {}
    for way, asked, sign in (("upper", upper, 1.0), ("lower", lower, -1.0)):
        if not isinstance(asked, Mapping):
            raise law(way, "be a mapping of input to strength", asked)
        for name, strength in asked.items():
            if name not in inputs:
                raise law(way, f"name inputs of the model ({', '.join(inputs)})", name)
            if name in strengths:
                raise law(way, "name no input that `upper` names", name)
            is_number = isinstance(strength, (int, float)) and strength is not True
            if not is_number or not 1.0 <= strength <= STRONGEST:
                raise law(f"{way}[{name!r}]", "be a number from 1 to 100", strength)
            strengths[name] = sign * float(strength)
    if not strengths:
        hint = 'write `upper={"loss": 4}`.'
        raise law("upper, lower", "name an input at least", None, hint)
    return strengths


def _design(strengths: Mapping[str, float], graph: Graph) -> Design:
    """One evaluation over draws that are moved; beside it the weight, and the inputs."""
    moved: dict[str, str | Moved] = {
        name: _drawn_towards(strength) for name, strength in strengths.items()
    }
    weight = lift(1.0, Type.REAL)
    for name, strength in strengths.items():
        k = abs(strength)
        s = _distance(uniform(name), strength)
        weight = weight * (k * s ** (k - 1.0))

    def combined(outputs: Sequence[Outputs]) -> dict[str, Any]:
        model_outputs, beside = outputs
        return {**model_outputs, **beside}

    drawn = redrawn(graph.inputs, moved)
    inputs = {f"{_INPUT}{name}": each for name, each in drawn.items()}
    return Design((moved,), combined, beside={_WEIGHT: weight.node, **inputs})


def _distance(u: Probability, strength: float) -> Expression:
    """Return how far a uniform is from the end that it is drawn towards."""
    return u.upper if strength > 0.0 else u.lower


def _drawn_towards(strength: float) -> Callable[[Probability], Probability]:
    """Return what takes a uniform's distance from an end to its power."""

    def moved(u: Probability) -> Probability:
        distance = _distance(u, strength) ** abs(strength)
        is_near = distance < 0.5
        # Nearer than this no uniform comes to an end, and distributions rely on it.
        tail = maximum(apply("where", is_near, distance, 1.0 - distance), _LEAST)
        return Probability(tail, is_near if strength > 0.0 else ~is_near)

    return moved
