"""Who may do what through JupyterHub's API: one table, a reason for every scope."""

from collections.abc import Mapping
from typing import Final

__all__ = [
    "IDLE_CULLER",
    "LAUNCHER",
    "PLATFORM_API",
    "RECONCILER",
    "ROLES",
    "load_roles",
]

IDLE_CULLER: Final = "idle-culler"
LAUNCHER: Final = "launcher"
PLATFORM_API: Final = "platform-api"
RECONCILER: Final = "reconciler"

ROLES: Final[Mapping[str, Mapping[str, str]]] = {
    IDLE_CULLER: {
        "list:users": "to go through the users who have a server",
        "read:users:activity": "to know when a user was last seen",
        "read:servers": "to know when a server was last used",
        "delete:servers": "to stop a server that is idle",
    },
    LAUNCHER: {
        "proxy": "to put the routes back at once after the proxy was restarted",
    },
    # It asks the hub who it is, and that takes no scope: an answer proves hub and database.
    PLATFORM_API: {},
    RECONCILER: {
        "list:users": "to tell a deleted user's container from a forgotten server",
        "read:servers": "to know what runs and what starts",
        "start:servers": "to take up forgotten servers and the starts that wait",
    },
}


def load_roles() -> list[dict[str, object]]:
    """`ROLES` in the form of JupyterHub's setting of that name."""
    return [
        {
            "name": service,
            "description": f"What {service} needs, and nothing else",
            "scopes": list(scopes),
            "services": [service],
        }
        for service, scopes in ROLES.items()
        if scopes
    ]
