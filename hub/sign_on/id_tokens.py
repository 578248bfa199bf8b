"""The provider's signed word about somebody, believed only when all of it fits."""

import base64
import hashlib
from collections.abc import Mapping
from typing import Any, Final

import jwt

__all__ = ["BadIdToken", "key_id", "nonce_of", "remembered", "verified", "with_userinfo"]

# Signatures by which only the provider can have signed; a shared secret could be ours.
_ALGORITHMS: Final = ("RS256", "RS384", "RS512", "PS256", "ES256", "ES384", "EdDSA")
_CLOCKS_DIFFER_BY: Final = 60


class BadIdToken(ValueError):
    """An ID token that isn't this provider's word to this hub about this sign-in."""


def nonce_of(code_challenge: str) -> str:
    """Nonce of a sign-in: it follows from the challenge, which the browser's cookie holds.

    An ID token made for another sign-in carries another nonce, whoever sends it here.
    """
    digest = hashlib.sha256(f"nonce {code_challenge}".encode()).digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


def key_id(id_token: str) -> str:
    """Which of the provider's keys has signed."""
    try:
        return str(jwt.get_unverified_header(id_token).get("kid", ""))
    except jwt.PyJWTError as error:
        raise BadIdToken(str(error)) from error


def verified(
    id_token: str,
    keys: Mapping[str, Any],
    *,
    issuer: str,
    client_id: str,
    nonce: str | None = None,
) -> dict[str, Any]:
    """Claims of an ID token.

    Parameters
    ----------
    id_token : str
        The token as it came.
    keys : mapping
        The provider's public keys, a JSON Web Key Set.
    issuer, client_id : str
        Who must have signed, and for whom.
    nonce : str, optional
        Of the sign-in that the token must belong to; a refreshed one has none.

    Returns
    -------
    dict
        The claims.

    Raises
    ------
    BadIdToken
        If a signature, a time, a name or the nonce doesn't fit.
    """
    kid = key_id(id_token)
    try:
        found = [
            key
            for key in jwt.PyJWKSet.from_dict(dict(keys)).keys
            if key.key_id == kid or not kid
        ]
        if not found:
            raise BadIdToken(f"no key of the provider is called {kid!r}")
        claims: dict[str, Any] = jwt.decode(
            id_token,
            found[0],
            algorithms=list(_ALGORITHMS),
            audience=client_id,
            issuer=issuer,
            leeway=_CLOCKS_DIFFER_BY,
            options={"require": ["exp", "iat", "iss", "aud", "sub"]},
        )
    except jwt.PyJWTError as error:
        raise BadIdToken(str(error)) from error
    if nonce is not None and claims.get("nonce") != nonce:
        raise BadIdToken("its nonce belongs to another sign-in")
    return claims


def remembered(id_token: str) -> dict[str, Any]:
    """Claims of an ID token that was verified when it came.

    It is over long before a sign-in is, and the key that signed it may be gone; what holds
    now is what the provider answers to the access token.
    """
    try:
        claims: dict[str, Any] = jwt.decode(id_token, options={"verify_signature": False})
    except jwt.PyJWTError as error:
        raise BadIdToken(str(error)) from error
    return claims


def with_userinfo(claims: Mapping[str, Any], userinfo: Mapping[str, Any]) -> dict[str, Any]:
    """Claims of both answers, if they are about the same person."""
    if userinfo.get("sub") != claims.get("sub"):
        raise BadIdToken("the user information is about somebody else")
    return {**claims, **userinfo}
