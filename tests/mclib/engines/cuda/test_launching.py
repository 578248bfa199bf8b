"""What a launch is given, and how much it does."""

import numpy as np

from mclib.engines.cuda.launching import MOST_BYTES, SECONDS_WANTED, LaunchSize, pack


def test_slots_hold_the_bits_of_numbers_and_then_addresses() -> None:
    arguments = [
        np.float64(1.0),
        np.float32(1.0),
        np.uint32(0xFFFFFFFF),
        np.uint64(1 << 63),
        np.bool_(True),
    ]

    slots = pack(arguments, [0x7F00])

    expected = [0x3FF0000000000000, 0x3F800000, 0xFFFFFFFF, 1 << 63, 1, 0x7F00]
    assert expected == slots.tolist()


def test_a_program_without_arguments_has_one_slot() -> None:
    assert pack([], []).tolist() == [0]


def test_a_launch_grows_towards_the_time_wanted() -> None:
    size = LaunchSize(first=8, block_bytes=56, most_bytes=MOST_BYTES)
    sizes = []
    for _ in range(5):
        size.took(size.blocks, size.blocks * SECONDS_WANTED / 1000)
        sizes.append(size.blocks)

    assert sizes == [32, 128, 512, 1000, 1000]


def test_a_launch_that_took_too_long_shrinks_at_once() -> None:
    size = LaunchSize(first=100, block_bytes=56, most_bytes=MOST_BYTES)

    size.took(100, 10 * SECONDS_WANTED)

    assert size.blocks == 10


def test_a_block_is_the_least() -> None:
    size = LaunchSize(first=1, block_bytes=MOST_BYTES * 2, most_bytes=MOST_BYTES)

    size.took(1, 1000.0)

    assert size.blocks == 1
    assert not size.halve()


def test_after_a_want_of_memory_a_launch_stays_small() -> None:
    size = LaunchSize(first=64, block_bytes=56, most_bytes=MOST_BYTES)

    assert size.halve()
    size.took(size.blocks, 1e-9)

    assert size.blocks == 32
