"""Who is signed in to the admin pages: kept in memory, so that no token lies in a browser.

A restart forgets everybody; the hub, which still knows them, lets them in again unseen.
"""

import hashlib
import secrets
import time
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Final

__all__ = ["Session", "Sessions"]

_LASTS: Final = 12 * 3600.0
_AT_MOST: Final = 1_000
_N_REPORTS: Final = 20


@dataclass(kw_only=True)
class Session:
    """A browser whose admin is signed in.

    `token` is what the hub gave for this admin, `xsrf` what every form of this session
    must bring back.
    """

    token: str
    xsrf: str
    until: float
    reports: OrderedDict[str, object] = field(default_factory=OrderedDict)

    def keep(self, report: object) -> str:
        """Keep a report until newer ones crowd it out; its key."""
        key = secrets.token_urlsafe(12)
        self.reports[key] = report
        while len(self.reports) > _N_REPORTS:
            self.reports.popitem(last=False)
        return key


class Sessions:
    """The sessions of one process, by a digest of the browser's cookie."""

    def __init__(self) -> None:
        self._sessions: OrderedDict[str, Session] = OrderedDict()

    def open(self, token: str) -> str:
        """Begin a session; the value of its cookie."""
        self._drop_old()
        cookie = secrets.token_urlsafe(32)
        self._sessions[_digest(cookie)] = Session(
            token=token, xsrf=secrets.token_urlsafe(32), until=time.monotonic() + _LASTS
        )
        return cookie

    def find(self, cookie: str) -> Session | None:
        """The session of a cookie, if there is one that lasts."""
        session = self._sessions.get(_digest(cookie))
        if session is None or session.until <= time.monotonic():
            return None
        return session

    def close(self, cookie: str) -> None:
        """End a session."""
        self._sessions.pop(_digest(cookie), None)

    def _drop_old(self) -> None:
        now = time.monotonic()
        while self._sessions:
            first = next(iter(self._sessions))
            is_full = len(self._sessions) >= _AT_MOST
            if not is_full and self._sessions[first].until > now:
                return
            del self._sessions[first]


def _digest(cookie: str) -> str:
    return hashlib.sha256(cookie.encode()).hexdigest()
