"""A page asks its server once for a ticket, and with it the platform for notices.

Were notices asked for through the server, each question would be taken for a use of it, and
no server with an open page would ever be idle.
"""

import json
import os
from typing import Any, Final

from jupyter_server.base.handlers import APIHandler
from jupyter_server.utils import url_path_join
from tornado.httpclient import AsyncHTTPClient, HTTPError, HTTPRequest
from tornado.web import authenticated

__all__ = ["serve_tickets"]

PATH: Final = "mchub/ticket"


class TicketHandler(APIHandler):
    """Gives the page a ticket, and the address to show it at."""

    @authenticated
    async def get(self) -> None:
        """Ask the platform's API, as this server."""
        url = f"{os.environ['MCHUB_API_URL']}/notices/tickets"
        asked = HTTPRequest(
            url,
            method="POST",
            headers={
                "Authorization": f"token {os.environ['JUPYTERHUB_API_TOKEN']}",
                "Content-Type": "application/json",
            },
            body=json.dumps({"server": os.environ.get("JUPYTERHUB_SERVER_NAME", "")}),
            request_timeout=10,
        )
        try:
            answer = await AsyncHTTPClient().fetch(asked)
        except (HTTPError, OSError) as error:
            self.log.debug("no ticket for notices: %s", error)
            self.set_status(503)
            self.finish(json.dumps({"message": "The platform's API doesn't answer."}))
            return
        self.finish(answer.body)


def serve_tickets(serverapp: Any) -> None:
    """Answer pages, where there is a platform to ask."""
    if "MCHUB_API_URL" in os.environ and "JUPYTERHUB_API_TOKEN" in os.environ:
        route = url_path_join(serverapp.web_app.settings["base_url"], PATH)
        serverapp.web_app.add_handlers(".*$", [(route, TicketHandler)])
