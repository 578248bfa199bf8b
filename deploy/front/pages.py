"""The front's own pages, for people, and the same in JSON, for programs."""

import json
from collections.abc import Mapping
from typing import Final, NamedTuple

__all__ = ["pages"]


class Page(NamedTuple):
    """What is the matter, and what to do."""

    status: int
    title: str
    sentence: str
    again_after: int | None = None


_PAGES: Final[Mapping[str, Page]] = {
    "away": Page(
        503,
        "The hub is being changed over.",
        "Servers and notebooks that are open work on. This page looks again by itself.",
        3,
    ),
    "busy": Page(
        429,
        "Too many requests came from your address.",
        "Wait a moment and try again. Nothing that is open was stopped.",
    ),
    "large": Page(
        413,
        "What you sent is too large to be taken in one piece.",
        "The upload button of JupyterLab sends files in pieces. A notebook this large has "
        "outputs that are better cleared or written to a file.",
    ),
}

# As the hub's own pages look; nothing of them can be asked for while it is away.
_HTML: Final = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">{refresh}
<title>{title}</title>
<style>
  :root {{ color-scheme: light dark; }}
  body {{ max-width: 42rem; margin: 3rem auto; padding: 0 1rem; text-align: center;
    font-family: system-ui, -apple-system, "Segoe UI", Roboto, sans-serif;
    line-height: 1.5; }}
  h1 {{ font-size: 2rem; font-weight: 500; margin-bottom: 1.5rem; text-wrap: balance; }}
  p {{ font-size: 1.15rem; text-wrap: balance; }}
  small {{ opacity: 0.7; }}
</style>
</head>
<body>
<h1>{title}</h1>
<p>{sentence}</p>
<p><small>Status {status}</small></p>
</body>
</html>
"""


def pages() -> dict[str, str]:
    """Text of each page by its file's name."""
    found: dict[str, str] = {}
    for name, page in _PAGES.items():
        refresh = (
            f'\n<meta http-equiv="refresh" content="{page.again_after}">'
            if page.again_after
            else ""
        )
        found[f"{name}.html"] = _HTML.format(refresh=refresh, **page._asdict())
        said = {"message": f"{page.title} {page.sentence}", "status": page.status}
        found[f"{name}.json"] = json.dumps(said) + "\n"
    return found
