"""What people do while a part fails: requests are counted, and a kernel is kept."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import TracebackType

import httpx

from tests.integration.live_hub import Kernel
from tests.integration.platform.live import LivePlatform, Member

EVERY = 0.05


@dataclass
class Visitor:
    """Somebody who asks one address again and again, and counts the answers.

    Attributes
    ----------
    answers : Counter
        How often which status came, or which error instead.
    longest : float
        Seconds between the first failure of a row and the next success, at most.
    """

    url: str
    headers: dict[str, str]
    answers: Counter[str] = field(default_factory=Counter)
    longest: float = 0.0

    def __post_init__(self) -> None:
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._ask_on, daemon=True)

    @property
    def failed(self) -> int:
        """Answers other than the right one."""
        return self.answers.total() - self.answers["200"]

    def _ask_on(self) -> None:
        failing_since = None
        with httpx.Client(headers=self.headers, trust_env=False, timeout=15) as client:
            while not self._over.is_set():
                began = time.monotonic()
                try:
                    answer = str(client.get(self.url).status_code)
                except httpx.HTTPError as error:
                    answer = type(error).__name__
                self.answers[answer] += 1
                if answer != "200":
                    failing_since = failing_since or began
                elif failing_since:
                    self.longest = max(self.longest, time.monotonic() - failing_since)
                    failing_since = None
                time.sleep(EVERY)
            if failing_since:
                self.longest = max(self.longest, time.monotonic() - failing_since)

    def __enter__(self) -> "Visitor":
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._over.set()
        self._thread.join(timeout=30)


@dataclass
class Traffic:
    """Work of one person: a kernel with a variable, and visits to server and hub."""

    kernel: Kernel
    server: Visitor
    hub: Visitor

    def report(self, fault: str, note: Callable[[str], None]) -> None:
        """Tell the counts, for the end of the test run."""
        for name, visitor in (("server", self.server), ("hub", self.hub)):
            line = (
                f"{visitor.failed} of {visitor.answers.total()} failed, "
                f"away {visitor.longest:.2f} s, {dict(visitor.answers)}"
            )
            note(f"{fault}: requests to the {name}: {line}")

    def lives(self) -> bool:
        """Whether the kernel still has its variable, on the very connection."""
        return self.kernel.run("print(kept)").strip() == "41"


@contextmanager
def traffic(platform: LivePlatform, member: Member) -> Iterator[Traffic]:
    """Work that goes on while the block runs."""
    token = member.token()
    headers = {"Authorization": f"token {token}"}
    server = Visitor(f"{platform.url}/user/{member.name}/api/status", headers)
    hub = Visitor(f"{platform.url}/hub/api/user", headers)
    with Kernel(platform, member.name, token) as kernel, server, hub:  # type: ignore[arg-type]
        kernel.run("kept = 41")
        yield Traffic(kernel, server, hub)
