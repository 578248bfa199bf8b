"""What a provider says of itself is taken only if a sign-in can be trusted to it."""

import json
from typing import Any

import pytest

from hub import SettingsError
from hub.choices import Entra, GitHub, Google, GroupId, OpenIdConnect
from hub.sign_on.discovery import endpoints_of, github_endpoints, issuer_of, well_known

ISSUER = "https://login.example.org"


def document(**changes: Any) -> str:
    said = {
        "issuer": ISSUER,
        "authorization_endpoint": f"{ISSUER}/auth",
        "token_endpoint": f"{ISSUER}/token",
        "userinfo_endpoint": f"{ISSUER}/me",
        "jwks_uri": f"{ISSUER}/keys",
        "end_session_endpoint": f"{ISSUER}/out",
        "code_challenge_methods_supported": ["plain", "S256"],
    }
    return json.dumps({k: v for k, v in (said | changes).items() if v is not None})


def test_the_endpoints_are_those_of_the_document() -> None:
    found = endpoints_of(ISSUER, document())

    assert found.authorize == f"{ISSUER}/auth"
    assert found.end_session == f"{ISSUER}/out"


def test_a_provider_need_not_end_sessions_nor_list_challenges() -> None:
    text = document(end_session_endpoint=None, code_challenge_methods_supported=None)

    assert endpoints_of(ISSUER, text).end_session == ""


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("<html>", "must be JSON; got '<html>'"),
        ("[]", "must be a JSON object"),
        (document(issuer=f"{ISSUER}/"), "`issuer`: must be https://login.example.org; got"),
        (document(token_endpoint=None), "`token_endpoint`: must be https; got None"),
        (document(token_endpoint="http://x/token"), "`token_endpoint`: must be https"),
        (document(userinfo_endpoint=3), "`userinfo_endpoint`: must be https; got 3"),
        (document(end_session_endpoint="javascript:x"), "`end_session_endpoint`: must be"),
        (document(code_challenge_methods_supported=["plain"]), "must hold S256"),
    ],
)
def test_a_document_that_cannot_be_trusted_is_refused(text: str, sentence: str) -> None:
    with pytest.raises(SettingsError) as refused:
        endpoints_of(ISSUER, text)

    assert sentence in str(refused.value)


def test_every_kind_of_provider_has_a_name_for_its_subjects() -> None:
    entra = Entra(tenant="t-1", groups=(GroupId(name="quants", id="0f"),))

    assert issuer_of(OpenIdConnect(issuer=ISSUER)) == ISSUER
    assert issuer_of(entra) == "https://login.microsoftonline.com/t-1/v2.0"
    assert issuer_of(Google(hosted_domain="a.org", group="staff")).endswith("google.com")
    assert well_known(issuer_of(entra)).endswith("/v2.0/.well-known/openid-configuration")


def test_github_has_addresses_of_its_own() -> None:
    found = github_endpoints(GitHub(organization="o"))

    assert found.token == "https://github.com/login/oauth/access_token"
    assert found.userinfo == "https://api.github.com/user"
