"""The hub's own part in a suspension: no session, token or server outlives it.

Who suspends a user is another process, and JupyterHub's API can't end a session; so the hub
looks at the table itself, again and again.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Collection
from typing import Any, Final

from jupyterhub import orm
from sqlalchemy import Engine, or_

from hub import events
from hub.closing import end_credentials, stop_servers
from hub.pages import Refused
from hub.suspension import Suspension, all_suspensions, suspensions

__all__ = ["LOOK_EVERY", "SIGN_IN_TAKES", "SuspensionWatch", "suspended"]

LOOK_EVERY: Final = 1.0
"""Seconds between two looks: so long may a session of a suspended user still live."""

SIGN_IN_TAKES: Final = 15.0
"""Seconds in which a sign-in that was let in just before a suspension has its cookie."""

_LOG: Final = logging.getLogger("JupyterHub.suspension")


def suspended(suspension: Suspension) -> Refused:
    """A page that tells somebody why they can't come in.

    The reason is what an admin noted for admins, and isn't shown.
    """
    since = f"{suspension.since.day} {suspension.since:%B %Y}"
    return Refused(
        403,
        "Sign-in is closed while an account is suspended; "
        f"{suspension.user} is, since {since}.",
        "Your files are kept. An administrator of this hub can say why, and can let you "
        "in again.",
        title="Your account is suspended.",
        who=suspension.user,
    )


class SuspensionWatch:
    """Ends what suspended users have, and refuses them at sign-in.

    Parameters
    ----------
    connect : callable
        Makes the engine, in the hub's process.
    """

    def __init__(self, connect: Callable[[], Engine]) -> None:
        self._connect = connect
        self._engine: Engine | None = None
        self._seen: dict[tuple[str, str], float] = {}
        self._stopping: dict[str, asyncio.Task[None]] = {}
        self._task: asyncio.Task[None] | None = None

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"

    @property
    def engine(self) -> Engine:
        """The database, connected to when it is first asked."""
        if self._engine is None:
            self._engine = self._connect()
        return self._engine

    async def refuse(self, user: str) -> None:
        """Refuse a sign-in of `user` while they are suspended.

        Raises
        ------
        Refused
            A page that says so.
        """
        found = await asyncio.to_thread(suspensions, self.engine, [user])
        if user in found:
            raise suspended(found[user])

    def begin(self, app: Any) -> None:
        """Look again and again, beside the work of the running hub `app`."""
        self._task = asyncio.get_running_loop().create_task(self._run(app))

    async def _run(self, app: Any) -> None:
        while True:
            try:
                await self.look(app)
            except Exception:
                app.db.rollback()
                _LOG.exception("suspended users could not be looked after")
            await asyncio.sleep(LOOK_EVERY)

    async def look(self, app: Any) -> None:
        """End what suspended users have now."""
        found = await asyncio.to_thread(all_suspensions, self.engine)
        now = time.monotonic()
        before, self._seen = self._seen, {}
        for one in found:
            key = (one.user, one.since.isoformat())
            self._seen[key] = before.get(key, now)
            if key not in before:
                _LOG.warning("%s is suspended: sessions, tokens and servers end", one.user)
                events.record("access-ended", one.user, "done", reason="suspended")
        fresh = [key[0] for key, at in self._seen.items() if now - at <= SIGN_IN_TAKES]
        for user in _with_something_open(app, [one.user for one in found], fresh):
            end_credentials(app, user)
            app.db.commit()
            # A server may take its time to end; nobody else's session waits for that.
            if user.name not in self._stopping:
                stopping = asyncio.get_running_loop().create_task(self._stop(app, user))
                self._stopping[user.name] = stopping

    async def _stop(self, app: Any, user: Any) -> None:
        try:
            await stop_servers(app, user)
        except Exception:
            _LOG.exception("a server of %s was not stopped; again soon", user.name)
        finally:
            del self._stopping[user.name]


def _with_something_open(
    app: Any, names: Collection[str], fresh: Collection[str]
) -> list[Any]:
    """Users among `names` who have a token or a server; `fresh` ones may have a session."""
    has_something = or_(
        orm.User.api_tokens.any(),
        orm.User.oauth_codes.any(),
        orm.User._orm_spawners.any(orm.Spawner.server_id.is_not(None)),
        orm.User.name.in_(fresh),
    )
    if not names:
        return []
    asked = app.db.query(orm.User).filter(orm.User.name.in_(names), has_something)
    return [app.users[user] for user in asked]
