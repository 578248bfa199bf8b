"""What JupyterHub loads to sign people in, and to ask about them again."""

import asyncio
import time
from collections import defaultdict
from datetime import timedelta
from typing import Any, Final

from oauthenticator.generic import GenericOAuthenticator
from oauthenticator.oauth2 import _deserialize_state
from sqlalchemy.exc import SQLAlchemyError
from traitlets import Instance

from hub import events, sharing
from hub.choices import SingleSignOn
from hub.database import connect, upgrade
from hub.pages import Refused
from hub.secret_files import read_secret
from hub.settings import Settings
from hub.sharing_page import sharing_handlers
from hub.sign_on import identities, refusals
from hub.sign_on.handlers import (
    CallbackHandler,
    LoginHandler,
    LogoutHandler,
    challenge_of,
    end_session_address,
)
from hub.sign_on.id_tokens import BadIdToken, nonce_of
from hub.sign_on.leaving import end_access
from hub.sign_on.people import NotAPerson, Person, is_admin, may_enter, person_of
from hub.sign_on.questions import Questions
from hub.sign_on.renewal import finish_first, renewed_claims
from hub.sign_on.rounds import Rounds
from hub.sign_on.verdicts import Out, Silence, verdict_of
from hub.suspension.watch import SuspensionWatch
from hub.wished_end import wished_end_handlers

__all__ = ["SignOnAuthenticator"]

# While a provider is silent, not every request waits for it anew.
_SILENT_FOR: Final = timedelta(seconds=15)


