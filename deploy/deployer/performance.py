"""How fast the platform answers under a steady stream of questions.

``python -m deploy.deployer.performance URL`` asks from the host's own network and prints
what it found as JSON; the token is read from standard input. Questions leave by the clock,
whether those before were answered or not, so that a slow platform can't slow its examiner.
"""

import argparse
import asyncio
import json
import math
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Final
from urllib.parse import urlsplit

import httpx

from deploy.deployer.outcomes import Failed

__all__ = ["Answers", "ask", "calm", "held_to", "main"]

RATE: Final = 20.0
SECONDS: Final = 5.0
SLOWEST: Final = 0.5
"""Seconds that 95 of 100 answers may take."""
_LOOKS_AGAIN: Final = 2
_PAUSE: Final = 10.0


@dataclass(frozen=True, kw_only=True)
class Answers:
    """Answers to a stream of questions: how many, how many not, and how fast.

    `p50` and `p95` are in seconds.
    """

    n: int
    failed: int
    p50: float
    p95: float
    worst: str = ""

    @property
    def is_late(self) -> bool:
        """Whether too many came late."""
        return self.p95 >= SLOWEST

    def __str__(self) -> str:
        times = f"p50 {1e3 * self.p50:.0f} ms, p95 {1e3 * self.p95:.0f} ms"
        return f"{self.n} answers, {self.failed} failed, {times}"


def calm(
    look: Callable[[], Answers], wait: Callable[[float], object] = time.sleep
) -> Answers:
    """What is found when nothing else disturbs: late answers are looked at again, twice.

    A burst of other work on the host is no fault of a release, and passes. A question that
    failed is never asked again.
    """
    for _ in range(_LOOKS_AGAIN):
        answers = look()
        if answers.failed or not answers.is_late:
            return answers
        wait(_PAUSE)
    return look()


def held_to(answers: Answers) -> str:
    """What was found, as text.

    Raises
    ------
    Failed
        If a question failed, or too many answers came late.
    """
    if answers.failed or answers.is_late:
        law = f"answer all {answers.n} questions, 95 % of them within {SLOWEST:g} s"
        message = f"the API must {law}; got {answers}. {answers.worst}".rstrip()
        raise Failed(message)
    return str(answers)


async def ask(
    url: str,
    token: str,
    paths: Sequence[str],
    connect_to: str,
    *,
    rate: float = RATE,
    seconds: float = SECONDS,
) -> Answers:
    """Ask for `paths` in turn, `rate` times a second.

    Parameters
    ----------
    url : str
        Public address.
    token : str
        Sent along.
    paths : sequence of str
        What is asked for.
    connect_to : str
        Host and port that answer for the public address here.
    rate, seconds : float
        Questions per second, and for how long.
    """
    parts = urlsplit(url)
    headers = {"Host": parts.netloc, "Authorization": f"token {token}"}
    loop = asyncio.get_running_loop()
    async with httpx.AsyncClient(
        base_url=f"{parts.scheme}://{connect_to}",
        headers=headers,
        # The connection is measured here, not who is at its end.
        verify=False,
        trust_env=False,
        timeout=10,
        limits=httpx.Limits(max_connections=100),
    ) as client:

        async def once(number: int, at: float) -> tuple[float, str]:
            await asyncio.sleep(at - loop.time())
            path, began = paths[number % len(paths)], time.perf_counter()
            try:
                answer = await client.get(path, extensions={"sni_hostname": parts.hostname})
            except httpx.HTTPError as error:
                return 10.0, f"{path}: {type(error).__name__}"
            took = time.perf_counter() - began
            return took, "" if answer.is_success else f"{path}: HTTP {answer.status_code}"

        start = loop.time() + 0.1
        n = round(rate * seconds)
        asked = [once(number, start + number / rate) for number in range(n)]
        answers = await asyncio.gather(*asked)
    times = sorted(took for took, _ in answers)
    wrong = [what for _, what in answers if what]
    return Answers(
        n=n,
        failed=len(wrong),
        p50=times[n // 2],
        p95=times[math.ceil(0.95 * n) - 1],
        worst=wrong[0] if wrong else "",
    )


def main(arguments: Sequence[str] | None = None) -> None:
    """Ask, and print the answers as JSON."""
    parser = argparse.ArgumentParser(prog="python -m deploy.deployer.performance")
    parser.add_argument("url")
    parser.add_argument("--connect-to", required=True, metavar="HOST:PORT")
    parser.add_argument("--path", action="append", required=True)
    options = parser.parse_args(arguments)
    token = sys.stdin.read().strip()
    found = asyncio.run(ask(options.url, token, options.path, options.connect_to))
    json.dump(asdict(found), sys.stdout)


if __name__ == "__main__":
    main()
