"""Who may do what through JupyterHub's API: tables, with a reason for every scope."""

from collections.abc import Mapping
from typing import Final

from hub.choices import Prometheus
from hub.settings import Settings

__all__ = [
    "ADMIN",
    "ADMIN_IN_PERSON",
    "CHECK_USER",
    "DOCKER_POLICY",
    "EXPORTER",
    "IDLE_CULLER",
    "OWN",
    "PLATFORM_API",
    "PROMETHEUS",
    "READING",
    "RECONCILER",
    "REPORTS",
    "ROLES",
    "ROUTE_KEEPER",
    "SHARING",
    "STEWARD",
    "SYNTHETIC",
    "load_roles",
    "user_scopes",
]

ADMIN: Final = "admin"
DOCKER_POLICY: Final = "docker-policy"
EXPORTER: Final = "exporter"
IDLE_CULLER: Final = "idle-culler"
PLATFORM_API: Final = "platform-api"
PROMETHEUS: Final = "prometheus"
RECONCILER: Final = "reconciler"
REPORTS: Final = "reports"
ROUTE_KEEPER: Final = "route-keeper"
STEWARD: Final = "steward"
SYNTHETIC: Final = "synthetic"

CHECK_USER: Final = "mchub-check"
"""The user whom the synthetic check is: nobody signs in under this name."""

ROLES: Final[Mapping[str, Mapping[str, str]]] = {
    IDLE_CULLER: {
        "list:users": "to go through the users who have a server",
        "read:users:activity": "to know when a user was last seen",
        "read:servers": "to know when a server was last used",
        "delete:servers": "to stop a server that is idle",
    },
    ROUTE_KEEPER: {
        "proxy": "to put the routes back at once after the proxy was restarted",
    },
    # It asks the hub who it is, and that takes no scope: an answer proves hub and database.
    PLATFORM_API: {},
    # Its token says to the platform API who tells of a denial, and may do nothing.
    DOCKER_POLICY: {},
    # It acts with the token of the admin who is signed in, and of itself may do nothing.
    ADMIN: {},
    STEWARD: {
        "list:users": "to go through the users who have a server",
        "read:users:groups": "to know whose budget holds for a user",
        "read:servers": "to know which servers run, since when and of which profile",
        "delete:servers": "to stop a server whose budget or lifetime is used up",
    },
    RECONCILER: {
        "list:users": "to tell a deleted user's container from a forgotten server",
        "read:servers": "to know what runs and what starts",
        "start:servers": "to take up forgotten servers and the starts that wait",
    },
    REPORTS: {
        "read:users:name": "to know that the owner of a run is still a user",
        "read:users:groups": "to know whether somebody to be told by mail may still read",
        "read:servers": "to know whether the server of a run is there",
        "start:servers": "to start the server that is a run, in the name of its owner",
        "delete:servers": "to stop and remove it when the run has ended",
    },
    PROMETHEUS: {
        "read:metrics": "to read the hub's own metrics",
    },
    EXPORTER: {
        "list:users": "to go through the users",
        "read:users:groups": "to add up use by group",
    },
    SYNTHETIC: {
        f"servers!user={CHECK_USER}": "to start and stop the server of the check's user",
        f"access:servers!user={CHECK_USER}": "to run a notebook on that server",
    },
}
"""The services, none of them admin."""

OWN: Final = "self"
"""JupyterHub's word for what everybody may do with their own account and servers."""

SHARING: Final[Mapping[str, str]] = {
    "shares!user": "to let others into one's own running servers, and to end that",
    "read:users:name": "to name the person to share with",
    "read:groups:name": "to name the group to share with",
}
"""What everybody who may enter has besides, where the environment allows sharing."""


READING: Final[Mapping[str, str]] = {
    f"access:services!service={REPORTS}": "to read reports, and to publish some",
}
"""What everybody who may enter has besides, for the pages of reports."""


def user_scopes(settings: Settings) -> set[str]:
    """Scopes of everybody, besides `OWN`.

    A group opens the door and brings profiles and budgets; no group brings a scope. Members
    of the admin groups are JupyterHub's admins, whose scopes are its own.
    """
    return set(READING) | (set(SHARING) if settings.sharing else set())


ADMIN_IN_PERSON: Final[Mapping[str, str]] = {
    "admin:users": "to make users, see their groups and activity, and delete them",
    "read:servers": "to show who has a server",
    "delete:servers": "to stop a server",
    "tokens": "to delete the tokens of a user who is suspended or leaves",
    "admin:groups": "to make groups, fill them and delete them",
    "users:shares": "to end what others share with a user who leaves",
}
"""What the admin service may do in the name of an admin, if that admin may do it."""


def load_roles(settings: Settings) -> list[dict[str, object]]:
    """`ROLES` in the form of JupyterHub's setting of that name.

    Where the platform is checked again and again, the hub also makes the user for it, who
    may do what everybody may.
    """
    checked: dict[str, object] = {
        "name": CHECK_USER,
        "description": "The user whom the synthetic check is",
        "scopes": [OWN],
        "users": [CHECK_USER],
    }
    is_checked = isinstance(settings.monitoring, Prometheus)
    return [*_service_roles(), *([checked] if is_checked else [])]


def _service_roles() -> list[dict[str, object]]:
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
