"""Decision trees: published answers, trials in common, displays, refusals."""

import itertools
import math
import random
from html.parser import HTMLParser
from typing import Any

import numpy as np
import pytest

import mclib as mc

PAYS = {"dry": 0, "wet": 120, "soaking": 270}


def _oil(name: str, *odds: float) -> mc.Chance:
    branches = zip(PAYS, odds, strict=True)
    return mc.Chance({each: (p, PAYS[each]) for each, p in branches}, name=name)


def _drill(oil: mc.Chance) -> mc.Decision:
    return mc.Decision({"drill": (70, oil), "leave": 0})


def _wildcatter() -> mc.Decision:
    """The oil wildcatter of H. Raiffa, Decision Analysis, 1968, in thousands of dollars.

    A sounding costs 10. How often it shows no, an open or a closed structure: 0.6, 0.3, 0.1
    where it is dry, 0.3, 0.4, 0.3 where it is wet, 0.1, 0.4, 0.5 where it is soaking. P. P.
    Shenoy, Operations Research 40 (1992), finds 22.5: sound, drill unless there is none.
    """
    sounding = mc.Chance(
        {
            "none": (0.41, _drill(_oil("oil, none", 30 / 41, 9 / 41, 2 / 41))),
            "open": (0.35, _drill(_oil("oil, open", 15 / 35, 12 / 35, 8 / 35))),
            "closed": (0.24, _drill(_oil("oil, closed", 5 / 24, 9 / 24, 10 / 24))),
        },
        name="sounding",
    )
    return mc.Decision(
        {"no test": _drill(_oil("oil", 0.5, 0.3, 0.2)), "test": (10, sounding)}
    )


def _party() -> mc.Decision:
    """Kim's party: R. A. Howard and A. E. Abbas, Foundations of Decision Analysis, 2016."""

    def weather(sun: float, rain: float) -> mc.Chance:
        return mc.Chance({"sun": (0.4, sun), "rain": (0.6, rain)}, name="weather")

    return mc.Decision(
        {"outdoors": weather(100, 0), "porch": weather(90, 20), "indoors": weather(40, 50)}
    )


KIM = 50 / math.log(2)
"""Kim's utility is 4/3 (1 - 2**(-x / 50))."""


@mc.model
def sales(
    demand: Any = mc.Normal(mean=100, standard_deviation=30),
    cost: Any = mc.Normal(mean=5, standard_deviation=1),
) -> Any:
    return {"large": demand * 2 - 80, "small": demand + 15 - cost}


RESULT = mc.simulate(sales, n_trials=20_000, seed=7)


def test_the_oil_wildcatter_sounds_and_drills_unless_there_is_no_structure() -> None:
    solution = _wildcatter().solve()

    assert solution.value.value == pytest.approx(22.5, abs=1e-12)
    assert (0.0, 0) == (solution.value.standard_error, solution.value.n_trials)
    assert solution.certainty_equivalent == solution.value
    assert solution.strategy == {
        (): "test",
        ("test", "none"): "leave",
        ("test", "open"): "drill",
        ("test", "closed"): "drill",
    }


def test_a_risk_profile_has_the_outcomes_of_the_strategy_and_no_others() -> None:
    profile = _wildcatter().solve().risk_profile

    # 0.41 leave; drilled after an open or a closed one: 15 + 5, 12 + 9, 8 + 10 of 100.
    assert profile.outcomes.tolist() == [-80.0, -10.0, 40.0, 190.0]
    assert profile.probabilities.tolist() == pytest.approx([0.20, 0.41, 0.21, 0.18])
    exceedance = profile.to_frame()["exceedance"].tolist()
    assert exceedance == pytest.approx([0.80, 0.39, 0.18, 0.0])
    assert profile.probability_below(0).value == pytest.approx(0.61)
    assert float(profile.outcomes @ profile.probabilities) == pytest.approx(22.5)


def test_what_knowing_the_oil_is_worth() -> None:
    tree = _drill(_oil("oil", 0.5, 0.3, 0.2))

    # 0.3 × 50 + 0.2 × 200 = 55 against 20.
    assert tree.perfect_information("oil").value == pytest.approx(35.0, abs=1e-12)


def test_the_choice_changes_where_the_lines_meet() -> None:
    tree = _drill(_oil("oil", 0.5, 0.3, 0.2))

    # Wet and soaking stay as 3 to 2: 180 (1 - p) - 70 = 0.
    [one] = tree.thresholds("oil", "dry")
    assert one.probability.value == pytest.approx(11 / 18, abs=1e-12)
    assert one.probability.standard_error == 0.0
    assert ({(): "drill"}, {(): "leave"}) == (one.below, one.above)


