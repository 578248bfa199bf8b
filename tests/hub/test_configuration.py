"""What settings do to JupyterHub's configuration: seen whole, done once, or refused."""

from pathlib import Path

import pytest
from traitlets.config import Config

from hub import SettingsError, configure, load
from hub.roles import ROLES, load_roles
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


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("staging", "staging.login: must be `Password` for a hub started by this version"),
        ("production", "production.login: must be `Password` for a hub started by this"),
    ],
)
def test_what_cannot_be_started_yet_is_refused(name: str, sentence: str) -> None:
    with pytest.raises(SettingsError, match=sentence):
        configure(Config(), load(name, {}))


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

    assert {name for role in load_roles() for name in role["services"]} <= services


def test_the_state_that_outlives_a_hub_is_kept(state: Path) -> None:
    before = configured("development").JupyterHub

    after = configured("development").JupyterHub

    assert before.cookie_secret == after.cookie_secret
    assert before.services == after.services
    assert PORTS["MCHUB_HUB_PORT"] in after.hub_connect_url
    assert len(before.cookie_secret) == 32
