"""Ports: is one free, which ones are, and the line that says that one is taken."""

import errno
import json
import socket
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Final

from hub.laws import refusal

__all__ = ["free_ports", "remembered_ports", "require_free"]

_NO_SUCH_ADDRESS: Final = (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT)


def require_free(path: str, host: str, address: str, port: int, hint: str) -> None:
    """Refuse `port` if another program listens on it.

    Parameters
    ----------
    path : str
        What the port is called in settings.
    host : str
        Name under which people reach it. Every address behind the name is looked at: where
        another program has ``[::1]:3000``, browsers take ``localhost:3000`` to that one.
    address : str
        Address that it will listen on.
    port : int
        The port.
    hint : str
        How to choose another.

    Raises
    ------
    SettingsError
        If it is taken, or too low for this account.
    """
    for family, candidate in {(socket.AF_INET, address), *_addresses(host)}:
        reason = _reason_not_to_bind(family, candidate, port)
        if reason:
            raise refusal(path, "be a free port", port, f"{reason} on {candidate}; {hint}")


def _addresses(host: str) -> Iterator[tuple[socket.AddressFamily, str]]:
    # Browsers take `localhost` for both, whatever the system says.
    if host == "localhost":
        yield socket.AF_INET6, "::1"
    for family, _, _, _, where in socket.getaddrinfo(host, None, type=socket.SOCK_STREAM):
        yield family, str(where[0])


def _reason_not_to_bind(family: socket.AddressFamily, address: str, port: int) -> str:
    with socket.socket(family, socket.SOCK_STREAM) as tried:
        # As servers do: a connection that is still closing doesn't hold the port.
        tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            tried.bind((address, port))
            tried.listen()
        except PermissionError:
            return "this account may not listen to it"
        except OSError as error:
            # A machine without IPv6 has `localhost` in its hosts file all the same.
            unreachable = error.errno in _NO_SUCH_ADDRESS
            return "" if unreachable else "another program uses it"
    return ""


def free_ports(address: str, count: int) -> list[int]:
    """`count` different ports on `address` that nobody uses now."""
    with ExitStack() as stack:
        found = []
        for _ in range(count):
            opened = stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_STREAM))
            opened.bind((address, 0))
            found.append(opened.getsockname()[1])
        return found


def remembered_ports(file: Path, address: str, names: tuple[str, ...]) -> Mapping[str, int]:
    """A free port for every name: those of last time, if all are free still.

    Servers that outlived their hub know it by its port, so a hub that comes back on
    another port would have to stop them.
    """
    try:
        ports = {
            str(name): int(port) for name, port in json.loads(file.read_text()).items()
        }
    except (OSError, ValueError, AttributeError):
        ports = {}
    is_whole = set(ports) == set(names)
    if not is_whole or any(
        _reason_not_to_bind(socket.AF_INET, address, port) for port in ports.values()
    ):
        ports = dict(zip(names, free_ports(address, len(names)), strict=True))
        # Written beside and renamed: other ports would stop the servers that know these.
        draft = file.with_suffix(".draft")
        draft.write_text(json.dumps(ports), encoding="utf-8")
        draft.replace(file)
    return ports
