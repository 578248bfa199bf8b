"""The end of somebody's access: sessions, tokens, what was shared with them, servers."""

from typing import Any

from jupyterhub import orm

__all__ = ["end_access", "end_sessions", "stop_servers"]


async def end_access(app: Any, user: Any) -> None:
    """End all that a user of the running hub `app` has; homes and files stay.

    JupyterHub itself keeps the sessions and tokens of those who may no longer sign in.
    """
    end_sessions(app, user)
    await user.save_auth_state(None)
    await stop_servers(app, user)


def end_sessions(app: Any, user: Any) -> None:
    """End browsers' sessions, tokens, rights, and access to others' servers."""
    db, who = app.db, user.orm_user
    for token in list(who.api_tokens):
        db.delete(token)
    for code in db.query(orm.OAuthCode).filter_by(user=who):
        db.delete(code)
    for share in list(who.shared_with_me):
        db.delete(share)
    # Every cookie holds this number; none with the old one is accepted any more.
    who.cookie_id = orm.new_token()
    user.admin = False
    orm_admin = orm.Role.find(db, "admin")
    if orm_admin in who.roles:
        who.roles.remove(orm_admin)
    user.sync_groups([])
    db.commit()


async def stop_servers(app: Any, user: Any) -> None:
    """Stop what a user runs. One that is starting or stopping is left to the next round."""
    for name, spawner in list(user.spawners.items()):
        if spawner.active and not spawner.pending:
            await app.proxy.delete_user(user, name)
            await user.stop(name)
