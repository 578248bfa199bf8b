"""What our own services say of the requests that they answer: a line each, with its id."""

import logging
import re
import time
from collections.abc import Awaitable, Callable
from typing import Final

from fastapi import Request, Response

from hub.logs import REQUEST_ID

__all__ = ["told_in"]

_LONGEST: Final = 64
"""Characters of an id: who made a longer one did not make it for this."""

_SECRET: Final = re.compile(r"^(/services/[^/]+/l/)[^/]+")
"""The part of a link that opens what it leads to: no log may hold it."""

Answering = Callable[[Request], Awaitable[Response]]


def told_in(log: logging.Logger) -> Callable[[Request, Answering], Awaitable[Response]]:
    """Return the middleware that answers and says in a log what was asked.

    What Docker and Prometheus ask again and again comes by no proxy, and is not told. All
    that is logged while a request is answered bears its id.
    """

    async def told(request: Request, answer: Answering) -> Response:
        began = time.perf_counter()
        token = REQUEST_ID.set(request.headers.get("X-Request-Id", "")[:_LONGEST])
        try:
            response = await answer(request)
            if request.headers.get("X-Forwarded-For"):
                milliseconds = 1000 * (time.perf_counter() - began)
                path = _SECRET.sub(r"\1…", request.url.path)
                about = (response.status_code, request.method, path)
                log.info("%d %s %s %.1f ms", *about, milliseconds)
            return response
        finally:
            REQUEST_ID.reset(token)

    return told
