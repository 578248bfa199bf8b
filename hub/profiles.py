"""Profiles: which kinds of server a user is offered, which one was chosen, what is free.

What a user chose may come from the page, from a saved choice or from any program that talks
to JupyterHub's API. It is read here, once, whatever its way.
"""

import re
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from hub.choices import Profile
from hub.gpus import Asked, Leases, Place, n_parts
from hub.gpus.shares import free_parts, n_times_free
from hub.settings import Settings
from hub.start_refusals import refused

__all__ = [
    "Offer",
    "Wanted",
    "asked_of",
    "chosen_app",
    "chosen_profile",
    "gpu_refusal",
    "offered_profiles",
    "offers",
    "options_from_form",
]

_LONGEST: Final = 80
_APP: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """A server that a user wants to start: whose, which one, of which profile."""

    user: str
    server: str
    groups: frozenset[str]
    profile: Profile


@dataclass(frozen=True, kw_only=True)
class Offer:
    """A profile as its user sees it now.

    `n_free` counts the servers of this kind for which there is room; ``None`` where no GPU
    is needed. `refusal` says why it can't be chosen, and is empty if it can.
    """

    profile: Profile
    n_free: int | None
    place: Place | None
    refusal: str


def offered_profiles(settings: Settings, groups: Set[str]) -> tuple[Profile, ...]:
    """The profiles of those who are in `groups`, in the order of the settings."""
    return tuple(
        profile
        for profile in settings.profiles
        if not profile.groups or groups & set(profile.groups)
    )


def options_from_form(form: Mapping[str, Sequence[Any]]) -> dict[str, Any]:
    """What the page's form chose, in the words of the API: ``{"profile": "cpu-small"}``."""
    return {
        name: values[0] if len(values) == 1 else list(values)
        for name, values in form.items()
        # The page's own guard against forged requests comes with its form.
        if name != "_xsrf"
    }


def chosen_profile(offered: Sequence[Profile], options: object) -> Profile:
    """The profile that `options` name; the first one offered if they name none.

    Parameters
    ----------
    offered : sequence of Profile
        What this user may choose from.
    options : object
        Whatever came: only a mapping with nothing but ``profile`` and ``app`` will do.

    Returns
    -------
    Profile

    Raises
    ------
    SpawnException
        If `options` are anything else, or nothing is offered.
    """
    if not offered:
        message = (
            "There is no profile for the groups you are in. "
            "Ask an administrator to add you to one that has."
        )
        raise refused(message, "profile")
    names = [profile.name for profile in offered]
    hint = f"hint: `user_options` may be {{}} or {{'profile': '{names[0]}'}}."
    if not isinstance(options, Mapping):
        law = f"`user_options` must be an object; got {_shown(options)}."
        raise refused(f"{law}\n{hint}", "options")
    unknown = [key for key in options if key not in ("profile", "app")]
    if unknown:
        law = "`user_options` must hold `profile`, `app` and nothing else"
        law += f"; got {_shown(unknown)}."
        raise refused(f"{law}\n{hint}", "options")
    name = options.get("profile", names[0])
    for profile in offered:
        if profile.name == name:
            return profile
    law = f"`profile` must be one of {', '.join(names)}; got {_shown(name)}."
    raise refused(law, "profile")


def chosen_app(options: object, server: str) -> str:
    """The dashboard that a server is to show instead of JupyterLab; empty for none.

    Parameters
    ----------
    options : object
        Whatever came, as for `chosen_profile`.
    server : str
        Name of the server.

    Raises
    ------
    SpawnException
        If it can't be the name of a notebook, or the server is the one without a name: that
        one is JupyterLab.

    Examples
    --------
    >>> chosen_app({"app": "option-desk"}, "option-desk"), chosen_app({}, "")
    ('option-desk', '')
    """
    app = options.get("app", "") if isinstance(options, Mapping) else ""
    if app == "":
        return ""
    if not isinstance(app, str) or not _APP.fullmatch(app):
        law = (
            "`app` must be the name of a notebook in `notebooks/dashboards`, in lower-case"
        )
        raise refused(f"{law} letters, digits and hyphens; got {_shown(app)}.", "options")
    if not server:
        law = f"An app is a server with a name, as in `/hub/spawn/{{user}}/{app}`."
        raise refused(law, "options")
    return app


def _shown(value: object) -> str:
    # What a stranger sent is shown, and never at its full length.
    text = repr(value)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def gpu_refusal(profile: Profile, leases: Leases) -> str:
    """Why a GPU profile can never start on this host; empty if it can."""
    parts, capacity = n_parts(profile.gpu), leases.capacity
    if not parts or parts <= capacity.largest:
        return ""
    if not capacity.devices:
        return "This host has no GPU."
    return (
        f"It needs {profile.gpu:.0%} of a card, and this environment has "
        f"{capacity.parts / 100:g} % of each."
    )


def asked_of(wanted: Wanted, settings: Settings) -> Asked:
    """What a server of a GPU profile asks of the leases."""
    is_ahead = bool(wanted.groups & set(settings.gpus.ahead))
    return Asked(
        user=wanted.user,
        server=wanted.server,
        profile=wanted.profile.name,
        parts=n_parts(wanted.profile.gpu),
        lasts=wanted.profile.at_most,
        ahead_by=settings.gpus.ahead_by if is_ahead else timedelta(0),
    )


def offers(
    settings: Settings, wanted: Sequence[Wanted], leases: Leases, now: datetime
) -> list[Offer]:
    """What each of the `wanted` servers would meet if it were started now."""
    free = free_parts(leases.capacity, leases.held())
    found = []
    for one in wanted:
        profile, n_free, place = one.profile, None, None
        refusal = gpu_refusal(profile, leases)
        if profile.gpu and not refusal:
            n_free = n_times_free(free, n_parts(profile.gpu))
            place = leases.outlook(asked_of(one, settings), now)
        found.append(Offer(profile=profile, n_free=n_free, place=place, refusal=refusal))
    return found
