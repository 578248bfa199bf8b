"""How the platform is watched, who is told, and what an hour costs."""

from dataclasses import dataclass
from datetime import timedelta

from hub.laws import (
    require,
    require_address,
    require_duration,
    require_name,
    require_names,
    require_positive,
    require_server,
    require_text,
)

__all__ = ["Console", "Mail", "Prices", "Prometheus", "Slack"]

_CHANNELS = ("mail", "slack")


@dataclass(frozen=True, kw_only=True)
class Console:
    """Logs in files, changes of state on the console."""

    def check(self, path: str) -> None:
        """Nothing to refuse."""


@dataclass(frozen=True, kw_only=True)
class Mail:
    """Where alerts are mailed, and the server that takes them."""

    to: str
    sender: str
    server: str
    user: str = ""
    password: str = "smtp_password"
    encrypted: bool = True

    def check(self, path: str) -> None:
        """Refuse what is no address, and a server without a port."""
        for field in ("to", "sender"):
            require_address(f"{path}.{field}", getattr(self, field))
        require_server(f"{path}.server", self.server)
        require_name(f"{path}.password", self.password)


@dataclass(frozen=True, kw_only=True)
class Slack:
    """The channel that alerts are posted to; the webhook's address is a secret."""

    channel: str
    webhook: str = "slack_webhook"

    def check(self, path: str) -> None:
        """Refuse what is no channel."""
        law = "begin with `#` or `@`"
        require(self.channel[:1] in ("#", "@"), f"{path}.channel", law, self.channel)
        require_name(f"{path}.webhook", self.webhook)


@dataclass(frozen=True, kw_only=True)
class Prices:
    """What an hour costs whoever pays for the host: of a whole GPU, and of a processor."""

    currency: str
    gpu_hour: float
    cpu_hour: float

    def check(self, path: str) -> None:
        """Refuse negative prices."""
        require_text(f"{path}.currency", self.currency)
        for field in ("gpu_hour", "cpu_hour"):
            price = getattr(self, field)
            require(price >= 0, f"{path}.{field}", "be 0 or more", price)


@dataclass(frozen=True, kw_only=True)
class Prometheus:
    """Metrics, dashboards and kept logs; alerts go out by the `alerts` channels."""

    read_every: timedelta
    keep_metrics: timedelta
    keep_logs: timedelta
    check_every: timedelta
    alerts: tuple[str, ...]
    mail: Mail | None
    slack: Slack | None
    prices: Prices
    watchdog: str = ""

    def check(self, path: str) -> None:
        """Refuse logs that nobody keeps, and channels that lead nowhere."""
        for field in ("read_every", "keep_metrics", "keep_logs", "check_every"):
            require_duration(f"{path}.{field}", getattr(self, field))
        require_positive(f"{path}.read_every", int(self.read_every.total_seconds()))
        if self.watchdog:
            require_name(f"{path}.watchdog", self.watchdog)
        require_names(f"{path}.alerts", self.alerts)
        for channel in self.alerts:
            law = f"hold only {' and '.join(_CHANNELS)}"
            require(channel in _CHANNELS, f"{path}.alerts", law, channel)
            where = getattr(self, channel)
            law = f"be set where `alerts` holds `{channel}`"
            require(where is not None, f"{path}.{channel}", law, where)
        for part in (self.mail, self.slack):
            if part is not None:
                part.check(f"{path}.{type(part).__name__.lower()}")
        self.prices.check(f"{path}.prices")
