"""A user's server as a pod of Kubernetes, of a profile they chose.

KubeSpawner makes, watches and deletes the pod. What is added here is who may choose what. A
GPU is no lease of ours there: the cluster's device plugin counts the parts of its cards, a
quota of the namespace holds an environment to its share, and a pod for which there is no
room waits for the cluster's scheduler.
"""

from datetime import UTC, datetime
from typing import Any

from kubespawner import KubeSpawner

from hub import pods
from hub.choices import Pod
from hub.options_page import options_page
from hub.profile_server import ProfileServer
from hub.profiles import Offer, offered_profiles

__all__ = ["PodServer"]


class PodServer(ProfileServer, KubeSpawner):  # type: ignore[misc]
    """A pod for each server; `settings` say what it may be."""

    async def get_options_form(self) -> str:
        """The cards to choose from; what is free, the cluster alone knows."""
        offered = offered_profiles(self.settings, self.groups)
        found = [
            Offer(profile=profile, n_free=None, place=None, refusal="")
            for profile in offered
        ]
        chosen = self.user_options.get("profile") if self.user_options else None
        return options_page(found, chosen, datetime.now(UTC))

    async def load_user_options(self) -> None:
        """Take over the chosen profile; KubeSpawner asks for it before it makes a pod."""
        runs_as = self.settings.server.runs_as
        assert isinstance(runs_as, Pod)
        chosen = pods.of_profile(self.settings, runs_as, self.chosen_profile())
        for name, value in chosen.items():
            setattr(self, name, value)

    def get_env(self) -> dict[str, str]:
        """JupyterHub's variables, which app, and which part of a card."""
        variables: dict[str, Any] = super().get_env()
        own = self.app_variables() | pods.gpu_variables(self.chosen_profile())
        return variables | own
