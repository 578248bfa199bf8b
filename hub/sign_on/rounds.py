"""The rounds: again and again the provider is asked about everybody who has access."""

import asyncio
import logging
from typing import Any, Final

from jupyterhub import orm
from sqlalchemy import or_

from hub.pages import Refused

__all__ = ["Rounds"]

_LOG: Final = logging.getLogger("JupyterHub.sign_on")
# So many questions at once; a provider counts them.
_AT_ONCE: Final = 4


class Rounds:
    """Ask about those who are at no browser, so that no token outlives its owner's access.

    A round begins twice in every `refresh_every`, so that what changes at the provider is
    known here in that time even if a round takes long.
    """

    def __init__(self, app: Any, authenticator: Any) -> None:
        self._app = app
        self._authenticator = authenticator
        self._every = authenticator.login.refresh_every.total_seconds() / 2
        self._tasks: set[asyncio.Task[None]] = set()

    def begin(self) -> None:
        """Begin beside the hub's own work."""
        for work in (self._find_provider(), self._go_round()):
            self._tasks.add(asyncio.get_running_loop().create_task(work))

    async def _find_provider(self) -> None:
        """Find the provider: as it was last, and then as it is, as often as it takes."""
        questions = self._authenticator.questions
        try:
            await questions.recall()
        except Exception:
            _LOG.warning("what the provider said last can't be read", exc_info=True)
        pause = 1.0
        while True:
            try:
                await questions.find_endpoints()
            except Exception as error:
                _LOG.warning("%s doesn't answer: %s", questions.issuer, error)
                pause = min(2 * pause, 60.0)
                await asyncio.sleep(pause)
            else:
                return

    async def _go_round(self) -> None:
        while True:
            await asyncio.sleep(self._every)
            try:
                await self.once()
            except Exception:
                _LOG.exception("a round ended early")

    async def once(self) -> None:
        """Ask about everybody who has a token or a server."""
        gate = asyncio.Semaphore(_AT_ONCE)

        async def ask(user: Any) -> None:
            async with gate:
                try:
                    await self._authenticator.refresh_user(user)
                except Refused as refused:
                    _LOG.info("%s", refused.jupyterhub_message)
                except Exception:
                    _LOG.exception("%s could not be asked about", user.name)

        await asyncio.gather(*(ask(user) for user in self._present()))

    def _present(self) -> list[Any]:
        spawners = orm.User._orm_spawners.any(orm.Spawner.server_id.is_not(None))
        asked = self._app.db.query(orm.User).filter(
            or_(orm.User.api_tokens.any(), spawners)
        )
        return [self._app.users[user] for user in asked]
