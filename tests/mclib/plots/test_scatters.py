import numpy as np
import pytest

import mclib as mc
from mclib import plots
from mclib.errors import ArgumentError
from mclib.results.result import Result


@pytest.fixture(scope="module")
def result() -> Result:
    @mc.model
    def line(a: float = mc.Normal(0, 1), b: float = mc.Normal(0, 1)) -> dict[str, float]:
        return {"y": 3.0 * a + b}

    return mc.simulate(line, 50_000, seed=3)


def test_points_are_the_first_trials_and_lines_their_regression(result: Result) -> None:
    figure = plots.scatter(result, "y", n_drivers=1, n_points=200)

    _, points, line, _ = figure.data
    table = result.to_frame(200)
    assert table["a"].to_list() == list(points.x)
    assert table["y"].to_list() == list(points.y)
    slope = (line.y[1] - line.y[0]) / (line.x[1] - line.x[0])
    assert abs(slope - 3.0) < 5.0 / np.sqrt(50_000)


def test_above_the_diagonal_stand_rank_correlations(result: Result) -> None:
    figure = plots.scatter(result, "y", n_drivers=2)

    expected = result.correlations("spearman").loc["a", "y"]
    assert f"<b>{expected:.2f}</b>" in " ".join(n.text for n in figure.layout.annotations)
    assert f"y and a {expected:.2f}" in figure.description


def test_a_scatter_never_sends_more_trials_than_it_may(result: Result) -> None:
    with pytest.raises(ArgumentError, match="from 10 to 5,000; got 50000"):
        plots.scatter(result, "y", n_points=50_000)
    with pytest.raises(ArgumentError, match="`n_drivers` must be a whole number from 1"):
        plots.scatter(result, "y", n_drivers=0)
