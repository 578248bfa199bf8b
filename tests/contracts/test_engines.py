"""Every engine that this machine has keeps every law of the contract."""

from collections.abc import Callable

import pytest

from mclib.engines.base import Engine
from mclib.engines.llvm.engine import LlvmEngine
from tests.contracts.engine_contract import (
    JUDGE,
    LAWS,
    LONG,
    check_same_bits_as_the_judge,
)

LLVM = LlvmEngine()
PEERS: dict[str, Engine] = {"reference": JUDGE, "llvm": LLVM}


@pytest.mark.parametrize("peer", PEERS)
@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.__name__)
def test_every_engine_keeps_the_law(law: Callable[[Engine], None], peer: str) -> None:
    law(PEERS[peer])


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_long_programs_are_computed_as_the_judge_does() -> None:
    check_same_bits_as_the_judge(LLVM, LONG)
