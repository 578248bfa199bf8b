"""What reports may take, and whom they may reach."""

from dataclasses import dataclass
from datetime import timedelta

from hub.laws import n_bytes, require_bytes, require_duration, require_positive

__all__ = ["Reports"]


@dataclass(frozen=True, kw_only=True)
class Reports:
    """Notebooks as pages that colleagues read, made by runs in servers of their owners.

    A user has `at_once` of these runs at the same time, all of them together `of_all`; one
    may take `run_at_most`. A user's reports may take `storage`. A link for somebody from
    outside lasts `links_at_most`; there are none if it is None. A version goes when it is
    `versions_kept_for` old, but for the newest and those named as kept; none does if it is
    None.
    """

    at_once: int
    of_all: int
    run_at_most: timedelta
    storage: str
    links_at_most: timedelta | None
    versions_kept_for: timedelta | None

    @property
    def n_bytes(self) -> int:
        """`storage` in bytes."""
        return n_bytes(self.storage)

    def check(self, path: str) -> None:
        """Refuse runs that are none, and links that have ended already."""
        require_positive(f"{path}.at_once", self.at_once)
        require_positive(f"{path}.of_all", self.of_all)
        require_duration(f"{path}.run_at_most", self.run_at_most)
        require_bytes(f"{path}.storage", self.storage)
        if self.links_at_most is not None:
            require_duration(f"{path}.links_at_most", self.links_at_most)
        if self.versions_kept_for is not None:
            require_duration(f"{path}.versions_kept_for", self.versions_kept_for)
