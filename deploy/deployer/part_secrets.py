"""Which part of an environment gets which secrets, and how they reach it.

Each part gets a folder of its own, which
its container mounts at ``/run/secrets`` and no other account can read.
"""

import io
import tarfile
from collections.abc import Mapping
from typing import Final

from hub.choices import Postgres, Prometheus, SingleSignOn
from hub.roles import DOCKER_POLICY, PROMETHEUS, REPORTS, ROLES, ROUTE_KEEPER, SYNTHETIC
from hub.settings import Settings

__all__ = [
    "OFF_SITE",
    "alert_secrets",
    "archive",
    "mail_secrets",
    "names_by_part",
    "store_secrets",
]

Account = tuple[int, int]

OFF_SITE: Final = ("off_site_key_id", "off_site_key", "off_site_passphrase")
"""Secrets of whoever writes to the object store."""

_HUB: Final[Account] = (1100, 1100)
_NOBODY: Final[Account] = (65534, 65534)
_OTHERS: Final[Mapping[str, Account]] = {
    **dict.fromkeys(("postgres", "postgres-1", "postgres-2"), (999, 999)),
    "proxy": (1101, 1100),
    "login": (1102, 1100),
    "backup": (0, 0),
    "prometheus": _NOBODY,
    "alertmanager": _NOBODY,
    "postgres-exporter": _NOBODY,
    "grafana": (472, 0),
}
"""Which account of its container a part runs as, where it isn't the hub's."""


def names_by_part(settings: Settings) -> dict[str, tuple[str, ...]]:
    """Names of the secrets that each part gets, and no other."""
    tokens = {service: f"{service.replace('-', '_')}_token" for service in ROLES}
    database: tuple[str, ...] = ()
    if isinstance(settings.database, Postgres):
        database = (settings.database.password,)
    login: tuple[str, ...] = ()
    if isinstance(settings.login, SingleSignOn):
        login = (settings.login.client_secret,)
    parts: dict[str, tuple[str, ...]] = _of_the_database(settings)
    hub = ("cookie_key", "state_key", "proxy_token", *database, *login, *tokens.values())
    parts |= {"hub": hub, "proxy": ("proxy_token",), "login": login}
    parts |= {service: (token, *database) for service, token in tokens.items()}
    if settings.backup:
        parts["backup"] = (
            "files_passphrase",
            *(OFF_SITE if settings.backup.off_site else ()),
        )
    parts[REPORTS] += mail_secrets(settings) + store_secrets(settings)
    parts |= {name: (tokens[name],) for name in (DOCKER_POLICY, PROMETHEUS, SYNTHETIC)}
    parts[ROUTE_KEEPER] = (tokens[ROUTE_KEEPER], "proxy_token")
    return parts | _watching(settings)


def alert_secrets(settings: Settings) -> tuple[str, ...]:
    """Secrets that open the channels of alerts in use; their other sides issue them."""
    monitoring = settings.monitoring
    if not isinstance(monitoring, Prometheus):
        return ()
    opens = {
        "mail": monitoring.mail.password
        if monitoring.mail and monitoring.mail.user
        else "",
        "slack": monitoring.slack.webhook if monitoring.slack else "",
    }
    channels = [opens[channel] for channel in monitoring.alerts]
    return tuple(filter(None, [*channels, monitoring.watchdog]))


def mail_secrets(settings: Settings) -> tuple[str, ...]:
    """Secret with which mails about reports go out; whoever takes them issues it."""
    mails = settings.reports.mails
    return (mails.password,) if mails is not None and mails.user else ()


def store_secrets(settings: Settings) -> tuple[str, ...]:
    """Secrets that open the bucket of reports' files; whoever has it issues them."""
    store = settings.reports.store
    return (store.key_id, store.key) if store is not None else ()


def _watching(settings: Settings) -> dict[str, tuple[str, ...]]:
    """What those need who watch: a role of the database, what opens each channel."""
    if not isinstance(settings.monitoring, Prometheus):
        return {}
    return {
        "alertmanager": alert_secrets(settings),
        "grafana": ("grafana_password",),
        "postgres-exporter": ("database_monitoring_password",),
    }


def _of_the_database(settings: Settings) -> dict[str, tuple[str, ...]]:
    if not isinstance(settings.database, Postgres):
        return {}
    roles = ["superuser", "monitoring"]
    if settings.database.replicas:
        roles += ["replication", "rewind", "api"]
    names = [settings.database.password, *(f"database_{role}_password" for role in roles)]
    if settings.backup and settings.backup.off_site:
        names += OFF_SITE
    return dict.fromkeys(settings.database.hosts, tuple(names))


def archive(values: Mapping[str, str], wanted: Mapping[str, tuple[str, ...]]) -> bytes:
    """A tar archive with a folder for each part, owned by the part's account alone."""
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as tar:
        for part, names in wanted.items():
            account = _OTHERS.get(part, _HUB)
            _add(tar, tarfile.TarInfo(part), account, None)
            for name in names:
                content = values[name].encode()
                _add(tar, tarfile.TarInfo(f"{part}/{name}"), account, content)
    return made.getvalue()


def _add(
    tar: tarfile.TarFile, info: tarfile.TarInfo, account: Account, content: bytes | None
) -> None:
    info.uid, info.gid = account
    if content is None:
        info.type, info.mode = tarfile.DIRTYPE, 0o500
        tar.addfile(info)
        return
    info.mode, info.size = 0o400, len(content)
    tar.addfile(info, io.BytesIO(content))
