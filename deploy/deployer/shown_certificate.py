"""How the certificate is that people are shown, asked from the host's own network.

``python -m deploy.deployer.shown_certificate HOST:PORT NAME``
"""

import asyncio
import sys

from hub.services.owner_looks import look_at_certificate

__all__ = ["main"]


def main(connect_to: str, name: str) -> None:
    """Print the days that it has left."""
    host, _, port = connect_to.partition(":")

    async def look() -> str:
        state, detail = await look_at_certificate(host, int(port), name)()
        return detail if state == "ok" else f"{detail}: {state}"

    print(asyncio.run(look()))


if __name__ == "__main__":
    main(*sys.argv[1:])
