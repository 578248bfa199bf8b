"""Where the platform listens, and what stands before it."""

from dataclasses import dataclass
from datetime import timedelta

from hub.laws import require, require_duration, require_port, require_positive, require_text

__all__ = [
    "Acme",
    "BasicHeaders",
    "Front",
    "FullHeaders",
    "Network",
    "NoTls",
    "SelfSigned",
]


@dataclass(frozen=True, kw_only=True)
class Network:
    """Where the platform's own processes listen; what people type is `Settings.url`.

    A port that nobody types may be ``None``: `run` then picks a free one. In
    containers the proxy is told its routes on a socket, and the services with pages have
    always the same ports.
    """

    address: str
    api_port: int
    hub_port: int | None
    proxy_api_port: int | None
    admin_port: int | None
    reports_port: int | None

    def check(self, path: str) -> None:
        """Refuse what is no port, and a port given twice."""
        require_text(f"{path}.address", self.address)
        require_port(f"{path}.api_port", self.api_port)
        taken = {self.api_port: "api_port"}
        for field, port in (
            ("hub_port", self.hub_port),
            ("proxy_api_port", self.proxy_api_port),
            ("admin_port", self.admin_port),
            ("reports_port", self.reports_port),
        ):
            if port is not None:
                require_port(f"{path}.{field}", port)
                law = f"differ from `network.{taken.get(port)}`"
                require(port not in taken, f"{path}.{field}", law, port)
                taken[port] = field


@dataclass(frozen=True, kw_only=True)
class NoTls:
    """Plain HTTP, for loopback only."""

    def check(self, path: str) -> None:
        """Nothing to refuse."""


@dataclass(frozen=True, kw_only=True)
class SelfSigned:
    """A certificate that the deployment makes for itself; browsers warn about it."""

    def check(self, path: str) -> None:
        """Nothing to refuse."""


@dataclass(frozen=True, kw_only=True)
class Acme:
    """A certificate issued and renewed by an ACME authority, its expiry watched.

    An authority of one's own is trusted by the certificates in the file `ca_bundle` of the
    host that deploys.
    """

    contact: str
    warn_before: timedelta
    directory: str = "https://acme-v02.api.letsencrypt.org/directory"
    ca_bundle: str | None = None

    def check(self, path: str) -> None:
        """Refuse a contact that is no mail address, and a directory in plain HTTP."""
        before, _, after = self.contact.partition("@")
        fits = bool(before) and "." in after and "@" not in after
        require(fits, f"{path}.contact", "be a mail address", self.contact)
        require_duration(f"{path}.warn_before", self.warn_before)
        is_secure = self.directory.startswith("https://")
        law = "be an `https://` address"
        require(is_secure, f"{path}.directory", law, self.directory)
        fits = self.ca_bundle is None or self.ca_bundle.startswith("/")
        require(fits, f"{path}.ca_bundle", "be an absolute path", self.ca_bundle)


@dataclass(frozen=True, kw_only=True)
class BasicHeaders:
    """The two headers that cost nothing: no content sniffing, no referrer to strangers."""

    def check(self, path: str) -> None:
        """Nothing to refuse."""


@dataclass(frozen=True, kw_only=True)
class FullHeaders:
    """All security headers, with strict transport security for the time `hsts`."""

    hsts: timedelta
    hsts_preload: bool

    def check(self, path: str) -> None:
        """Refuse a time too short for the browsers' preload lists."""
        require_duration(f"{path}.hsts", self.hsts)
        fits = not self.hsts_preload or self.hsts >= timedelta(days=365)
        law = "be at least 365 days where `hsts_preload` is True"
        require(fits, f"{path}.hsts", law, str(self.hsts))


@dataclass(frozen=True, kw_only=True)
class Front:
    """What stands before the proxy: rate limit, allowed origins, headers.

    `redirect_port` answers in plain HTTP: it sends browsers to https, and shows an ACME
    authority that the name is ours.
    """

    requests_per_second: int | None
    origins: tuple[str, ...]
    headers: BasicHeaders | FullHeaders
    redirect_port: int | None = None

    def check(self, path: str) -> None:
        """Refuse what is no rate and no origin."""
        if self.redirect_port is not None:
            require_port(f"{path}.redirect_port", self.redirect_port)
        if self.requests_per_second is not None:
            require_positive(f"{path}.requests_per_second", self.requests_per_second)
        fits = all(
            origin == "*" or origin.startswith("https://") for origin in self.origins
        )
        require(fits, f"{path}.origins", "hold `https://` origins or `*`", self.origins)
        self.headers.check(f"{path}.headers")
