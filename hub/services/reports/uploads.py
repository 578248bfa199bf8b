"""What a server may hand in: files of a fixed set of names, each of a bounded size.

Nothing is ever unpacked, and no name becomes a path: a file lies under its own digest. Who
hands in gets a receipt for each file, and a version is made of receipts: nobody can name a
file that they did not bring.
"""

import hmac
import re
from collections.abc import AsyncIterator, Sequence
from hashlib import sha256
from typing import Final

from fastapi import HTTPException, Request
from pydantic import BaseModel, Field

__all__ = ["NEEDED", "PDF", "Handed", "body_of", "checked", "checked_pdf", "receipt_of"]

NEEDED: Final = ("page.html", "notebook.ipynb", "report.json")
PDF: Final = "page.pdf"
_MOST_BYTES: Final = {
    "page.html": 64 * 2**20,
    "notebook.ipynb": 64 * 2**20,
    PDF: 64 * 2**20,
}
_MOST_JSON: Final = 4 * 2**20
_MOST_DATA: Final = 256 * 2**20
_DATA: Final = re.compile(r"data/[A-Za-z0-9_-]{1,64}\.parquet")
_MOST_FILES: Final = 32


class Handed(BaseModel):
    """A file that was handed in, and the proof of that."""

    name: str = Field(max_length=100)
    digest: str = Field(pattern=r"^[0-9a-f]{64}$")
    bytes: int = Field(ge=0)
    receipt: str = Field(max_length=64)


def most_bytes(name: str) -> int:
    """How large a file of this name may be.

    Raises
    ------
    HTTPException
        If there is no such file in a report.
    """
    if name == "report.json":
        return _MOST_JSON
    if name in _MOST_BYTES:
        return _MOST_BYTES[name]
    if _DATA.fullmatch(name):
        return _MOST_DATA
    names = f"{', '.join(NEEDED)}, {PDF} or data/<name>.parquet"
    raise HTTPException(422, f"a file of a report must be {names}; got {name[:100]!r}.")


async def body_of(request: Request, at_most: int) -> AsyncIterator[bytes]:
    """The body of a request as it comes, read no further than `at_most`.

    Raises
    ------
    HTTPException
        If there is more.
    """
    told = request.headers.get("content-length", "")
    if told.isdecimal() and int(told) > at_most:
        raise too_large(at_most, int(told))
    n_bytes = 0
    async for part in request.stream():
        n_bytes += len(part)
        if n_bytes > at_most:
            raise too_large(at_most, n_bytes)
        yield part


def too_large(at_most: int, found: int) -> HTTPException:
    """The refusal of what is too large."""
    law = f"A file must have at most {at_most / 2**20:.0f} MB"
    told = f"this has {found / 2**20:.0f} or more. Show less of the data in the notebook."
    return HTTPException(413, f"{law}; {told}")


def receipt_of(key: str, server: str, name: str, digest: str, n_bytes: int) -> str:
    """Proof that a server has handed in this file under this name."""
    told = "\n".join((server, name, digest, str(n_bytes)))
    return hmac.new(key.encode(), told.encode(), sha256).hexdigest()


def checked(key: str, server: str, handed: Sequence[Handed]) -> dict[str, str]:
    """Names and digests of what a server handed in, if that is a whole report.

    Raises
    ------
    HTTPException
        If a receipt is not ours, or a file is missing.
    """
    if len(handed) > _MOST_FILES:
        message = f"a report must have at most {_MOST_FILES} files; got {len(handed)}."
        raise HTTPException(422, message)
    for file in handed:
        _require_receipt(key, server, file)
    found = {file.name: file.digest for file in handed}
    missing = [name for name in NEEDED if name not in found]
    if missing:
        raise HTTPException(422, f"a report must have {', '.join(missing)} too.")
    return found


def checked_pdf(key: str, server: str, handed: Handed) -> tuple[str, str, int]:
    """Name, digest and size of the PDF that a server handed in.

    Raises
    ------
    HTTPException
        If the receipt is not ours, or it is another file.
    """
    if handed.name != PDF:
        raise HTTPException(422, f"what is printed must be {PDF}; got {handed.name!r}.")
    _require_receipt(key, server, handed)
    return handed.name, handed.digest, handed.bytes


def _require_receipt(key: str, server: str, file: Handed) -> None:
    most_bytes(file.name)
    expected = receipt_of(key, server, file.name, file.digest, file.bytes)
    if not hmac.compare_digest(expected, file.receipt):
        raise HTTPException(409, f"{file.name} must be handed in again, by {server}.")
