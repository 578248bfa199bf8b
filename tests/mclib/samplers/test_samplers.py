"""Samplers: same bits on each engine, no chunk matters, and each keeps what it promises."""

from itertools import combinations
from typing import Any

import numpy as np
import pytest

import mclib as mc
from mclib.engines.llvm.engine import LlvmEngine
from mclib.engines.plans import build_values
from mclib.engines.reference import ReferenceEngine
from mclib.expressions.dtypes import Type
from mclib.expressions.graph import Graph
from mclib.expressions.loops import scan, uniform
from mclib.samplers.sampler import Sampler
from mclib.samplers.sobol import direction_numbers
from mclib.statistics.blocks import BLOCK, to_trial_order
from tests.helpers import assert_same_bits, ran

NAMES = ("a", "b", "c")
SAMPLERS: dict[str, Any] = {
    "independent": mc.Independent(),
    "antithetic": mc.Antithetic(),
    "latin hypercube": mc.LatinHypercube(),
    "stratified": mc.Stratified("a", "b"),
    "sobol": mc.SobolSequence(),
    "sobol, twice": mc.SobolSequence(n_replications=2),
    "halton": mc.HaltonSequence(),
    "halton, four times": mc.HaltonSequence(n_replications=4),
}
each_sampler = pytest.mark.parametrize("sampler", SAMPLERS.values(), ids=list(SAMPLERS))


@mc.model
def sheet(a=mc.Exponential(mean=2), b=mc.Uniform(low=0, high=1), c=mc.Normal(3, 1), d=1.0):
    walk = mc.scan(lambda x, z: x + 0.1 * z, c, 5, noise=mc.Normal(0, 1))
    return {"y": a * b + d * walk, "sum": a + b + c}


def placed(sampler: Sampler, n_steps: int = 7, n_trials: int = 1 << 20) -> list[Any]:
    """Uniforms of three inputs, and the sum of a noise's normals."""
    outputs = {name: uniform(name).lower.node for name in NAMES}
    outputs["walk"] = scan(lambda x, z: x + z, 0.0, n_steps, mc.Normal(0, 1)).node
    graph = Graph(inputs={}, outputs=outputs, fixed={})
    return list(sampler.placed(graph, n_trials).outputs.values())


def uniforms(sampler: Sampler, n_blocks: int, first_block: int = 0) -> Any:
    """Uniforms of three inputs, shape (3, n_blocks, 1024)."""
    nodes = placed(sampler)[:3]
    where = {"n_blocks": n_blocks, "first_block": first_block}
    values = ran(LlvmEngine(1), build_values, nodes, Type.FLOAT64, **where)
    return to_trial_order(values).reshape(3, n_blocks, BLOCK)


@each_sampler
@pytest.mark.parametrize("precision", [Type.FLOAT64, Type.FLOAT32], ids=repr)
def test_every_engine_gives_the_same_bits(sampler: Sampler, precision: Type) -> None:
    expected, found = (
        ran(engine, build_values, placed(sampler), precision, n_blocks=2, first_block=33)
        for engine in (ReferenceEngine(), LlvmEngine(1))
    )

    assert_same_bits(expected, found)


@each_sampler
def test_a_float32_draw_is_the_float64_draw_seen_less_sharply(sampler: Sampler) -> None:
    wide, narrow = (
        ran(LlvmEngine(1), build_values, placed(sampler)[:3], precision, n_blocks=2)
        for precision in (Type.FLOAT64, Type.FLOAT32)
    )

    assert np.max(np.abs(wide - narrow)) < 2.0**-23


@each_sampler
def test_all_uniforms_are_uniform_and_independent_of_each_other(sampler: Sampler) -> None:
    from scipy import stats

    u = uniforms(sampler, 256).reshape(3, -1)

    for each in u:
        assert stats.kstest(each, "uniform").pvalue > 1e-6
    for first, second in combinations(u, 2):
        assert abs(np.corrcoef(first, second)[0, 1]) < 5.0 / np.sqrt(u.shape[1])


@each_sampler
def test_a_longer_run_goes_on_where_a_shorter_one_ended(sampler: Sampler) -> None:
    short, long = (
        mc.simulate(sheet, n, seed=5, sampler=sampler)["y"].sample(40_000)
        for n in (40_000, 5_000_000)
    )

    assert np.array_equal(short, long)


