"""Profiles: who is offered what, what was chosen, what would happen now."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from jupyterhub.spawner import SpawnException

from hub import load
from hub.choices import Profile
from hub.database import connect, upgrade
from hub.gpus import Asked, Capacity, Leases
from hub.options_page import duration_text, options_page
from hub.profiles import (
    Wanted,
    asked_of,
    chosen_app,
    chosen_profile,
    offered_profiles,
    offers,
    options_from_form,
)

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
SETTINGS = load("rehearsal", {})
EVERYBODYS = ["cpu-small", "cpu-large", "gpu-slice"]


@pytest.fixture
def leases() -> Iterator[Leases]:
    """One device, of which two fifths are ours."""
    engine = connect(load("development", {}))
    upgrade(engine)
    yield Leases(engine, Capacity(devices=("a",), parts=4_000))
    engine.dispose()


def wanted(groups: set[str]) -> list[Wanted]:
    return [
        Wanted(user="ada", server="", groups=frozenset(groups), profile=profile)
        for profile in offered_profiles(SETTINGS, groups)
    ]


@pytest.mark.parametrize(
    ("groups", "names"),
    [
        (set(), EVERYBODYS),
        ({"analysts"}, EVERYBODYS),
        ({"analysts", "quants"}, [*EVERYBODYS, "gpu-large"]),
    ],
)
def test_a_profile_with_groups_is_offered_to_their_members_alone(
    groups: set[str], names: list[str]
) -> None:
    assert names == [profile.name for profile in offered_profiles(SETTINGS, groups)]


def test_a_hub_of_local_processes_offers_no_profiles() -> None:
    assert () == offered_profiles(load("development", {}), {"quants"})


@pytest.mark.parametrize(
    ("options", "name"),
    [
        ({}, "cpu-small"),
        ({"profile": "gpu-slice"}, "gpu-slice"),
        (options_from_form({"profile": ["cpu-large"], "_xsrf": ["x"]}), "cpu-large"),
    ],
)
def test_page_and_programs_choose_in_the_same_words(
    options: dict[str, Any], name: str
) -> None:
    assert name == chosen_profile(offered_profiles(SETTINGS, set()), options).name


def test_an_app_is_chosen_beside_a_profile() -> None:
    options = {"profile": "cpu-small", "app": "option-desk"}

    assert chosen_app(options, "desk") == "option-desk"
    assert chosen_profile(offered_profiles(SETTINGS, set()), options).name == "cpu-small"
    assert chosen_app({"profile": "cpu-small"}, "desk") == ""
    assert chosen_app(None, "") == ""


@pytest.mark.parametrize(
    ("app", "server", "sentence"),
    [
        (
            "../evil",
            "desk",
            "`app` must be the name of a notebook in `notebooks/dashboards`",
        ),
        ("Desk", "desk", "letters, digits and hyphens; got 'Desk'."),
        (["a", "b"], "desk", "got ['a', 'b']."),
        ({}, "desk", "got {}."),
        ("option-desk", "", "as in `/hub/spawn/{user}/option-desk`."),
    ],
)
def test_what_can_be_no_app_is_refused(app: object, server: str, sentence: str) -> None:
    with pytest.raises(SpawnException) as refused:
        chosen_app({"app": app}, server)

    assert sentence in refused.value.jupyterhub_message
    assert refused.value.reason == "options"


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (None, "`user_options` must be an object; got None."),
        ([], "`user_options` must be an object; got []."),
        ("cpu-small", "`user_options` must be an object; got 'cpu-small'."),
        ({"image": "x"}, "`user_options` must hold `profile`, `app` and nothing else; got"),
        ({"profile": "a", 3: 4}, "must hold `profile`, `app` and nothing else; got [3]."),
        ({"profile": "no"}, f"must be one of {', '.join(EVERYBODYS)}; got 'no'."),
        ({"profile": "gpu-large"}, "got 'gpu-large'."),
        ({"profile": None}, "got None."),
        ({"profile": ["cpu-small"]}, "got ['cpu-small']."),
        ({"profile": {"a": {}}}, "got {'a': {}}."),
    ],
)
def test_what_is_not_offered_is_refused_with_what_is(
    options: object, sentence: str
) -> None:
    with pytest.raises(SpawnException) as refused:
        chosen_profile(offered_profiles(SETTINGS, set()), options)

    assert sentence in refused.value.jupyterhub_message
    assert refused.value.reason in ("options", "profile")


def test_what_a_stranger_sent_is_shown_cut_short() -> None:
    with pytest.raises(SpawnException) as refused:
        chosen_profile(offered_profiles(SETTINGS, set()), {"profile": "x" * 1_000_000})

    assert len(refused.value.jupyterhub_message) < 300


def test_whoever_is_offered_nothing_is_told_whom_to_ask() -> None:
    with pytest.raises(SpawnException) as refused:
        chosen_profile([], {})

    assert "Ask an administrator" in refused.value.jupyterhub_message


def test_an_offer_says_how_many_more_fit_and_what_the_queue_would_be(
    leases: Leases,
) -> None:
    ghost = Asked(
        user="eve", server="", profile="gpu", parts=3_000, lasts=timedelta(hours=2)
    )
    leases.ask(ghost, NOON)

    cpu, _, slice_, large = offers(SETTINGS, wanted({"quants"}), leases, NOON)

    assert (cpu.n_free, cpu.place, cpu.refusal) == (None, None, "")
    assert slice_.place is not None
    assert large.place is not None
    assert (slice_.n_free, slice_.place.number) == (1, 0)
    assert (large.n_free, large.place.number) == (0, 1)
    assert large.place.expected == NOON + timedelta(hours=2)


@pytest.mark.parametrize(
    ("capacity", "sentence"),
    [
        (Capacity(devices=(), parts=4_000), "This host has no GPU."),
        (Capacity(devices=("a",), parts=500), "It needs 10% of a card, and this"),
    ],
)
def test_a_profile_that_can_never_start_here_says_why(
    leases: Leases, capacity: Capacity, sentence: str
) -> None:
    leases.capacity = capacity

    *_, gpu = offers(SETTINGS, wanted(set()), leases, NOON)

    assert gpu.refusal.startswith(sentence)


def test_the_page_shows_every_offer_and_disables_what_cannot_start(leases: Leases) -> None:
    leases.capacity = Capacity(devices=(), parts=4_000)
    found = offers(SETTINGS, wanted(set()), leases, NOON)

    page = options_page(found, "gpu-slice", NOON)

    assert page.count('type="radio"') == 3
    assert page.count(" disabled") == 1
    assert page.count(" checked") == 1
    assert 'value="cpu-small" checked required' in page
    assert "This host has no GPU." in page
    assert "<script" not in page


def test_the_page_remembers_the_last_choice(leases: Leases) -> None:
    found = offers(SETTINGS, wanted(set()), leases, NOON)

    page = options_page(found, "gpu-slice", NOON)

    assert 'value="gpu-slice" checked required' in page
    assert "there is room for 4 more" in page


def test_titles_are_text_whatever_is_in_them(leases: Leases) -> None:
    (one, *_) = wanted(set())
    bold = Profile(**(vars(one.profile) | {"title": "<b>CPU</b>"}))
    own = Wanted(user="ada", server="", groups=frozenset(), profile=bold)

    page = options_page(offers(SETTINGS, [own], leases, NOON), None, NOON)

    assert "&lt;b&gt;CPU&lt;/b&gt;" in page


def test_a_page_without_offers_says_whom_to_ask() -> None:
    assert "Ask an administrator" in options_page([], None, NOON)


@pytest.mark.parametrize(
    ("duration", "text"),
    [
        (timedelta(days=7), "7 days"),
        (timedelta(days=1), "1 day"),
        (timedelta(hours=12), "12 hours"),
        (timedelta(hours=30, minutes=1), "31 hours"),
        (timedelta(minutes=61), "61 minutes"),
        (timedelta(0), "1 minute"),
        (timedelta(seconds=-5), "1 minute"),
    ],
)
def test_durations_are_rounded_up_to_what_people_say(
    duration: timedelta, text: str
) -> None:
    assert text == duration_text(duration)


def test_members_of_the_groups_ahead_ask_ahead() -> None:
    settings = load("rehearsal", {})
    ahead = type(settings.gpus)(share=0.4, devices=settings.gpus.devices, ahead=("quants",))
    settings = type(settings)(**(vars(settings) | {"gpus": ahead}))
    *_, quant = wanted({"quants"})
    *_, other = wanted(set())

    assert timedelta(minutes=30) == asked_of(quant, settings).ahead_by
    assert timedelta(0) == asked_of(other, settings).ahead_by
