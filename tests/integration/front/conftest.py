"""A front of staging's settings and one of production's, for all tests of them."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from hub import load
from hub.choices import Acme
from tests.integration.front.world import HERE, World, moved, running_world
from tests.tools.authority import make_authority

ORIGIN = "https://pages.example.org"


@pytest.fixture(scope="package")
def staging(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    settings = load("staging", {})
    front = replace(settings.front, origins=(ORIGIN,))
    settings = moved(replace(settings, front=front), "localhost", 210)
    state = tmp_path_factory.mktemp("staging")
    with running_world(settings, state, ["compose.self-signed.yaml"]) as world:
        yield world


@pytest.fixture(scope="package")
def production(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Its certificate comes from an authority that is started later."""
    state = tmp_path_factory.mktemp("production")
    make_authority(state / "pebble")
    settings = load("production", {})
    assert isinstance(settings.tls, Acme)
    tls = replace(
        settings.tls,
        directory="https://pebble:14000/dir",
        ca_bundle=str(state / "pebble" / "ca.pem"),
    )
    settings = moved(replace(settings, tls=tls), "mc.test", 211)
    overlays = ["compose.acme.yaml", str(HERE / "compose.pebble.yaml")]
    with running_world(settings, state, overlays, but=["pebble"]) as world:
        yield world


@pytest.fixture(params=["staging", "production"])
def world(request: pytest.FixtureRequest) -> World:
    """Each of them."""
    found: World = request.getfixturevalue(request.param)
    return found
