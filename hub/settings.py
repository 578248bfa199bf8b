"""One environment's settings, and the laws between them.

A `Settings` that exists keeps every law, because all of them are checked when it is made,
before anything is touched.
"""

from dataclasses import dataclass, fields, is_dataclass
from urllib.parse import SplitResult, urlsplit

from hub.choices import (
    Acme,
    Audit,
    Backup,
    BasicHeaders,
    Budgets,
    Console,
    Front,
    GeneratedSecrets,
    Gpus,
    Idle,
    LocalProcess,
    Network,
    NoTls,
    OpenIdConnect,
    Password,
    Postgres,
    Profile,
    Prometheus,
    Reports,
    SecretFiles,
    SelfSigned,
    Server,
    Sharing,
    SingleSignOn,
    Sqlite,
)
from hub.laws import (
    is_loopback,
    require,
    require_declared_types,
    require_name,
    require_names,
)

__all__ = ["Settings"]


@dataclass(frozen=True, kw_only=True)
class Settings:
    """One environment: all that distinguishes this hub from another.

    Every field is documented in ``hub/README.md``.

    Raises
    ------
    SettingsError
        If a value breaks a law; the message begins with the setting's path.
    """

    name: str
    url: str
    network: Network
    tls: NoTls | SelfSigned | Acme
    front: Front
    login: Password | SingleSignOn
    admins: tuple[str, ...]
    database: Sqlite | Postgres
    server: Server
    gpus: Gpus
    idle: Idle
    budgets: Budgets | None
    sharing: Sharing | None
    reports: Reports
    secrets: GeneratedSecrets | SecretFiles
    monitoring: Console | Prometheus
    backup: Backup | None
    audit: Audit | None
    debug: bool

    def __post_init__(self) -> None:
        require_declared_types(str(self.name), self)
        require_name("name", self.name)
        _check_url(self)
        _check_parts(self)
        _check_ports(self)
        _check_tls(self)
        _check_origins(self)
        _check_login(self)
        _check_admins(self)
        _check_sharing(self)
        _check_mails(self)
        _check_database(self)
        _check_server(self)
        _check_profiles(self)
        _check_secrets(self)
        _check_debug(self)

    @property
    def address(self) -> SplitResult:
        """The parts of `url`: scheme, host and port."""
        return urlsplit(self.url)

    @property
    def port(self) -> int:
        """The port people reach: the one in `url`, or the scheme's own."""
        return self.address.port or {"http": 80, "https": 443}[self.address.scheme]

    @property
    def profiles(self) -> tuple[Profile, ...]:
        """Kinds of server that users choose from; none where servers are processes."""
        runs_as = self.server.runs_as
        return () if isinstance(runs_as, LocalProcess) else runs_as.profiles

    @property
    def is_private(self) -> bool:
        """Whether this machine alone can reach the hub."""
        return is_loopback(self.address.hostname) and is_loopback(self.network.address)


def _check_url(settings: Settings) -> None:
    law = "be `http://` or `https://`, a host and at most a port"
    try:
        parts = urlsplit(settings.url)
        bare = f"{parts.scheme}://{parts.hostname}"
        bare += "" if parts.port is None else f":{parts.port}"
        fits = (
            parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
        )
    except ValueError:
        bare, fits = "", False
    require(fits and bare == settings.url, f"{settings.name}.url", law, settings.url)


def _check_parts(settings: Settings) -> None:
    for field in fields(settings):
        part = getattr(settings, field.name)
        if is_dataclass(part):
            part.check(f"{settings.name}.{field.name}")  # type: ignore[union-attr]


def _check_ports(settings: Settings) -> None:
    for field in ("api_port", "hub_port", "proxy_api_port", "admin_port", "reports_port"):
        port = getattr(settings.network, field)
        path = f"{settings.name}.network.{field}"
        require(port != settings.port, path, "differ from the port of `url`", port)


