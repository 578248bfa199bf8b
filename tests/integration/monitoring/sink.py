"""A mail server and a webhook that keep what they are sent, and a page with all of it.

`GET /received` is everything so far, as JSON; `GET /recorded/NAME` is a file of recorded
metrics, which `POST /worse` makes worse: its values behind a ``|`` hold from then on.
Standard library only: it runs in the hub's image as it is.
"""

import asyncio
import email
import email.policy
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

SMTP_PORT, HTTP_PORT = 2525, 8099
RECORDED = Path(__file__).parent / "recorded"

received: list[dict[str, object]] = []
worse = threading.Event()


class Pages(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        if self.path == "/received":
            self._answer(json.dumps(received).encode(), "application/json")
            return
        name = self.path.removeprefix("/recorded/")
        file = RECORDED / f"{name}.prom"
        if "/" in name or not file.exists():
            self.send_error(404)
            return
        lines = []
        for line in file.read_text(encoding="utf-8").splitlines():
            usual, _, bad = line.partition("|")
            is_bad = bool(bad) and worse.is_set()
            lines.append(f"{usual.rsplit(' ', 1)[0]} {bad}" if is_bad else usual)
        body = "\n".join(lines) + "\n"
        self._answer(body.encode(), "text/plain; version=0.0.4")

    def do_POST(self) -> None:
        content = self.rfile.read(int(self.headers["Content-Length"] or 0))
        if self.path == "/worse":
            worse.set()
            self._answer(b"ok", "text/plain")
            return
        told = json.loads(content)
        received.append({"by": self.path.strip("/"), "at": time.time(), "told": told})
        self._answer(b"ok", "text/plain")

    def _answer(self, body: bytes, kind: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nothing is logged."""


async def take_mail(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """One conversation of RFC 5321, as far as a client needs it that sends a message."""

    async def say(text: str) -> None:
        writer.write(f"{text}\r\n".encode())
        await writer.drain()

    await say("220 sink.example.org ESMTP")
    recipients: list[str] = []
    while line := (await reader.readline()).decode(errors="replace").strip():
        match line.split(":")[0].split(" ")[0].upper():
            case "EHLO" | "HELO":
                await say("250 sink.example.org")
            case "RCPT":
                recipients.append(line.partition(":")[2].strip("<> "))
                await say("250 2.1.5 noted")
            case "DATA":
                await say("354 go on, and end with a dot")
                content = await reader.readuntil(b"\r\n.\r\n")
                keep(recipients, content[:-5].replace(b"\r\n..", b"\r\n."))
                await say("250 2.0.0 kept")
            case "QUIT":
                await say("221 2.0.0 goodbye")
                break
            case _:
                await say("250 2.0.0 fine")
    writer.close()


def keep(recipients: list[str], content: bytes) -> None:
    message = email.message_from_bytes(content, policy=email.policy.default)
    body = message.get_body(("plain", "html"))
    told = {
        "to": recipients,
        "subject": str(message["Subject"]),
        "text": body.get_content() if body else "",
    }
    received.append({"by": "mail", "at": time.time(), "told": told})


async def main() -> None:
    pages = ThreadingHTTPServer(("0.0.0.0", HTTP_PORT), Pages)
    threading.Thread(target=pages.serve_forever, daemon=True).start()
    server = await asyncio.start_server(take_mail, "0.0.0.0", SMTP_PORT)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
