"""Figures as files, without a network: SVG, PNG and HTML.

HTML has plotly.js inside. For SVG and PNG a Chromium on this machine draws that very page.
"""

import base64
import re
import tempfile
from pathlib import Path
from typing import Any

from mclib.errors import MclibError, law
from mclib.plots.browsers import browse
from mclib.plots.figure import SAFE_CONFIG
from mclib.plots.style import unfolded

_MARK = "mclib-image:"


def save(figure: Any, path: Any, *, width: int = 900) -> None:
    """Write a figure to a file.

    Parameters
    ----------
    figure : Figure
        Any plotly figure.
    path : path
        Ending in ``.svg``, ``.png`` or ``.html``.
    width : int, default 900
        Of a picture, in pixels; its height is the figure's own.

    Raises
    ------
    ArgumentError
        If the ending is another one, or the folder is missing.
    MclibError
        If no Chromium is installed to draw a picture.

    Examples
    --------
    >>> import mclib as mc
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> figure = mc.plots.distribution(mc.Normal(10, 2))
    >>> with TemporaryDirectory() as folder:
    ...     mc.plots.save(figure, Path(folder) / "normal.html")
    ...     print((Path(folder) / "normal.html").read_text(encoding="utf-8")[:15])
    <!doctype html>
    """
    target = Path(path)
    ending = target.suffix.lower().removeprefix(".")
    if ending not in ("svg", "png", "html"):
        raise law("path", "end in .svg, .png or .html", str(path))
    if not target.parent.is_dir():
        raise law("path", "lie in a folder that exists", str(path))
    if ending == "html":
        text = figure.to_html(include_plotlyjs=True, config=SAFE_CONFIG)
        target.write_text(_headed(text, figure), "utf-8")
        return
    drawn = _drawn(figure, ending, width)
    target.write_bytes(_titled(drawn, figure) if ending == "svg" else drawn)


def _headed(page: str, figure: Any) -> str:
    """Say in a page's head whose it is, and that it is drawn for phones too."""
    from html import escape

    name = escape(unfolded(figure.layout.title.text or "Chart"))
    head = (
        '<html lang="en">\n<head><title>'
        f'{name}</title><meta name="viewport" content="width=device-width, '
        'initial-scale=1">'
    )
    return re.sub(r"<html>\s*<head>", lambda _: head, page, count=1)


def _titled(drawing: bytes, figure: Any) -> bytes:
    """Put what a figure says in words into its SVG, for those who don't see it."""
    from html import escape

    said = escape(str((figure.layout.meta or {}).get("description", "")))
    if not said:
        return drawing
    return re.sub(
        rb"<svg\b[^>]*>",
        lambda found: found[0][:-1] + f' role="img"><title>{said}</title>'.encode(),
        drawing,
        count=1,
    )


def _drawn(figure: Any, ending: str, width: int) -> bytes:
    height = int(figure.layout.height or 450)
    size = f"{{format: '{ending}', width: {width}, height: {height}, scale: 2}}"
    script = (
        f"Plotly.toImage('{{plot_id}}', {size}).then(url => {{ "
        f"document.body.textContent = '{_MARK}' + url + ' '; }})"
    )
    if ending == "svg":
        script = script.replace(", scale: 2", "")
    from plotly.io import to_html

    page = to_html(figure, include_plotlyjs=True, post_script=script, config=SAFE_CONFIG)
    with tempfile.TemporaryDirectory() as folder:
        drawing = Path(folder) / "figure.html"
        drawing.write_text(page, "utf-8")
        way_out = "press the camera above the figure, or save it as `.html`."
        told = browse("a picture", way_out, ["--dump-dom", drawing.as_uri()])
    _, mark, rest = told.partition(_MARK)
    if not mark:
        raise MclibError("Chromium must draw the figure; it gave no picture.")
    kind, _, content = rest.split(" ", 1)[0].partition(",")
    if kind.endswith("base64"):
        return base64.b64decode(content)
    from html import unescape
    from urllib.parse import unquote_to_bytes

    return unquote_to_bytes(unescape(rest.rpartition(" ")[0].partition(",")[2]))
