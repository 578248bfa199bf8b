"""What the pages work with: the hub, the database, and what the platform can do."""

from dataclasses import dataclass, field

import httpx
from sqlalchemy import Engine

from hub.services.admin.hub_api import HubApi
from hub.services.admin.sessions import Sessions

__all__ = ["Desk", "Person"]


@dataclass(frozen=True, kw_only=True)
class Desk:
    """Everything that is the same for all who administer.

    Parameters
    ----------
    client : httpx.AsyncClient
        Reaches the hub's API.
    engine : Engine
        Database with the platform's tables.
    service : str
        Name of this service in the hub.
    token : str
        The service's own token: it proves to the hub who asks for a person's.
    public_url : str
        What people type, without a path; invitations begin with it.
    manages_groups : bool
        Whether groups are made here, and not by the provider of sign-in.
    """

    client: httpx.AsyncClient
    engine: Engine
    service: str
    token: str
    public_url: str
    manages_groups: bool = True
    sessions: Sessions = field(default_factory=Sessions)

    @property
    def prefix(self) -> str:
        """Path under which this service is served, without a slash at its end."""
        return f"/services/{self.service}"


@dataclass(frozen=True, kw_only=True)
class Person:
    """Who asks, and the hub as it answers this person.

    `xsrf` is empty for a program, which brings a token with every request.
    """

    name: str
    hub: HubApi
    source: str
    xsrf: str = ""
    cookie: str = ""
