"""Pages from templates: everything that is inserted is escaped."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from hub.laws import size_text
from hub.services.reports.desk import desk_of
from hub.services.web.counter import Person

__all__ = ["page"]

_HERE: Final = Path(__file__).parent


def _utc(moment: datetime | None) -> str:
    return "" if moment is None else f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def _number(value: float | str, digits: int = 6) -> str:
    return value if isinstance(value, str) else f"{value:.{digits}g}"


def _by_clocks_of(moment: datetime | None, zone: str) -> str:
    if moment is None:
        return ""
    return f"{moment.astimezone(ZoneInfo(zone)):%a %Y-%m-%d %H:%M} {zone}"


def _templates() -> Environment:
    made = Environment(
        loader=FileSystemLoader(_HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {
        "utc": _utc,
        "by_clocks_of": _by_clocks_of,
        "size": size_text,
        "number": _number,
        "query": lambda asked: urlencode({k: v for k, v in asked.items() if v}),
    }
    return made


_TEMPLATES: Final = _templates()


def page(
    request: Request,
    template: str,
    person: Person | None = None,
    *,
    status: int = 200,
    **shown: Any,
) -> HTMLResponse:
    """A page of this service.

    Parameters
    ----------
    request : Request
        What is answered.
    template : str
        Name of the template, without its ending.
    person : Person, optional
        Who is signed in; nobody on a page that refuses, or that a link leads to.
    status : int, default 200
        HTTP's status.
    **shown
        What the template shows.
    """
    desk = desk_of(request)
    common: dict[str, Any] = {
        "prefix": desk.prefix,
        "person": person,
        "xsrf": person.xsrf if person else "",
    }
    html = _TEMPLATES.get_template(f"{template}.html").render(common | shown)
    answer = HTMLResponse(html, status)
    # A report's frame leads to this service's own pages of it, and nowhere else.
    answer.headers["Content-Security-Policy"] = (
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; "
        f"connect-src 'self'; frame-src {desk.public_url}{desk.prefix}/; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )
    return answer
