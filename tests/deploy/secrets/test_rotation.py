"""Which secrets go together, and who starts anew for them, in which order."""

import pytest

from deploy.deployer.rotation import ROTATIONS, new_values, restart_order
from hub import load
from hub.roles import ROLES

REHEARSAL, PRODUCTION = load("rehearsal", {}), load("production", {})
SERVICES = (
    *("postgres", "proxy", "hub-blue", "hub-green", "docker-policy", "route-keeper"),
    *("platform-api", "idle-culler", "reconciler", "steward", "admin", "login"),
)
BEFORE = {"state_key": "newer older"}


@pytest.mark.parametrize("what", ROTATIONS)
def test_the_active_hub_hands_over_to_one_that_knows_already(what: str) -> None:
    order = restart_order(what, REHEARSAL, SERVICES, "hub-blue")

    flat = [service for group in order for service in group]
    assert flat.index("hub-green") < flat.index("hub-blue")
    assert len(flat) == len(set(flat))
    assert "postgres" not in flat
    assert "login" not in flat


def test_a_proxy_changes_with_its_hub_while_the_other_waits_for_it() -> None:
    order = restart_order("proxy-token", REHEARSAL, SERVICES, "hub-blue")

    assert order == [["hub-green"], ["proxy", "route-keeper", "hub-blue"]]


@pytest.mark.parametrize("what", ["cookie-key", "state-key"])
def test_nobody_but_the_hubs_notices_their_keys(what: str) -> None:
    order = restart_order(what, REHEARSAL, SERVICES, "hub-green")

    assert order == [["hub-blue"], ["hub-green"]]


def test_everybody_who_opens_the_database_starts_anew_once() -> None:
    order = restart_order("database-password", REHEARSAL, SERVICES, "hub-blue")

    assert order[:2] == [["hub-green"], ["hub-blue"]]
    assert {"admin", "platform-api", "steward", "reconciler"} <= set(order[2])


def test_a_key_keeps_the_one_before_it_and_no_other() -> None:
    newest, before = new_values("state-key", REHEARSAL, BEFORE)["state_key"].split()

    assert before == "newer"
    assert len(newest) == 64


def test_every_service_gets_a_token_of_its_own() -> None:
    made = new_values("service-tokens", PRODUCTION, {})

    assert set(made) == {f"{service.replace('-', '_')}_token" for service in ROLES}
    assert len(set(made.values())) == len(ROLES)
