"""A provider that says no, and one that doesn't answer, are told apart."""

from io import BytesIO
from ssl import SSLError

import pytest
from tornado.httpclient import HTTPClientError, HTTPRequest, HTTPResponse
from tornado.simple_httpclient import HTTPTimeoutError

from hub.sign_on.verdicts import Out, Silence, verdict_of


def answer(code: int, body: bytes = b"") -> HTTPClientError:
    request = HTTPRequest("https://login.example.org/token")
    return HTTPClientError(code, "", HTTPResponse(request, code, buffer=BytesIO(body)))


@pytest.mark.parametrize(
    "error",
    [
        answer(400, b'{"error": "invalid_grant"}'),
        answer(401, b'{"error": "invalid_token"}'),
        answer(401, b"not JSON"),
        answer(401),
    ],
)
def test_a_refused_token_ends_access(error: Exception) -> None:
    assert isinstance(verdict_of(error), Out)


@pytest.mark.parametrize(
    "error",
    [
        answer(400, b'{"error": "invalid_request"}'),
        answer(400, b"<html>bad gateway</html>"),
        answer(400, b'["invalid_grant"]'),
        answer(400, b'{"error": {"code": 7}}'),
        answer(401, b'{"error": "invalid_client"}'),
        answer(403, b'{"message": "rate limit exceeded"}'),
        answer(404),
        answer(429),
        answer(500, b'{"error": "invalid_grant"}'),
        answer(503),
        HTTPClientError(599, "Timeout"),
        HTTPTimeoutError("Timeout while connecting"),
        ConnectionRefusedError(111, "Connection refused"),
        OSError("Name or service not known"),
        SSLError("certificate verify failed"),
        TimeoutError(),
        ValueError("the provider gave no token"),
        KeyError("access_token"),
    ],
)
def test_anything_else_ends_nobodys_access(error: Exception) -> None:
    assert isinstance(verdict_of(error), Silence)
