"""The page on which a user chooses a profile: a card for each, and what is free now.

The cards are radio buttons of a plain form and need no script.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from hub.gpus import Place
from hub.profiles import Offer

__all__ = ["TEMPLATES", "duration_text", "options_page"]

TEMPLATES: Final = Path(__file__).parent / "templates"

_UNITS: Final = (("day", timedelta(days=1)), ("hour", timedelta(hours=1)))
_MINUTE: Final = timedelta(minutes=1)


def options_page(offers: Sequence[Offer], chosen: object, now: datetime) -> str:
    """HTML of the choice, to stand inside JupyterHub's form.

    Parameters
    ----------
    offers : sequence of Offer
        What this user may choose from.
    chosen : object
        Name of the profile chosen the last time, if any.
    now : datetime
        The present.
    """
    names = [offer.profile.name for offer in offers if not offer.refusal]
    first = chosen if chosen in names else next(iter(names), None)
    cards = [_card(offer, offer.profile.name == first, now) for offer in offers]
    page: str = _template().render(cards=cards)
    return page


def _card(offer: Offer, is_chosen: bool, now: datetime) -> dict[str, Any]:
    profile = offer.profile
    facts = [
        ("Memory", f"{profile.memory[:-1]} {profile.memory[-1]}B"),
        ("Processors", f"{profile.cpus:g}"),
        ("GPU", f"{profile.gpu:.0%} of a card" if profile.gpu else "none"),
        ("Runs at most", duration_text(profile.at_most)),
    ]
    is_free = offer.place is None or offer.place.number == 0
    return {
        "name": profile.name,
        "title": profile.title,
        "facts": facts,
        "is_chosen": is_chosen,
        "refusal": offer.refusal,
        "is_free": is_free,
        "state": _state(offer, now),
    }


def _state(offer: Offer, now: datetime) -> str:
    if offer.refusal:
        return offer.refusal
    if offer.place is None:
        # In a cluster, whose scheduler alone knows.
        return "Starts when there is room for it" if offer.profile.gpu else "Starts at once"
    if offer.place.number == 0:
        return f"Starts at once: there is room for {offer.n_free} more"
    return _queue_text(offer.place, now)


def _queue_text(place: Place, now: datetime) -> str:
    before = place.number - 1
    who = {0: "nobody waits", 1: "one waits before you"}.get(
        before, f"{before} wait before you"
    )
    if place.expected is None:
        return f"All is in use; {who}"
    return (
        f"All is in use; {who}; yours starts within {duration_text(place.expected - now)}"
    )


def duration_text(duration: timedelta) -> str:
    """A duration in words, to the minute upwards.

    Examples
    --------
    >>> duration_text(timedelta(days=2)), duration_text(timedelta(seconds=90))
    ('2 days', '2 minutes')
    """
    for unit, length in _UNITS:
        if duration and duration % length == timedelta(0):
            return _counted(duration // length, unit)
    if duration > 3 * _UNITS[1][1]:
        return _counted(-(-duration // _UNITS[1][1]), "hour")
    return _counted(max(1, -(-duration // _MINUTE)), "minute")


def _counted(count: int, unit: str) -> str:
    return f"{count} {unit}" if count == 1 else f"{count} {unit}s"


def _template() -> Any:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined
    )
    return environment.get_template("profiles.html")
