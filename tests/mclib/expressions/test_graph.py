"""A graph has one hash wherever it is made, and one stream for each source."""

import os
import subprocess
import sys
from dataclasses import dataclass
from typing import Any

import pytest

import mclib as mc
from mclib.errors import TraceError
from mclib.expressions.dtypes import Type
from mclib.expressions.graph import describe
from mclib.expressions.nodes import node
from mclib.testing import assert_within_standard_errors

NORMAL = mc.Normal(0.0, 1.0)
COLLIDING_NAMES = ("input_126381", "input_159503")


def _digest(function: Any) -> str:
    model = mc.model(function)
    return model.digest(model.parameters)


def _mixed(price: Any = NORMAL, rate: float = 0.05, unused: Any = NORMAL) -> Any:
    def step(state: Any, draws: Any, number: Any) -> Any:
        level, total = state
        return level * mc.exp(rate + draws["shock"]) - number, total + level

    level, total = mc.scan(step, (price, -0.0), 5, noise={"shock": NORMAL})
    bonus = mc.lookup([1.0, 2.0, 4.0], total) + mc.interp(level, [0.0, 1.0], [2.0, 3.0])
    return {"level": level, "bonus": mc.where(level > 0, bonus, float("nan"))}


def test_the_digest_is_the_same_in_every_process() -> None:
    script = (
        "from tests.mclib.expressions.test_graph import _digest, _mixed;"
        "print(_digest(_mixed), end='')"
    )

    elsewhere = {
        subprocess.run(
            [sys.executable, "-c", script],
            env=os.environ | {"PYTHONHASHSEED": hash_seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for hash_seed in ("1", "2")
    }

    assert elsewhere == {_digest(_mixed)}


def test_tracing_twice_gives_one_digest() -> None:
    assert _digest(_mixed) == _digest(_mixed)


VARIANTS = (
    lambda x=NORMAL: x + 1,
    lambda x=NORMAL: x + 2,
    lambda x=NORMAL: mc.scan(lambda s: s + 1, x, 13, until=lambda s: s > 1),
    lambda x=NORMAL: mc.scan(lambda s: s + 1, x, 13, until=lambda s: s > 2),
    lambda x=NORMAL: x - 1,
    lambda x=NORMAL: 1 - x,
    lambda y=NORMAL: y + 1,
    lambda x=mc.Uniform(0, 1): x + 1,
    lambda x=NORMAL: {"other": x + 1},
    lambda x=NORMAL, k=1.0: x + k,
    lambda x=NORMAL, m=1.0: x + m,
    lambda x=NORMAL, z=NORMAL: x + 1,
    lambda x=NORMAL: {"a": x, "b": x + 1},
    lambda x=NORMAL: {"a": x + 1, "b": x},
    lambda x=NORMAL: mc.scan(lambda s: s + 1, x, 2),
    lambda x=NORMAL: mc.scan(lambda s: s + 1, x, 3),
    lambda x=NORMAL: mc.scan(lambda s, z: s + z, x, 3, noise=NORMAL),
    lambda x=NORMAL: mc.scan(lambda s, z: s + z["a"], x, 3, noise={"a": NORMAL}),
    lambda x=NORMAL: mc.lookup([1.0, 2.0], x),
    lambda x=NORMAL: mc.lookup([1.0, 3.0], x),
    lambda x=mc.PERT(20, 35, 70): (x - 20) / 50,
    lambda x=mc.PERT(20, 55, 70): (x - 20) / 50,
    lambda x=NORMAL: x * 0.0,
    lambda x=NORMAL: x * -0.0,
)


def test_models_that_differ_have_digests_that_differ() -> None:
    digests = [_digest(variant) for variant in VARIANTS]

    assert len(set(digests)) == len(VARIANTS)


def test_a_run_with_other_parameters_has_the_tables_of_its_own() -> None:
    model = mc.model(lambda x=mc.PERT(20, 35, 70): {"y": x})
    mc.simulate(model, 1_000, seed=7)

    later = {"x.low": 40, "x.mode": 60, "x.high": 90}
    result = mc.simulate(model, 50_000, seed=7, parameters=later)

    assert_within_standard_errors(result["y"].mean, mc.PERT(40, 60, 90).mean)


def test_what_has_no_hash_of_its_own_is_not_hashed_by_its_words() -> None:
    @dataclass(frozen=True)
    class Hidden:
        number: int

        def __repr__(self) -> str:
            return "hidden"

    formal = node("formal", type_=Type.REAL, payload=Hidden(1))

    with pytest.raises(TypeError, match="a hash must take all of a Hidden; got hidden"):
        describe([formal], lambda _: None)


def test_the_digest_is_of_the_formula_not_of_its_words() -> None:
    def plain(x: Any = NORMAL) -> Any:
        return {"y": x * 2 + 1}

    def wordy(x: Any = NORMAL) -> Any:
        twice = 2.0 * 1 * x if False else x * 2.0
        return {"y": 0.5 + 0.5 + twice if False else twice + 1}

    assert _digest(plain) == _digest(wordy)


def test_the_digest_does_not_depend_on_what_parameters_are() -> None:
    model = mc.model(lambda x=NORMAL, k=1.0: x * k)

    graphs = [model.graph({**model.parameters, "k": k}) for k in (1.0, 3.0)]

    assert graphs[0] is graphs[1]


def test_two_names_with_one_stream_are_refused() -> None:
    source = f"lambda {COLLIDING_NAMES[0]}=NORMAL, {COLLIDING_NAMES[1]}=NORMAL: 1.0"
    model = mc.model(eval(source, {"NORMAL": NORMAL}))

    with pytest.raises(TraceError) as caught:
        mc.simulate(model, 1000, seed=1)

    assert str(caught.value) == (
        "names must have different streams; 'input_126381' and 'input_159503' both have "
        "stream 0x40d4e1ed.\nhint: rename one of them."
    )


SHARED = {
    "two scans": lambda x=NORMAL: (
        mc.scan(lambda s, z: s + z, x, 3, noise=NORMAL)
        + mc.scan(lambda s, z: s + z, x, 3, noise=NORMAL)
    ),
    "a scan and an input": lambda noise=NORMAL: mc.scan(
        lambda s, z: s + z, noise, 3, noise=NORMAL
    ),
}


@pytest.mark.parametrize("who", SHARED)
def test_two_sources_of_one_name_are_refused(who: str) -> None:
    with pytest.raises(TraceError) as caught:
        mc.simulate(mc.model(SHARED[who]), 1000, seed=1)

    assert str(caught.value) == (
        "each source of randomness must have a name of its own; 2 are called 'noise' and "
        "would draw the same numbers.\n"
        'hint: name them, as in `mc.scan(..., noise={"demand": mc.Normal()})`.'
    )


def test_one_noise_used_twice_in_a_step_is_one_draw() -> None:
    def difference(x: Any = NORMAL) -> Any:
        return mc.scan(lambda s, z: s + (z - z), 0.0 * x, 3, noise=NORMAL)

    assert (
        mc.simulate(mc.model(difference), 1000, seed=1)["difference"].maximum.value == 0.0
    )
