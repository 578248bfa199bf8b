"""Closing what somebody has open in the running hub: sessions, tokens, servers.

JupyterHub keeps the sessions and tokens of those who may no longer sign in, and its API
can't end a session; so who shuts a user out, for whatever reason, does it with these.
"""

from typing import Any

from jupyterhub import orm

__all__ = ["end_credentials", "stop_servers"]


def end_credentials(app: Any, user: Any) -> None:
    """End browsers' sessions and tokens; the caller commits."""
    db, who = app.db, user.orm_user
    codes = db.query(orm.OAuthCode).filter_by(user=who)
    for credential in [*who.api_tokens, *codes]:
        db.delete(credential)
    # Every cookie holds this number; none with the old one is accepted any more.
    who.cookie_id = orm.new_token()


async def stop_servers(app: Any, user: Any) -> None:
    """Stop what a user runs. One that is starting or stopping is left to the next time."""
    for name, spawner in list(user.spawners.items()):
        if spawner.active and not spawner.pending:
            await app.proxy.delete_user(user, name)
            await user.stop(name)
