"""A function called with arrays gives what a traced one does, of the same draws."""

import threading
from typing import Any

import numpy as np
import pytest

import mclib as mc
from mclib.engines.base import Engine, Program
from mclib.engines.llvm.engine import LlvmEngine
from mclib.engines.plans import Plan
from mclib.errors import ArgumentError, TraceError
from mclib.evaluators import MOST_FUSED
from tests.helpers import assert_same_bits

NORMAL = mc.Normal(0.0, 1.0)


def _polynomial(
    x: Any = NORMAL, u: Any = mc.Uniform(-1.0, 1.0), k: float = 0.5
) -> dict[str, Any]:
    return {"sum": x * k + u * u, "difference": x - u}


TRACED, ARRAYS = mc.model(_polynomial), mc.model(trace=False)(_polynomial)


@pytest.mark.parametrize("precision", ["float64", "float32"])
@pytest.mark.parametrize("n_trials", [1, 1000, 1024, 5000])
def test_untraced_functions_get_the_same_draws(n_trials: int, precision: str) -> None:
    traced, called = (
        mc.simulate(model, n_trials, seed=3, precision=precision, chunk_size=2048)
        for model in (TRACED, ARRAYS)
    )

    assert_same_bits(traced.to_frame().to_numpy(), called.to_frame().to_numpy())


def test_untraced_functions_get_the_same_statistics() -> None:
    traced, called = (mc.simulate(model, 5000, seed=3) for model in (TRACED, ARRAYS))

    for name in traced:
        for ask in (
            lambda output: output.mean,
            lambda output: output.kurtosis,
            lambda output: output.maximum,
            lambda output: output.quantile([0.1, 0.5]),
            lambda output: output.probability_above(0.3),
        ):
            assert repr(ask(traced[name])) == repr(ask(called[name]))


@pytest.mark.parametrize("precision", ["float64", "float32"])
def test_many_outputs_have_the_bits_that_each_has_alone(precision: str) -> None:
    def outputs(x: Any = NORMAL, u: Any = mc.Uniform(-1.0, 1.0)) -> dict[str, Any]:
        return {f"y{k}": x * k + u for k in range(3 * MOST_FUSED)}

    def few(x: Any = NORMAL, u: Any = mc.Uniform(-1.0, 1.0)) -> dict[str, Any]:
        return {f"y{k}": x * k + u for k in range(0, 3 * MOST_FUSED, 5)}

    many, alone = (
        mc.simulate(mc.model(each), 400_000, seed=3, precision=precision, chunk_size=70_000)
        for each in (outputs, few)
    )

    for name in alone:
        assert alone[name].mean == many[name].mean
        assert alone[name].kurtosis == many[name].kurtosis
        assert alone[name].minimum == many[name].minimum


def test_untraced_functions_take_parameters() -> None:
    one, two = (
        mc.simulate(ARRAYS, 2000, seed=3, parameters={"k": k, "x.mean": k})["sum"].sample()
        for k in (1.0, 2.0)
    )

    assert_same_bits(
        two,
        mc.simulate(TRACED, 2000, seed=3, parameters={"k": 2, "x.mean": 2})["sum"].sample(),
    )
    assert (one != two).all()


def test_what_cannot_be_traced_can_be_called() -> None:
    @mc.model(trace=False)
    def smallest(x: Any = NORMAL, y: Any = mc.Uniform(0.0, 1.0)) -> Any:
        pairs = np.sort(np.stack([x, y]), axis=0)
        return {"smallest": pairs[0], "up": x > y, "count": np.arange(x.size) * 0, "one": 1}

    result = mc.simulate(smallest, 3000, seed=3)
    frame = result.to_frame()

    assert (frame["smallest"] == np.minimum(frame["x"], frame["y"])).all()
    assert (frame["up"] == (frame["x"] > frame["y"])).all()
    assert (frame["one"] == 1.0).all()


def test_mclibs_functions_work_on_arrays_too() -> None:
    def payoff(x: Any = NORMAL) -> Any:
        return {"y": mc.where(x > 0, mc.exp(x), mc.maximum(x, -1.0))}

    traced, called = (
        mc.simulate(made, 2000, seed=3)["y"].sample()
        for made in (mc.model(payoff), mc.model(trace=False)(payoff))
    )

    assert_same_bits(traced, called)


