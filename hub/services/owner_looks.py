"""What an owner asks besides whether it runs: speed, connections, GPUs, certificate.

Each look is like those of `health`: it takes a moment, and says what it found in words.
"""

import asyncio
import ssl
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import UTC, datetime
from typing import Final, Literal

import httpx
from cryptography import x509
from sqlalchemy import Engine, text
from sqlalchemy.pool import QueuePool

__all__ = ["look_at_certificate", "look_at_gpus", "look_at_pool", "look_at_speed"]

State = Literal["ok", "degraded", "down"]
Look = Callable[[], Awaitable[tuple[State, str]]]

SLOWEST_MILLISECONDS: Final = 500.0
FULLEST: Final = 0.8
"""Part of a database's connections, or of a card's memory, that is still well."""
FEWEST_DAYS: Final = 14


def look_at_speed(client: httpx.AsyncClient, url: str) -> Look:
    """How long the hub's API takes to answer."""

    async def look() -> tuple[State, str]:
        began = time.perf_counter()
        answer = await client.get(f"{url}/hub/api/")
        took = 1000 * (time.perf_counter() - began)
        if not answer.is_success:
            return "down", f"HTTP {answer.status_code}"
        return ("ok" if took < SLOWEST_MILLISECONDS else "degraded"), f"{took:.0f} ms"

    return look


def look_at_pool(engine: Engine) -> Look:
    """The database answers, and has connections left for all who ask it."""

    async def look() -> tuple[State, str]:
        return await asyncio.to_thread(_asked, engine)

    return look


def _asked(engine: Engine) -> tuple[State, str]:
    with engine.connect() as connection:
        if engine.dialect.name != "postgresql":
            connection.execute(text("SELECT 1"))
            return "ok", "one file, for this hub alone"
        counted = text(
            "SELECT count(*), current_setting('max_connections')::int FROM pg_stat_activity"
        )
        used, most = connection.execute(counted).one()
    own = ""
    if isinstance(engine.pool, QueuePool):
        own = f", this part has {engine.pool.checkedout()} of {engine.pool.size()} open"
    state: State = "ok" if used < FULLEST * most else "degraded"
    return state, f"{used} of {most} connections{own}"


def look_at_gpus(find: Callable[[], list[tuple[float, float]]] | None = None) -> Look:
    """Use and memory of every card that this part sees; no card is no fault.

    Parameters
    ----------
    find : callable, optional
        For each card the fraction of time it is busy, and of memory in use; the driver is
        asked if not given.
    """
    read = find or _cards

    async def look() -> tuple[State, str]:
        cards = await asyncio.to_thread(read)
        if not cards:
            return "ok", "no GPU is visible to this part"
        told = ", ".join(f"{use:.0%} busy, {memory:.0%} full" for use, memory in cards)
        is_full = any(memory > FULLEST for _, memory in cards)
        return ("degraded" if is_full else "ok"), told

    return look


def _cards() -> list[tuple[float, float]]:
    import pynvml

    try:
        pynvml.nvmlInit()
    except pynvml.NVMLError:
        return []
    try:
        found = []
        for index in range(pynvml.nvmlDeviceGetCount()):
            handle = pynvml.nvmlDeviceGetHandleByIndex(index)
            memory = pynvml.nvmlDeviceGetMemoryInfo(handle)
            busy = 0.0
            # A slice of a card has no rate of its own.
            with suppress(pynvml.NVMLError):
                busy = pynvml.nvmlDeviceGetUtilizationRates(handle).gpu / 100
            found.append((busy, memory.used / memory.total))
        return found
    finally:
        pynvml.nvmlShutdown()


def look_at_certificate(host: str, port: int, name: str) -> Look:
    """Days that the certificate has left which is shown at `host` for `name`."""

    async def look() -> tuple[State, str]:
        # It is looked at, whoever signed it: a browser judges, and the alert counts days.
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        _, writer = await asyncio.open_connection(
            host, port, ssl=context, server_hostname=name
        )
        try:
            shown = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
        finally:
            writer.close()
        return certificate_state(x509.load_der_x509_certificate(shown), datetime.now(UTC))

    return look


def certificate_state(shown: x509.Certificate, now: datetime) -> tuple[State, str]:
    """How a certificate is, by the days it has left, and whether anybody vouches for it."""
    days = (shown.not_valid_after_utc - now).days
    if days < 0:
        return "down", f"ended {-days} days ago"
    vouched = ", self-signed" if shown.issuer == shown.subject else ""
    return ("ok" if days >= FEWEST_DAYS else "degraded"), f"{days} days left{vouched}"
