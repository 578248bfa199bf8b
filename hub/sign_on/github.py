"""GitHub speaks OAuth and not OpenID Connect: its answers, in the words of claims."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final

from hub.choices import GitHub

__all__ = ["github_claims"]

_PER_PAGE: Final = 100

Ask = Callable[[str], Awaitable[Any]]
"""Gets the JSON at an address, with the user's access token."""


async def github_claims(provider: GitHub, ask: Ask) -> dict[str, Any]:
    """A user's number, name, and the teams of the one organization."""
    user: Mapping[str, Any] = await ask(f"{provider.api}/user")
    teams: list[str] = []
    page = 1
    while True:
        address = f"{provider.api}/user/teams?per_page={_PER_PAGE}&page={page}"
        found: Sequence[Mapping[str, Any]] = await ask(address)
        teams += _teams_of(provider.organization, found)
        if len(found) < _PER_PAGE:
            # An address that GitHub shows has been verified.
            said = {"sub": user.get("id"), "login": user.get("login"), "groups": teams}
            return said | {"email": user.get("email")}
        page += 1


def _teams_of(organization: str, found: Sequence[Mapping[str, Any]]) -> list[str]:
    return [
        team["slug"]
        for team in found
        # GitHub's names differ in case only by accident.
        if team["organization"]["login"].lower() == organization.lower()
    ]
