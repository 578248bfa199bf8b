"""Who may sign in, share, and use how much."""

import math
from dataclasses import dataclass
from datetime import timedelta

from hub.choices.providers import Entra, GitHub, Google, OpenIdConnect
from hub.laws import (
    require,
    require_bytes,
    require_duration,
    require_name,
    require_names,
    require_parts,
    require_text,
)

__all__ = [
    "Budget",
    "Budgets",
    "Password",
    "Sharing",
    "SingleSignOn",
]


@dataclass(frozen=True, kw_only=True)
class Password:
    """Generated test passwords: one for every name, a longer one for the admins."""

    user_password: str = "user_password"
    admin_password: str = "admin_password"

    def check(self, path: str) -> None:
        """Refuse one secret for both."""
        require_name(f"{path}.user_password", self.user_password)
        require_name(f"{path}.admin_password", self.admin_password)
        differ = self.admin_password != self.user_password
        law = "differ from `login.user_password`"
        require(differ, f"{path}.admin_password", law, self.admin_password)


@dataclass(frozen=True, kw_only=True)
class SingleSignOn:
    """A `provider` vouches: members of `groups` may enter, of `admin_groups` administer.

    What the provider says about a user is asked again every `refresh_every`: so soon does a
    user who was removed there lose access here.
    """

    provider: OpenIdConnect | Entra | Google | GitHub
    client_id: str
    groups: tuple[str, ...]
    admin_groups: tuple[str, ...]
    refresh_every: timedelta
    client_secret: str = "oidc_client_secret"

    def check(self, path: str) -> None:
        """Refuse a door open to nobody."""
        self.provider.check(f"{path}.provider")
        require_text(f"{path}.client_id", self.client_id)
        require_name(f"{path}.client_secret", self.client_secret)
        require_names(f"{path}.groups", self.groups, at_least=1)
        require_names(f"{path}.admin_groups", self.admin_groups)
        require_duration(f"{path}.refresh_every", self.refresh_every)


@dataclass(frozen=True, kw_only=True)
class Sharing:
    """Users may let others into their running servers, for the time `at_most`."""

    at_most: timedelta

    def check(self, path: str) -> None:
        """Refuse a share that ends before it begins."""
        require_duration(f"{path}.at_most", self.at_most)


@dataclass(frozen=True, kw_only=True)
class Budget:
    """What each member of a group may use in a period; ``None`` hours are without limit.

    `storage` holds at all times, in the place of the environment's `server.limits.storage`;
    ``None`` leaves that in force. A user who is in several groups has the largest of their
    budgets.
    """

    name: str
    gpu_hours: float | None
    cpu_hours: float | None
    storage: str | None = None

    def check(self, path: str) -> None:
        """Refuse a negative budget, and storage of nothing."""
        if self.storage is not None:
            require_bytes(f"{path}.storage", self.storage)
        require_name(f"{path}.name", self.name)
        for field in ("gpu_hours", "cpu_hours"):
            hours = getattr(self, field)
            if hours is not None:
                fits = math.isfinite(hours) and hours >= 0
                require(fits, f"{path}.{field}", "be 0 or more", hours)


@dataclass(frozen=True, kw_only=True)
class Budgets:
    """Budgets by group, `everybody`'s for those who are in none of them.

    A warning is given at the fraction `warn_at`; at the whole a server is stopped after
    `grace`.
    """

    period: timedelta
    warn_at: float
    grace: timedelta
    everybody: Budget
    groups: tuple[Budget, ...]

    def check(self, path: str) -> None:
        """Refuse a warning that comes too late, and a group named twice."""
        require_duration(f"{path}.period", self.period)
        require_duration(f"{path}.grace", self.grace)
        fits = 0 < self.warn_at < 1
        require(fits, f"{path}.warn_at", "lie between 0 and 1", self.warn_at)
        self.everybody.check(f"{path}.everybody")
        require_parts(f"{path}.groups", self.groups, Budget)
