"""A hub, a service and a user's server in one, which say what they were asked.

Runs in the hub's image, beside the real proxy.
"""

import asyncio

from tornado.httpserver import HTTPServer
from tornado.web import Application, RequestHandler
from tornado.websocket import WebSocketHandler

SCRIPT = "const answer = 42;\n" * 500


class Echo(RequestHandler):
    """Says what came, with headers that the front sets too."""

    def prepare(self) -> None:
        self.set_header("X-Content-Type-Options", "sniff")
        self.set_header("X-Frame-Options", "ALLOWALL")
        self.set_header("Access-Control-Allow-Origin", "*")
        self.set_header("Content-Security-Policy", "frame-ancestors 'self'")
        self.set_header("Cache-Control", "no-cache")

    async def answer(self) -> None:
        if self.get_query_argument("seconds", None):
            await asyncio.sleep(float(self.get_query_argument("seconds")))
        self.set_status(int(self.get_query_argument("status", "200")))
        self.write(
            {
                "path": self.request.path,
                "headers": dict(self.request.headers.get_all()),
                "bytes": len(self.request.body),
            }
        )

    get = post = put = patch = delete = options = answer


class Script(Echo):
    """A static file, unless its name says that it is missing."""

    def get(self, name: str) -> None:
        if "missing" in name:
            self.set_status(404)
        if "moved" in name:
            self.redirect("/hub/home")
            return
        self.set_header("Content-Type", "application/javascript")
        self.write(SCRIPT)


class Ticks(RequestHandler):
    """A piece every quarter of a second, as progress is told."""

    async def get(self) -> None:
        self.set_header("Content-Type", "text/event-stream")
        for tick in range(4):
            self.write(f"data: {tick}\n\n")
            await self.flush()
            await asyncio.sleep(0.25)


class Away(RequestHandler):
    """Listens to nobody for some seconds, as a hub that is being changed over."""

    def get(self) -> None:
        asyncio.get_running_loop().create_task(self._be_away())

    async def _be_away(self) -> None:
        server = self.settings["server"]
        server.stop()
        await server.close_all_connections()
        await asyncio.sleep(float(self.get_query_argument("seconds")))
        server.listen(8081)


class Parrot(WebSocketHandler):
    """Sends back what it is sent."""

    def on_message(self, message: str | bytes) -> None:
        self.write_message(message)

    def check_origin(self, origin: str) -> bool:
        return True


class Service(Echo):
    """A service with a whole policy of its own."""

    def prepare(self) -> None:
        super().prepare()
        self.set_header("Content-Security-Policy", "default-src 'none'")

    get = Echo.answer


def main() -> None:
    """Serve for ever."""
    routes = [
        (r"/(?:hub|user/ada)/static/(.*)", Script),
        (r"/hub/api/progress", Ticks),
        (r"/away", Away),
        (r"/user/ada/socket", Parrot),
        (r"/services/admin/.*", Service),
        (r".*", Echo),
    ]

    async def serve() -> None:
        application = Application(routes)
        # Whatever the front lets through is taken here.
        server = HTTPServer(application, max_body_size=1 << 30)
        application.settings["server"] = server
        server.listen(8081)
        await asyncio.Event().wait()

    asyncio.run(serve())


if __name__ == "__main__":
    main()
