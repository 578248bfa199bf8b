"""What reports may take, and whom they may reach."""

from dataclasses import dataclass
from datetime import timedelta

from hub.laws import (
    n_bytes,
    require,
    require_address,
    require_bytes,
    require_duration,
    require_endpoint,
    require_name,
    require_positive,
    require_server,
)

__all__ = ["Mails", "ObjectStore", "Reports"]


@dataclass(frozen=True, kw_only=True)
class ObjectStore:
    """A bucket for the files of reports, S3 or what speaks like it, and what opens it.

    Files lie below `prefix`; `key_id` and `key` name secrets.
    """

    endpoint: str
    bucket: str
    region: str
    prefix: str = ""
    key_id: str = "reports_store_key_id"
    key: str = "reports_store_key"

    def check(self, path: str) -> None:
        """Refuse an address that would be read on the way, and what is no bucket."""
        require_endpoint(f"{path}.endpoint", self.endpoint, on_this_machine=True)
        require_name(f"{path}.bucket", self.bucket)
        require_name(f"{path}.region", self.region)
        for part in self.prefix.split("/") if self.prefix else ():
            require_name(f"{path}.prefix", part)
        require_name(f"{path}.key_id", self.key_id)
        require_name(f"{path}.key", self.key)


@dataclass(frozen=True, kw_only=True)
class Mails:
    """Who mails about reports are from, and the server that takes them.

    Whom they go to is what the provider of sign-in says of each person.
    """

    sender: str
    server: str
    user: str = ""
    password: str = "smtp_password"
    encrypted: bool = True

    def check(self, path: str) -> None:
        """Refuse what is no address, and a password that would go out in the open."""
        require_address(f"{path}.sender", self.sender)
        require_server(f"{path}.server", self.server)
        require_name(f"{path}.password", self.password)
        law = "be True where `user` signs in with a password"
        fits = self.encrypted or not self.user
        require(fits, f"{path}.encrypted", law, self.encrypted)


@dataclass(frozen=True, kw_only=True)
class Reports:
    """Notebooks as pages that colleagues read, made by runs in servers of their owners.

    A user has `at_once` of these runs at the same time, all of them together `of_all`; one
    may take `run_at_most`. A user's reports may take `storage`. A link for somebody from
    outside lasts `links_at_most`; there are none if it is None. A version goes when it is
    `versions_kept_for` old, but for the newest and those named as kept; none does if it is
    None. Without `mails` nobody is told of anything by mail. Without `store` the files lie
    in a folder, or a volume, of this environment's.
    """

    at_once: int
    of_all: int
    run_at_most: timedelta
    storage: str
    links_at_most: timedelta | None
    versions_kept_for: timedelta | None
    mails: Mails | None
    store: ObjectStore | None

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
        if self.mails is not None:
            self.mails.check(f"{path}.mails")
        if self.store is not None:
            self.store.check(f"{path}.store")
