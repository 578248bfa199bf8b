"""A kernel on a user's server, asked as JupyterLab asks it: over one websocket."""

import uuid
from typing import Any, Final

import aiohttp

__all__ = ["CellFailed", "Kernel"]

_LONGEST_MESSAGE: Final = 64 * 1024**2


class CellFailed(RuntimeError):
    """A cell ended in an exception, or its kernel ended."""


class Kernel:
    """One kernel, from its start to its end: ``async with Kernel(...)``.

    Parameters
    ----------
    session : ClientSession
        Knows the server's address and carries the token.
    path : str
        Path of the user's server, as ``/user/ada``.
    """

    def __init__(self, session: aiohttp.ClientSession, path: str) -> None:
        self._session, self._path = session, path
        self._id = ""
        self._socket: aiohttp.ClientWebSocketResponse | None = None

    async def __aenter__(self) -> "Kernel":
        async with self._session.post(f"{self._path}/api/kernels", json={}) as answer:
            answer.raise_for_status()
            self._id = (await answer.json())["id"]
        self._socket = await self._session.ws_connect(
            f"{self._path}/api/kernels/{self._id}/channels", max_msg_size=_LONGEST_MESSAGE
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._socket is not None:
            await self._socket.close()
        await self._session.delete(f"{self._path}/api/kernels/{self._id}")

    async def run(self, code: str) -> str:
        """Run a cell to its end; what it printed and the last value, as text.

        Raises
        ------
        CellFailed
            If the cell raises, or the connection ends first.
        """
        assert self._socket is not None
        asked = uuid.uuid4().hex
        await self._socket.send_json(_request(asked, code))
        said: list[str] = []
        async for message in self._socket:
            if message.type is not aiohttp.WSMsgType.TEXT:
                continue
            told = message.json()
            if told["parent_header"].get("msg_id") != asked:
                continue
            if _is_end(told):
                return "".join(said)
            said.append(_text(told))
        message_lost = "the connection to the kernel ended"
        raise CellFailed(message_lost)


def _request(asked: str, code: str) -> dict[str, Any]:
    header = {"msg_id": asked, "msg_type": "execute_request", "version": "5.3"}
    header |= {"session": asked, "username": "", "date": ""}
    content = {"code": code, "silent": False, "store_history": False}
    content |= {"allow_stdin": False, "stop_on_error": True, "user_expressions": {}}
    told = {"header": header, "parent_header": {}, "metadata": {}, "content": content}
    return told | {"channel": "shell", "buffers": []}


def _is_end(told: dict[str, Any]) -> bool:
    is_state = told["msg_type"] == "status"
    return bool(is_state and told["content"]["execution_state"] == "idle")


def _text(told: dict[str, Any]) -> str:
    content = told["content"]
    match told["msg_type"]:
        case "stream":
            return str(content["text"])
        case "execute_result":
            return str(content["data"].get("text/plain", ""))
        case "error":
            message = f"{content['ename']}: {content['evalue']}"
            raise CellFailed(message)
        case _:
            return ""
