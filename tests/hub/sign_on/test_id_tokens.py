"""An ID token is believed only when all of it fits."""

import json
import time
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

from hub.sign_on.handlers import challenge_of
from hub.sign_on.id_tokens import BadIdToken, nonce_of, verified, with_userinfo

ISSUER = "https://login.example.org"
KEY, OTHER_KEY = (rsa.generate_private_key(65537, 2048) for _ in range(2))
KEYS = {
    "keys": [
        {**json.loads(RSAAlgorithm.to_jwk(KEY.public_key())), "kid": "k", "use": "sig"}
    ]
}


def token(key: Any = KEY, kid: str = "k", algorithm: str = "RS256", **claims: Any) -> str:
    now = int(time.time())
    said = {"iss": ISSUER, "aud": "mchub", "sub": "7", "iat": now, "exp": now + 300}
    said = {name: value for name, value in (said | claims).items() if value is not None}
    return jwt.encode(said, key, algorithm=algorithm, headers={"kid": kid})


def believed(text: str, nonce: str | None = "n") -> dict[str, Any]:
    return verified(text, KEYS, issuer=ISSUER, client_id="mchub", nonce=nonce)


def test_the_providers_word_is_believed() -> None:
    assert believed(token(nonce="n"))["sub"] == "7"
    assert believed(token(), nonce=None)["sub"] == "7"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (token(nonce="another"), "its nonce belongs to another sign-in"),
        (token(), "its nonce belongs to another sign-in"),
        (token(OTHER_KEY, nonce="n"), "Signature verification failed"),
        (token(nonce="n", kid="unknown"), "no key of the provider is called 'unknown'"),
        (token(nonce="n", aud="another"), "Audience doesn't match"),
        (token(nonce="n", iss="https://evil.example"), "Invalid issuer"),
        (token(nonce="n", exp=int(time.time()) - 120), "expired"),
        (token(nonce="n", exp=None), '"exp" claim'),
        (token(nonce="n", sub=None), '"sub" claim'),
        (token("s" * 32, algorithm="HS256", nonce="n"), "alg value is not allowed"),
        (token(None, algorithm="none", nonce="n"), "alg value is not allowed"),
        ("", "Not enough segments"),
        ("a.b.c", "Invalid header"),
    ],
)
def test_anything_else_is_not(text: str, reason: str) -> None:
    with pytest.raises(BadIdToken, match=reason):
        believed(text)


def test_the_user_information_must_be_about_the_same_person() -> None:
    claims = {"sub": "7", "name": "Ada"}

    assert {"sub": "7", "name": "A", "groups": []} == with_userinfo(
        claims, {"sub": "7", "name": "A", "groups": []}
    )
    with pytest.raises(BadIdToken, match="about somebody else"):
        with_userinfo(claims, {"sub": "8"})


def test_challenge_and_nonce_follow_from_the_verifier_alone() -> None:
    # The verifier and its challenge are the example of RFC 7636, appendix B.
    challenge = challenge_of("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk")

    assert challenge == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
    assert nonce_of(challenge) == nonce_of(challenge)
    assert nonce_of(challenge) not in (nonce_of(challenge + "x"), challenge)
