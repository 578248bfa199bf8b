"""Compiled merges are NumPy's, to the bit, and are loaded when they are worth it."""

import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from mclib.engines.llvm import merging
from mclib.engines.llvm.merging import WORTH_LOADING, merge_pairs_compiled
from mclib.statistics.accumulator import Accumulator
from mclib.statistics.moments import EMPTY
from mclib.statistics.records import Floats, merge_pairs
from tests.contracts import accumulator_contract as contract
from tests.helpers import assert_same_bits

SPECIAL = (0.0, -0.0, 1.0, -1.0, 1e-310, 1e300, -1e300, np.inf, -np.inf, np.nan)

LOADED = """
import mclib as mc
from mclib.engines.llvm import merging

@mc.model
def one(x=mc.Uniform(0.0, 1.0)):
    return x

mc.simulate(one, {n_trials}, seed=1, engine="llvm", progress=False)
print(merging._function.cache_info().currsize)
"""


def _records(n_records: int, n_outputs: int, seed: int) -> Floats:
    """Numbers as they come, special ones among them, and some empty records."""
    generator = np.random.default_rng(seed)
    shape = (7, n_records, n_outputs)
    size = np.exp(generator.normal(scale=50.0, size=shape))
    records = size * generator.choice([-1.0, 1.0], size=shape)
    records[0] = generator.choice([0.0, 1.0, 77.0, 1024.0, 2.0**50], size=shape[1:])
    is_special = generator.random(shape) < 0.1
    records[is_special] = generator.choice(SPECIAL, size=int(is_special.sum()))
    records[:, generator.random(shape[1:]) < 0.1] = np.array(EMPTY)[:, np.newaxis]
    return records


@pytest.mark.parametrize("n_outputs", [1, 3, 40])
def test_compiled_merges_have_the_bits_of_numpy(n_outputs: int, seed: int) -> None:
    records = _records(4_000, n_outputs, seed)
    generator = np.random.default_rng(seed)
    lefts = np.flatnonzero(generator.random(3_999) < 0.3)

    assert_same_bits(merge_pairs(records, lefts), merge_pairs_compiled(records, lefts))


def test_records_may_lie_in_any_order_in_memory(seed: int) -> None:
    records = np.moveaxis(np.moveaxis(_records(999, 2, seed), 0, -1).copy(), -1, 0)
    lefts = np.arange(0, 998, 2)

    assert_same_bits(merge_pairs(records, lefts), merge_pairs_compiled(records, lefts))


def test_nothing_to_merge_gives_nothing() -> None:
    none = np.empty(0, np.intp)

    assert merge_pairs_compiled(np.empty((7, 5, 2)), none).shape == (7, 0, 2)
    assert merge_pairs_compiled(np.empty((7, 0, 2)), none).shape == (7, 0, 2)


def test_any_split_in_any_order_gives_the_same_bits(seed: int) -> None:
    records = np.random.default_rng(seed).lognormal(size=(3_000, 2, 7))

    make = partial(Accumulator, merge=merge_pairs_compiled)
    contract.check_any_split_gives_the_same_bits(make, records, seed)


@pytest.fixture
def unloaded() -> Iterator[None]:
    merging._function.cache_clear()
    yield
    merging._function.cache_clear()


@pytest.mark.usefixtures("unloaded")
def test_the_code_is_kept_on_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MCLIB_CACHE_DIR", str(tmp_path))
    records, lefts = np.ones((7, 2 * WORTH_LOADING, 1)), np.arange(0, 2 * WORTH_LOADING, 2)
    for _ in range(2):
        merging._function.cache_clear()
        merge_pairs_compiled(records, lefts)

    assert len(list((tmp_path / "llvm").iterdir())) == 1


@pytest.mark.parametrize(("n_trials", "n_loaded"), [(200_000, 0), (1_000_000, 1)])
def test_a_short_run_does_not_load_it(n_trials: int, n_loaded: int) -> None:
    script = LOADED.format(n_trials=n_trials)
    done = subprocess.run(
        [sys.executable, "-c", script], check=True, capture_output=True, text=True
    )

    assert int(done.stdout) == n_loaded
