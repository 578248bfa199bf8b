"""The page around a report: its law, style, contents and script.

A `Content-Security-Policy` in the page itself forbids every request. Scripts run only if
their hash stands there, so that no text which found its way into the page can be one.
"""

import base64
import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from mclib.reports.drawings import Drawing
from mclib.reports.markup import escaped

_HERE = Path(__file__).parent

_NO_SCRIPT = "Charts need JavaScript; what they say stands below each of them."


class Heading(NamedTuple):
    """What the table of contents lists: a text, where it leads to, how deep it stands."""

    text: str
    name: str
    level: int


def page(
    title: str,
    dated: str,
    body: str,
    headings: Sequence[Heading],
    drawings: Sequence[Drawing],
    *,
    facts: str = "",
    style: str = "",
) -> str:
    """Return a whole page that needs nothing else.

    Parameters
    ----------
    title, dated : str
        At the top; both are escaped here.
    body : str
        HTML, in which ``data-drawing="drawing-1"`` is where the first drawing goes.
    headings : sequence of Heading
        For the table of contents.
    drawings : sequence of Drawing
        In the order of their places.
    facts : str, default ""
        JSON for programs that read the page: the element ``report`` holds it.
    style : str, default ""
        A style sheet's name in this folder, besides the page's own.
    """
    from plotly.offline import get_plotlyjs

    scripts = [get_plotlyjs(), (_HERE / "page.js").read_text("utf-8")] if drawings else []
    # A parser reads line ends as one character, and hashes what it has read.
    scripts = [each.replace("\r\n", "\n").replace("\r", "\n") for each in scripts]
    data = "".join(
        _json(f"drawing-{at}", drawing.content) for at, drawing in enumerate(drawings, 1)
    )
    if facts:
        data += _json("report", facts)
    sheets = ["page.css", *([style] if style else [])]
    rules = "".join((_HERE / each).read_text("utf-8") for each in sheets)
    notice = f'<noscript><p class="warning">{_NO_SCRIPT}</p></noscript>' if scripts else ""
    run = "".join(f"<script>{each}</script>\n" for each in scripts)
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy(scripts)}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n'
        '<meta name="referrer" content="no-referrer">\n'
        f"<title>{escaped(title)}</title>\n"
        # Without an icon of its own a browser asks the site for one.
        '<link rel="icon" href="data:,">\n'
        f"<style>\n{rules}</style>\n</head>\n<body>\n"
        f"<header><h1>{escaped(title)}</h1>"
        f'<p class="dated">{escaped(dated)}</p></header>\n'
        f"{_contents(headings)}\n<main>{notice}{body}</main>\n{data}{run}</body>\n</html>\n"
    )


def _json(name: str, content: str) -> str:
    # No HTML in JSON, and no end of its element.
    held = content.replace("<", chr(92) + "u003c")
    return f'<script type="application/json" id="{name}">{held}</script>\n'


def policy(scripts: Sequence[str]) -> str:
    """Return the policy under which these scripts run, and nothing else is loaded."""
    hashes = (
        base64.b64encode(hashlib.sha256(each.encode()).digest()).decode()
        for each in scripts
    )
    allowed = " ".join(f"'sha256-{each}'" for each in hashes) or "'none'"
    return "; ".join(
        (
            "default-src 'none'",
            f"script-src {allowed}",
            # plotly.js writes style attributes; the icon and saved pictures are data.
            "style-src 'unsafe-inline'",
            "img-src data: blob:",
            "base-uri 'none'",
            "form-action 'none'",
        )
    )


def _contents(headings: Sequence[Heading]) -> str:
    if not headings:
        return ""
    top = min(each.level for each in headings)
    lines, depth = [], top - 1
    for each in headings:
        while depth < each.level:
            lines.append("<ul>")
            depth += 1
        while depth > each.level:
            lines.append("</li></ul>")
            depth -= 1
        if lines[-1] != "<ul>":
            lines.append("</li>")
        lines.append(f'<li><a href="#{each.name}">{escaped(each.text)}</a>')
    lines.append("</li></ul>" * (depth - top + 1))
    return (
        '<nav aria-labelledby="contents"><h2 id="contents">Contents</h2>'
        f"{''.join(lines)}</nav>"
    )