REFUSED: dict[str, tuple[Any, type[Exception], str]] = {
    "nothing": (lambda x: None, TraceError, "a model must return its outputs"),
    "a tuple": (lambda x: (x, x), TraceError, "must return its outputs by name"),
    "too few": (lambda x: x[:10], ArgumentError, r"shape \(1024,\), .* got shape \(10,\)"),
    "a column": (lambda x: x[:, None], ArgumentError, r"got shape \(1024, 1\) of float64"),
    "words": (lambda x: "up", ArgumentError, r"got shape \(\) of <U2"),
    "objects": (lambda x: {"y": [None]}, ArgumentError, r"got shape \(1,\) of object"),
    "complex": (lambda x: x * 1j, ArgumentError, r"got shape \(1024,\) of complex128"),
    "an input's name": (
        lambda x: {"x": x + 1},
        TraceError,
        "both an input and an output `x`",
    ),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_an_untraced_function_may_not_return_is_refused(what: str) -> None:
    function, error, expected = REFUSED[what]

    with pytest.raises(error, match=expected):
        mc.simulate(mc.model(trace=False)(lambda x=NORMAL: function(x)), 2000, seed=1)


def test_an_untraced_function_may_return_an_input() -> None:
    passed_on = mc.model(trace=False)(lambda x=NORMAL: {"x": x, "y": x * 2})

    trial = mc.simulate(passed_on, 2000, seed=1).trial(1500)

    assert trial.inputs["x"] == trial.outputs["x"] == trial.outputs["y"] / 2


def test_outputs_that_change_their_names_are_refused() -> None:
    calls = iter(range(100))
    fickle = mc.model(trace=False)(lambda x=NORMAL: {f"y{next(calls)}": x})

    with pytest.raises(
        ArgumentError, match="must return the same outputs every time; first y0"
    ):
        mc.simulate(fickle, 5000, seed=1, chunk_size=1024)


def test_an_untraced_function_without_inputs_is_refused() -> None:
    with pytest.raises(
        ArgumentError, match="must have at least one input to be called with"
    ):
        mc.simulate(mc.model(trace=False)(lambda k=1.0: k), 1000, seed=1)


class Counting(Engine):
    """An engine that remembers what it has compiled, and in which threads it ran."""

    name = "llvm"
    n_workers = 4

    def __init__(self) -> None:
        self.inner = LlvmEngine()
        self.compiled: list[Plan] = []

    @property
    def device(self) -> str:
        return self.inner.device

    def compile(self, plan: Plan) -> Program:
        self.compiled.append(plan)
        return self.inner.compile(plan)


def test_a_program_is_compiled_once_for_all_workers() -> None:
    engine = Counting()
    model = mc.model(lambda x=NORMAL: {"y": mc.exp(x) * 1.2345})

    result = mc.simulate(model, 100 * 1024, seed=1, engine=engine, chunk_size=1024)
    assert len(engine.compiled) == 1

    result["y"].quantile(0.5)
    assert len(engine.compiled) == 2


def test_a_program_is_kept_for_the_next_run_with_other_parameters() -> None:
    engine = Counting()
    model = mc.model(lambda x=NORMAL, k=1.0: {"y": mc.exp(x) * k * 5.4321})

    for k in (1.0, 2.0, 3.0):
        mc.simulate(model, 2048, seed=1, engine=engine, parameters={"k": k})

    assert len(engine.compiled) == 1


def test_runs_of_one_program_with_other_parameters_may_overlap() -> None:
    model = mc.model(lambda x=NORMAL, k=1.0: {"y": x * k})
    found: dict[float, float] = {}

    def run(k: float) -> None:
        result = mc.simulate(model, 50_000, seed=1, parameters={"k": k}, chunk_size=1024)
        found[k] = result["y"].maximum.value / k

    threads = [threading.Thread(target=run, args=(2.0**k,)) for k in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()

    assert len(set(found.values())) == 1
