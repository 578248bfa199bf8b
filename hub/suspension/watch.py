"""The hub's own part in a suspension: no session, token or server outlives it.

JupyterHub keeps the sessions of those who may no longer sign in, and its API can't end
them; so the hub looks at the table itself, again and again.
"""

import asyncio
import logging
from collections.abc import Callable
from typing import Any, Final

from jupyterhub import orm
from sqlalchemy import Engine
from tornado.web import HTTPError

from hub.suspension import Suspension, all_suspensions, is_suspended

__all__ = ["LOOK_EVERY", "Suspended", "SuspensionWatch"]

LOOK_EVERY: Final = 5.0
"""Seconds between two looks: so long may a session of a suspended user still live."""

_LOG: Final = logging.getLogger("JupyterHub.suspension")


class Suspended(HTTPError):
    """A page that tells why somebody can't come in."""

    def __init__(self, user: str) -> None:
        message = (
            f"{user} is suspended, so sign-in is closed. Files are kept. "
            "An administrator of this hub can say why, and let you in again."
        )
        super().__init__(403, "%s", message)
        self.jupyterhub_message = message


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
        self._ended: dict[str, str] = {}
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
        Suspended
            A page that says so.
        """
        if await asyncio.to_thread(is_suspended, self.engine, user):
            raise Suspended(user)

    def begin(self, app: Any) -> None:
        """Look again and again, beside the work of the running hub `app`."""
        self._task = asyncio.get_running_loop().create_task(self._run(app))

    async def _run(self, app: Any) -> None:
        while True:
            try:
                await self.look(app)
            except Exception:
                _LOG.exception("suspended users could not be looked after")
            await asyncio.sleep(LOOK_EVERY)

    async def look(self, app: Any) -> None:
        """End what suspended users have now."""
        found = await asyncio.to_thread(all_suspensions, self.engine)
        names = {one.user for one in found}
        self._ended = {name: at for name, at in self._ended.items() if name in names}
        for one in found:
            user = orm.User.find(app.db, one.user)
            if user is not None:
                await self._end(app, app.users[user], one)

    async def _end(self, app: Any, user: Any, suspension: Suspension) -> None:
        who, db = user.orm_user, app.db
        codes = db.query(orm.OAuthCode).filter_by(user=who).all()
        for credential in [*who.api_tokens, *codes]:
            db.delete(credential)
        since = suspension.since.isoformat()
        if self._ended.get(user.name) != since:
            # Every cookie holds this number; none with the old one is accepted any more.
            who.cookie_id = orm.new_token()
            self._ended[user.name] = since
            _LOG.warning("%s is suspended: sessions have ended", user.name)
        db.commit()
        for name, spawner in list(user.spawners.items()):
            # One that is starting or stopping is left to the next look.
            if spawner.active and not spawner.pending:
                await app.proxy.delete_user(user, name)
                await user.stop(name)
