"""The parts of a hub that can be chosen, each a frozen dataclass with its own laws.

A choice is a type, not a string with flags; a secret is a name, never a value. `check`
states the laws that a part keeps by itself; laws between parts stand in `hub.settings`.
"""

from dataclasses import dataclass
from datetime import timedelta

from hub.laws import (
    require,
    require_bytes,
    require_duration,
    require_name,
    require_names,
    require_port,
    require_positive,
    require_text,
)

__all__ = [
    "Acme",
    "Backup",
    "BasicHeaders",
    "Console",
    "Container",
    "Front",
    "FullHeaders",
    "GeneratedSecrets",
    "Idle",
    "Limits",
    "LocalProcess",
    "Network",
    "NoTls",
    "Password",
    "Postgres",
    "Prometheus",
    "SecretFiles",
    "SelfSigned",
    "Server",
    "SingleSignOn",
    "Sqlite",
    "Start",
]


@dataclass(frozen=True, kw_only=True)
class Network:
    """Where the platform's own processes listen; what people type is `Settings.url`.

    A port that nobody types may be ``None``: whoever starts the hub then picks a free one.
    """

    address: str
    api_port: int
    hub_port: int | None
    proxy_api_port: int | None

    def check(self, path: str) -> None:
        """Refuse what is no port, and a port given twice."""
        require_text(f"{path}.address", self.address)
        require_port(f"{path}.api_port", self.api_port)
        taken = {self.api_port: "api_port"}
        for field, port in (
            ("hub_port", self.hub_port),
            ("proxy_api_port", self.proxy_api_port),
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
    """A certificate issued and renewed by an ACME authority, its expiry watched."""

    contact: str
    warn_before: timedelta

    def check(self, path: str) -> None:
        """Refuse a contact that is no mail address."""
        before, _, after = self.contact.partition("@")
        fits = bool(before) and "." in after and "@" not in after
        require(fits, f"{path}.contact", "be a mail address", self.contact)
        require_duration(f"{path}.warn_before", self.warn_before)


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
    """What stands before the proxy: rate limit, allowed origins, headers."""

    requests_per_second: int | None
    origins: tuple[str, ...]
    headers: BasicHeaders | FullHeaders

    def check(self, path: str) -> None:
        """Refuse what is no rate and no origin."""
        if self.requests_per_second is not None:
            require_positive(f"{path}.requests_per_second", self.requests_per_second)
        fits = all(
            origin == "*" or origin.startswith("https://") for origin in self.origins
        )
        require(fits, f"{path}.origins", "hold `https://` origins or `*`", self.origins)
        self.headers.check(f"{path}.headers")


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
    """OpenID Connect; only members of `groups` may enter."""

    issuer: str
    client_id: str
    groups: tuple[str, ...]
    client_secret: str = "oidc_client_secret"

    def check(self, path: str) -> None:
        """Refuse an issuer in plain HTTP, and a door open to nobody."""
        fits = self.issuer.startswith("https://")
        require(fits, f"{path}.issuer", "be an `https://` address", self.issuer)
        require_text(f"{path}.client_id", self.client_id)
        require_name(f"{path}.client_secret", self.client_secret)
        require_names(f"{path}.groups", self.groups, at_least=1)


@dataclass(frozen=True, kw_only=True)
class Sqlite:
    """The hub's state in one file of the state folder."""

    file: str

    def check(self, path: str) -> None:
        """Refuse a file that would lie elsewhere."""
        require_name(f"{path}.file", self.file)


@dataclass(frozen=True, kw_only=True)
class Postgres:
    """The hub's state in PostgreSQL, with `replicas` standing by."""

    host: str
    replicas: int
    password: str = "database_password"

    def check(self, path: str) -> None:
        """Refuse names that would need escaping in an address."""
        require_name(f"{path}.host", self.host)
        require_name(f"{path}.password", self.password)
        require(self.replicas >= 0, f"{path}.replicas", "be 0 or more", self.replicas)


@dataclass(frozen=True, kw_only=True)
class LocalProcess:
    """A user's server is a process beside the hub, in a home folder of its own."""

    def check(self, path: str) -> None:
        """Nothing to refuse."""


@dataclass(frozen=True, kw_only=True)
class Container:
    """A user's server is a container of `image` on the network `network`."""

    image: str
    network: str

    def check(self, path: str) -> None:
        """Refuse an image without a version, and a network without a name."""
        fits = ":" in self.image.rpartition("/")[2]
        require(fits, f"{path}.image", "name a tag or a digest", self.image)
        require_name(f"{path}.network", self.network)


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What one server may use; enforced where servers are containers, told elsewhere."""

    memory: str
    cpus: float
    storage: str

    def check(self, path: str) -> None:
        """Refuse limits of nothing."""
        require_bytes(f"{path}.memory", self.memory)
        require_positive(f"{path}.cpus", self.cpus)
        require_bytes(f"{path}.storage", self.storage)


@dataclass(frozen=True, kw_only=True)
class Start:
    """How long a server may take to start and to answer, and how many start at once."""

    within: timedelta
    answer_within: timedelta
    at_once: int

    def check(self, path: str) -> None:
        """Refuse times and counts of nothing."""
        require_duration(f"{path}.within", self.within)
        require_duration(f"{path}.answer_within", self.answer_within)
        require_positive(f"{path}.at_once", self.at_once)


@dataclass(frozen=True, kw_only=True)
class Server:
    """A user's server: where it runs, what it may use, how it starts, how many at most."""

    runs_as: LocalProcess | Container
    limits: Limits
    start: Start
    at_most: int

    def check(self, path: str) -> None:
        """Refuse a hub that may run no server."""
        self.runs_as.check(f"{path}.runs_as")
        self.limits.check(f"{path}.limits")
        self.start.check(f"{path}.start")
        require_positive(f"{path}.at_most", self.at_most)


@dataclass(frozen=True, kw_only=True)
class Idle:
    """When an unused server is stopped; activity is read from the proxy and the servers."""

    after: timedelta
    check_every: timedelta
    read_every: timedelta

    def check(self, path: str) -> None:
        """Refuse to call idle what has not been looked at since it last worked."""
        # Zero would also keep the hub from ever restoring the routes of a restarted proxy.
        require_duration(f"{path}.read_every", self.read_every)
        require_duration(f"{path}.check_every", self.check_every)
        fits = self.after >= 2 * self.read_every
        require(
            fits, f"{path}.after", "be at least twice `idle.read_every`", str(self.after)
        )


@dataclass(frozen=True, kw_only=True)
class GeneratedSecrets:
    """Secrets made once and kept in the state folder."""

    def check(self, path: str) -> None:
        """Nothing to refuse."""


@dataclass(frozen=True, kw_only=True)
class SecretFiles:
    """Secrets in files of `folder`, put there by the deployment out of `source`."""

    folder: str
    source: str

    def check(self, path: str) -> None:
        """Refuse a folder that depends on where the hub was started."""
        fits = self.folder.startswith("/")
        require(fits, f"{path}.folder", "be an absolute folder", self.folder)
        require_text(f"{path}.source", self.source)


@dataclass(frozen=True, kw_only=True)
class Console:
    """Logs in files, changes of state on the console."""

    def check(self, path: str) -> None:
        """Nothing to refuse."""


@dataclass(frozen=True, kw_only=True)
class Prometheus:
    """Metrics, dashboards and kept logs; alerts go out by the `alerts` channels."""

    keep_logs: timedelta
    alerts: tuple[str, ...]

    def check(self, path: str) -> None:
        """Refuse logs that nobody keeps."""
        require_duration(f"{path}.keep_logs", self.keep_logs)
        require_names(f"{path}.alerts", self.alerts)


@dataclass(frozen=True, kw_only=True)
class Backup:
    """Copies of database and homes: how often, and how long each is kept."""

    every: timedelta
    keep: timedelta
    point_in_time: bool = False
    off_site: bool = False

    def check(self, path: str) -> None:
        """Refuse copies thrown away before the next is made."""
        require_duration(f"{path}.every", self.every)
        require(
            self.keep >= self.every, f"{path}.keep", "be at least `every`", str(self.keep)
        )
