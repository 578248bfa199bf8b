import re

import pytest

import mclib as mc
from mclib.distributions.distribution import Distribution


@pytest.mark.parametrize(
    ("shown", "said"),
    [
        (mc.Normal(20, 2), "mean 20, median 20, 90 % between 16.71 and 23.29"),
        (mc.Poisson(3), "mean 3, median 3, 90 % between 1 and 6"),
        (mc.Cauchy(0, 1), "median 0, 90 % between -6.314 and 6.314"),
        (mc.Bernoulli(0.25), "mean 0.25, median 0, 90 % between 0 and 1"),
        (mc.Empirical([5.0]), "mean 5, median 5, 90 % between 5 and 5"),
    ],
)
def test_a_notebook_shows_a_distribution_with_its_numbers(
    shown: Distribution, said: str
) -> None:
    page = shown._repr_html_()

    text = re.sub(r"<[^>]+>", "", page)
    assert said in text
    assert repr(shown) in text.replace("&#x27;", "'")
    assert "nan" not in page


def test_bars_are_as_high_as_what_is_in_them_is_likely() -> None:
    page = mc.Bernoulli(0.25)._repr_html_()

    # The highest bar is 52 of 56 high.
    assert [52.0, 17.33] == [float(x) for x in re.findall(r"v-([\d.]+)", page)]


def test_what_differs_from_trial_to_trial_has_no_picture() -> None:
    seen = []

    @mc.model
    def nested(spread=mc.Uniform(1, 2)):
        seen.append(mc.Normal(0, spread)._repr_html_())
        return {"x": spread}

    mc.simulate(nested, 1_000, seed=7)
    assert {None} == set(seen)
