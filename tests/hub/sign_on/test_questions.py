"""Questions to a provider over HTTP: renewing tokens, and what is believed afterwards."""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm
from tornado.httpclient import HTTPClientError
from tornado.httpserver import HTTPServer
from tornado.testing import bind_unused_port
from tornado.web import Application, RequestHandler

from hub.choices import GitHub, OpenIdConnect, SingleSignOn
from hub.sign_on.id_tokens import BadIdToken
from hub.sign_on.people import person_of
from hub.sign_on.questions import Questions, known
from tests.hub.databases import sqlite_database

KEY = rsa.generate_private_key(65537, 2048)
HOUR = 3600
OPEN_ID = OpenIdConnect(issuer="https://login.example.org")


def login(provider: Any) -> SingleSignOn:
    return SingleSignOn(
        provider=provider,
        client_id="mchub",
        groups=("quants",),
        admin_groups=(),
        refresh_every=timedelta(minutes=5),
    )


def answering(answers: dict[str, Any], asked: list[str]) -> Application:
    class Answer(RequestHandler):
        def get(self) -> None:
            asked.append(self.request.uri or "")
            self.finish(json.dumps(answers[self.request.path]))

        def post(self) -> None:
            asked.append(self.get_body_argument("grant_type"))
            self.finish(json.dumps(answers[self.request.path]))

    return Application([(r".*", Answer)])


def with_provider(
    tmp_path: Path,
    answers: dict[str, Any],
    ask: Callable[[Questions, str], Awaitable[Any]],
    make: Callable[[str], Any] = lambda url: OpenIdConnect(issuer=url),
) -> tuple[Any, list[str]]:
    """What `ask` gets from a provider with these answers, and what was asked of it."""
    asked: list[str] = []

    async def run() -> Any:
        socket, port = bind_unused_port()
        url = f"http://127.0.0.1:{port}"
        public = {**json.loads(RSAAlgorithm.to_jwk(KEY.public_key())), "kid": "k"}
        itself = {
            "issuer": url,
            "authorization_endpoint": f"{url}/auth",
            "token_endpoint": f"{url}/token",
            "userinfo_endpoint": f"{url}/me",
            "jwks_uri": f"{url}/keys",
        }
        all_answers = {
            "/.well-known/openid-configuration": itself,
            "/keys": {"keys": [public]},
            **answers,
        }
        server = HTTPServer(answering(all_answers, asked))
        server.add_socket(socket)
        try:
            with sqlite_database(tmp_path) as engine:
                return await ask(Questions(login(make(url)), "secret", engine), url)
        finally:
            server.stop()
            await server.close_all_connections()

    return asyncio.run(run()), asked


def id_token(url: str, seconds: int, subject: str = "7") -> str:
    now = int(time.time())
    said = {"iss": url, "aud": "mchub", "sub": subject, "iat": now, "exp": now + seconds}
    return jwt.encode(said, KEY, algorithm="RS256", headers={"kid": "k"})


def test_an_id_token_that_is_not_renewed_may_be_over_while_the_sign_in_holds(
    tmp_path: Path,
) -> None:
    answers = {"/token": {"access_token": "b"}, "/me": {"sub": "7", "groups": ["quants"]}}

    async def ask(questions: Questions, url: str) -> Any:
        old = {
            "access_token": "a",
            "refresh_token": "r",
            "id_token": id_token(url, -2 * HOUR),
        }
        tokens = await questions.refreshed(old)
        return tokens, await questions.claims(tokens)

    (tokens, claims), asked = with_provider(tmp_path, answers, ask)

    assert (tokens["access_token"], tokens["refresh_token"]) == ("b", "r")
    assert claims["groups"] == ["quants"]
    assert "refresh_token" in asked


def test_without_a_token_to_renew_the_provider_is_asked_about_the_person(
    tmp_path: Path,
) -> None:
    async def ask(questions: Questions, url: str) -> Any:
        old = {"access_token": "a", "id_token": id_token(url, -2 * HOUR)}
        return await questions.claims(await questions.refreshed(old))

    claims, asked = with_provider(tmp_path, {"/me": {"sub": "7", "groups": []}}, ask)

    assert claims["groups"] == []
    assert asked[-1] == "/me"


@pytest.mark.parametrize(
    ("seconds", "subject", "reason"),
    [(-2 * HOUR, "7", "expired"), (HOUR, "8", "about somebody else")],
)
def test_a_new_id_token_must_hold_and_be_about_the_same_person(
    tmp_path: Path, seconds: int, subject: str, reason: str
) -> None:
    async def ask(questions: Questions, url: str) -> Any:
        new = {"access_token": "b", "id_token": id_token(url, seconds, subject)}
        return await questions.claims(new)

    with pytest.raises(BadIdToken, match=reason):
        with_provider(tmp_path, {"/me": {"sub": "7"}}, ask)


def test_an_old_id_token_about_another_is_not_believed(tmp_path: Path) -> None:
    async def ask(questions: Questions, url: str) -> Any:
        old = {"access_token": "a", "id_token": id_token(url, HOUR, "8")}
        return await questions.claims(known(old))

    with pytest.raises(BadIdToken, match="about somebody else"):
        with_provider(tmp_path, {"/me": {"sub": "7"}}, ask)


def test_a_person_comes_from_github_with_the_teams_of_the_organization(
    tmp_path: Path,
) -> None:
    team = {"slug": "quants", "organization": {"login": "example"}}
    answers = {
        "/login/oauth/access_token": {"access_token": "t"},
        "/api/user": {"id": 42, "login": "Ada"},
        "/api/user/teams": [team],
    }

    async def ask(questions: Questions, url: str) -> Any:
        tokens = await questions.exchanged("code", "verifier", "https://hub/callback")
        claims = await questions.claims(await questions.refreshed(tokens))
        return person_of(questions.login.provider, claims)

    person, _ = with_provider(
        tmp_path,
        answers,
        ask,
        lambda url: GitHub(organization="example", url=url, api=f"{url}/api"),
    )

    assert (person.subject, person.name, person.groups) == ("42", "ada", {"quants"})


def test_a_code_that_github_refuses_with_status_200_gives_no_token(
    tmp_path: Path,
) -> None:
    answers = {"/login/oauth/access_token": {"error": "bad_verification_code"}}

    async def ask(questions: Questions, url: str) -> Any:
        return await questions.exchanged("code", "verifier", "https://hub/callback")

    with pytest.raises(ValueError, match="gave no token: bad_verification_code"):
        with_provider(
            tmp_path,
            answers,
            ask,
            lambda url: GitHub(organization="example", url=url, api=f"{url}/api"),
        )


def test_an_answer_that_leads_elsewhere_is_not_followed(tmp_path: Path) -> None:
    class Elsewhere(RequestHandler):
        def get(self) -> None:
            self.redirect("http://127.0.0.1:9/me")

    async def run() -> None:
        socket, port = bind_unused_port()
        server = HTTPServer(Application([(r".*", Elsewhere)]))
        server.add_socket(socket)
        provider = OpenIdConnect(issuer=f"http://127.0.0.1:{port}")
        try:
            with sqlite_database(tmp_path) as engine:
                await Questions(login(provider), "secret", engine).find_endpoints()
        finally:
            server.stop()
            await server.close_all_connections()

    with pytest.raises(HTTPClientError, match="302"):
        asyncio.run(run())
