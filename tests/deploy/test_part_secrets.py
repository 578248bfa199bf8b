"""Secrets of the parts: each gets its own, readable by its own account alone."""

import io
import tarfile
from dataclasses import replace

import pytest

from deploy.deployer.compose import files
from deploy.deployer.part_secrets import archive, names_by_part
from deploy.deployer.secret_sources import given_from_outside
from hub import load
from hub.choices import Mails, ObjectStore
from hub.roles import ROLES

REHEARSAL = load("rehearsal", {})


def test_a_part_gets_no_secret_that_it_does_not_need() -> None:
    by_part = names_by_part(REHEARSAL)

    assert by_part["proxy"] == ("proxy_token",)
    assert by_part["postgres"] == (
        "database_password",
        "database_superuser_password",
        "database_monitoring_password",
    )
    assert by_part["login"] == ("oidc_client_secret",)
    assert by_part["route-keeper"] == ("route_keeper_token", "proxy_token")
    assert by_part["docker-policy"] == ("docker_policy_token",)
    assert by_part["prometheus"] == ("prometheus_token",)
    assert by_part["synthetic"] == ("synthetic_token",)
    asking_nothing_else = {"route-keeper", "docker-policy", "prometheus", "synthetic"}
    for service in set(ROLES) - asking_nothing_else:
        own = f"{service.replace('-', '_')}_token"
        assert by_part[service] == (own, "database_password")


def test_who_tells_of_alerts_gets_what_opens_the_channels_in_use() -> None:
    production, staging = (
        names_by_part(load(name, {})) for name in ("production", "staging")
    )

    assert production["alertmanager"] == ("smtp_password", "slack_webhook")
    assert staging["alertmanager"] == ()
    assert "alertmanager" not in names_by_part(REHEARSAL)
    assert production["postgres-exporter"] == ("database_monitoring_password",)


def test_the_reports_get_what_opens_the_mail_server_if_they_send_mails() -> None:
    settings = load("rehearsal", {})
    mails = Mails(sender="mc@example.org", server="smtp.example.org:587", user="mc")
    scopes = ("openid", "profile", "groups", "email", "offline_access")
    provider = replace(settings.login.provider, scopes=scopes)
    telling = replace(
        settings,
        login=replace(settings.login, provider=provider),
        reports=replace(settings.reports, mails=mails),
    )

    assert names_by_part(settings)["reports"] == ("reports_token", "database_password")
    assert names_by_part(telling)["reports"][2:] == ("smtp_password",)
    assert "deploy/compose.reports-outside.yaml" in files(telling)
    assert "deploy/compose.reports-outside.yaml" not in files(settings)


def test_the_reports_get_what_opens_their_bucket_and_reach_the_outside() -> None:
    settings = load("staging", {})
    place = ObjectStore(
        endpoint="https://s3.example.org", bucket="mc-reports", region="eu-1"
    )
    keeping = replace(settings, reports=replace(settings.reports, store=place))

    assert names_by_part(keeping)["reports"][2:] == (
        "reports_store_key_id",
        "reports_store_key",
    )
    assert {"reports_store_key_id", "reports_store_key"} <= set(given_from_outside(keeping))
    assert "deploy/compose.reports-outside.yaml" in files(keeping)


@pytest.mark.parametrize("name", ["rehearsal", "staging", "production"])
def test_the_hub_gets_what_its_settings_name(name: str) -> None:
    settings = load(name, {})

    wanted = {"cookie_key", "state_key", "proxy_token", "oidc_client_secret"}
    assert wanted <= set(names_by_part(settings)["hub"])


def test_folders_and_files_belong_to_the_account_of_their_part() -> None:
    values = {"proxy_token": "x\n", "cookie_key": "y\n"}
    wanted = {"hub": ("proxy_token", "cookie_key"), "proxy": ("proxy_token",)}

    with tarfile.open(fileobj=io.BytesIO(archive(values, wanted))) as tar:
        found = {each.name: (each.uid, each.gid, oct(each.mode)) for each in tar}
        content = tar.extractfile("proxy/proxy_token")
        assert content is not None
        assert content.read() == b"x\n"

    assert found == {
        "hub": (1100, 1100, "0o500"),
        "hub/proxy_token": (1100, 1100, "0o400"),
        "hub/cookie_key": (1100, 1100, "0o400"),
        "proxy": (1101, 1100, "0o500"),
        "proxy/proxy_token": (1101, 1100, "0o400"),
    }
