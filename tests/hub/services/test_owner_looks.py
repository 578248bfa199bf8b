"""What an owner asks of a platform: speed, connections, GPUs, days of the certificate."""

import asyncio
import time
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from cryptography import x509
from sqlalchemy import create_engine

from deploy.front.self_signed import made
from hub.services.owner_looks import (
    Look,
    State,
    certificate_state,
    look_at_gpus,
    look_at_pool,
    look_at_speed,
)

NOW = datetime(2026, 1, 31, tzinfo=UTC)


def _found(look: Look) -> tuple[State, str]:
    async def found() -> tuple[State, str]:
        return await look()

    return asyncio.run(found())


@pytest.mark.parametrize(
    ("seconds", "status", "state"),
    [(0.0, 200, "ok"), (0.6, 200, "degraded"), (0.0, 500, "down")],
)
def test_an_api_that_answers_late_is_told(seconds: float, status: int, state: str) -> None:
    def answer(_: httpx.Request) -> httpx.Response:
        time.sleep(seconds)
        return httpx.Response(status)

    client = httpx.AsyncClient(transport=httpx.MockTransport(answer))

    assert _found(look_at_speed(client, "http://hub"))[0] == state


def test_a_database_in_a_file_has_no_connections_to_run_out_of() -> None:
    assert _found(look_at_pool(create_engine("sqlite://"))) == (
        "ok",
        "one file, for this hub alone",
    )


@pytest.mark.parametrize(
    ("cards", "state", "detail"),
    [
        ([], "ok", "no GPU is visible to this part"),
        ([(0.5, 0.25)], "ok", "50% busy, 25% full"),
        (
            [(1.0, 0.1), (0.0, 0.95)],
            "degraded",
            "100% busy, 10% full, 0% busy, 95% full",
        ),
    ],
)
def test_cards_are_told_and_none_is_no_fault(
    cards: list[tuple[float, float]], state: str, detail: str
) -> None:
    assert _found(look_at_gpus(lambda: cards)) == (state, detail)


@pytest.mark.parametrize(
    ("days", "state", "detail"),
    [
        (0, "ok", "90 days left, self-signed"),
        (80, "degraded", "10 days left, self-signed"),
        (95, "down", "ended 5 days ago"),
    ],
)
def test_a_certificate_is_judged_by_the_days_it_has_left(
    days: int, state: str, detail: str
) -> None:
    shown = x509.load_pem_x509_certificate(made("mc.example.org", NOW))

    assert certificate_state(shown, NOW + timedelta(days=days)) == (state, detail)
