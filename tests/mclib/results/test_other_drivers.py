"""Partial ranks, PAWN, delta and tails: closed forms, and what does nothing."""

import math
from typing import Any

import numpy as np
import pytest

import mclib as mc
from mclib.statistics.correlations import ranks


@mc.model
def linear(a=mc.Normal(0, 1), b=mc.Normal(0, 2), idle=mc.Normal(0, 1)):
    return {"y": 3.0 * a - b, "cubed": a**3 + 0.0 * (b + idle)}


def test_partial_ranks_are_those_of_what_others_leave() -> None:
    linked = mc.correlate(linear, {("a", "b"): 0.8})
    result = mc.simulate(linked, 50_000, seed=5)
    table = result.drivers("y")

    frame = result.to_frame(50_000)
    columns = {name: ranks(frame[name].to_numpy()) for name in ("a", "b", "idle", "y")}
    for name in ("a", "b", "idle"):
        others = [columns[each] for each in ("a", "b", "idle") if each != name]
        explain = np.stack([*others, np.ones(50_000)], axis=1)
        left = [
            x - explain @ np.linalg.lstsq(explain, x)[0]
            for x in (columns[name], columns["y"])
        ]
        expected = float(np.corrcoef(*left)[0, 1])
        assert table.loc[name, "partial_rank"] == pytest.approx(expected, abs=1e-9)
    # Correlated with a, but against the output once a is held.
    assert table.loc["b", "partial_rank"] < -0.9
    idle = table.loc["idle"]
    assert abs(idle["partial_rank"]) < 5.0 * idle["partial_rank_error"]
    assert idle["partial_rank_error"] == pytest.approx(1.0 / math.sqrt(50_000), rel=0.1)


def test_pawn_of_the_only_input_is_the_closed_form_and_of_others_nothing() -> None:
    table = mc.simulate(linear, 200_000, seed=5).drivers("cubed")

    # In bin k of ten the output lies within a tenth: the distance is the larger rest.
    exact = np.median([max(k, 9 - k) / 10 for k in range(10)])
    assert table.loc["a", "pawn"] == pytest.approx(exact, abs=0.005)
    assert table.loc["b", "pawn"] < 0.015
    assert table.loc["idle", "pawn"] < 0.015


def _ishigamis_deltas() -> dict[str, float]:
    """Half the mean area between the densities, by quadrature over the other inputs."""
    u = (np.arange(600) + 0.5) / 600
    ends = np.linspace(-11.0, 18.0, 401)[:, None]
    wide = 1.0 + 0.1 * (np.pi * u) ** 4
    sine = np.sin(np.pi * (2.0 * u - 1.0))

    def below_square(t: Any) -> Any:
        return 2.0 / np.pi * np.arcsin(np.sqrt(np.clip(t / 7.0, 0.0, 1.0)))

    def below_sine(t: Any) -> Any:
        return 0.5 + np.arcsin(np.clip(t, -1.0, 1.0)) / np.pi

    given = {
        "a": lambda k: below_square(ends - sine[k] * wide),
        "b": lambda k: below_sine((ends - 7.0 * np.sin(np.pi * u[k]) ** 2) / wide),
        "c": lambda k: below_square(ends - sine * wide[k]),
    }
    deltas = {}
    for name, cdf in given.items():
        densities = np.diff([cdf(k).mean(axis=1) for k in range(0, 600, 3)], axis=1)
        apart = np.abs(densities - densities.mean(axis=0))
        deltas[name] = 0.5 * float(apart.sum(axis=1).mean())
    return deltas


def test_delta_is_ishigamis_from_below() -> None:
    @mc.model
    def ishigami(
        a=mc.Uniform(-math.pi, math.pi),
        b=mc.Uniform(-math.pi, math.pi),
        c=mc.Uniform(-math.pi, math.pi),
    ):
        return {"y": mc.sin(a) + 7.0 * mc.sin(b) ** 2 + 0.1 * c**4 * mc.sin(a)}

    exact = _ishigamis_deltas()
    for sampler in ("independent", "sobol"):
        table = mc.simulate(ishigami, 1 << 18, seed=5, sampler=sampler).drivers("y")
        for name, expected in exact.items():
            found, error = table.loc[name, ["delta", "delta_error"]]
            assert expected - 0.02 < found < expected + 5.0 * error, (sampler, name)
            assert 0.0 < error < 0.003


