"""GitHub's answers, in the words of claims."""

import asyncio
from typing import Any

from hub.choices import GitHub
from hub.sign_on.github import github_claims

PROVIDER = GitHub(organization="Example")


def team(slug: str, organization: str = "example") -> dict[str, Any]:
    return {"slug": slug, "organization": {"login": organization}}


def claims(teams: list[dict[str, Any]]) -> dict[str, Any]:
    async def ask(address: str) -> Any:
        if address.endswith("/user"):
            return {"id": 42, "login": "Ada", "name": None, "email": "ada@example.org"}
        page = int(address.rpartition("=")[2])
        return teams[100 * (page - 1) : 100 * page]

    return asyncio.run(github_claims(PROVIDER, ask))


def test_the_teams_of_the_organization_are_the_groups() -> None:
    found = claims(
        [team("quants"), team("mchub-admins", "strangers"), team("a", "EXAMPLE")]
    )

    said = {"sub": 42, "login": "Ada", "email": "ada@example.org"}
    assert found == said | {"groups": ["quants", "a"]}


def test_all_pages_of_teams_are_read() -> None:
    found = claims([team(f"t{i}") for i in range(200)])

    assert len(found["groups"]) == 200
