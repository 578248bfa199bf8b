"""A server of a profile that its user chose, whatever it runs as.

What was chosen comes from the page, from a saved choice or from any program; it is read at
the start, by the same code.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from traitlets import HasTraits, Instance, default

from hub.choices import Profile
from hub.profiles import (
    Wanted,
    chosen_app,
    chosen_profile,
    offered_profiles,
    options_from_form,
)
from hub.settings import Settings

__all__ = ["ProfileServer"]


class ProfileServer(HasTraits):
    """Who is offered which profile, and which one they chose; a spawner starts it."""

    # What a spawner has.
    name: str
    user: Any
    user_options: Any

    settings = Instance(Settings, config=True)
    """The environment."""

    @property
    def groups(self) -> frozenset[str]:
        """Groups of the server's user."""
        return frozenset(group.name for group in self.user.groups)

    def wanted(self, profile: Profile) -> Wanted:
        """What would start if the server were of that profile."""
        return Wanted(
            user=self.user.name, server=self.name, groups=self.groups, profile=profile
        )

    def chosen_profile(self) -> Profile:
        """The profile to start; a choice that isn't offered is refused."""
        offered = offered_profiles(self.settings, self.groups)
        return chosen_profile(offered, self.user_options)

    def app_variables(self) -> dict[str, str]:
        """What tells the image to start an app instead of JupyterLab."""
        app = chosen_app(self.user_options, self.name)
        return {"MCHUB_APP": app} if app else {}

    @default("options_from_form")
    def _read_form(self) -> Callable[[Mapping[str, Sequence[Any]]], dict[str, Any]]:
        return options_from_form

    @default("apply_user_options")
    def _leave_options(self) -> Callable[[Any, Mapping[str, Any]], None]:
        # They are read at the start: a refusal there is told, and not logged as a fault.
        return lambda _server, _options: None
