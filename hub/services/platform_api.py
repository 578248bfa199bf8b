"""The platform's API: is it well, which version is it, what did I use, what must I know.

It is a process of its own with a token that allows nothing but to say whose it is.
"""

import asyncio
import logging
import os
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from importlib.metadata import version
from platform import python_version
from typing import Final
from urllib.parse import urlsplit

import httpx
import uvicorn
from fastapi import APIRouter, FastAPI, Request, Response, status
from fastapi.middleware.cors import CORSMiddleware
from fastapi.responses import JSONResponse
from fastapi_offline import FastAPIOffline
from pydantic import BaseModel, Field
from sqlalchemy.exc import SQLAlchemyError

from hub.database import connect
from hub.logs import begin
from hub.network import hub_url, listening_at, proxy_url
from hub.release import release
from hub.roles import PLATFORM_API
from hub.services.health import (
    State,
    Watch,
    ask_database,
    ask_hub,
    ask_proxy,
    look_at_cpu,
    look_at_disk,
    look_at_memory,
)
from hub.services.identities import ask_identity
from hub.services.own_use import own_use
from hub.services.owner_looks import look_at_gpus, look_at_pool, look_at_speed
from hub.services.runs import RunCounts, runs_and_metrics
from hub.services.telling import told_in
from hub.settings import Settings
from hub.storage import state_folder

__all__ = ["platform_api", "serve"]

_LOG: Final = logging.getLogger("hub.platform_api")

# Without these nobody can sign in; the others make the platform slow or cramped.
CRITICAL: Final = frozenset({"hub", "proxy", "database"})


class PartHealth(BaseModel):
    """One part of the platform."""

    state: State = Field(description="ok, degraded (works, but look at it) or down")
    detail: str = Field(description="what was found, in words")
    milliseconds: float = Field(description="how long the look took")
    looked_at: float = Field(description="when, in seconds since 1970")


class Health(BaseModel):
    """The whole platform: as well as its worst part."""

    status: State
    parts: dict[str, PartHealth]


class Version(BaseModel):
    """What is running."""

    mchub: str
    jupyterhub: str
    python: str
    environment: str


def platform_api(
    watch: Watch,
    environment: str,
    origins: Sequence[str],
    routers: Sequence[APIRouter] = (),
) -> FastAPI:
    """Make the application.

    Parameters
    ----------
    watch : Watch
        Knows how every part is; it runs as long as the application does.
    environment : str
        Name to report.
    origins : sequence of str
        Web origins whose pages may read the answers.
    routers : sequence of APIRouter
        What else is answered.

    Returns
    -------
    FastAPI
    """

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        await watch.look()
        running = asyncio.create_task(watch.run())
        yield
        running.cancel()

    # The documentation page brings its own scripts: it must work without the internet.
    api = FastAPIOffline(
        docs_url="/api/docs",
        redoc_url=None,
        openapi_url="/api/openapi.json",
        static_url="/api/static",
        title="mchub platform API",
        version=release(),
        lifespan=lifespan,
    )
    api.middleware("http")(told_in(_LOG))
    api.add_middleware(CORSMiddleware, allow_origins=list(origins), allow_methods=["GET"])

    @api.get(
        "/api/health",
        summary="Is the platform well?",
        responses={503: {"model": Health, "description": "Nobody can sign in"}},
        tags=["platform"],
    )
    async def health(response: Response) -> Health:
        """How the platform and each of its parts is; 503 if nobody can sign in."""
        found = health_of(watch)
        if found.status == "down":
            response.status_code = status.HTTP_503_SERVICE_UNAVAILABLE
        response.headers["Cache-Control"] = "no-store"
        return found

    @api.get("/api/version", summary="What runs here?", tags=["platform"])
    async def versions() -> Version:
        """Which versions run here."""
        return Version(
            mchub=release(),
            jupyterhub=version("jupyterhub"),
            python=python_version(),
            environment=environment,
        )

    for router in routers:
        api.include_router(router)

    @api.exception_handler(SQLAlchemyError)
    async def no_database(_request: Request, _error: SQLAlchemyError) -> JSONResponse:
        return JSONResponse({"detail": "the database does not answer"}, status_code=503)

    return api


def health_of(watch: Watch) -> Health:
    """What `watch` knows, with the platform's state drawn from its parts'."""
    parts = watch.parts()
    whole: State = "ok"
    if any(part.state != "ok" for part in parts.values()):
        whole = "degraded"
    if any(part.state == "down" for name, part in parts.items() if name in CRITICAL):
        whole = "down"
    shown = {
        name: PartHealth(
            state=part.state,
            detail=part.detail,
            milliseconds=part.milliseconds,
            looked_at=part.looked_at,
        )
        for name, part in parts.items()
    }
    return Health(status=whole, parts=shown)


def serve(settings: Settings) -> None:
    """Serve until told to stop."""
    address = urlsplit(listening_at(settings, settings.network.api_port))
    hub, token = hub_url(settings), os.environ["JUPYTERHUB_API_TOKEN"]
    proxy = proxy_url(settings)
    # The environment's own proxy settings are for the internet, not for this machine.
    client = httpx.AsyncClient(trust_env=False)
    engine = connect(settings)
    watch = Watch(
        {
            "hub": ask_hub(client, hub),
            "proxy": ask_proxy(client, proxy),
            "database": ask_database(client, hub, token),
            "speed": look_at_speed(client, hub),
            "connections": look_at_pool(engine),
            "gpus": look_at_gpus(),
            "disk": look_at_disk(state_folder()),
            "memory": look_at_memory(),
            "cpu": look_at_cpu(),
        }
    )
    identify = ask_identity(client, hub)
    routers = [
        own_use(settings, engine, identify),
        *runs_and_metrics(identify, RunCounts()),
    ]
    begin(PLATFORM_API, logging.INFO)
    # A line for every question of the looks says nothing.
    logging.getLogger("httpx").setLevel(logging.WARNING)
    uvicorn.run(
        platform_api(watch, settings.name, settings.front.origins, routers),
        host=address.hostname or "127.0.0.1",
        port=address.port or 9090,
        log_level="warning",
    )
