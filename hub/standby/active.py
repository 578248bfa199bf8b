"""JupyterHub as long as this process holds the lock, and its end in an order.

Every step of the end is there because leaving it out failed. A hub that goes on listening
answers beside the next one. One that goes on looking after the proxy takes the next one's
route away. A transaction left open holds up the next one's change of a table. And who still
asks at an address that is gone waits for seconds, so for a while they are to be refused.
"""

import asyncio
import gc
import os
from collections.abc import Callable
from importlib import import_module
from typing import Any, ClassVar, Final

from jupyterhub import app
from sqlalchemy.orm import configure_mappers

from hub.database.away import told_to_try_again
from hub.endings import end_all
from hub.release import color, release
from hub.standby.lock import HubLock

__all__ = ["HUB_HEADER", "RELEASE_HEADER", "JupyterHub"]

RELEASE_HEADER: Final = "X-MCHub-Release"
"""Every answer says which release gave it: a deployment asks until it is the new one."""

HUB_HEADER: Final = "X-MCHub-Hub"
"""And which of the two hubs."""

# For answers that are being written; most take less.
_FINISH_WITHIN: Final = 0.1
_STEP_WITHIN: Final = 2.0
_STAY: Final = 3.0
_FIRST_NEEDED: Final = ("jupyterhub.handlers", "jupyterhub.apihandlers")


class JupyterHub(app.JupyterHub):  # type: ignore[misc]
    """The hub, by the lock that its process holds.

    It keeps the name, which is that of the logger above ours and of a section of the
    configuration.
    """

    wait_for_turn: ClassVar[Callable[[], HubLock]]
    """Waits until this process may be the hub."""

    lock: HubLock
    _is_ending = False

    def init_db(self) -> None:
        """Stand by: the configuration is read by now, and nothing is changed yet."""
        _load_all(self)
        self.lock = type(self).wait_for_turn()
        super().init_db()

    def init_handlers(self) -> None:
        """Have no answer blame who asks for a database that is away."""
        super().init_handlers()
        self.handlers: list[Any] = told_to_try_again(self.handlers)

    def init_tornado_settings(self) -> None:
        """Have every answer say who gave it."""
        super().init_tornado_settings()
        told = {RELEASE_HEADER: release(), HUB_HEADER: color()}
        headers = self.tornado_settings.get("headers", {})
        self.tornado_settings["headers"] = {**headers, **told}

    async def cleanup(self) -> None:
        """End in the order that the next hub needs, and leave the process."""
        if self._is_ending:
            return
        self._is_ending = True
        self._say("ends")
        try:
            await self._stop_listening()
            self._say("listens no more")
            await _within(_STEP_WITHIN, super().cleanup())
            await self._stop_tasks()
            await _within(_STEP_WITHIN, asyncio.to_thread(end_all))
            self.db.close()
            self.db.get_bind().dispose()
            self._say("has left the database")
        finally:
            self.lock.release()
            self._say("has given the lock back")
            await asyncio.sleep(_STAY)
            os._exit(0)

    async def _stop_listening(self) -> None:
        for callback in self._periodic_callbacks.values():
            callback.stop()
        if self.metrics_collector:
            self.metrics_collector.stop()
        if self.http_server:
            self.http_server.stop()
            await asyncio.sleep(_FINISH_WITHIN)
            await _within(_STEP_WITHIN, self.http_server.close_all_connections())

    async def _stop_tasks(self) -> None:
        """End what still runs beside: rounds of ours, and JupyterHub's own."""
        tasks = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks, timeout=_STEP_WITHIN)

    def _say(self, text: str) -> None:
        self.log.warning("standby: the %s hub %s", color() or "only", text)


def _load_all(hub: app.JupyterHub) -> None:
    """Import and build now what the hub would in its first second."""
    for module in _FIRST_NEEDED:
        import_module(module)
    configure_mappers()
    # Nothing of this is garbage, and a hub that hurries need not look for any in it.
    gc.collect()
    gc.freeze()


async def _within(seconds: float, step: Any) -> None:
    """A step of the end; one that fails or takes too long keeps none of the others."""
    try:
        await asyncio.wait_for(step, seconds)
    except Exception:
        JupyterHub.instance().log.exception("standby: a step of the end failed")
