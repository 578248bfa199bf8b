"""Letting others into one's running server: whether, for how long, and until when.

JupyterHub keeps shares; here they get an end, reach the members of a group, and are refused
where the environment has none. `hub.in_server.shared_access`, in the server itself,
ends what is open when a share ends.
"""

import asyncio
import functools
import logging
from collections.abc import Callable
from datetime import timedelta
from typing import Any, Final

from jupyterhub import orm, scopes
from jupyterhub.utils import utcnow
from sqlalchemy import event

from hub import events
from hub.choices import Sharing
from hub.pages import Refused

__all__ = ["begin"]

_LOG: Final = logging.getLogger("JupyterHub.sharing")
_LOOK_EVERY: Final = 1.0
_TASKS: Final[set[asyncio.Task[None]]] = set()
_LAW: Final = "Servers must not be shared in this environment; it has no `sharing`."


def begin(app: Any, sharing: Sharing | None) -> None:
    """Hold the rules of sharing in the running hub `app`."""
    event.listen(orm.Share, "before_insert", functools.partial(_limit, sharing))
    event.listen(orm.ShareCode, "before_insert", functools.partial(_limit, sharing))
    event.listen(orm.Share, "after_insert", functools.partial(_note, "share"))
    event.listen(orm.Share, "after_delete", functools.partial(_note, "share-ended"))
    if sharing is None:
        return
    scopes.get_scopes_for = with_group_shares(scopes.get_scopes_for)
    _TASKS.add(asyncio.get_running_loop().create_task(_end_shares(app)))


def _limit(sharing: Sharing | None, mapper: Any, connection: Any, share: Any) -> None:
    if sharing is None:
        # Admins have the scope in every environment, so it is the row that is refused.
        raise Refused(403, _LAW, "Work together in files, or in another environment.")
    share.expires_at = earlier(share.expires_at, utcnow(with_tz=False), sharing.at_most)


def earlier(asked: Any, now: Any, at_most: timedelta) -> Any:
    """When a share ends: when it was asked to, and at the latest after `at_most`."""
    latest = now + at_most
    if asked is None:
        return latest
    return min(asked.replace(tzinfo=None), latest)


def _note(what: str, mapper: Any, connection: Any, share: Any) -> None:
    state = share.__dict__
    owner, spawner = state.get("owner"), state.get("spawner")
    other = state.get("user") or state.get("group")
    events.record(
        what,
        owner.name if owner is not None else "",
        "done",
        server=spawner.name if spawner is not None else "",
        shared_with=other.name if other is not None else "",
        until=f"{share.expires_at:%Y-%m-%dT%H:%M:%SZ}" if share.expires_at else "",
    )


def with_group_shares(found_for: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Scopes of a token, its owner's shares by group included.

    JupyterHub 6.1.1 counts them for users and forgets them for tokens, so that a member
    passes the hub's own page and is refused by the server. Only what the token is for is
    added: the one server it was issued for, or all its owner may if it inherits.
    """

    @functools.wraps(found_for)
    def scopes_for(holder: Any) -> Any:
        found = found_for(holder)
        if not isinstance(holder, orm.APIToken) or holder.user is None:
            return found
        given = {
            scope
            for group in holder.user.groups
            for share in group.shared_with_me
            if not share.expired
            for scope in share.scopes
        }
        if "inherit" not in holder.scopes:
            client = holder.oauth_client
            is_for_one = client is not None and client.identifier != "jupyterhub"
            given &= set(scopes.access_scopes(client)) if is_for_one else set()
        return frozenset(found) | given

    return scopes_for


async def _end_shares(app: Any) -> None:
    """Remove what has ended; JupyterHub looks once an hour, and believes the rest."""
    while True:
        try:
            for kind in (orm.Share, orm.ShareCode):
                kind.purge_expired(app.db)
        except Exception:
            app.db.rollback()
            _LOG.exception("ended shares could not be removed")
        await asyncio.sleep(_LOOK_EVERY)