def test_delta_of_an_event_is_the_closed_form() -> None:
    @mc.model
    def events(fire=mc.Bernoulli(0.3), theft=mc.Bernoulli(0.5)):
        return {"fire": fire, "burnt": 2.0 * fire + 0.0 * theft}

    table = mc.simulate(events, 100_000, seed=5).drivers("burnt")

    # Known to be p or 1 - p, each of which is an atom of the output.
    found, error = table.loc["fire", ["delta", "delta_error"]]
    assert abs(found - 2.0 * 0.3 * 0.7) < 5.0 * error
    assert error < 0.002
    idle, error = table.loc["theft", ["delta", "delta_error"]]
    assert abs(idle) < 5.0 * error


@pytest.mark.parametrize(("n_trials", "missing"), [(1_000, 0.12), (1 << 18, 0.018)])
def test_delta_of_a_sum_of_uniforms_is_a_third(n_trials: int, missing: float) -> None:
    @mc.model
    def total(a=mc.Uniform(0, 1), b=mc.Uniform(0, 1), idle=mc.Uniform(0, 1)):
        return {"total": a + b + 0.0 * idle}

    table = mc.simulate(total, n_trials, seed=5).drivers("total")

    for name in ("a", "b"):
        found, error = table.loc[name, ["delta", "delta_error"]]
        assert 1.0 / 3.0 - missing < found < 1.0 / 3.0 + 5.0 * error
    idle, error = table.loc["idle", ["delta", "delta_error"]]
    assert abs(idle) < 5.0 * error


@pytest.mark.slow
def test_the_interval_of_delta_covers_what_bins_can_see() -> None:
    @mc.model
    def events(fire=mc.Bernoulli(0.3), theft=mc.Bernoulli(0.5)):
        return {"loss": fire + 3.0 * theft}

    n_runs, hits = 2_000, 0
    for seed in range(n_runs):
        table = mc.simulate(events, 1_024, seed=seed, engine="llvm").drivers("loss")
        found, error = table.loc["fire", ["delta", "delta_error"]]
        hits += abs(found - 0.42) < 2.1314 * error  # Student's t of 15 degrees.

    spread = math.sqrt(0.95 * 0.05 / n_runs)
    assert abs(hits / n_runs - 0.95) < 5.0 * spread


@pytest.mark.parametrize(("tail", "mean"), [("upper", 0.95), ("lower", 0.45)])
def test_the_tail_of_the_only_input_is_its_own(tail: str, mean: float) -> None:
    table = mc.simulate(linear, 200_000, seed=5).tail_drivers("cubed", 0.9, tail=tail)

    own = table.loc["a"]
    assert table.index[0] == "a"
    assert own["mean_rank"] == pytest.approx(mean, abs=1e-4)
    assert own["distance"] == pytest.approx(0.9 if tail == "upper" else 0.1, abs=1e-4)
    # Above its 0.9 quantile a normal has the mean phi(z) / 0.1.
    beyond = 1.7549833193 if tail == "upper" else -1.7549833193 / 9.0
    assert own["mean_in_tail"] == pytest.approx(beyond, abs=0.02)
    assert table.attrs["n_trials"] == (20_000 if tail == "upper" else 179_999)
    for name in ("b", "idle"):
        row = table.loc[name]
        assert abs(row["mean_rank"] - 0.5) < 5.0 * row["mean_rank_error"]
        assert row["distance"] < 2.3 / math.sqrt(table.attrs["n_trials"])


def test_a_rare_event_drives_the_tail_and_not_the_middle() -> None:
    @mc.model
    def portfolio(
        usual=mc.Normal(100, 15),
        fire=mc.RiskEvent(0.02, mc.Triangular(500, 1_000, 2_000)),
    ):
        return {"loss": usual + fire}

    result = mc.simulate(portfolio, 200_000, seed=5)

    assert result.tail_drivers("loss", 0.99).index[0] == "fire"
    assert result.tail_drivers("loss", 0.5).index[0] == "usual"


def test_tails_that_are_none_are_refused() -> None:
    result = mc.simulate(linear, 2_000, seed=5)
    asked: tuple[tuple[dict[str, Any], str], ...] = (
        ({"output": "z"}, "be one of y, cubed"),
        ({"output": "y", "order": 1.0}, "strictly between 0 and 1"),
        ({"output": "y", "tail": "both"}, 'be "upper" or "lower"'),
        ({"output": "y", "order": 0.99}, "leave 30 trials in the tail"),
    )
    for arguments, message in asked:
        with pytest.raises(mc.ArgumentError, match=message):
            result.tail_drivers(**arguments)