def test_the_party_of_who_doesnt_mind_risk() -> None:
    party = _party()

    table = party.solve().to_frame()
    assert table["worth"].tolist() == pytest.approx([40.0, 48.0, 46.0])
    assert table["less"].tolist() == pytest.approx([8.0, 0.0, 2.0])
    assert party.perfect_information("weather").value == pytest.approx(70 - 48)
    # 20 + 70 p = 50 - 10 p, and 100 p = 20 + 70 p.
    first, second = party.thresholds("weather", "sun")
    assert first.probability.value == pytest.approx(3 / 8, abs=1e-12)
    assert second.probability.value == pytest.approx(2 / 3, abs=1e-12)
    assert str(second) == "porch, from 0.666667 on outdoors"


def test_kims_party_stays_indoors() -> None:
    party = _party()
    solution = party.solve(risk_tolerance=KIM)

    # In whole dollars.
    assert solution.to_frame()["worth"].round().tolist() == [26.0, 41.0, 46.0]
    assert solution.strategy == {(): "indoors"}
    utility = 0.4 * 2 ** (-40 / 50) + 0.6 * 2 ** (-50 / 50)
    sure = -KIM * math.log(utility)
    assert solution.certainty_equivalent.value == pytest.approx(sure, abs=1e-12)
    assert solution.value.value == pytest.approx(46.0)
    known = -KIM * math.log(0.4 * 2 ** (-100 / 50) + 0.6 * 2 ** (-50 / 50))
    value = party.perfect_information("weather", risk_tolerance=KIM).value
    assert value == pytest.approx(known - sure, abs=1e-12)
    assert round(value) == 20


def test_a_threshold_under_a_risk_tolerance_is_where_both_are_worth_the_same() -> None:
    for one in _party().thresholds("weather", "sun", risk_tolerance=KIM):
        p = one.probability.value
        scores = {
            "outdoors": p * 2**-2.0 + (1 - p),
            "porch": p * 2**-1.8 + (1 - p) * 2**-0.4,
            "indoors": p * 2**-0.8 + (1 - p) * 2**-1.0,
        }
        assert scores[one.below[()]] == pytest.approx(scores[one.above[()]], abs=1e-12)
        assert scores[one.below[()]] == pytest.approx(min(scores.values()), abs=1e-12)


def test_thresholds_are_those_that_a_grid_of_probabilities_shows() -> None:
    luck = random.Random(20261129)
    n_found = 0
    for _ in range(40):
        ends = [(luck.randint(0, 9), luck.randint(0, 9)) for _ in range(5)]
        tree = mc.Decision(
            {
                str(k): mc.Chance({"up": (0.5, up), "down": (0.5, down)}, name="luck")
                for k, (up, down) in enumerate(ends)
            }
        )
        found = tree.thresholds("luck", "up")
        cuts = [0.0, *(each.probability.value for each in found), 1.0]

        def worth(k: int, p: float, ends: Any = ends) -> float:
            return float(p * ends[k][0] + (1 - p) * ends[k][1])

        best = [
            max(worth(k, p) for k in range(5))
            for low, high in itertools.pairwise(cuts)
            for p in (low, (low + high) / 2, high)
        ]
        for k, each in enumerate(found):
            left, right = ((x + y) / 2 for x, y in itertools.pairwise(cuts[k : k + 3]))
            assert worth(int(each.below[()]), left) == pytest.approx(best[3 * k + 1])
            assert worth(int(each.above[()]), right) == pytest.approx(best[3 * k + 4])
        # Between neighbouring thresholds the best is a line: none is missing.
        for k in range(len(cuts) - 1):
            at_low, between, at_high = best[3 * k : 3 * k + 3]
            assert between == pytest.approx((at_low + at_high) / 2, abs=1e-9)
        n_found += len(found)
    assert n_found > 25


def test_simulated_ends_are_compared_trial_by_trial() -> None:
    tree = mc.Decision({"large": (15, RESULT["large"]), "small": RESULT["small"]})
    large, small = RESULT["large"].sample() - 15, RESULT["small"].sample()

    table = tree.solve().to_frame().loc[""]

    apart = small - large
    assert table.loc["large", "less"] == pytest.approx(apart.mean(), abs=1e-9)
    error = apart.std(ddof=1) / math.sqrt(20_000)
    assert table.loc["large", "less_error"] == pytest.approx(error, rel=1e-9)
    own = RESULT["large"].mean
    assert table.loc["large", "worth"] == pytest.approx(own.value - 15, abs=1e-9)
    assert table.loc["large", "standard_error"] == pytest.approx(own.standard_error)
    # Nearly all of their luck is in common.
    assert error < 0.6 * table.loc["large", "standard_error"]


