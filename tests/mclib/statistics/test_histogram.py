import numpy as np
import pytest

from mclib.statistics.bins import FineBins, bins_between
from mclib.statistics.histogram import (
    FEWEST_BINS,
    MOST_BINS,
    Histogram,
    histogram_from,
    histogram_of_bins,
    histogram_of_constant,
    n_bins_for,
)


def _bins(values: np.ndarray, n_bins: int = 2048) -> FineBins:
    request = bins_between(0, values.min(), values.max(), n_bins)
    assert request is not None
    return FineBins(request, request.answer(values))


def _recounted(drawn: Histogram, values: np.ndarray) -> bool:
    places = np.searchsorted(drawn.edges, values, side="right") - 1
    inside = (places >= 0) & (places < len(drawn.counts))
    counts = np.bincount(places[inside], minlength=len(drawn.counts))
    # A value within rounding of an edge may be counted on either side.
    return bool(np.abs(counts - drawn.counts).max() <= 2)


@pytest.mark.parametrize("window", [(0.005, 0.995), (0.4, 0.6), (0.0, 1.0)])
@pytest.mark.parametrize("n_bins", [30, 47, 80])
def test_fine_bins_add_up_to_a_histogram(
    window: tuple[float, float], n_bins: int, seed: int
) -> None:
    values = np.random.default_rng(seed).normal(size=50_000)
    low, high = np.quantile(values, window)

    drawn = histogram_from(_bins(values), low, high, n_bins)

    assert drawn is not None
    assert FEWEST_BINS <= len(drawn.counts) <= MOST_BINS
    assert drawn.n_trials == len(values)
    assert drawn.edges[0] <= low
    assert high <= drawn.edges[-1] * (1 + 1e-12) or window[1] == 1.0
    assert _recounted(drawn, values)


def test_fine_bins_that_are_too_coarse_are_refused(seed: int) -> None:
    values = np.random.default_rng(seed).normal(size=1000)

    assert histogram_from(_bins(values), -0.001, 0.001, 40) is None


def test_bins_become_a_histogram_as_they_are(seed: int) -> None:
    values = np.random.default_rng(seed).normal(size=1000)

    drawn = histogram_of_bins(_bins(values, n_bins=25))

    assert len(drawn.counts) == 25
    assert (0, 0, 1000) == (drawn.below, drawn.above, drawn.n_trials)


def test_the_density_integrates_to_the_share_inside() -> None:
    drawn = Histogram(np.array([0.0, 2.0, 4.0]), np.array([3, 5]), 1, 1)

    assert np.sum(drawn.density * 2.0) == pytest.approx(0.8)


@pytest.mark.parametrize(
    ("n_trials", "spread", "width", "n_bins"),
    [
        (1000, 1.0, 4.0, FEWEST_BINS),
        (10**5, 1.35, 5.15, MOST_BINS),
        (27_000, 1.0, 4.0, 60),
        (10**6, 0.0, 5.0, MOST_BINS),
    ],
)
def test_bins_are_as_many_as_freedman_and_diaconis_advise(
    n_trials: int, spread: float, width: float, n_bins: int
) -> None:
    assert n_bins == n_bins_for(n_trials, spread, width)


@pytest.mark.parametrize("value", [0.0, 3.25, -1e300, 5e-324])
def test_a_constant_is_one_bin_around_it(value: float) -> None:
    drawn = histogram_of_constant(value, 77)

    assert [77] == drawn.counts.tolist()
    assert drawn.edges[0] < value < drawn.edges[1]


@pytest.mark.parametrize("faces", [2, 3, 6, 20])
@pytest.mark.parametrize("n_bins", range(30, 81, 7))
def test_the_window_takes_in_an_atom_at_its_end(faces: int, n_bins: int) -> None:
    values = np.tile(np.arange(1.0, faces + 1.0), 100)
    request = bins_between(0, 1.0, float(faces), 2048)
    assert request is not None

    drawn = histogram_from(FineBins(request, request.answer(values)), 1.0, faces, n_bins)

    assert drawn is not None
    assert (drawn.below, drawn.above) == (0, 0)
    assert drawn.counts.sum() == len(values)
