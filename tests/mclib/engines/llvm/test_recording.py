"""Compiled records are NumPy's, to the bit, whatever the values and where they lie."""

from pathlib import Path

import numpy as np
import pytest

from mclib.engines.llvm import recording
from mclib.engines.llvm.recording import block_records_compiled
from mclib.statistics.records import block_records
from tests.helpers import assert_same_bits

TYPES = (np.float64, np.float32)
SPECIAL = (0.0, -0.0, 1e-40, 1e-300, 1e30, -1e30, np.inf, -np.inf, np.nan)


@pytest.mark.parametrize("type_", TYPES)
@pytest.mark.parametrize("shape", [(1, 1), (7, 3), (2, 40)])
def test_compiled_records_have_the_bits_of_numpy(
    shape: tuple[int, int], type_: type[np.floating], seed: int
) -> None:
    generator = np.random.default_rng(seed)
    with np.errstate(over="ignore"):
        values = generator.lognormal(sigma=3.0, size=(*shape, 8, 4, 32)).astype(type_)
        some = generator.random(values.shape) < 1e-4
        values[some] = generator.choice(SPECIAL, size=int(some.sum()))

        assert_same_bits(block_records(values), block_records_compiled(values))


@pytest.mark.parametrize("special", SPECIAL)
def test_a_block_may_begin_with_anything(special: float, seed: int) -> None:
    values = np.random.default_rng(seed).normal(size=(2, 1, 8, 4, 32))
    values[1, 0, 0, 0, :5] = special

    assert_same_bits(block_records(values), block_records_compiled(values))


def test_values_may_lie_in_any_order_in_memory(seed: int) -> None:
    by_output = np.random.default_rng(seed).normal(size=(3, 4, 8, 4, 32))
    values = np.moveaxis(by_output, 0, 1)

    assert_same_bits(block_records(values), block_records_compiled(values))


@pytest.mark.parametrize("type_", TYPES)
@pytest.mark.parametrize("n_trials", [1, 31, 128, 129, 1_023, 1_024, 2_500])
def test_so_many_trials_have_the_record_that_numpy_makes(
    n_trials: int, type_: type[np.floating], seed: int
) -> None:
    n_blocks = -(-n_trials // 1_024)
    values = np.random.default_rng(seed).normal(size=(n_blocks, 4, 8, 4, 32)).astype(type_)
    values[-1, 1, 0, 0, 0] = np.nan
    values[-1, 2, 0, 0, 0] = -np.inf
    values[-1, 3] = 0.0

    expected = block_records(values, n_trials)

    assert_same_bits(expected, block_records_compiled(values, n_trials))


def test_no_blocks_give_no_records() -> None:
    assert block_records_compiled(np.empty((0, 3, 8, 4, 32))).shape == (0, 3, 7)


def test_the_code_is_kept_on_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MCLIB_CACHE_DIR", str(tmp_path))
    for _ in range(2):
        recording._functions.cache_clear()
        block_records_compiled(np.ones((1, 1, 8, 4, 32)))
    recording._functions.cache_clear()

    assert len(list((tmp_path / "llvm").iterdir())) == 1
