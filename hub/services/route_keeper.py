"""Watches the proxy, and has its routes put back at once after it was restarted.

A proxy keeps its routes in memory alone. The hub compares them now and then, and until
then everybody whose server runs is sent away from it.

A proxy that has lost its routes leads nowhere, so this one knows where hubs listen. Of two,
the active one alone does.
"""

import argparse
import asyncio
import logging
import os
import sys
from collections.abc import Sequence
from contextlib import AsyncExitStack, suppress
from typing import Final
from urllib.parse import unquote, urlsplit

import aiohttp

from hub.logs import begin
from hub.roles import ROUTE_KEEPER

__all__ = ["main"]

LOOK_EVERY: Final = 0.2

_log = logging.getLogger("route-keeper")
# Long enough for a hub with many users, and short enough to ask again.
_ANSWER_WITHIN: Final = aiohttp.ClientTimeout(total=20)


class RouteKeeper:
    """One proxy and the hub behind it, and a question asked again and again.

    Parameters
    ----------
    proxy : aiohttp.ClientSession
        Client for the proxy's API, with its token.
    hubs : sequence of aiohttp.ClientSession
        Client for each address at which the hub may be, with its token.
    """

    def __init__(
        self, proxy: aiohttp.ClientSession, hubs: Sequence[aiohttp.ClientSession]
    ) -> None:
        self._proxy = proxy
        self._hubs = hubs

    async def run(self) -> None:
        """Look until cancelled."""
        while True:
            with suppress(aiohttp.ClientError, TimeoutError, OSError):
                await self.look()
            await asyncio.sleep(LOOK_EVERY)

    async def look(self) -> bool:
        """Look once; whether routes were missing and the hub put them back."""
        async with self._proxy.get("/api/routes") as answer:
            answer.raise_for_status()
            routes = await answer.json()
        # Every hub marks its own route; the proxy's default route has no mark.
        if "jupyterhub" in routes.get("/", {}):
            return False
        # All at once: an address that nobody has answers nothing, and slowly.
        asked = [asyncio.ensure_future(self._ask(hub)) for hub in self._hubs]
        try:
            for each in asyncio.as_completed(asked):
                if await each:
                    _log.warning("the proxy had lost its routes; the hub has put them back")
                    return True
        finally:
            for task in asked:
                task.cancel()
            await asyncio.gather(*asked, return_exceptions=True)
        return False

    async def _ask(self, hub: aiohttp.ClientSession) -> bool:
        """Whether this is the active hub, and it has put the routes back."""
        with suppress(aiohttp.ClientError, TimeoutError, OSError):
            async with hub.post("/hub/api/proxy") as answer:
                return answer.ok
        return False


def client_for(url: str, token: str) -> aiohttp.ClientSession:
    """Client for an address, which may be a socket: ``http+unix://%2Frun%2Fapi.sock``."""
    headers = {"Authorization": f"token {token}"}
    parts = urlsplit(url)
    if parts.scheme == "http+unix":
        connector = aiohttp.UnixConnector(unquote(parts.netloc))
        base = "http://proxy"
        return aiohttp.ClientSession(
            base, connector=connector, headers=headers, timeout=_ANSWER_WITHIN
        )
    return aiohttp.ClientSession(url, headers=headers, timeout=_ANSWER_WITHIN)


def main(arguments: Sequence[str] | None = None) -> int:
    """Watch until told to stop."""
    parser = argparse.ArgumentParser(prog="python -m hub.services.route_keeper")
    parser.add_argument("--proxy-api", required=True, help="where the proxy tells routes")
    parser.add_argument(
        "--hub", action="append", required=True, help="where the hub may listen; repeat it"
    )
    options = parser.parse_args(arguments)
    begin(ROUTE_KEEPER)
    with suppress(KeyboardInterrupt):
        asyncio.run(_keep(options.proxy_api, options.hub))
    return 0


async def _keep(proxy_api: str, addresses: Sequence[str]) -> None:
    token = os.environ["JUPYTERHUB_API_TOKEN"]
    async with AsyncExitStack() as clients:
        proxy = client_for(proxy_api, os.environ["CONFIGPROXY_AUTH_TOKEN"])
        await clients.enter_async_context(proxy)
        hubs = [client_for(address, token) for address in addresses]
        for hub in hubs:
            await clients.enter_async_context(hub)
        await RouteKeeper(proxy, hubs).run()


if __name__ == "__main__":
    sys.exit(main())
