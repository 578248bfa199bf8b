"""Who vouches for people: a provider of sign-in, each kind a type of its own."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from hub.laws import is_loopback, require, require_name, require_parts, require_text

__all__ = ["Entra", "GitHub", "Google", "GroupId", "OpenIdConnect"]

_ADDRESS_LAW = "be an `https://` address, or one of this machine"


def _require_address(path: str, value: str) -> None:
    parts = urlsplit(value)
    host = parts.hostname or ""
    is_here = is_loopback(host) or host.endswith(".localhost")
    fits = parts.scheme == "https" or (parts.scheme == "http" and is_here)
    fits = fits and bool(host) and not value.endswith("/") and not parts.query
    require(fits, path, f"{_ADDRESS_LAW}, without a slash at its end", value)


@dataclass(frozen=True, kw_only=True)
class OpenIdConnect:
    """Any provider that speaks OpenID Connect and tells a user's groups in a claim.

    `offline_access` among the `scopes` gets a refresh token, with which the hub asks about
    a user who isn't at the browser.
    """

    issuer: str
    name_claim: str = "preferred_username"
    groups_claim: str = "groups"
    scopes: tuple[str, ...] = ("openid", "profile", "groups", "offline_access")

    def check(self, path: str) -> None:
        """Refuse an issuer in plain HTTP, and scopes without an identity."""
        _require_address(f"{path}.issuer", self.issuer)
        require_text(f"{path}.name_claim", self.name_claim)
        require_text(f"{path}.groups_claim", self.groups_claim)
        require("openid" in self.scopes, f"{path}.scopes", "hold `openid`", self.scopes)


@dataclass(frozen=True, kw_only=True)
class GroupId:
    """A group's `name` here, and the `id` by which Entra knows it."""

    name: str
    id: str

    def check(self, path: str) -> None:
        """Refuse a group without an id."""
        require_name(f"{path}.name", self.name)
        require_text(f"{path}.id", self.id)


@dataclass(frozen=True, kw_only=True)
class Entra:
    """Microsoft Entra (Azure AD): one tenant, whose groups come as ids."""

    tenant: str
    groups: tuple[GroupId, ...]

    def check(self, path: str) -> None:
        """Refuse a tenant that is every tenant."""
        fits = self.tenant.strip() != "" and self.tenant not in (
            "common",
            "organizations",
            "consumers",
        )
        require(fits, f"{path}.tenant", "be one tenant's id or domain", self.tenant)
        require_parts(f"{path}.groups", self.groups, GroupId, at_least=1)


@dataclass(frozen=True, kw_only=True)
class Google:
    """Google: everybody of one `hosted_domain` is a member of the one group `group`.

    Google tells no groups at a sign-in; its own are not asked for.
    """

    hosted_domain: str
    group: str

    def check(self, path: str) -> None:
        """Refuse a domain that would let all of Google in."""
        fits = "." in self.hosted_domain and "@" not in self.hosted_domain
        require(fits, f"{path}.hosted_domain", "be a domain", self.hosted_domain)
        require_name(f"{path}.group", self.group)


@dataclass(frozen=True, kw_only=True)
class GitHub:
    """GitHub: the teams of one `organization` are the groups, as their URLs name them."""

    organization: str
    url: str = "https://github.com"
    api: str = "https://api.github.com"

    def check(self, path: str) -> None:
        """Refuse addresses in plain HTTP."""
        require_text(f"{path}.organization", self.organization)
        _require_address(f"{path}.url", self.url)
        _require_address(f"{path}.api", self.api)
