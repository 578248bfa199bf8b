"""Halton points: one in each box of their bases, whatever the scramble."""

import numpy as np
import pytest

import mclib as mc
from mclib.engines.llvm.engine import LlvmEngine
from mclib.engines.plans import build_values
from mclib.expressions.dtypes import Type
from mclib.expressions.graph import Graph
from mclib.expressions.loops import uniform
from mclib.statistics.blocks import BLOCK, to_trial_order
from tests.helpers import ran
from tests.mclib.samplers.test_samplers import uniforms


@pytest.mark.parametrize(("first", "second", "third"), [(6, 4, 2), (11, 0, 0), (0, 7, 0)])
def test_each_replication_of_a_halton_sequence_fills_every_box_of_its_bases(
    first: int, second: int, third: int
) -> None:
    shape = 2**first, 3**second, 5**third
    n_boxes = int(np.prod(shape))
    n_turns = -(-n_boxes // BLOCK)
    blocks = uniforms(mc.HaltonSequence(n_replications=4), 4 * n_turns)
    for k in range(4):
        points = blocks[:, k::4].reshape(3, -1)[:, :n_boxes]
        # So many points in a row, from the first on: one in each box.
        sides = (np.floor(u * n) for u, n in zip(points, shape, strict=True))
        boxes = np.ravel_multi_index(tuple(each.astype(int) for each in sides), shape)

        assert len(np.unique(boxes)) == n_boxes


def test_halton_points_are_radical_inverses_of_scrambled_digits() -> None:
    n_turns = 9
    blocks = uniforms(mc.HaltonSequence(n_replications=2), 2 * n_turns, first_block=14)
    own = blocks[:, 0::2].reshape(3, -1)
    # What the first block of this replication is in its sequence.
    indices = 7 * BLOCK + np.arange(n_turns * BLOCK)
    for u, p in zip(own, (2, 3, 5), strict=True):
        n_digits = {2: 14, 3: 9, 5: 6}[p]
        for k in range(n_digits):
            # Each digit of the coordinate is a permutation of the same digit of the index.
            given = indices // p**k % p
            made = np.floor(u * p ** (k + 1)).astype(int) % p
            pairs = np.unique(np.stack([given, made]), axis=1)
            assert pairs.shape[1] == np.unique(pairs[0]).size
            assert np.unique(pairs[1]).size == pairs.shape[1]


def test_late_dimensions_of_a_halton_sequence_have_no_pattern_together() -> None:
    # Without scrambling, bases 541 and 547 put their first points on a few lines.
    names = [f"x{k}" for k in range(101)]
    nodes = {name: uniform(name).lower.node for name in names}
    outputs = list(
        mc.HaltonSequence(2).placed(Graph({}, nodes, {}), 1 << 20).outputs.values()
    )
    values = ran(LlvmEngine(1), build_values, outputs, Type.FLOAT64, n_blocks=1)
    u = to_trial_order(values).reshape(101, -1)

    correlations = np.corrcoef(u[80:])[np.triu_indices(21, 1)]
    assert np.abs(correlations).max() < 0.3
    assert np.abs(u.mean(axis=1) - 0.5).max() < 5 * np.sqrt(1.0 / 12.0 / BLOCK)


def test_halton_points_hold_to_their_laws() -> None:
    @mc.model
    def walk(x=mc.Normal(0, 1)):
        return mc.scan(lambda y, z: y + z, x, 1_000, noise=mc.Normal(0, 1))

    with pytest.raises(
        mc.ArgumentError, match="`n_replications` must be 2, 4, 8, 16 or 32"
    ):
        mc.HaltonSequence(n_replications=3)
    with pytest.raises(mc.ArgumentError, match="at most 1,000 dimensions") as caught:
        mc.simulate(walk, 1_024, sampler="halton")
    assert "mc.SobolSequence()" in str(caught.value)
    with pytest.raises(mc.ArgumentError, match="be at most 34,359,738,368"):
        mc.HaltonSequence().check([], 1 << 36)


def test_the_last_of_a_thousand_dimensions_is_reached() -> None:
    @mc.model
    def walk(x=mc.Normal(0, 1)):
        return mc.scan(lambda y, z: y + z, x, 999, noise=mc.Normal(0, 1))

    end = mc.simulate(walk, 65_536, seed=5, sampler="halton")["walk"]

    # A sum of normals: little error is left in the mean, and the variance is as it was.
    assert end.effective_n_trials > 3 * 65_536
    assert abs(end.variance.value - 1_000) < 5 * end.variance.standard_error
