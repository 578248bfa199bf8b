"""Pages from templates: everything that is inserted is escaped."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote, urlencode

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from hub.laws import size_text
from hub.services.admin.desk import Person

__all__ = ["page", "path_of"]

_HERE: Final = Path(__file__).parent

# What stands in the bar at the top: a path, and what it is called there.
_PLACES: Final = (
    ("users", "Users"),
    ("groups", "Groups"),
    ("usage", "Usage"),
    ("leases", "GPUs"),
    ("announcements", "Announcements"),
    ("offboardings", "Offboarded"),
    ("audit", "Audit"),
)


def path_of(text: str) -> str:
    """`text` as one part of a path.

    Examples
    --------
    >>> path_of("a/b c")
    'a%2Fb%20c'
    """
    return quote(text, safe="")


def _ago(moment: datetime | None) -> str:
    if moment is None:
        return "never"
    seconds = (datetime.now(UTC) - moment).total_seconds()
    for unit, length in (("day", 86400), ("hour", 3600), ("minute", 60)):
        count = int(seconds // length)
        if count >= 1:
            return f"{count} {unit}{'s' if count > 1 else ''} ago"
    return "just now"


def _utc(moment: datetime | None) -> str:
    return "" if moment is None else f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def _iso(moment: datetime | None) -> str:
    return "" if moment is None else moment.astimezone(UTC).isoformat(timespec="seconds")


def _hours(value: float | timedelta | None) -> str:
    if value is None:
        return "–"
    hours = value.total_seconds() / 3600 if isinstance(value, timedelta) else value
    return f"{hours:,.1f}"


def _templates() -> Environment:
    made = Environment(
        loader=FileSystemLoader(_HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {
        "ago": _ago,
        "utc": _utc,
        "iso": _iso,
        "hours": _hours,
        "size": size_text,
        "path": path_of,
        "query": lambda asked: urlencode({k: v for k, v in asked.items() if v}, doseq=True),
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
        Who is signed in; nobody on a page that refuses.
    status : int, default 200
        HTTP's status.
    **shown
        What the template shows.
    """
    desk = request.app.state.desk
    common: dict[str, Any] = {
        "prefix": desk.prefix,
        "places": _PLACES,
        "path": request.url.path,
        "person": person,
        "xsrf": person.xsrf if person else "",
        "manages_groups": desk.manages_groups,
        "now": datetime.now(UTC),
        "back": "users",
    }
    html = _TEMPLATES.get_template(f"{template}.html").render(common | shown)
    return HTMLResponse(html, status)
