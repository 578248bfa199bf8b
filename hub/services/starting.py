"""Which servers are just starting: those would be lost with the hub that starts them."""

import httpx
from sqlalchemy import Engine

from hub.gpus.queue import waiting
from hub.network import hub_url
from hub.roles import STEWARD
from hub.secret_files import service_token
from hub.settings import Settings

__all__ = ["starting_servers"]


def starting_servers(settings: Settings, engine: Engine) -> list[str]:
    """Servers in the middle of a start or a stop, as ``user/server``.

    Those that wait for a GPU are none of them: their places outlive the hub.

    Parameters
    ----------
    settings : Settings
        The environment; the steward's token is asked with.
    engine : Engine
        Its database.

    Raises
    ------
    httpx.HTTPError
        If the hub doesn't answer.
    """
    with engine.connect() as connection:
        queued = {f"{one.user}/{one.server}" for one in waiting(connection)}
    answer = httpx.get(
        f"{hub_url(settings)}/hub/api/users",
        params={"state": "active", "limit": settings.server.at_most},
        headers={"Authorization": f"token {service_token(settings, STEWARD)}"},
        trust_env=False,
        timeout=10,
    )
    answer.raise_for_status()
    pending = {
        f"{user['name']}/{name}"
        for user in answer.json()
        for name, server in user.get("servers", {}).items()
        if server.get("pending")
    }
    return sorted(pending - queued)