def test_a_chance_of_simulated_ends_averages_within_each_trial() -> None:
    tree = mc.Chance({"up": (0.25, 8, RESULT["large"]), "down": (0.75, 40)})
    trials = 0.25 * (RESULT["large"].sample() - 8) + 0.75 * 40

    value = tree.solve().value

    assert value.value == pytest.approx(trials.mean(), abs=1e-9)
    error = trials.std(ddof=1) / math.sqrt(20_000)
    assert value.standard_error == pytest.approx(error, rel=1e-9)
    assert value.n_trials == 20_000


def test_a_certainty_equivalent_of_trials_is_that_of_a_normal() -> None:
    # Of a normal outcome it is mean - variance / (2 R): 120 - 3600 / 400 = 111.
    sure = mc.Chance({"all": (1.0, RESULT["large"])}).solve(risk_tolerance=200)

    found = sure.certainty_equivalent
    assert 0.1 < found.standard_error < 1.0
    assert abs(found.value - 111.0) < 4 * found.standard_error
    assert abs(sure.value.value - 120.0) < 4 * sure.value.standard_error


def test_a_risk_profile_of_trials_has_its_standard_error() -> None:
    tree = mc.Chance({"up": (0.25, RESULT["large"]), "down": (0.75, 40)})
    profile = tree.solve().risk_profile

    more = profile.probability_above(50)
    own = RESULT["large"].probability_above(50)
    assert more.value == pytest.approx(0.25 * own.value)
    assert more.standard_error == pytest.approx(0.25 * own.standard_error, rel=1e-3)
    assert float(profile.probabilities.sum()) == pytest.approx(1.0)
    assert 2 < len(profile.to_frame()) <= 200
    assert np.isclose(profile.to_frame([40])["probability"].iloc[0], 0.75)


def test_a_threshold_of_simulated_ends_has_the_error_of_the_difference() -> None:
    def built(name: str) -> mc.Chance:
        return mc.Chance({"up": (0.5, RESULT[name]), "down": (0.5, 0)}, name="luck")

    tree = mc.Decision({"built": (30, built("large")), "wait": 0})

    [one] = tree.thresholds("luck", "up")
    mean = RESULT["large"].mean
    p = 30 / mean.value
    assert one.probability.value == pytest.approx(p)
    error = p * mean.standard_error / mean.value
    assert one.probability.standard_error == pytest.approx(error, rel=1e-6)


def test_a_result_with_one_output_is_an_end() -> None:
    @mc.model
    def gain(x: Any = mc.Normal(3.0, 1.0)) -> Any:
        return {"gain": x}

    result = mc.simulate(gain, 4_096, seed=1)

    assert mc.Decision({"go": result}).solve().value.value == pytest.approx(
        result["gain"].mean.value
    )


def test_a_tree_is_what_it_was_made_of_whatever_becomes_of_that() -> None:
    branches: dict[str, Any] = {"wait": 1}
    tree = mc.Decision(branches)

    branches["round"] = tree

    assert [each.name for each in tree.branches] == ["wait"]
    assert tree.solve().value.value == 1.0


def test_a_tree_says_what_is_chosen_and_what_it_is_worth() -> None:
    assert str(_party()).splitlines() == [
        "Expected values, net of what was paid on the way",
        "  decision, worth 48",
        "    outdoors: chance weather, worth 40",
        "      0.4 sun: 100",
        "      0.6 rain: 0",
        "  * porch: chance weather, worth 48 (best)",
        "      0.4 sun: 90",
        "      0.6 rain: 20",
        "    indoors: chance weather, worth 46",
        "      0.4 sun: 40",
        "      0.6 rain: 50",
    ]
    assert repr(_party()) == "Decision(outdoors, porch, indoors)"


class _Lists(HTMLParser):
    """Depth of each item; fails where tags don't close in turn."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.depths: list[int] = []

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.open.append(tag)
        if tag == "li":
            self.depths.append(self.open.count("ul"))
            assert self.open[-2] == "ul"

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_as_html_a_tree_is_lists_within_lists_and_names_are_text() -> None:
    tree = mc.Decision({"<b>": _oil("oil", 0.5, 0.3, 0.2), "wait & see": 0})
    page = tree._repr_html_()
    lists = _Lists()
    lists.feed(page)

    assert lists.open == []
    assert lists.depths == [1, 2, 3, 3, 3, 2]
    assert "&lt;b&gt;" in page
    assert "wait &amp; see" in page
    assert "<b>" not in page
    assert "(best)" in page


def test_a_large_tree_is_shown_in_part() -> None:
    wide = mc.Chance({str(k): (1 / 300, k) for k in range(300)})

    lists = _Lists()
    lists.feed(wide._repr_html_())
    assert len(lists.depths) == 200
    assert str(wide).splitlines()[-1] == "101 more branches are not shown."
