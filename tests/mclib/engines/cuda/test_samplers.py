"""Without a device: samplers and copulas are formulas as any, also in NVRTC's eyes."""

from typing import Any

import numpy as np
import pytest

import mclib as mc
from mclib.engines.llvm.engine import LlvmEngine
from mclib.engines.plans import argument_values, build_values
from mclib.expressions.dtypes import Type
from tests.tools.golden_programs import PRECISIONS, SEED_WORDS
from tests.tools.host_programs import from_ptx

pytestmark = pytest.mark.compiler


@mc.model
def walk(a=mc.Normal(0, 1), b=mc.Uniform(0, 1), c=mc.Uniform(0, 1)):
    end = mc.scan(lambda x, z: x + z, a, 6, noise=mc.Normal(0, 1))
    return {"end": end + b * c}


MODELS: dict[str, tuple[Any, Any]] = {
    "antithetic": (walk, mc.Antithetic()),
    "latin hypercube": (walk, mc.LatinHypercube()),
    "stratified": (walk, mc.Stratified("a", "b")),
    "sobol": (walk, mc.SobolSequence()),
    "halton": (walk, mc.HaltonSequence()),
    "gumbel": (mc.couple(walk, mc.GumbelCopula(2), ["a", "b", "c"]), mc.SobolSequence()),
    "frank": (mc.couple(walk, mc.FrankCopula(5), ["a", "b", "c"]), mc.Independent()),
}


@pytest.mark.parametrize("precision", PRECISIONS, ids=repr)
@pytest.mark.parametrize("name", MODELS)
def test_the_ptx_of_a_sampler_gives_every_trial_the_bits_of_llvm(
    name: str, precision: Type
) -> None:
    model, sampler = MODELS[name]
    graph = sampler.placed(model.graph(model.parameters), 1 << 24)
    plan = build_values([*graph.inputs.values(), *graph.outputs.values()], precision)
    arguments = argument_values(plan, {**model.parameters, **SEED_WORDS})

    values = from_ptx(plan).run(33, 2, arguments)

    expected = LlvmEngine(1).compile(plan).run(33, 2, arguments)
    assert np.array_equal(expected, values)
