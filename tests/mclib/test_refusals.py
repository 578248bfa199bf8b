"""What a model may not do with a traced value is refused, whoever catches the refusal."""

from typing import Any

import numpy as np
import pytest

import mclib as mc

NORMAL = mc.Normal(mean=20.0, standard_deviation=2.0)


def test_a_refusal_that_the_model_catches_is_raised_all_the_same() -> None:
    @mc.model
    def careless(x: Any = NORMAL) -> Any:
        try:
            return float(x)
        except TypeError:
            return 0.0

    with pytest.raises(mc.TraceError, match="asks for the Python number"):
        mc.simulate(careless, 1024, seed=1)


def test_a_refusal_that_numpy_hides_is_the_one_that_is_raised() -> None:
    rates = np.array([0.1, 0.2, 0.3])

    @mc.model
    def chosen(i: Any = mc.DiscreteUniform(0, 2)) -> Any:
        return rates[i]

    with pytest.raises(mc.TraceError, match="counts or indexes with"):
        mc.simulate(chosen, 1024, seed=1)


@pytest.mark.parametrize(
    "use",
    [lambda x: {1.0: 2.0}.get(x, 0.0), lambda x: x in {1.0, 2.0}],
    ids=["dict", "set"],
)
def test_a_dict_or_a_set_refuses_a_traced_value(use: Any) -> None:
    @mc.model
    def looked_up(x: Any = NORMAL) -> Any:
        return {"y": mc.where(x > 0, 1.0, 0.0) if use(x) else 0.0}

    with pytest.raises(mc.TraceError, match="looks up, in a dict or a set"):
        mc.simulate(looked_up, 1024, seed=1)


def test_a_distribution_in_a_formula_is_told_where_it_belongs() -> None:
    @mc.model
    def mixed(x: Any = NORMAL) -> Any:
        return x + mc.Normal(0.0, 1.0)

    with pytest.raises(mc.TraceError, match="draws, not with distributions"):
        mc.simulate(mixed, 1024, seed=1)


def test_a_value_of_another_model_is_refused() -> None:
    kept: list[Any] = []

    @mc.model
    def first(x: Any = NORMAL) -> Any:
        kept.append(x)
        return x

    @mc.model
    def second(z: Any = NORMAL) -> Any:
        return z + kept[0]

    mc.simulate(first, 1024, seed=1)

    with pytest.raises(mc.TraceError, match="of another model"):
        mc.simulate(second, 1024, seed=1)


def test_calling_a_model_with_numbers_computes_one_case() -> None:
    @mc.model
    def grown(x: Any = NORMAL, rate: float = 0.1) -> Any:
        return {"y": mc.scan(lambda s: s * (1.0 + rate), x, 3)}

    assert grown(1.0)["y"] == pytest.approx(1.331)
    with pytest.raises(mc.ArgumentError, match="`x` must be given a number"):
        grown()


def test_calling_a_model_that_draws_in_a_scan_says_to_run_it() -> None:
    @mc.model
    def walk(start: float = 0.0) -> Any:
        return mc.scan(lambda s, z: s + z, start, 4, noise=NORMAL)

    with pytest.raises(mc.TraceError, match="must be run to be computed"):
        walk()