@each_sampler
def test_how_many_trials_may_come_changes_no_draw(sampler: Sampler) -> None:
    # 2**33 is the most for two replications of a Sobol' sequence, and four of Halton's.
    few, many = (
        ran(LlvmEngine(1), build_values, placed(sampler, n_trials=n), Type.FLOAT64)
        for n in (1 << 16, 1 << 33)
    )

    assert_same_bits(few, many)


@each_sampler
def test_chunks_and_threads_change_nothing(sampler: Sampler) -> None:
    variants: tuple[dict[str, Any], ...] = (
        {"chunk_size": 1_024},
        {"chunk_size": 50_000, "engine": LlvmEngine(n_workers=3)},
        {"engine": LlvmEngine(n_workers=1)},
    )
    results = [
        mc.simulate(sheet, 70_001, seed=5, sampler=sampler, **each)["y"]
        for each in variants
    ]

    told = {
        (
            each.mean.value,
            each.mean.standard_error,
            each.standard_deviation.standard_error,
            each.quantile(0.9).interval(),
            each.tail_mean(0.9).standard_error,
            each.sample().tobytes(),
        )
        for each in results
    }
    assert len(told) == 1


@pytest.mark.parametrize("sampler", ["latin hypercube", "sobol"])
def test_the_judge_agrees_on_a_whole_run(sampler: str) -> None:
    means = {
        mc.simulate(sheet, 2_048, seed=5, sampler=sampler, engine=engine)["y"].mean.value
        for engine in ("reference", "llvm")
    }

    assert len(means) == 1


def test_functions_that_are_not_traced_are_placed_too() -> None:
    @mc.model(trace=False)
    def opaque(a=mc.Uniform(0, 1), b=mc.Uniform(0, 1)):
        return {"y": np.add(a, b)}

    result = mc.simulate(opaque, 65_536, seed=5, sampler="latin hypercube")

    assert abs(result["y"].mean.value - 1.0) < 1e-4
    assert result.efficiency["y"] > 1e4


def test_antithetic_trials_come_in_opposite_pairs_of_independent_draws() -> None:
    independent = uniforms(mc.Independent(), 1)
    pairs = uniforms(mc.Antithetic(), 2).reshape(3, BLOCK, 2)

    assert np.array_equal(independent.reshape(3, BLOCK), pairs[..., 0])
    assert np.array_equal(1.0 - pairs[..., 0], pairs[..., 1])


def test_antithetic_noise_is_opposite_in_every_step() -> None:
    nodes = placed(mc.Antithetic())[3:]
    values = ran(LlvmEngine(1), build_values, nodes, Type.FLOAT64, n_blocks=1)
    walk = to_trial_order(values)[0]

    assert np.array_equal(walk[::2], -walk[1::2])


def test_a_latin_hypercube_has_a_trial_in_each_stratum_of_each_block() -> None:
    strata = np.floor(uniforms(mc.LatinHypercube(), 8, first_block=1_000) * BLOCK)

    assert np.array_equal(
        np.sort(strata, axis=-1), np.broadcast_to(np.arange(1024.0), strata.shape)
    )
    # Blocks and inputs have permutations of their own.
    assert len({tuple(row) for row in strata.reshape(-1, BLOCK)}) == 24


def test_pairs_of_trials_of_a_latin_hypercube_lie_in_any_two_strata() -> None:
    n_blocks = 6_000
    strata = (uniforms(mc.LatinHypercube(), n_blocks)[0] * BLOCK).astype(int)

    for i, j in ((0, 1), (0, 2), (0, 512), (1, 513), (5, 37), (511, 512), (300, 700)):
        for apart in (strata[:, i] ^ strata[:, j], (strata[:, i] - strata[:, j]) % BLOCK):
            counts = np.bincount(apart, minlength=BLOCK)[1:]
            expected = n_blocks / (BLOCK - 1)
            chi_square = float(np.sum((counts - expected) ** 2) / expected)
            assert abs(chi_square - 1_022) < 5.0 * np.sqrt(2.0 * 1_022), (i, j)


