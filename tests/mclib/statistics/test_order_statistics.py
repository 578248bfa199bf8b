"""Order statistics by passes equal those of the sorted sample, always."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from mclib.errors import InternalError
from mclib.results.answers import Answers
from mclib.statistics import order_statistics as module
from mclib.statistics import selection
from mclib.statistics.order_statistics import order_statistics
from mclib.statistics.sieves import Sieve
from tests.mclib.array_run import ArraySource, accumulated

Floats = NDArray[np.float64]
Sample = Callable[[np.random.Generator, int], Floats]

SAMPLES: dict[str, Sample] = {
    "normal": lambda generator, n: generator.normal(size=n),
    "far from zero": lambda generator, n: 1e9 + generator.normal(size=n),
    "wild tails": lambda generator, n: generator.standard_cauchy(n) ** 3,
    "whole numbers": lambda generator, n: generator.poisson(40.0, n).astype(float),
    "90 % zeros": lambda generator, n: np.maximum(generator.normal(size=n) - 1.28, 0.0),
    "two atoms": lambda generator, n: np.clip(generator.normal(size=n), -0.3, 0.7),
    "few whole numbers": lambda generator, n: generator.poisson(1.5, n) - 1.0,
    "atom at an odd number": lambda generator, n: np.where(
        generator.random(n) < 0.4, 0.123456789, generator.normal(size=n)
    ),
    "atom beside a round number": lambda generator, n: np.where(
        generator.random(n) < 0.4, np.nextafter(0.5, 1.0), generator.uniform(size=n)
    ),
    "prices": lambda generator, n: np.round(generator.normal(10.0, 0.01, n) * 8) / 8,
    "coin": lambda generator, n: generator.integers(0, 2, n).astype(float),
    "one outlier": lambda generator, n: np.r_[1e200, generator.normal(size=n - 1)],
    "huge range": lambda generator, n: (
        np.sign(generator.normal(size=n)) * 10.0 ** generator.uniform(-300, 300, n)
    ),
    "whole range": lambda generator, n: (
        generator.permutation(np.linspace(-1.0, 1.0, n)) * np.finfo(np.float64).max
    ),
    "around a subnormal": lambda generator, n: generator.integers(-99, 99, n) * 5e-324,
    "neighbouring floats": lambda generator, n: (
        1.0 + generator.integers(0, 5000, n) * np.finfo(np.float64).eps
    ),
    "both zeros": lambda generator, n: np.where(generator.random(n) < 0.5, -0.0, 0.0),
    "constant": lambda _, n: np.full(n, -2.5),
}


def _found(values: Floats, ranks: list[int]) -> list[float]:
    answers = Answers.of(ArraySource(values), accumulated(values))
    answers.find_order_statistics([(0, rank) for rank in ranks])
    return [answers.order_statistic(0, rank) for rank in ranks]


def _only_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Guess nothing: all are found by passes where a guess may fetch fewer than none."""
    monkeypatch.setattr(selection, "MOST_KEYS", -1)


def _guess(monkeypatch: pytest.MonkeyPatch, n_trials: int, most_keys: int) -> None:
    """Guess from few trials, as is done where there are very many."""
    monkeypatch.setattr(selection, "WHOLE", 0)
    monkeypatch.setattr(selection, "_FEWEST", n_trials)
    monkeypatch.setattr(selection, "MOST_KEYS", most_keys)


