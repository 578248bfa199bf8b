"""Asking the provider: where it is, who somebody is, and whether that still holds."""

import asyncio
import json
import logging
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlencode

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError
from tornado.httpclient import AsyncHTTPClient, HTTPRequest

from hub.choices import Entra, GitHub, Google, OpenIdConnect, SingleSignOn
from hub.sign_on import identities
from hub.sign_on.discovery import (
    Endpoints,
    endpoints_of,
    github_endpoints,
    issuer_of,
    well_known,
)
from hub.sign_on.github import github_claims
from hub.sign_on.id_tokens import key_id, remembered, verified, with_userinfo

__all__ = ["Questions", "extra_parameters", "known", "scopes_of"]

_LOG: Final = logging.getLogger("JupyterHub.sign_on")
_JSON: Final = {"Accept": "application/json", "User-Agent": "mchub"}
_CONNECT_WITHIN: Final = 5.0
_ANSWER_WITHIN: Final = 10.0
_HAS_NEW_ID: Final = "has_new_id"


def scopes_of(login: SingleSignOn) -> list[str]:
    """Scopes to ask the provider for."""
    match login.provider:
        case OpenIdConnect(scopes=scopes):
            return list(scopes)
        case Entra():
            return ["openid", "profile", "email", "offline_access"]
        case Google():
            return ["openid", "profile", "email"]
        case GitHub():
            return ["read:org"]


def extra_parameters(login: SingleSignOn) -> dict[str, str]:
    """What the browser takes to the provider besides."""
    match login.provider:
        case Google(hosted_domain=domain):
            # Google's way to ask for a refresh token; others have a scope for it.
            return {"access_type": "offline", "prompt": "consent", "hd": domain}
        case _:
            return {}


def known(tokens: Mapping[str, Any]) -> dict[str, Any]:
    """Tokens whose ID token was verified when it came, and may be over by now."""
    return {**tokens, _HAS_NEW_ID: False}


class Questions:
    """One provider, and how this hub asks it."""

    def __init__(self, login: SingleSignOn, client_secret: str, engine: Engine) -> None:
        self.login = login
        self.issuer = issuer_of(login.provider)
        self.endpoints: Endpoints | None = None
        self._client = {"client_id": login.client_id, "client_secret": client_secret}
        self._engine = engine
        self._keys: dict[str, Any] = {"keys": []}
        self._http = AsyncHTTPClient(force_instance=True)

    async def recall(self) -> None:
        """Take the endpoints as they were when the provider last described itself."""
        recall = identities.remembered_provider
        document = await asyncio.to_thread(recall, self._engine, self.issuer)
        if document is not None:
            self.endpoints = endpoints_of(self.issuer, document)

    async def find_endpoints(self) -> Endpoints:
        """Endpoints as the provider describes them now; they are kept for later starts."""
        provider = self.login.provider
        if isinstance(provider, GitHub):
            self.endpoints = github_endpoints(provider)
            return self.endpoints
        answer = await self._fetch(well_known(self.issuer))
        document = answer.body.decode()
        self.endpoints = endpoints_of(self.issuer, document)
        remember = identities.remember_provider
        try:
            await asyncio.to_thread(remember, self._engine, self.issuer, document)
        except SQLAlchemyError:
            _LOG.warning("what the provider says of itself was not kept", exc_info=True)
        return self.endpoints

    async def known_endpoints(self) -> Endpoints:
        """Endpoints, asked for if they aren't known yet."""
        return self.endpoints or await self.find_endpoints()

    async def exchanged(self, code: str, verifier: str, callback: str) -> dict[str, Any]:
        """Tokens for the code that the browser brought."""
        return await self._tokens(
            grant_type="authorization_code",
            code=code,
            code_verifier=verifier,
            redirect_uri=callback,
        )

    async def refreshed(self, tokens: Mapping[str, Any]) -> dict[str, Any]:
        """New tokens for old ones; the same if the provider gives none to refresh with.

        A token to refresh with is used even while the other still holds: only so does the
        provider look at the account again.
        """
        refresh_token = tokens.get("refresh_token")
        if not refresh_token:
            return known(tokens)
        new = await self._tokens(grant_type="refresh_token", refresh_token=refresh_token)
        # One that isn't replaced stays in use, and so does an ID token.
        return {**known(tokens), **new, _HAS_NEW_ID: "id_token" in new}

    async def claims(
        self, tokens: Mapping[str, Any], nonce: str | None = None
    ) -> dict[str, Any]:
        """What the provider says about the owner of `tokens`.

        Raises
        ------
        BadIdToken
            If it isn't the provider's word about this sign-in.
        HTTPClientError
            If it answers otherwise than with its word.
        """
        bearer = f"Bearer {tokens['access_token']}"

        async def ask(address: str) -> Any:
            answer = await self._fetch(address, headers={**_JSON, "Authorization": bearer})
            return json.loads(answer.body)

        provider = self.login.provider
        if isinstance(provider, GitHub):
            return await github_claims(provider, ask)
        endpoints = await self.known_endpoints()
        if tokens.get(_HAS_NEW_ID, True):
            signed = await self._verified(tokens, nonce)
        else:
            signed = remembered(str(tokens.get("id_token", "")))
        return with_userinfo(signed, await ask(endpoints.userinfo))

    async def _verified(
        self, tokens: Mapping[str, Any], nonce: str | None
    ) -> dict[str, Any]:
        id_token = str(tokens.get("id_token", ""))
        kid = key_id(id_token)
        if all(key.get("kid") != kid for key in self._keys["keys"]):
            endpoints = await self.known_endpoints()
            self._keys = json.loads((await self._fetch(endpoints.keys)).body)
        return verified(
            id_token,
            self._keys,
            issuer=self.issuer,
            client_id=self.login.client_id,
            nonce=nonce,
        )

    async def _tokens(self, **form: str) -> dict[str, Any]:
        endpoints = await self.known_endpoints()
        answer = await self._fetch(
            endpoints.token, method="POST", body=urlencode({**form, **self._client})
        )
        found: dict[str, Any] = json.loads(answer.body)
        if "access_token" not in found:
            # GitHub says with status 200 that it gives none.
            message = f"the provider gave no token: {found.get('error', 'no reason')}"
            raise ValueError(message)
        return found

    async def _fetch(self, address: str, **how: Any) -> Any:
        how.setdefault("headers", _JSON)
        request = HTTPRequest(
            address,
            connect_timeout=_CONNECT_WITHIN,
            request_timeout=_ANSWER_WITHIN,
            # An answer of the provider is its own, and a token goes nowhere else.
            follow_redirects=False,
            **how,
        )
        return await self._http.fetch(request)