def _check_tls(settings: Settings) -> None:
    if settings.address.scheme == "http":
        law = "be https unless this machine alone can reach the hub"
        hint = "give an `https://` url and a certificate, or listen on 127.0.0.1."
        require(settings.is_private, f"{settings.name}.url", law, settings.url, hint)
        fits, law = isinstance(settings.tls, NoTls), "be `NoTls` where `url` is http"
    else:
        fits = not isinstance(settings.tls, NoTls)
        law = "be `SelfSigned` or `Acme` where `url` is https"
    require(fits, f"{settings.name}.tls", law, settings.tls)
    if isinstance(settings.tls, NoTls):
        _check_nothing_is_left_to_a_front(settings)
    else:
        fits = settings.front.redirect_port not in (None, settings.port)
        law = "be a port that `url` doesn't name, where that is https"
        path = f"{settings.name}.front.redirect_port"
        require(fits, path, law, settings.front.redirect_port)


def _check_nothing_is_left_to_a_front(settings: Settings) -> None:
    front, law = settings.front, "where `tls` is `NoTls`, which has no front"
    is_basic = isinstance(front.headers, BasicHeaders)
    path = f"{settings.name}.front"
    require(is_basic, f"{path}.headers", f"be `BasicHeaders` {law}", front.headers)
    for field in ("requests_per_second", "redirect_port"):
        value = getattr(front, field)
        require(value is None, f"{path}.{field}", f"be None {law}", value)


def _check_origins(settings: Settings) -> None:
    fits = settings.is_private or "*" not in settings.front.origins
    law = "name origins unless this machine alone can reach the hub"
    require(fits, f"{settings.name}.front.origins", law, settings.front.origins)


def _check_login(settings: Settings) -> None:
    fits = settings.is_private or isinstance(settings.login, SingleSignOn)
    hint = "a shared password is for a hub that this machine alone can reach."
    require(fits, f"{settings.name}.login", "be `SingleSignOn`", settings.login, hint)


def _check_sharing(settings: Settings) -> None:
    fits = settings.sharing is None or not isinstance(settings.login, Password)
    law = "be None where `login` is `Password`, under which anybody takes any name"
    require(fits, f"{settings.name}.sharing", law, settings.sharing)


def _check_mails(settings: Settings) -> None:
    if settings.reports.mails is None or not isinstance(settings.login, SingleSignOn):
        return
    provider = settings.login.provider
    if isinstance(provider, OpenIdConnect):
        law = "hold `email` where `reports.mails` is set: to whom would they go?"
        path = f"{settings.name}.login.provider.scopes"
        require("email" in provider.scopes, path, law, provider.scopes)


def _check_admins(settings: Settings) -> None:
    require_names(f"{settings.name}.admins", settings.admins, at_least=1)


def _check_database(settings: Settings) -> None:
    is_local = isinstance(settings.server.runs_as, LocalProcess)
    fits = is_local or isinstance(settings.database, Postgres)
    law = "be `Postgres` where servers are containers"
    require(fits, f"{settings.name}.database", law, settings.database)


def _check_server(settings: Settings) -> None:
    runs_as = settings.server.runs_as
    fits = settings.is_private or not isinstance(runs_as, LocalProcess)
    law = "be `Container` or `Pod` unless this machine alone can reach the hub"
    require(fits, f"{settings.name}.server.runs_as", law, runs_as)


def _check_profiles(settings: Settings) -> None:
    for profile in settings.profiles:
        path = f"{settings.name}.server.runs_as.profiles.{profile.name}.gpu"
        law = f"be at most `gpus.share`, {settings.gpus.share:g}"
        require(profile.gpu <= settings.gpus.share, path, law, profile.gpu)


def _check_secrets(settings: Settings) -> None:
    fits = settings.is_private or isinstance(settings.secrets, SecretFiles)
    law = "be `SecretFiles` unless this machine alone can reach the hub"
    require(fits, f"{settings.name}.secrets", law, settings.secrets)


def _check_debug(settings: Settings) -> None:
    fits = settings.is_private or not settings.debug
    law = "be False unless this machine alone can reach the hub"
    require(fits, f"{settings.name}.debug", law, settings.debug)
