"""The laws of settings: what is refused, and in which words."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from hub import SettingsError
from hub.choices import (
    Acme,
    Backup,
    BasicHeaders,
    Budget,
    Container,
    Device,
    Entra,
    FullHeaders,
    GitHub,
    Google,
    GroupId,
    LocalProcess,
    NoTls,
    Password,
    SecretFiles,
    SelfSigned,
    Sharing,
    Sqlite,
)
from hub.environments import ENVIRONMENTS, load
from hub.environments.shared import PROFILES
from hub.settings import Settings

DEVELOPMENT, REHEARSAL, STAGING, PRODUCTION = (load(name, {}) for name in ENVIRONMENTS)


def changed(settings: Settings, **changes: Any) -> Settings:
    """`settings` with other values; ``a__b=1`` changes the field `b` of the part `a`."""
    for path, value in changes.items():
        settings = _changed(settings, path.split("__"), value)
    return settings


def _changed(holder: Any, path: list[str], value: Any) -> Any:
    name, *rest = path
    return replace(
        holder, **{name: _changed(getattr(holder, name), rest, value) if rest else value}
    )


QUANTS = GroupId(name="quants", id="0f8fad5b-d9cb-469f-a165-70867728950e")

LAWS: list[tuple[Settings, dict[str, Any], str]] = [
    (PRODUCTION, {"name": "Prod!"}, "name: must be lower-case letters"),
    (
        PRODUCTION,
        {"url": "mc.example.org"},
        "production.url: must be `http://` or `https://`",
    ),
    (
        PRODUCTION,
        {"url": "https://mc.example.org/hub"},
        "a host and at most a port; got 'http",
    ),
    (PRODUCTION, {"url": "https://mc.example.org:99999"}, "a host and at most a port; got"),
    (PRODUCTION, {"url": 443}, "production.url: must be `str`; got 443."),
    (PRODUCTION, {"url": "http://mc.example.org"}, "production.url: must be https unless"),
    (DEVELOPMENT, {"network__address": "0.0.0.0"}, "development.url: must be https unless"),
    (DEVELOPMENT, {"network__address": " "}, "development.network.address: must be a text"),
    (
        DEVELOPMENT,
        {"network__api_port": 0},
        "network.api_port: must be a port between 1 and",
    ),
    (DEVELOPMENT, {"network__api_port": "9090"}, "api_port: must be `int`; got '9090'."),
    (DEVELOPMENT, {"network__api_port": True}, "api_port: must be `int`; got True."),
    (
        DEVELOPMENT,
        {"network__api_port": 3000},
        "api_port: must differ from the port of `url`",
    ),
    (STAGING, {"network__hub_port": 9090}, "hub_port: must differ from `network.api_port`"),
    (STAGING, {"network__proxy_api_port": 8081}, "must differ from `network.hub_port`"),
    (
        DEVELOPMENT,
        {"tls": SelfSigned()},
        "development.tls: must be `NoTls` where `url` is http",
    ),
    (STAGING, {"tls": NoTls()}, "staging.tls: must be `SelfSigned` or `Acme` where"),
    (STAGING, {"tls": "acme"}, "must be `NoTls` or `SelfSigned` or `Acme`; got 'acme'."),
    (PRODUCTION, {"tls__contact": "ops"}, "production.tls.contact: must be a mail address"),
    (
        PRODUCTION,
        {"tls__warn_before": timedelta(0)},
        "warn_before: must be longer than nothing",
    ),
    (STAGING, {"front__requests_per_second": 0}, "must be a number above 0; got 0."),
    (STAGING, {"front__requests_per_second": 2.5}, "must be `int` or `None`; got 2.5."),
    (
        STAGING,
        {"front__origins": ("*",)},
        "staging.front.origins: must name origins unless",
    ),
    (STAGING, {"front__origins": ("example.org",)}, "must hold `https://` origins or `*`"),
    (PRODUCTION, {"front__headers__hsts": timedelta(days=30)}, "must be at least 365 days"),
    (
        PRODUCTION,
        {"login": Password()},
        "production.login: must be `SingleSignOn`; got `Password`",
    ),
    (
        STAGING,
        {"login": Password()},
        "staging.login: must be `SingleSignOn`; got `Password`.",
    ),
    (
        STAGING,
        {"login__provider__issuer": "http://login"},
        "login.provider.issuer: must be an `https://` address",
    ),
    (
        STAGING,
        {"login__provider__issuer": "https://login.example.org/"},
        "or one of this machine, without a slash at its end; got 'https://login",
    ),
    (
        STAGING,
        {"login__provider__scopes": ("profile",)},
        "login.provider.scopes: must hold `openid`; got ('profile',).",
    ),
    (
        STAGING,
        {"login__provider": "https://login.example.org"},
        "provider: must be `OpenIdConnect` or `Entra` or `Google` or `GitHub`; got",
    ),
    (
        STAGING,
        {"login__provider": Entra(tenant="common", groups=(QUANTS,))},
        "login.provider.tenant: must be one tenant's id or domain; got 'common'.",
    ),
    (
        STAGING,
        {"login__provider": Entra(tenant="t", groups=())},
        "login.provider.groups: must hold at least 1; got ().",
    ),
    (
        STAGING,
        {"login__provider": Entra(tenant="t", groups=(replace(QUANTS, id=" "),))},
        "login.provider.groups.quants.id: must be a text; got ' '.",
    ),
    (
        STAGING,
        {"login__provider": Google(hosted_domain="gmail", group="staff")},
        "login.provider.hosted_domain: must be a domain; got 'gmail'.",
    ),
    (
        STAGING,
        {"login__provider": GitHub(organization="o", url="http://github.example")},
        "login.provider.url: must be an `https://` address",
    ),
    (
        STAGING,
        {"login__groups": ()},
        "staging.login.groups: must hold at least 1 name; got ().",
    ),
    (
        STAGING,
        {"login__client_secret": "../x"},
        "client_secret: must be lower-case letters",
    ),
    (
        DEVELOPMENT,
        {"login__admin_password": "user_password"},
        "must differ from `login.user",
    ),
    (DEVELOPMENT, {"admins": ()}, "development.admins: must hold at least 1 name; got ()."),
    (
        DEVELOPMENT,
        {"admins": ("ada", "ada")},
        "must hold each name once; got ('ada', 'ada').",
    ),
    (DEVELOPMENT, {"admins": "ada"}, "development.admins: must be `tuple`; got 'ada'."),
    (DEVELOPMENT, {"admins": (1,)}, "development.admins: must hold names; got (1,)."),
    (DEVELOPMENT, {"database__file": "../hub.sqlite"}, "file: must be lower-case letters"),
    (
        STAGING,
        {"database": Sqlite(file="hub.sqlite")},
        "database: must be `Postgres` where",
    ),
    (
        STAGING,
        {"database__replicas": 2},
        "database.replicas: must be 0, or 1 for a pair that stands in for each other; got",
    ),
    (
        STAGING,
        {"server__runs_as": LocalProcess()},
        "runs_as: must be `Container` or `Pod` unless",
    ),
    (
        STAGING,
        {"server__runs_as__profiles": (replace(PROFILES[0], image="kernel"),)},
        "runs_as.profiles.cpu-small.image: must name a tag or a digest",
    ),
    (
        STAGING,
        {"server__runs_as__profiles": (PROFILES[0], PROFILES[0])},
        "runs_as.profiles: must hold each name once",
    ),
    (STAGING, {"server__runs_as__profiles": ()}, "profiles: must hold at least 1; got ()"),
    (
        STAGING,
        {"server__runs_as__profiles": ("cpu",)},
        "profiles: must hold `Profile` and nothing else",
    ),
    (
        STAGING,
        {"server__runs_as__profiles": (replace(PROFILES[0], gpu=2.0),)},
        "cpu-small.gpu: must be a fraction of one GPU, at least 0.01, or 0 for none;",
    ),
    (
        STAGING,
        {"server__runs_as__profiles": (replace(PROFILES[0], memory="7G"),)},
        "cpu-small.memory: must be at most `server.limits.memory`, 6G; got '7G'.",
    ),
    (
        STAGING,
        {"server__limits__cpus": 2},
        "cpu-large.cpus: must be at most `server.limits.cpus`, 2; got 4.",
    ),
    (STAGING, {"server__runs_as__subnet": "10.0.0.0/24"}, "subnet: must be a private IPv4"),
    (STAGING, {"server__runs_as__subnet": "8.0.0.0/8"}, "subnet: must be a private IPv4"),
    (STAGING, {"server__runs_as__subnet": "10.0.0.1/20"}, "subnet: must be a private IPv4"),
    (STAGING, {"server__runs_as__egress": "all"}, "egress: must be `none` or `internet`"),
    (
        STAGING,
        {"server__runs_as__network": "mchub-staging-users"},
        "network: must have at most 15 characters",
    ),
    (
        STAGING,
        {"server__limits__memory": "4 GB"},
        "must be a size such as `512M`, `4G` or `1T`",
    ),
    (
        STAGING,
        {"server__limits__cpus": float("nan")},
        "cpus: must be a number above 0; got nan.",
    ),
    (STAGING, {"server__limits__storage": "0G"}, "limits.storage: must be a size such as"),
    (STAGING, {"server__start__within": 60}, "start.within: must be `timedelta`; got 60."),
    (
        STAGING,
        {"server__start__at_once": 0},
        "start.at_once: must be a number above 0; got 0.",
    ),
    (
        STAGING,
        {"server__at_most": 0},
        "staging.server.at_most: must be a number above 0; got 0.",
    ),
    (STAGING, {"server__named_at_most": -1}, "named_at_most: must be 0 or more; got -1."),
    (
        STAGING,
        {"gpus__share": 1.5},
        "staging.gpus.share: must be a fraction of each GPU, at most 1",
    ),
    (
        STAGING,
        {"gpus__share": -0.5},
        "staging.gpus.share: must be a number above 0; got -0.5.",
    ),
    (
        STAGING,
        {"idle__read_every": timedelta(0)},
        "idle.read_every: must be longer than nothing",
    ),
    (
        STAGING,
        {"idle__warn_before": timedelta(seconds=9), "idle__after": timedelta(seconds=59)},
        "must be at least twice `idle.read_every`",
    ),
    (
        STAGING,
        {"idle__warn_before": timedelta(hours=1)},
        "idle.warn_before: must be shorter than `idle.after`; got '1:00:00'.",
    ),
    (
        STAGING,
        {"idle__warn_before": timedelta(0)},
        "idle.warn_before: must be longer than nothing",
    ),
    (
        STAGING,
        {"idle__gpu_busy": 1.0},
        "idle.gpu_busy: must lie between 0 and 1; got 1.0.",
    ),
    (
        STAGING,
        {"secrets": DEVELOPMENT.secrets},
        "staging.secrets: must be `SecretFiles` unless",
    ),
    (STAGING, {"secrets__folder": "secrets"}, "secrets.folder: must be an absolute folder"),
    (
        STAGING,
        {"monitoring__keep_logs": timedelta(0)},
        "keep_logs: must be longer than nothing",
    ),
    (STAGING, {"monitoring__alerts": ("Mail",)}, "alerts: must be lower-case letters"),
    (
        STAGING,
        {"backup__keep": timedelta(hours=1)},
        "backup.keep: must be at least `every`",
    ),
    (
        STAGING,
        {"gpus__devices": (Device(name="0", memory="80G"),)},
        "gpus.devices.0.name: must be a UUID such as",
    ),
    (STAGING, {"budgets__warn_at": 1.0}, "budgets.warn_at: must lie between 0 and 1"),
    (
        STAGING,
        {"budgets__everybody__gpu_hours": -1},
        "budgets.everybody.gpu_hours: must be 0 or more; got -1.",
    ),
    (
        STAGING,
        {"budgets__groups": (Budget(name="quants", gpu_hours=float("nan"), cpu_hours=1),)},
        "budgets.groups.quants.gpu_hours: must be 0 or more; got nan.",
    ),
    (
        DEVELOPMENT,
        {"sharing": Sharing(at_most=timedelta(days=1))},
        "development.sharing: must be None where `login` is `Password`, under which",
    ),
    (
        STAGING,
        {"sharing__at_most": timedelta(0)},
        "sharing.at_most: must be longer than nothing",
    ),
    (
        STAGING,
        {"login__refresh_every": timedelta(0)},
        "login.refresh_every: must be longer than nothing",
    ),
    (STAGING, {"audit": 1}, "staging.audit: must be `Audit` or `None`; got 1."),
    (STAGING, {"audit__keep": timedelta(0)}, "audit.keep: must be longer than nothing"),
    (STAGING, {"debug": True}, "staging.debug: must be False unless this machine alone"),
]


@pytest.mark.parametrize(("settings", "changes", "sentence"), LAWS)
def test_a_bad_setting_is_refused_with_its_path(
    settings: Settings, changes: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(SettingsError) as refused:
        changed(settings, **changes)

    assert sentence in str(refused.value)
    assert len(str(refused.value).splitlines()) <= 3


def test_a_refused_password_comes_with_its_reason() -> None:
    with pytest.raises(SettingsError) as refused:
        changed(PRODUCTION, login=Password())

    assert str(refused.value) == (
        "production.login: must be `SingleSignOn`; got `Password`.\n"
        "hint: a shared password is for a hub that this machine alone can reach."
    )


@pytest.mark.parametrize("address", ["127.0.0.1", "127.9.9.9", "::1", "localhost"])
def test_a_hub_on_loopback_is_private(address: str) -> None:
    assert changed(DEVELOPMENT, network__address=address).is_private


def test_the_port_is_the_schemes_own_unless_the_url_names_one() -> None:
    ports = [settings.port for settings in (PRODUCTION, STAGING, DEVELOPMENT)]

    assert ports == [443, 8443, 3000]


def test_valid_variants_are_accepted() -> None:
    changed(
        PRODUCTION,
        url="https://mc.example.org:8443",
        tls=Acme(contact="a@b.org", warn_before=timedelta(days=1)),
        front__headers=FullHeaders(hsts=timedelta(days=1), hsts_preload=False),
        server__runs_as=Container(
            network="users",
            subnet="10.9.0.0/22",
            egress="none",
            profiles=(replace(PROFILES[0], image="registry:5000/mc@sha256:0f"),),
        ),
        secrets=SecretFiles(folder="/run/secrets", source="vault agent"),
        backup=Backup(every=timedelta(hours=1), keep=timedelta(hours=1)),
    )
    changed(STAGING, backup=None, front__headers=BasicHeaders(), gpus__share=1)
