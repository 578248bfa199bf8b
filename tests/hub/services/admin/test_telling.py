"""A request is told with its id, and so is all that is logged on its way."""

import asyncio
import json
import logging
from collections.abc import Iterator, Mapping

import httpx
import pytest
from fastapi import FastAPI

from hub.logs import JsonLines
from hub.services.admin.application import admin_service
from hub.services.admin.desk import Desk
from hub.services.telling import told_in

LOG = logging.getLogger("hub.test_telling")


class _Lines(logging.Handler):
    """Keeps what is logged, as a collector would get it."""

    def __init__(self) -> None:
        super().__init__()
        self.setFormatter(JsonLines("test"))
        self.told: list[dict[str, object]] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.told.append(json.loads(self.format(record)))


@pytest.fixture
def lines() -> Iterator[_Lines]:
    handler = _Lines()
    logs = [LOG, logging.getLogger("hub.services.admin")]
    for log in logs:
        log.addHandler(handler)
        log.setLevel(logging.INFO)
    yield handler
    for log in logs:
        log.removeHandler(handler)
        log.setLevel(logging.NOTSET)


def _get(service: FastAPI, path: str, headers: Mapping[str, str]) -> httpx.Response:
    async def go() -> httpx.Response:
        transport = httpx.ASGITransport(service)
        async with httpx.AsyncClient(transport=transport, base_url="http://hub") as client:
            return await client.get(path, headers=headers)

    return asyncio.run(go())


def _service() -> FastAPI:
    service = FastAPI()
    service.middleware("http")(told_in(LOG))

    @service.get("/asked")
    def asked() -> str:
        LOG.info("on the way")
        return "answered"

    return service


def test_a_request_and_what_it_causes_bear_its_id(lines: _Lines) -> None:
    by_the_front = {"X-Forwarded-For": "192.0.2.7", "X-Request-Id": "a1b2"}

    _get(_service(), "/asked", by_the_front)

    on_the_way, told = lines.told
    assert on_the_way["request_id"] == told["request_id"] == "a1b2"
    assert str(told["message"]).startswith("200 GET /asked ")


def test_what_comes_by_no_proxy_is_not_told(lines: _Lines) -> None:
    _get(_service(), "/asked", {})

    (on_the_way,) = lines.told
    assert "request_id" not in on_the_way


def test_an_id_is_cut_where_no_front_would_have_ended_it(lines: _Lines) -> None:
    headers = {"X-Forwarded-For": "192.0.2.7", "X-Request-Id": "z" * 500}

    _get(_service(), "/asked", headers)

    assert lines.told[-1]["request_id"] == "z" * 64


def test_the_admin_service_tells_its_requests(desk: Desk, lines: _Lines) -> None:
    headers = {"X-Forwarded-For": "192.0.2.7", "X-Request-Id": "c3d4"}

    answer = _get(admin_service(desk), f"{desk.prefix}/", headers)

    assert answer.status_code == 302
    assert lines.told[-1]["request_id"] == "c3d4"
    assert str(lines.told[-1]["message"]).startswith(f"302 GET {desk.prefix}/ ")
