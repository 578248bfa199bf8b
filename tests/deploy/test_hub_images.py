"""Which image each of two hubs has, between two releases and after."""

from pathlib import Path

import pytest

from deploy.deployer.compose import hub_images, keep_hub_image, variables
from hub import load
from tests.architecture.checkout import ROOT


@pytest.fixture
def told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("MC_HUB_IMAGE", "MC_HUB_BLUE_IMAGE", "MC_HUB_GREEN_IMAGE", "MCHUB_SITE"):
        monkeypatch.delenv(name, raising=False)
    socket = tmp_path / "docker.sock"
    socket.touch()
    monkeypatch.setattr("deploy.deployer.compose.DOCKER_SOCKET", socket)
    return tmp_path


def _images(state: Path) -> list[str]:
    found = variables(load("rehearsal", {}), state, "1.0")
    return [found[f"MC_HUB_{color}_IMAGE"] for color in ("BLUE", "GREEN")]


def test_the_image_has_every_file_that_a_part_is_started_with() -> None:
    needed = {file.name for file in ROOT.glob("*.py")}
    dockerfile = (ROOT / "deploy" / "images" / "hub" / "Dockerfile").read_text()
    copied = {name for line in dockerfile.splitlines() for name in line.split()}
    sent = (ROOT / ".dockerignore").read_text().splitlines()

    assert needed == {"idle_culler_config.py", "jupyterhub_config.py"}
    assert needed <= copied
    assert {f"!{name}" for name in needed} <= set(sent)


def test_both_hubs_have_the_image_of_all_parts_at_first(told: Path) -> None:
    assert hub_images(told) == {"blue": "", "green": ""}
    assert _images(told) == ["mchub/hub:1.0", "mchub/hub:1.0"]


def test_a_hub_keeps_the_image_that_was_chosen_for_it(told: Path) -> None:
    keep_hub_image(told, "green", "mchub/hub:1.1")

    assert _images(told) == ["mchub/hub:1.0", "mchub/hub:1.1"]

    keep_hub_image(told, "blue", "mchub/hub:1.1")
    keep_hub_image(told, "green", "")

    assert _images(told) == ["mchub/hub:1.1", "mchub/hub:1.0"]


def test_what_is_said_for_one_command_goes_before_what_is_kept(
    told: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep_hub_image(told, "green", "mchub/hub:1.1")
    monkeypatch.setenv("MC_HUB_GREEN_IMAGE", "mchub/hub:trial")

    assert _images(told) == ["mchub/hub:1.0", "mchub/hub:trial"]
