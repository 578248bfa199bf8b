"""Files of the store on their way to whoever asks: in parts, or the part asked for."""

import re
from collections.abc import Mapping
from typing import Final

from fastapi import Request
from fastapi.responses import Response, StreamingResponse

from hub.services.reports.store import Store

__all__ = ["span_of", "stored_file"]

_RANGE: Final = re.compile(r"bytes=([0-9]{0,18})-([0-9]{0,18})")


async def stored_file(
    request: Request,
    store: Store,
    digest: str,
    *,
    media_type: str,
    headers: Mapping[str, str],
    saved_as: str = "",
) -> Response:
    """The answer that holds a file.

    Parameters
    ----------
    request : Request
        What was asked; the headers `Range` and `If-Range` are heeded.
    store : Store
        Where the file is.
    digest : str
        Which file; its `ETag` too.
    media_type : str
        What it is told to be.
    headers : mapping of str to str
        What goes with it.
    saved_as : str, default ""
        Its name as a download, of letters, digits, dots and hyphens; else it is shown.

    Raises
    ------
    StoreTrouble
        If it can't be read.
    """
    said = {**headers, "Accept-Ranges": "bytes", "ETag": f'"{digest}"'}
    if saved_as:
        said["Content-Disposition"] = f'attachment; filename="{saved_as}"'
    asked = request.headers.get("range", "")
    if asked and request.headers.get("if-range", said["ETag"]) == said["ETag"]:
        size = await store.size(digest)
        span = span_of(asked, size)
        if span is not None and span[0] >= span[1]:
            return Response(status_code=416, headers={"Content-Range": f"bytes */{size}"})
        if span is not None:
            said["Content-Range"] = f"bytes {span[0]}-{span[1] - 1}/{size}"
            said["Content-Length"] = str(span[1] - span[0])
            parts = (await store.read(digest, span)).parts
            return StreamingResponse(parts, 206, said, media_type)
    found = await store.read(digest)
    said["Content-Length"] = str(found.n_bytes)
    return StreamingResponse(found.parts, 200, said, media_type)


def span_of(asked: str, size: int) -> tuple[int, int] | None:
    """First byte and end of the one range that is asked for; None: the whole file.

    A range that the file doesn't have is empty.

    Examples
    --------
    >>> span_of("bytes=0-9", 100), span_of("bytes=90-", 100), span_of("bytes=-5", 100)
    ((0, 10), (90, 100), (95, 100))
    >>> span_of("bytes=100-", 100), span_of("bytes=0-1,5-6", 100), span_of("bytes=-", 9)
    ((100, 100), None, None)
    """
    found = _RANGE.fullmatch(asked.strip())
    if found is None or asked.strip() == "bytes=-":
        return None
    first, last = found.groups()
    if not first:
        return max(0, size - int(last)), size
    end = min(size, int(last) + 1) if last else size
    # One that ends before it begins is none, and the whole file is the answer.
    if last and int(last) < int(first):
        return None
    return min(int(first), size), end