class SignOnAuthenticator(GenericOAuthenticator):  # type: ignore[misc]
    """Sign-in through the provider that the settings choose.

    oauthenticator keeps state, challenge and cookie of a sign-in; what the answer means is
    decided here, and that a provider which doesn't answer is not one that says no.
    """

    login_handler = LoginHandler
    callback_handler = CallbackHandler
    logout_handler = LogoutHandler

    settings = Instance(Settings, help="The environment.").tag(config=True)

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        login = self.settings.login
        assert isinstance(login, SingleSignOn)
        self.login: SingleSignOn = login
        self._engine = connect(self.settings)
        upgrade(self._engine)
        secret = read_secret(self.settings, login.client_secret)
        self.questions = Questions(login, secret, self._engine)
        self._locks: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._silent_for = min(_SILENT_FOR, login.refresh_every / 4).total_seconds()
        self._silent_until = 0.0
        self._is_ending = False
        self._rounds: Rounds | None = None
        self.suspensions = SuspensionWatch(lambda: self._engine)

    def get_handlers(self, app: Any) -> list[tuple[Any, ...]]:
        """Handlers of the sign-in; with the app comes the loop of all that follows."""
        self._rounds = Rounds(app, self)
        self._rounds.begin()
        self.suspensions.begin(app)
        finish_first(app, self._finish)
        sharing.begin(app, self.settings.sharing)
        pages = sharing_handlers(self.settings.sharing)
        return [*super().get_handlers(app), *pages, *wished_end_handlers()]

    async def _finish(self) -> None:
        """Ask nothing new, and wait for the answers to what was asked."""
        self._is_ending = True
        for lock in list(self._locks.values()):
            async with lock:
                pass

    def delete_user(self, user: Any) -> None:
        """Let the name of a deleted user go."""
        super().delete_user(user)
        identities.forget(self._engine, user.name)

    async def require_endpoints(self) -> None:
        """Know where the provider is, or refuse with a page that says it doesn't answer.

        It is asked even if it is known: a browser that is sent to nobody shows nothing that
        helps.
        """
        try:
            endpoints = await self.questions.find_endpoints()
        except Exception as error:
            self.log.warning("the sign-in provider does not answer: %s", error)
            raise refusals.no_answer(self.questions.issuer) from error
        self.authorize_url = endpoints.authorize

    async def authenticate(
        self, handler: Any, data: Any = None, **_: Any
    ) -> dict[str, Any]:
        """The person whom the browser brought back from the provider."""
        state = _deserialize_state(handler.get_state_cookie())
        verifier = str(state.get("code_verifier", ""))
        try:
            tokens = await self.questions.exchanged(
                handler.get_argument("code"), verifier, self.oauth_callback_url
            )
            nonce = nonce_of(challenge_of(verifier))
            claims = await self.questions.claims(tokens, nonce)
            person = person_of(self.login.provider, claims)
        except (BadIdToken, NotAPerson) as error:
            raise refusals.bad_answer(str(error).rstrip(".")) from error
        except Exception as error:
            if isinstance(verdict_of(error), Out):
                raise refusals.bad_answer("it has not accepted the code") from error
            self.log.warning("a sign-in found no answer: %s", error)
            raise refusals.no_answer(self.questions.issuer) from error
        if "refresh_token" not in tokens and "expires_in" in tokens:
            self.log.warning(
                "the provider gives no refresh token, so %s must sign in again after %s s",
                person.name,
                tokens["expires_in"],
            )
        try:
            name = await self._admitted(person)
        except Refused as refused:
            refused.other_account = self.end_session_address({"tokens": tokens})
            raise
        return self._model(person, name, tokens)

    async def _admitted(self, person: Person) -> str:
        """Name of somebody who may enter; it is theirs from now on."""
        issuer, admins = self.questions.issuer, self.settings.admins
        known = await asyncio.to_thread(
            identities.name_of, self._engine, issuer, person.subject
        )
        name = known or person.name
        if not may_enter(self.login, admins, name, person.groups):
            raise refusals.not_a_member(self.login, person)
        # Before the name is given: one that stays barred must not become anybody's.
        await self.suspensions.refuse(name)
        if known is None:
            bind = identities.bind
            try:
                await asyncio.to_thread(bind, self._engine, issuer, person.subject, name)
            except identities.NameTaken as error:
                raise refusals.name_taken(name) from error
        await self._note_address(person)
        return name

    async def _note_address(self, person: Person) -> None:
        """Keep where mail reaches somebody; a sign-in doesn't fail for it."""
        note, issuer = identities.note_address, self.questions.issuer
        try:
            await asyncio.to_thread(
                note, self._engine, issuer, person.subject, person.email
            )
        except SQLAlchemyError:
            self.log.warning("the address of %s was not kept", person.name, exc_info=True)

    def _model(self, person: Person, name: str, tokens: dict[str, Any]) -> dict[str, Any]:
        return {
            "name": name,
            "admin": is_admin(self.login, self.settings.admins, name, person.groups),
            "groups": sorted(person.groups),
            "auth_state": {"subject": person.subject, "tokens": tokens},
        }

    async def check_allowed(self, username: str, auth_model: Any) -> bool:
        """Whoever comes this far has been admitted."""
        return True

    def end_session_address(self, state: dict[str, Any]) -> str:
        """Where the provider ends its own session, if it does."""
        endpoints = self.questions.endpoints
        return end_session_address(
            endpoints.end_session if endpoints else "",
            id_token_hint=state.get("tokens", {}).get("id_token", ""),
            client_id=self.login.client_id,
            post_logout_redirect_uri=f"{self.settings.url}/hub/login",
        )

    async def refresh_user(self, user: Any, handler: Any = None, **_: Any) -> bool:
        """Ask the provider about a user again, and do what it says.

        Whether the question came with a request or with a round, what follows is done here
        and at once, so that two of them never overwrite each other's tokens.

        Raises
        ------
        Refused
            If the user is out or suspended: a page that says so, whatever the request was.
        """
        await self.suspensions.refuse(user.name)
        async with self._locks[user.name]:
            verdict = await self._asked_again(user)
            match verdict:
                case Silence():
                    return True
                case Out(reason=reason):
                    events.record("access-ended", user.name, "done", reason=reason)
                    await end_access(self.parent, user)
                    raise refusals.access_ended(user.name)
                case Person():
                    self._apply(user, verdict)
                    await self._note_address(verdict)
                    return True

    async def _asked_again(self, user: Any) -> Person | Out | Silence:
        state = await user.get_auth_state()
        if not state:
            return await self._without_sign_in(user)
        if self._is_ending:
            return Silence("this hub is about to end")
        if time.monotonic() < self._silent_until:
            return Silence("the provider didn't answer a moment ago")
        try:
            claims = await renewed_claims(self.questions, user, state)
            person = person_of(self.login.provider, claims)
        except NotAPerson as error:
            return Out(str(error))
        except Exception as error:
            verdict = verdict_of(error)
            if isinstance(verdict, Silence):
                self._silent_until = time.monotonic() + self._silent_for
                self.log.warning("no word about %s: %s", user.name, verdict.reason)
            return verdict
        if person.subject != state["subject"]:
            return Out("the provider speaks of somebody else")
        if not may_enter(self.login, self.settings.admins, user.name, person.groups):
            return Out("a member of no group that may enter")
        return person

    async def _without_sign_in(self, user: Any) -> Out | Silence:
        if user.encrypted_auth_state is not None:
            self.log.error("the sign-in of %s can't be decrypted: a key is gone", user.name)
            return Silence("it can't be decrypted")
        if await asyncio.to_thread(identities.has_identity, self._engine, user.name):
            return Out("there is no sign-in on record")
        # Made by an admin, never signed in: the provider has nothing to say.
        return Silence("not known to the provider")

    def _apply(self, user: Any, person: Person) -> None:
        from jupyterhub import roles

        before = {group.name for group in user.orm_user.groups}
        user.admin = is_admin(self.login, self.settings.admins, user.name, person.groups)
        roles.assign_default_roles(self.parent.db, entity=user.orm_user)
        user.sync_groups(sorted(person.groups))
        self.parent.db.commit()
        user._auth_refreshed = time.monotonic()
        if before != person.groups:
            groups = ", ".join(sorted(person.groups))
            events.record("groups-changed", user.name, "done", groups=groups)
