"""On a device: the laws of every engine, and every distribution has the judge's bits."""

from collections.abc import Callable

import pytest

from mclib.engines.base import Engine
from mclib.engines.cuda.engine import CudaEngine
from mclib.engines.plans import build_values
from mclib.expressions.dtypes import Type
from tests.contracts.distribution_engines import LLVM, outputs_of, values_of
from tests.contracts.distribution_peers import PEERS
from tests.contracts.engine_contract import LAWS, LONG, check_same_bits_as_the_judge
from tests.helpers import assert_same_bits, ran

pytestmark = pytest.mark.gpu


@pytest.fixture(scope="module")
def engine() -> CudaEngine:
    return CudaEngine()


@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.__name__)
def test_a_device_keeps_the_law(law: Callable[[Engine], None], engine: CudaEngine) -> None:
    law(engine)


def test_long_programs_are_computed_as_the_judge_does(engine: CudaEngine) -> None:
    check_same_bits_as_the_judge(engine, LONG)


@pytest.mark.parametrize("name", PEERS)
@pytest.mark.parametrize("precision", [Type.FLOAT64, Type.FLOAT32])
def test_every_distribution_has_the_same_bits(
    name: str, precision: Type, engine: CudaEngine
) -> None:
    nodes = [each.node for each in outputs_of(PEERS[name])]

    on_gpu = ran(engine, build_values, nodes, precision, n_blocks=1)

    assert_same_bits(values_of(LLVM, PEERS[name], precision), on_gpu)
