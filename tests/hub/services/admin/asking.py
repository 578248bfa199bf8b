"""The service asked without a process, as the platform's proxy would."""

import asyncio
from typing import Any

import httpx
from sqlalchemy import create_engine

from hub.services.admin.application import admin_service
from hub.services.admin.desk import Desk
from tests.hub.services.admin.small_hub import SmallHub

# To make it takes longer than to ask it; each test gives it a desk of its own.
SERVICE = admin_service(SmallHub().desk(create_engine("sqlite://")))


def ask(desk: Desk, method: str, path: str, **content: Any) -> httpx.Response:
    """The service's answer to a request that comes through the platform's proxy."""

    async def go() -> httpx.Response:
        SERVICE.state.desk = desk
        transport = httpx.ASGITransport(SERVICE, client=("127.0.0.1", 1))
        async with httpx.AsyncClient(transport=transport, base_url="http://hub") as client:
            return await client.request(method, f"/services/admin{path}", **content)

    return asyncio.run(go())


def signed_in(desk: Desk) -> tuple[dict[str, str], str]:
    """Cookie of a session, and its secret."""
    cookie = desk.sessions.open("the token of boss")
    session = desk.sessions.find(cookie)
    assert session is not None
    return {"Cookie": f"mchub-admin={cookie}"}, session.xsrf