@pytest.fixture(params=["whole", "guess", "fetch", "refine", "refine all"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Which way order statistics go: few outcomes go the ways of very many."""
    if request.param == "guess":
        _guess(monkeypatch, 2048, 1 << 22)
    elif request.param != "whole":
        most_keys = {"fetch": 1 << 22, "refine": 300, "refine all": 0}[request.param]
        monkeypatch.setattr(module, "MOST_KEYS", most_keys)
        _only_passes(monkeypatch)
    return str(request.param)


@pytest.mark.usefixtures("way")
@pytest.mark.parametrize("name", SAMPLES)
def test_order_statistics_equal_the_sorted_sample(name: str, seed: int) -> None:
    n = 20_003
    values = SAMPLES[name](np.random.default_rng(seed), n)
    ranks = [1, 2, 3, 200, 1000, 5001, n // 2, 15_000, 19_003, n - 2, n - 1, n]

    found = _found(values, ranks)

    assert np.sort(values)[np.array(ranks) - 1].tolist() == found


@pytest.mark.usefixtures("way")
def test_infinite_outcomes_are_left_out_of_the_ranks(seed: int) -> None:
    values = np.random.default_rng(seed).normal(size=9_000)
    values[:1000], values[1000:1500], values[1500:1600] = -np.inf, np.inf, np.nan
    finite = np.sort(values[np.isfinite(values)])
    ranks = [1, 2, 100, 3700, 7399, 7400]

    found = _found(values, ranks)

    assert finite[np.array(ranks) - 1].tolist() == found


@given(
    st.lists(st.floats(allow_nan=True, allow_infinity=True), min_size=1, max_size=60),
    st.data(),
)
@settings(deadline=None, max_examples=60)
def test_any_numbers_at_all(numbers: list[float], data: st.DataObject) -> None:
    values = np.array(numbers)
    finite = np.sort(values[np.isfinite(values)])
    if not finite.size:
        return
    rank = data.draw(st.integers(1, len(finite)))

    assert [finite[rank - 1]] == _found(values, [rank])


@pytest.mark.usefixtures("way")
def test_many_ranks_at_once(seed: int) -> None:
    values = np.random.default_rng(seed).normal(size=30_000)
    ranks = list(range(1, 30_000, 371))

    found = _found(values, ranks)

    assert np.sort(values)[np.array(ranks) - 1].tolist() == found


def test_several_outputs_share_their_passes(seed: int) -> None:
    generator = np.random.default_rng(seed)
    outputs = [generator.normal(size=50_000) for _ in range(4)]
    source = ArraySource(*outputs)
    answers = Answers.of(source, accumulated(*outputs))

    targets = [(output, rank) for output in range(4) for rank in (2500, 25_000, 47_500)]
    answers.find_order_statistics(targets)

    assert source.n_sweeps == 1
    for output, rank in targets:
        expected = np.partition(outputs[output], rank - 1)[rank - 1]
        assert expected == answers.order_statistic(output, rank)


def test_what_is_known_is_not_asked_again(seed: int) -> None:
    values = np.random.default_rng(seed).normal(size=50_000)
    source = ArraySource(values)
    answers = Answers.of(source, accumulated(values))
    answers.find_order_statistics([(0, 500), (0, 600)])
    n_sweeps = source.n_sweeps

    answers.find_order_statistics([(0, 600), (0, 500)])

    assert n_sweeps == source.n_sweeps


def test_the_extremes_take_no_pass(seed: int) -> None:
    values = np.random.default_rng(seed).normal(size=5000)
    source = ArraySource(values)

    found = order_statistics(
        source, [(0, 1), (0, 5000)], {0: accumulated(values).total()}, {}
    )

    assert {(0, 1): values.min(), (0, 5000): values.max()} == found
    assert source.n_sweeps == 0


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_many_equal_outcomes_at_an_end_take_one_pass_more(
    sign: float, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    _only_passes(monkeypatch)
    monkeypatch.setattr("mclib.statistics.order_statistics.MOST_KEYS", 1000)
    normal = np.random.default_rng(seed).normal(size=50_000)
    values = sign * np.maximum(normal, 0.0)
    source = ArraySource(values)
    answers = Answers.of(source, accumulated(values))
    n_equal = int(np.count_nonzero(values == 0.0))
    places = np.array([100, 10_000, n_equal])
    ranks = places if sign > 0.0 else len(values) + 1 - places

    answers.find_order_statistics([(0, int(rank)) for rank in ranks])

    assert [0.0] * 3 == [answers.order_statistic(0, int(rank)) for rank in ranks]
    assert source.n_sweeps == 2


def test_many_equal_outcomes_at_round_numbers_take_one_pass_more(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    _only_passes(monkeypatch)
    monkeypatch.setattr("mclib.statistics.order_statistics.MOST_KEYS", 1000)
    values = np.random.default_rng(seed).poisson(4.0, 100_000) / 4.0 - 0.5
    source = ArraySource(values)
    answers = Answers.of(source, accumulated(values))
    ranks = [25_000, 50_000, 75_000]

    answers.find_order_statistics([(0, rank) for rank in ranks])

    expected = np.sort(values)[np.array(ranks) - 1].tolist()
    assert expected == [answers.order_statistic(0, rank) for rank in ranks]
    assert source.n_sweeps == 2


def test_no_pass_fetches_more_than_it_may(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    _only_passes(monkeypatch)
    monkeypatch.setattr(module, "MOST_KEYS", 1000)
    values = np.random.default_rng(seed).lognormal(0.0, 3.0, 100_000)
    fetched = []

    class Watched(ArraySource):
        def sweep(self, requests, n_trials=None):  # type: ignore[no-untyped-def]
            answers = super().sweep(requests, n_trials)
            if n_trials is not None:
                return answers
            fetched.append(
                sum(
                    len(answer)
                    for request, answer in zip(requests, answers, strict=True)
                    if type(request).__name__ == "KeysWithin"
                )
            )
            return answers

    answers = Answers.of(Watched(values), accumulated(values))
    answers.find_order_statistics([(0, rank) for rank in range(1, 100_000, 777)])

    assert max(fetched) <= 1000


def test_passes_that_disagree_are_our_fault(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    values = np.random.default_rng(seed).normal(size=5000)
    answers = Answers.of(ArraySource(values[:-1]), accumulated(values))

    with pytest.raises(InternalError, match=r"found 4,999 outcomes .* there are 5,000"):
        answers.order_statistic(0, 77)
    _only_passes(monkeypatch)
    with pytest.raises(InternalError, match=r"found 4,999 outcomes .* 5,000 were before"):
        answers.order_statistic(0, 77)


def test_a_guess_takes_one_pass_and_few_outcomes(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    _guess(monkeypatch, 10_240, 20_000)
    values = np.random.default_rng(seed).lognormal(0.0, 3.0, 200_000)
    source = ArraySource(values)
    answers = Answers.of(source, accumulated(values))
    ranks = [2, 10_000, 100_000, 190_000, 199_999]

    answers.find_order_statistics([(0, rank) for rank in ranks])

    expected = np.sort(values)[np.array(ranks) - 1].tolist()
    assert expected == [answers.order_statistic(0, rank) for rank in ranks]
    assert 1 == source.n_sweeps


@pytest.mark.parametrize("name", ["90 % zeros", "two atoms", "few whole numbers", "coin"])
def test_a_guess_counts_equal_outcomes_and_fetches_none(
    name: str, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    n = 200_000
    _guess(monkeypatch, 10_240, 20_000)
    values = SAMPLES[name](np.random.default_rng(seed), n)
    source = ArraySource(values)
    answers = Answers.of(source, accumulated(values))

    answers.find_order_statistics([(0, n // 20), (0, n // 2)])

    expected = np.sort(values)[[n // 20 - 1, n // 2 - 1]].tolist()
    assert expected == [answers.order_statistic(0, rank) for rank in (n // 20, n // 2)]
    assert 1 == source.n_sweeps


def test_a_wrong_guess_costs_passes_and_is_mended(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    _guess(monkeypatch, 2048, 1 << 22)
    values = np.random.default_rng(seed).normal(size=50_000)
    values[:2048] += 2.0
    source = ArraySource(values)
    answers = Answers.of(source, accumulated(values))

    answers.find_order_statistics([(0, 5_000), (0, 25_000), (0, 49_990)])

    expected = np.sort(values)[[4_999, 24_999, 49_989]].tolist()
    found = [answers.order_statistic(0, rank) for rank in (5_000, 25_000, 49_990)]
    assert expected == found
    assert 3 == source.n_sweeps


def test_a_pass_that_counts_and_fetches_differently_is_our_fault(seed: int) -> None:
    values = np.random.default_rng(seed).uniform(-1.0, 1.0, 100)
    sieve = Sieve(0, ((-1.0, 1.0),), (True,))
    answer = sieve.answer(values)
    short = sieve.finish(answer._replace(keys=answer.keys[1:]))

    with pytest.raises(InternalError, match=r"found 99 outcomes .* there are 100"):
        selection.found_in(sieve, short, [50], accumulated(values).total())


def test_a_sieve_ranks_finite_outcomes_alone(seed: int) -> None:
    values = np.random.default_rng(seed).normal(size=500)
    values[:100], values[100:130] = -np.inf, np.inf
    sieve = Sieve(0, ((-0.5, 0.5),), (True,))
    record = accumulated(values).total()

    found = selection.found_in(sieve, sieve.finish(sieve.answer(values)), [180], record)

    assert {(0, 180): np.sort(values[130:])[179]} == found
