"""The environments: short, alike, loaded by name, and different only where they say."""

import pytest

from hub import SettingsError, load
from hub.display import leaves
from hub.environments import ENVIRONMENTS
from tests.architecture.checkout import ROOT

NAMES = "development, rehearsal, staging, production"

DIFFERENCES = {
    "name",
    "url",
    "tls",
    "tls.contact",
    "tls.warn_before",
    "tls.directory",
    "tls.ca_bundle",
    "front.redirect_port",
    "front.requests_per_second",
    "front.origins",
    "front.headers.hsts",
    "front.headers.hsts_preload",
    "login.provider.issuer",
    "database.replicas",
    "server.limits.memory",
    "server.runs_as.network",
    "server.runs_as.subnet",
    "server.limits.cpus",
    "server.limits.storage",
    "server.at_most",
    "gpus.share",
    "idle.after",
    "secrets.source",
    "monitoring.keep_logs",
    "monitoring.alerts",
    "backup.every",
    "backup.keep",
    "backup.point_in_time",
    "backup.off_site",
    "backup.off_site.bucket",
    "backup.off_site.endpoint",
    "backup.off_site.region",
    "audit.keep",
}


def test_staging_differs_from_production_only_where_listed() -> None:
    staging, production = leaves(load("staging", {})), leaves(load("production", {}))

    paths = list(dict.fromkeys([*staging, *production]))
    differing = [path for path in paths if staging.get(path) != production.get(path)]

    assert set(differing) == DIFFERENCES


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_an_environment_is_one_short_literal(name: str) -> None:
    text = (ROOT / "hub" / "environments" / f"{name}.py").read_text()

    assert len(text.splitlines()) <= 50
    assert text.startswith('"""')


def test_the_word_production_stands_in_its_own_file_alone() -> None:
    named = [
        path.name
        for path in (ROOT / "hub").rglob("*.py")
        if "production" in path.read_text().lower()
    ]

    assert sorted(named) == ["__init__.py", "production.py"]


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        (
            None,
            f"MC_ENVIRONMENT: must be one of {NAMES}; got None.",
        ),
        (
            "",
            f"MC_ENVIRONMENT: must be one of {NAMES}; got ''.",
        ),
        (
            "prod",
            f"MC_ENVIRONMENT: must be one of {NAMES}; got 'prod'.",
        ),
    ],
)
def test_an_unknown_environment_is_refused(name: str | None, sentence: str) -> None:
    with pytest.raises(SettingsError) as refused:
        load(name, {})

    assert str(refused.value).splitlines()[0] == sentence


def test_ports_come_from_the_machine() -> None:
    variables = {
        "MCHUB_PORT": "3001",
        "MCHUB_API_PORT": "9091",
        "MCHUB_HUB_PORT": "8082",
        "MCHUB_PROXY_API_PORT": "8002",
    }

    settings = load("development", variables)

    network = settings.network
    assert settings.url == "http://localhost:3001"
    assert (network.api_port, network.hub_port, network.proxy_api_port) == (
        9091,
        8082,
        8002,
    )


@pytest.mark.parametrize("text", ["0", "65536", "-1", "3e3", "³", "3000 "])
def test_a_port_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(
        SettingsError, match="MCHUB_PORT: must be a port between 1 and 65535"
    ):
        load("development", {"MCHUB_PORT": text})


def test_a_port_from_the_machine_keeps_the_laws() -> None:
    with pytest.raises(SettingsError, match="must differ from the port of `url`"):
        load("development", {"MCHUB_PORT": "9090"})