def test_stratified_inputs_cover_their_grid_and_others_are_independent() -> None:
    a, b, c = uniforms(mc.Stratified("a", "b"), 4)

    cells = np.floor(a * 32) * 32 + np.floor(b * 32)
    assert np.array_equal(np.sort(cells, axis=-1), np.tile(np.arange(1024.0), (4, 1)))
    assert np.array_equal(c, uniforms(mc.Independent(), 4)[2])


def test_three_stratified_inputs_share_the_bits() -> None:
    a, b, c = uniforms(mc.Stratified("c", "a", "b"), 1)

    cells = (np.floor(c * 16) * 8 + np.floor(a * 8)) * 8 + np.floor(b * 8)
    assert np.array_equal(np.sort(cells[0]), np.arange(1024.0))


def sobol_points(n_points: int, n_dimensions: int) -> Any:
    """Unscrambled points in the order of Gray's code, from our direction numbers."""
    numbers = direction_numbers(n_dimensions).astype(np.uint64)
    points = np.zeros((n_points, n_dimensions), np.uint64)
    for i in range(n_points):
        gray = i ^ (i >> 1)
        for bit in range(n_points.bit_length()):
            if gray >> bit & 1:
                points[i] ^= numbers[:, bit]
    return points / 2.0**32


def test_direction_numbers_give_the_published_points() -> None:
    published = [
        (0, 0, 0),
        (0.5, 0.5, 0.5),
        (0.75, 0.25, 0.25),
        (0.25, 0.75, 0.75),
        (0.375, 0.375, 0.625),
    ]

    assert published == [tuple(row) for row in sobol_points(5, 3).tolist()]


def test_direction_numbers_are_scipys_in_a_thousand_dimensions() -> None:
    from scipy.stats import qmc

    expected = qmc.Sobol(1_024, scramble=False, bits=32).random_base2(5)

    assert np.array_equal(expected, sobol_points(32, 1_024))


@pytest.mark.parametrize("bits", [(6, 6), (4, 8), (10, 2)])
def test_each_replication_of_a_sobol_sequence_is_a_net(bits: tuple[int, int]) -> None:
    blocks = uniforms(mc.SobolSequence(n_replications=4), 16)
    for k in range(4):
        a, b, _ = blocks[:, k::4].reshape(3, -1)

        # 4,096 points, one in each box of this shape.
        boxes = np.floor(a * 2.0 ** bits[0]) * 2.0 ** bits[1] + np.floor(b * 2.0 ** bits[1])
        assert len(np.unique(boxes)) == 4_096


def test_noise_of_a_thousand_steps_takes_a_thousand_dimensions() -> None:
    @mc.model
    def walk(start=mc.Normal(0, 1)):
        return {"end": mc.scan(lambda x, z: x + z, start, 1_024, noise=mc.Normal(0, 1))}

    end = mc.simulate(walk, 32_768, seed=5, sampler="sobol")["end"]

    # A sum of normals: hardly any error is left in the mean.
    assert end.effective_n_trials > 50 * 32_768
    assert abs(end.variance.value - 1_025) < 5 * end.variance.standard_error


@pytest.mark.parametrize(
    ("sampler", "slope"),
    [
        ("independent", -0.5),
        ("sobol", -1.45),
        ("halton", -1.0),
        ("latin hypercube", -0.5),
    ],
)
def test_errors_fall_as_they_should(sampler: str, slope: float) -> None:
    @mc.model
    def smooth(a=mc.Uniform(0, 1), b=mc.Uniform(0, 1), c=mc.Uniform(0, 1)):
        return {"y": (1 + a) * (1 + b * b) * mc.exp(c)}

    exact = 1.5 * (4.0 / 3.0) * (np.e - 1.0)
    sizes = [1 << 15, 1 << 18, 1 << 21]
    errors = []
    for n in sizes:
        apart = [
            mc.simulate(smooth, n, seed=seed, sampler=sampler)["y"].mean.value - exact
            for seed in range(24)
        ]
        errors.append(np.sqrt(np.mean(np.square(apart))))

    found = np.polyfit(np.log(sizes), np.log(errors), 1)[0]
    # Each error is known to 14 %, a slope over a factor of 64 to 0.05.
    assert found == pytest.approx(slope, abs=0.25)


