"""Where a provider is asked, and by which keys its word is known."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from hub.choices import Entra, GitHub, Google, OpenIdConnect
from hub.laws import SettingsError, refusal

__all__ = ["Endpoints", "endpoints_of", "github_endpoints", "issuer_of", "well_known"]

_GOOGLE: Final = "https://accounts.google.com"


@dataclass(frozen=True)
class Endpoints:
    """Addresses of a provider; the last two are there if it has them."""

    authorize: str
    token: str
    userinfo: str
    keys: str = ""
    end_session: str = ""


def issuer_of(provider: OpenIdConnect | Entra | Google | GitHub) -> str:
    """Name of a provider, under which its subjects are known."""
    match provider:
        case OpenIdConnect(issuer=issuer):
            return issuer
        case Entra(tenant=tenant):
            return f"https://login.microsoftonline.com/{tenant}/v2.0"
        case Google():
            return _GOOGLE
        case GitHub(url=url):
            return url


def github_endpoints(provider: GitHub) -> Endpoints:
    """GitHub's addresses, which it has no document for."""
    return Endpoints(
        authorize=f"{provider.url}/login/oauth/authorize",
        token=f"{provider.url}/login/oauth/access_token",
        userinfo=f"{provider.api}/user",
    )


def well_known(issuer: str) -> str:
    """Address at which an issuer describes itself."""
    return f"{issuer}/.well-known/openid-configuration"


def endpoints_of(issuer: str, document: str) -> Endpoints:
    """Endpoints in a provider's description of itself.

    Raises
    ------
    SettingsError
        If it describes another issuer, leaves out what a sign-in needs, or sends a secret
        over plain HTTP where the issuer itself is https.
    """
    path = well_known(issuer)
    try:
        found: Any = json.loads(document)
    except ValueError as error:
        raise refusal(path, "be JSON", document[:80]) from error
    if not isinstance(found, Mapping):
        raise refusal(path, "be a JSON object", document[:80])
    if found.get("issuer") != issuer:
        hint = "write the issuer as the provider does, to the letter."
        raise refusal(f"{path}, `issuer`", f"be {issuer}", found.get("issuer"), hint)
    methods = found.get("code_challenge_methods_supported", ["S256"])
    if "S256" not in methods:
        raise refusal(f"{path}, `code_challenge_methods_supported`", "hold S256", methods)
    return Endpoints(
        authorize=_address(issuer, found, "authorization_endpoint"),
        token=_address(issuer, found, "token_endpoint"),
        userinfo=_address(issuer, found, "userinfo_endpoint"),
        keys=_address(issuer, found, "jwks_uri"),
        end_session=_address(issuer, found, "end_session_endpoint", is_needed=False),
    )


def _address(
    issuer: str, found: Mapping[str, Any], name: str, *, is_needed: bool = True
) -> str:
    value = found.get(name, "" if not is_needed else None)
    scheme = f"{issuer.partition('://')[0]}://"
    if value == "" and not is_needed:
        return ""
    if not isinstance(value, str) or not value.startswith(("https://", scheme)):
        error: SettingsError = refusal(f"{well_known(issuer)}, `{name}`", "be https", value)
        raise error
    return value
