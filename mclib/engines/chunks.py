"""Ranges of blocks, shared out among threads and given back in order.

Whatever the number of threads or the size of a chunk, results come back by index, so that
neither can change a bit of what is made of them.
"""

import contextlib
import signal
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeVar

from mclib.heartbeat import beat

T = TypeVar("T")

_FIRST_BLOCKS = 16
MOST_BLOCKS = 1 << 14
_SECONDS_PER_CHUNK = 0.02


@dataclass(frozen=True)
class Chunk:
    """Neighbouring blocks.

    Attributes
    ----------
    first_block, n_blocks : int
        Which blocks.
    """

    first_block: int
    n_blocks: int


def in_order(
    work: Callable[[Chunk], T],
    n_blocks: int,
    n_workers: int,
    chunk_blocks: int | None = None,
    most_blocks: int = MOST_BLOCKS,
) -> Iterator[tuple[Chunk, T]]:
    """Yield chunks with what `work` makes of them, in order.

    Parameters
    ----------
    work : callable
        From a chunk to its result; called in several threads.
    n_blocks : int
        How many blocks there are, from 0.
    n_workers : int
        How many threads.
    chunk_blocks : int, optional
        Blocks in a chunk; chosen so that a chunk takes about 20 ms when not given.
    most_blocks : int
        Most blocks in a chunk that is chosen.

    Notes
    -----
    When the caller stops early, by an exception such as Ctrl-C or by closing the generator,
    chunks that have not begun are dropped and the others waited for.
    """
    following = 0
    size = chunk_blocks or min(_FIRST_BLOCKS, most_blocks)
    waiting: deque[tuple[Chunk, Future[tuple[T, float]]]] = deque()
    with ThreadPoolExecutor(n_workers, thread_name_prefix="mclib") as pool:
        try:
            while following < n_blocks or waiting:
                while following < n_blocks and len(waiting) < 2 * n_workers:
                    chunk = Chunk(following, min(size, n_blocks - following))
                    waiting.append((chunk, pool.submit(_timed, work, chunk)))
                    following += chunk.n_blocks
                chunk, future = waiting.popleft()
                result, seconds = future.result()
                beat()
                if chunk_blocks is None:
                    size = _next_size(chunk.n_blocks, seconds, most_blocks)
                yield chunk, result
        finally:
            for _, future in waiting:
                future.cancel()


def _timed(work: Callable[[Chunk], T], chunk: Chunk) -> tuple[T, float]:
    began = time.perf_counter()
    return work(chunk), time.perf_counter() - began


def _next_size(n_blocks: int, seconds: float, most_blocks: int) -> int:
    wanted = n_blocks * _SECONDS_PER_CHUNK / max(seconds, 1e-6)
    return max(1, min(most_blocks, int(min(wanted, 4.0 * n_blocks))))


@contextlib.contextmanager
def undivided() -> Iterator[None]:
    """Put Ctrl-C off until what is inside is done, so that nothing is half added.

    Python interrupts the main thread alone, between any two of its steps.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    arrived = False

    def remember(*_: Any) -> None:
        nonlocal arrived
        arrived = True

    before = signal.signal(signal.SIGINT, remember)
    try:
        yield
    finally:
        # A handler that was not installed from Python is None, and cannot be put back.
        signal.signal(
            signal.SIGINT, signal.default_int_handler if before is None else before
        )
        if arrived:
            signal.raise_signal(signal.SIGINT)
