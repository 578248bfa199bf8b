"""At which rate a server is charged: that of the profile its user chose."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from hub.choices import Profile
from hub.settings import Settings

__all__ = ["profile_of"]


def profile_of(settings: Settings, user_options: Mapping[str, Any] | None) -> Profile:
    """Profile of a server.

    Parameters
    ----------
    settings : Settings
        Where servers are containers, the profiles they offer.
    user_options : mapping or None
        What its user chose; ``profile`` names one.

    Returns
    -------
    Profile
        A local process has the limits of all servers, no GPU and no end. A profile that
        isn't offered any more is charged as the first that is.
    """
    server = settings.server
    if not settings.profiles:
        return Profile(
            name="local",
            title="A server on this machine",
            image="local:none",
            memory=server.limits.memory,
            cpus=server.limits.cpus,
            gpu=0,
            at_most=timedelta.max,
        )
    # Anything may have been chosen that JSON can say.
    chosen = user_options.get("profile") if isinstance(user_options, Mapping) else None
    profiles = settings.profiles
    return next((one for one in profiles if one.name == chosen), profiles[0])
