"""What settings do to JupyterHub's configuration: seen whole, done once, or refused."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from traitlets.config import Config

from hub import SettingsError, configure, load
from hub.choices import Entra, GitHub, Google, GroupId
from hub.roles import CHECK_USER, READING, ROLES, SHARING, load_roles, user_scopes
from tests.hub.effect import ENVIRONMENTS, GOLDEN, PORTS, configured, effect


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_the_effect_of_an_environment_is_the_golden_one(name: str, state: Path) -> None:
    golden = (GOLDEN / f"{name}.json").read_text(encoding="utf-8")

    # `python -m tests.hub.effect` remakes the golden files.
    assert golden == effect(configured(name), state)


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_applying_twice_is_applying_once(name: str, state: Path) -> None:
    once = effect(configured(name), state)

    twice = effect(configured(name, times=2), state)

    assert once == twice


def test_an_environment_without_its_secrets_is_refused() -> None:
    with pytest.raises(SettingsError, match=r"staging\.secrets: must hold the secret `"):
        configure(Config(), load("staging", {}))


def signed_on(**changes: Any) -> Config:
    """Development's configuration with staging's sign-in."""
    login = replace(load("staging", {}).login, **changes)
    config = Config()
    configure(config, replace(load("development", PORTS), login=login))
    return config


def test_a_sign_in_is_strict_where_oauthenticator_leaves_it_open() -> None:
    config = signed_on().SignOnAuthenticator

    assert config.enable_pkce is True
    assert config.client_id == "mchub"
    assert config.login_service == "login.staging.example.org"
    # Not guessed from what a request says its host is.
    assert config.oauth_callback_url == "http://localhost:3000/hub/oauth_callback"
    assert "offline_access" in config.scope


def test_the_provider_is_asked_again_as_often_as_the_settings_say() -> None:
    config = signed_on(refresh_every=timedelta(minutes=3)).Authenticator

    assert config.auth_refresh_age == 180
    assert config.enable_auth_state is True
    assert config.manage_groups is True
    assert "allow_all" not in config


@pytest.mark.parametrize(
    ("provider", "title", "scope"),
    [
        (Google(hosted_domain="example.org", group="staff"), "Google", "email"),
        (GitHub(organization="example"), "GitHub", "read:org"),
        (
            Entra(tenant="t", groups=(GroupId(name="quants", id="0f"),)),
            "Microsoft",
            "offline_access",
        ),
    ],
)
def test_every_kind_of_provider_has_its_title_and_scopes(
    provider: Any, title: str, scope: str
) -> None:
    config = signed_on(provider=provider).SignOnAuthenticator

    assert title == config.login_service
    assert scope in config.scope


def test_google_is_asked_for_one_domain_and_a_refresh_token() -> None:
    provider = Google(hosted_domain="example.org", group="staff")

    extra = signed_on(provider=provider).SignOnAuthenticator.extra_authorize_params

    assert extra == {"access_type": "offline", "prompt": "consent", "hd": "example.org"}


def test_older_state_keys_are_kept_behind_the_newest(state: Path) -> None:
    configured("development")
    file = state / "secrets" / "state_key"
    old = file.read_text()
    file.write_text(f"{'ab' * 32}\n{old}")

    keys = configured("development").CryptKeeper["keys"]

    assert keys == [bytes.fromhex("ab" * 32), bytes.fromhex(old.strip())]


@pytest.mark.parametrize(("at_most", "is_allowed"), [(0, False), (3, True)])
def test_named_servers_are_as_many_as_the_settings_say(
    at_most: int, is_allowed: bool
) -> None:
    settings = load("development", PORTS)
    config = Config()

    configure(
        config,
        replace(settings, server=replace(settings.server, named_at_most=at_most)),
    )

    # A limit of 0 would be none to JupyterHub.
    assert config.JupyterHub.allow_named_servers is is_allowed
    assert at_most == config.JupyterHub.named_server_limit_per_user


def test_users_get_scopes_for_reports_and_sharing_alone_each_with_a_reason() -> None:
    staging = load("staging", {})

    assert user_scopes(staging) == {*SHARING, *READING}
    assert user_scopes(replace(staging, sharing=None)) == set(READING)
    assert all({**SHARING, **READING}.values())


def test_a_port_still_open_is_refused_where_the_hub_starts() -> None:
    with pytest.raises(SettingsError, match=r"network\.hub_port: must be a port by now"):
        configure(Config(), load("development", {}))


def test_no_service_is_admin_and_every_scope_has_a_reason() -> None:
    scopes = [scope for role in ROLES.values() for scope in role]

    assert not any(scope.startswith("admin") for scope in scopes)
    assert all(reason for role in ROLES.values() for reason in role.values())
    assert len(ROLES["idle-culler"]) == 4


def test_every_role_belongs_to_a_service_of_the_hub() -> None:
    services = {
        service["name"] for service in configured("development").JupyterHub.services
    }

    roles = load_roles(load("development", {}))

    assert {name for role in roles for name in role["services"]} <= services


def test_the_user_of_the_check_is_there_only_where_somebody_checks() -> None:
    made = {
        name: [role["users"] for role in load_roles(load(name, {})) if "users" in role]
        for name in ("development", "staging", "production")
    }

    assert made["development"] == []
    assert made["staging"] == made["production"] == [[CHECK_USER]]
    assert all(f"!user={CHECK_USER}" in scope for scope in ROLES["synthetic"])


def test_the_state_that_outlives_a_hub_is_kept(state: Path) -> None:
    before = configured("development").JupyterHub

    after = configured("development").JupyterHub

    assert before.cookie_secret == after.cookie_secret
    assert before.services == after.services
    assert PORTS["MCHUB_HUB_PORT"] in after.hub_connect_url
    assert len(before.cookie_secret) == 32
