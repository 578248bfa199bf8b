"""The end of somebody's access: sessions, tokens, what was shared with them, servers."""

from typing import Any

from jupyterhub import orm

from hub.closing import end_credentials, stop_servers

__all__ = ["end_access"]


async def end_access(app: Any, user: Any) -> None:
    """End all that a user of the running hub `app` has; homes and files stay."""
    end_credentials(app, user)
    _end_rights(app.db, user)
    app.db.commit()
    await user.save_auth_state(None)
    await stop_servers(app, user)


def _end_rights(db: Any, user: Any) -> None:
    """End a user's groups, admin's rights, and access to others' servers."""
    who = user.orm_user
    for share in list(who.shared_with_me):
        db.delete(share)
    user.admin = False
    admin = orm.Role.find(db, "admin")
    if admin in who.roles:
        who.roles.remove(admin)
    user.sync_groups([])
