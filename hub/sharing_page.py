"""The page on which users let others into their running servers, and end that.

JupyterHub has an API for it and no page. A plain form: without a script it works as well.
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from types import MappingProxyType
from typing import Any, Final

from jupyterhub import orm
from jupyterhub.handlers.base import BaseHandler
from jupyterhub.utils import utcnow
from tornado.web import authenticated

from hub.choices import Sharing
from hub.options_page import duration_text

__all__ = ["SharingHandler", "lengths", "sharing_handlers"]

_LENGTHS: Final = (
    timedelta(hours=1),
    timedelta(hours=8),
    timedelta(days=1),
    timedelta(days=7),
)


class CantShare(ValueError):
    """What was asked for can't be done; the sentence stands above the form."""


def sharing_handlers(sharing: Sharing | None) -> list[tuple[Any, ...]]:
    """The page's address, where the environment allows sharing."""
    return [(r"/sharing", SharingHandler, {"sharing": sharing})] if sharing else []


def lengths(at_most: timedelta) -> Sequence[timedelta]:
    """For how long a server may be shared: a choice, up to the longest.

    Examples
    --------
    >>> [length / timedelta(hours=1) for length in lengths(timedelta(hours=12))]
    [1.0, 8.0, 12.0]
    """
    return [*(length for length in _LENGTHS if length < at_most), at_most]


class SharingHandler(BaseHandler):  # type: ignore[misc]
    """Whom one's servers are open to, and whose servers are open to oneself."""

    shared_server = ""
    shared_with: Mapping[str, str] = MappingProxyType({})

    def initialize(self, sharing: Sharing) -> None:
        """Take the environment's limit."""
        super().initialize()
        self._lengths = lengths(sharing.at_most)

    @authenticated
    async def get(self) -> None:
        """Show the page."""
        await self._show()

    @authenticated
    async def post(self) -> None:
        """Share or end a share, and show the page."""
        try:
            if ended := self.get_body_argument("end", ""):
                self._end(ended)
            else:
                self._share()
        except CantShare as refusal:
            self.set_status(400)
            await self._show(str(refusal))
        else:
            # So that reloading the page doesn't do it again.
            self.redirect(f"{self.hub.base_url}sharing")

    def _share(self) -> None:
        me = self.current_user.orm_user
        spawner = me.orm_spawners.get(self.get_body_argument("server", ""))
        if spawner is None:
            raise CantShare("A server must have been started before it is shared.")
        other = self._other(self.get_body_argument("with", "").strip())
        length = self._length(self.get_body_argument("seconds", ""))
        self._note(spawner.name, other)
        if (known := orm.Share.find(self.db, spawner, share_with=other)) is not None:
            self.db.delete(known)
            self.db.flush()
        scope = f"access:servers!server={me.name}/{spawner.name}"
        share = orm.Share(
            created_at=orm.Share.now(),
            owner=me,
            spawner=spawner,
            scopes=[scope],
            expires_at=utcnow(with_tz=False) + length,
        )
        setattr(share, other.kind, other)
        self.db.add(share)
        self.db.commit()

    def _other(self, name: str) -> Any:
        """The group or person of a name; a group that is named like a person has ``@``."""
        group = orm.Group.find(self.db, name.removeprefix("@"))
        user = orm.User.find(self.db, self.authenticator.normalize_username(name))
        if user is not None and user is self.current_user.orm_user:
            raise CantShare("A server is shared with others; it is open to you as it is.")
        found = user or group if not name.startswith("@") else group
        if found is None:
            law = "Name a person who has signed in here, or a group of this hub"
            raise CantShare(f"{law}; {name or 'nobody'} is neither.")
        return found

    def _length(self, seconds: str) -> timedelta:
        found = [one for one in self._lengths if f"{one.total_seconds():.0f}" == seconds]
        if not found:
            raise CantShare("Choose one of the times on this page.")
        return found[0]

    def _end(self, which: str) -> None:
        """End a share or an invitation of one's own, if it hasn't ended already."""
        kind, _, number = which.partition("-")
        table = {"share": orm.Share, "code": orm.ShareCode}.get(kind)
        if table is None or not number.isdecimal():
            raise CantShare("Use the buttons of this page to end a share.")
        own = self.db.query(table).filter_by(
            id=int(number), owner=self.current_user.orm_user
        )
        for found in own:
            other = getattr(found, "user", None) or getattr(found, "group", None)
            self._note(found.spawner.name, other)
            self.db.delete(found)
        self.db.commit()

    def _note(self, server: str, other: Any) -> None:
        """Say for the audit what this request is about."""
        self.shared_server = f"{self.current_user.name}/{server}"
        self.shared_with = {other.kind: other.name} if other else {}

    async def _show(self, refusal: str = "") -> None:
        me = self.current_user
        page = await self.render_template(
            "sharing.html",
            refusal=refusal,
            typed=self.get_body_argument("with", "") if refusal else "",
            servers=[
                {"name": name, "title": name or "My server", "is_ready": spawner.ready}
                for name, spawner in sorted(me.spawners.items())
                if spawner.active
            ],
            groups=sorted(group.name for group in me.orm_user.groups),
            lengths=[
                (f"{length.total_seconds():.0f}", duration_text(length))
                for length in self._lengths
            ],
            given=[*map(_given, me.orm_user.shares), *map(_invitation, _codes(me))],
            received=self._received(),
        )
        self.finish(page)

    def _received(self) -> list[dict[str, Any]]:
        found: dict[tuple[str, str], dict[str, Any]] = {}
        for share in self.current_user.orm_user.all_shared_with_me:
            if share.expired:
                continue
            owner, name = self._user_from_orm(share.owner), share.spawner.name
            found[owner.name, name] = {
                "owner": owner.name,
                "server": name,
                "url": owner.server_url(name),
                "is_ready": name in owner.spawners and owner.spawners[name].ready,
                "through": share.group.name if share.group else "",
                "left": _left(share),
            }
        return [row for _, row in sorted(found.items())]


def _codes(user: Any) -> list[Any]:
    return [code for code in user.orm_user.share_codes if not code.expired]


def _given(share: Any) -> dict[str, Any]:
    return {
        "which": f"share-{share.id}",
        "server": share.spawner.name,
        "kind": "group" if share.group else "person",
        "name": (share.group or share.user).name,
        "left": _left(share),
    }


def _invitation(code: Any) -> dict[str, Any]:
    return {
        "which": f"code-{code.id}",
        "server": code.spawner.name,
        "kind": "invitation",
        "name": "whoever has the link",
        "left": _left(code),
    }


def _left(share: Any) -> str:
    return duration_text(share.expires_at - utcnow(with_tz=False))
