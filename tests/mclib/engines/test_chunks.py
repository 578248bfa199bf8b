"""Ranges come back in order, whatever the threads, and leave nothing behind."""

import signal
import threading
import time

import pytest

from mclib.engines.chunks import Chunk, in_order, undivided


def _mclib_threads() -> list[threading.Thread]:
    return [each for each in threading.enumerate() if each.name.startswith("mclib")]


@pytest.mark.parametrize("n_workers", [1, 2, 7])
@pytest.mark.parametrize("chunk_blocks", [None, 1, 3, 1000])
@pytest.mark.parametrize("n_blocks", [0, 1, 50])
def test_every_block_comes_once_and_in_order(
    n_blocks: int, chunk_blocks: int | None, n_workers: int
) -> None:
    seen = []
    for chunk, result in in_order(
        lambda c: c.first_block, n_blocks, n_workers, chunk_blocks
    ):
        assert result == chunk.first_block
        seen += range(chunk.first_block, chunk.first_block + chunk.n_blocks)

    assert seen == list(range(n_blocks))


def test_slow_chunks_do_not_overtake() -> None:
    def work(chunk: Chunk) -> int:
        time.sleep(0.002 * (5 - chunk.first_block % 5))
        return chunk.first_block

    assert [result for _, result in in_order(work, 20, 4, 1)] == list(range(20))


def test_chunks_grow_where_work_is_quick_and_stay_below_the_most() -> None:
    sizes = [chunk.n_blocks for chunk, _ in in_order(lambda _: None, 3000, 1, None, 100)]

    assert max(sizes) == 100
    assert sum(sizes) == 3000


def test_no_more_than_a_few_chunks_are_computed_ahead() -> None:
    started = []

    def work(chunk: Chunk) -> None:
        started.append(chunk)

    chunks = in_order(work, 1000, 2, 1)
    for _ in range(5):
        next(chunks)

    assert len(started) <= 5 + 2 * 2
    chunks.close()


def test_an_error_in_a_worker_is_raised_and_leaves_no_thread() -> None:
    def work(chunk: Chunk) -> None:
        if chunk.first_block == 5:
            message = "five"
            raise ValueError(message)

    with pytest.raises(ValueError, match="five"):
        list(in_order(work, 100, 3, 1))

    assert _mclib_threads() == []


def test_closing_early_leaves_no_thread() -> None:
    chunks = in_order(lambda c: time.sleep(0.001), 10_000, 3, 1)
    next(chunks)

    chunks.close()

    assert _mclib_threads() == []


def test_ctrl_c_waits_for_the_end_of_what_is_undivided() -> None:
    done = []

    def interrupted() -> None:
        with undivided():
            signal.raise_signal(signal.SIGINT)
            done.append("all")

    with pytest.raises(KeyboardInterrupt):
        interrupted()

    assert done == ["all"]
    with pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)


def test_ctrl_c_keeps_the_handler_that_was_there() -> None:
    heard = []
    before = signal.signal(signal.SIGINT, lambda *_: heard.append("mine"))
    try:
        with undivided():
            signal.raise_signal(signal.SIGINT)
            assert heard == []
    finally:
        signal.signal(signal.SIGINT, before)

    assert heard == ["mine"]


def test_other_threads_may_be_undivided_too() -> None:
    done = []

    def work() -> None:
        with undivided():
            done.append("all")

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()

    assert done == ["all"]
