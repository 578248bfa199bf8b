"""The three addresses of a sign-in: there, back, and out."""

import base64
import hashlib
from typing import Any
from urllib.parse import urlencode

from oauthenticator.oauth2 import (
    OAuthCallbackHandler,
    OAuthLoginHandler,
    OAuthLogoutHandler,
)
from tornado.web import HTTPError

from hub import events
from hub.sign_on.id_tokens import nonce_of
from hub.sign_on.refusals import bad_answer

__all__ = [
    "CallbackHandler",
    "LoginHandler",
    "LogoutHandler",
    "challenge_of",
    "end_session_address",
]


class LoginHandler(OAuthLoginHandler):  # type: ignore[misc]
    """To the provider, with a nonce besides state and challenge."""

    async def get(self) -> None:
        """Send the browser to the provider, once it is known where that is."""
        await self.authenticator.require_endpoints()
        super().get()

    def authorize_redirect(
        self, *arguments: Any, extra_params: dict[str, Any], **others: Any
    ) -> None:
        """Add the nonce that the ID token must come back with."""
        nonce = nonce_of(extra_params["code_challenge"])
        extra = {**extra_params, "nonce": nonce}
        super().authorize_redirect(*arguments, extra_params=extra, **others)


class CallbackHandler(OAuthCallbackHandler):  # type: ignore[misc]
    """Back from the provider."""

    refused_name = ""

    async def get(self) -> None:
        """Sign in, or say why not; each is an event."""
        try:
            self._check()
            user = await self.login_user()
        except HTTPError as error:
            said = getattr(error, "jupyterhub_message", error.log_message) or ""
            # The audit log asks for it.
            self.refused_name = getattr(error, "who", "")
            events.record(
                "sign-in", self.refused_name, "refused", reason=said, where=self._ip
            )
            raise
        if user is None:
            raise HTTPError(403, self.authenticator.custom_403_message)
        events.record("sign-in", user.name, "done", where=self._ip)
        self.redirect(self.get_next_url(user))

    def _check(self) -> None:
        try:
            self.check_arguments()
        except HTTPError as error:
            said = (error.log_message or "").rstrip(".")
            raise bad_answer(f"{said[:1].lower()}{said[1:200]}") from error

    @property
    def _ip(self) -> str:
        return str(self.request.remote_ip)


class LogoutHandler(OAuthLogoutHandler):  # type: ignore[misc]
    """Out, here and at the provider."""

    _out_at: str = ""

    async def handle_logout(self) -> None:
        """Find out where the provider's own session is ended, before the user is gone."""
        await super().handle_logout()
        user = self.current_user
        if user is None:
            return
        state = await user.get_auth_state() or {}
        self._out_at = self.authenticator.end_session_address(state)
        events.record("sign-out", user.name, "done", where=str(self.request.remote_ip))

    async def render_logout_page(self) -> None:
        """Go on to the provider if it ends sessions, else to a page that says it."""
        if self._out_at:
            self.redirect(self._out_at)
        else:
            await super().render_logout_page()


def end_session_address(end_session: str, **parts: str) -> str:
    """Address at which a provider ends its session."""
    if not end_session:
        return ""
    return (
        f"{end_session}?{urlencode({name: part for name, part in parts.items() if part})}"
    )


def challenge_of(verifier: str) -> str:
    """The challenge that goes with a code verifier, as RFC 7636 has it."""
    digest = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")