def test_what_single_inputs_do_leaves_a_latin_hypercube_no_error() -> None:
    @mc.model
    def plain(a=mc.Exponential(mean=2), b=mc.Uniform(0, 1), c=mc.Normal(3, 1)):
        return {"y": a * b + c, "sum": a + b + c}

    result = mc.simulate(plain, 65_536, seed=5, sampler=mc.LatinHypercube())

    assert result.efficiency["sum"] > 300
    assert 1.0 < result.efficiency["y"] < 30


@pytest.mark.parametrize(
    ("sampler", "message"),
    [
        ("random", r'be a sampler or one of "independent"'),
        (mc.SobolSequence, r"hint: write `sampler=mc.SobolSequence\(\)`"),
        (None, "be a sampler or one of"),
    ],
)
def test_what_is_no_sampler_is_refused(sampler: Any, message: str) -> None:
    with pytest.raises(mc.ArgumentError, match=message):
        mc.simulate(sheet, 1_024, sampler=sampler)


def test_samplers_hold_their_arguments_to_their_laws() -> None:
    for bad in (0, 3, 64, True, 2.5, "16"):
        with pytest.raises(mc.ArgumentError, match="be 2, 4, 8, 16 or 32"):
            mc.SobolSequence(n_replications=bad)  # type: ignore[arg-type]
    with pytest.raises(mc.ArgumentError, match="be one to 10 inputs"):
        mc.Stratified()
    with pytest.raises(mc.ArgumentError, match="be different inputs by name"):
        mc.Stratified("a", "a")
    with pytest.raises(mc.ArgumentError, match=r"be inputs of the model \(a, b, c\)"):
        mc.simulate(sheet, 1_024, sampler=mc.Stratified("noise"))
    with pytest.raises(mc.ArgumentError, match="be at most 8,589,934,592 for"):
        mc.simulate(sheet, 1 << 34, sampler=mc.SobolSequence(n_replications=2))


def test_too_many_dimensions_are_refused_with_a_way_out() -> None:
    @mc.model
    def long(start=1.0):
        return {"end": mc.scan(lambda x, z: x + z, start, 30_000, noise=mc.Normal(0, 1))}

    with pytest.raises(mc.ArgumentError, match=r"at most 21,201 dimensions(.|\n)*hint: "):
        mc.simulate(long, 1_024, sampler="sobol")


def test_the_result_says_how_trials_were_placed() -> None:
    result = mc.simulate(sheet, 2_048, seed=5, sampler="sobol")

    assert result.provenance.sampler == "SobolSequence(n_replications=16)"
    assert "SobolSequence(n_replications=16)" in str(result)
    assert mc.simulate(sheet, 2_048, seed=5).provenance.sampler == "independent"


def test_what_inputs_and_steps_do_together_is_as_random_as_before() -> None:
    n_blocks, n_steps = 4_000, 4
    outputs = {name: uniform(name).lower.node for name in ("a", "b")}
    for k in range(n_steps):
        # Each output keeps another step of the same noise.
        keep = scan(
            lambda state, z, step, k=k: mc.where(abs(step - k) < 0.5, z, state),
            0.0,
            n_steps,
            mc.Uniform(0, 1),
        )
        outputs[f"step {k}"] = keep.node
    graph = mc.LatinHypercube().placed(Graph({}, outputs, {}), 1 << 30)
    nodes = list(graph.outputs.values())
    values = ran(LlvmEngine(2), build_values, nodes, Type.FLOAT64, n_blocks=n_blocks)
    u = np.sqrt(12.0) * (to_trial_order(values).reshape(-1, n_blocks, BLOCK) - 0.5)

    for first, second in combinations(range(len(u)), 2):
        for pair in (u[first] * u[second], np.sign(u[first]) * np.sign(u[second])):
            # The mean over a block: variance 1 / 1,024, and normal to the fourth moment.
            means = pair.mean(axis=-1) * np.sqrt(BLOCK)
            fourth = np.mean(means**4) / np.var(means) ** 2
            assert abs(np.var(means) - 1.0) < 5.0 * np.sqrt(2.0 / n_blocks)
            assert abs(fourth - 3.0) < 5.0 * np.sqrt(24.0 / n_blocks) + 0.1
