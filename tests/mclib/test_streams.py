"""The draw contract: known answers, a published table, and what the words become."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mclib.streams import (
    CONTRACT_VERSION,
    input_words,
    key_of,
    noise_words,
    philox,
    stream_of,
    uniforms,
)

GOLDEN: dict[str, Any] = json.loads(
    (Path(__file__).parents[1] / "golden" / "first_draws.json").read_text()
)

COLLIDING_NAMES = ("input_126381", "input_159503")
"""Two names with one stream: about 77,000 names had to be tried."""

KNOWN_ANSWERS = (
    ((0, 0, 0, 0), (0, 0), "6627e8d5 e169c58d bc57ac4c 9b00dbd8"),
    ((0xFFFFFFFF,) * 4, (0xFFFFFFFF,) * 2, "408f276d 41c83b0e a20bc7c6 6d5451fd"),
    (
        (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344),
        (0xA4093822, 0x299F31D0),
        "d16cfe09 94fdcceb 5001e420 24126ea1",
    ),
)


@pytest.mark.parametrize(("counter", "key", "expected"), KNOWN_ANSWERS)
def test_philox_gives_the_published_answers(
    counter: tuple[int, ...], key: tuple[int, int], expected: str
) -> None:
    words = philox(counter, key)

    assert expected == " ".join(f"{word:08x}" for word in words)


def test_philox_of_many_counters_is_philox_of_each() -> None:
    counters = np.random.default_rng(1).integers(0, 2**32, (4, 50), np.uint64)

    together = philox(counters, (3, 4))

    for place in range(50):
        assert together[:, place].tolist() == philox(counters[:, place], (3, 4)).tolist()


def test_the_table_of_first_draws_is_of_this_version_of_the_contract() -> None:
    assert CONTRACT_VERSION == GOLDEN["contract"]


def test_inputs_draw_what_the_published_table_says() -> None:
    for row in GOLDEN["inputs"]:
        words = input_words(row["seed"], row["name"], row["trial"])

        assert (row["high"], row["low"]) == (int(words[0]), int(words[1])), row
        assert row["uniform"] == float(uniforms(words)), row


def test_noises_draw_what_the_published_table_says() -> None:
    for row in GOLDEN["noises"]:
        words = noise_words(row["seed"], row["name"], row["trial"], row["step"])

        assert (row["high"], row["low"]) == (int(words[0]), int(words[1])), row
        assert row["uniform"] == float(uniforms(words)), row


def test_draws_of_many_trials_are_draws_of_each() -> None:
    trials = np.array([0, 3, 4, 1023, 2**32, 2**40 + 1], np.uint64)

    together = uniforms(input_words(9, "price", trials))

    assert together.tolist() == [
        uniforms(input_words(9, "price", t)).item() for t in trials
    ]


def test_trials_and_steps_of_a_noise_broadcast() -> None:
    trials, steps = np.arange(3), np.arange(5)

    table = uniforms(noise_words(9, "shock", trials[:, np.newaxis], steps))

    assert table.shape == (3, 5)
    assert table[2, 4] == uniforms(noise_words(9, "shock", 2, 4))


@pytest.mark.parametrize("word", [0, 1, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFE, 0xFFFFFFFF])
@pytest.mark.parametrize("low", [0, 0xFFF, 0x1000, 0xFFFFFFFF])
def test_uniforms_lie_strictly_between_0_and_1(word: int, low: int) -> None:
    u = float(uniforms((np.array([word], np.uint32), np.array([low], np.uint32)))[0])

    assert 0.0 < u < 1.0
    assert u == ((word * 2**20 + low // 2**12) + 0.5) / 2**52


def test_uniforms_of_mirrored_words_mirror() -> None:
    words = np.random.default_rng(2).integers(0, 2**32, (2, 1000), np.uint32)

    u, mirrored = uniforms((words[0], words[1])), uniforms((~words[0], ~words[1]))

    assert (u + mirrored == 1.0).all()


def test_the_key_is_the_seed_low_word_first() -> None:
    assert key_of(0x0123456789ABCDEF) == (0x89ABCDEF, 0x01234567)


def test_a_stream_depends_on_every_letter_of_a_name() -> None:
    names = ("price", "prices", "Price", "pricé", " price", "")

    assert len({stream_of(name) for name in names}) == len(names)


def test_two_names_can_have_one_stream() -> None:
    first, second = map(stream_of, COLLIDING_NAMES)

    assert first == second == 0x40D4E1ED
