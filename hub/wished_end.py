"""The end of a server that somebody wishes, whatever the hub is just doing with it.

A hub that takes over looks at the servers it finds, and ends by itself those that only
waited for a GPU: their places in the queue are kept, and they are asked for again. In these
seconds JupyterHub has no start to break off; it refuses a wish for the end, or answers it
and does nothing. So the place is given up here, by the wish itself.
"""

import asyncio
from typing import Any, Final

from jupyterhub.apihandlers.users import UserServerAPIHandler
from jupyterhub.scopes import needs_scope

__all__ = ["WishedEnd", "wished_end_handlers"]

# A look asks Docker, whose answers the hub awaits for up to 30 s.
_LOOK_WITHIN: Final = 30.0
_ASK_EVERY: Final = 0.1


def wished_end_handlers() -> list[tuple[str, type]]:
    """The addresses at which JupyterHub's own handler would answer."""
    user = r"/api/users/([^/]+)"
    return [(rf"{user}/server", WishedEnd), (rf"{user}/servers/([^/]*)", WishedEnd)]


class WishedEnd(UserServerAPIHandler):  # type: ignore[misc]
    """JupyterHub's handler of servers; an end takes the place in the queue with it."""

    @needs_scope("delete:servers")  # type: ignore[untyped-decorator]
    async def delete(self, user_name: str, server_name: str = "") -> None:
        """End a server, or its wait for one."""
        user = self.find_user(user_name)
        if user is not None and server_name in user.orm_spawners:
            await _leave(user.spawners[server_name])
        await super().delete(user_name, server_name)


async def _leave(spawner: Any) -> None:
    """Give its place up, and wait until the hub has looked at it."""
    # Servers that wait for no GPU of ours have no place.
    if leave := getattr(spawner, "leave_queue", None):
        await leave()
    for _ in range(int(_LOOK_WITHIN / _ASK_EVERY)):
        if spawner.pending != "check":
            return
        await asyncio.sleep(_ASK_EVERY)
